"""Benchmarks: both sides in one run, as ratios. Run one as `python -m bench.NAME`."""
