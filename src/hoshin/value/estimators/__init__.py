"""The shelf of estimators: one file each, all called as `estimate(panel, alpha=..., seed=..., **options)`."""
