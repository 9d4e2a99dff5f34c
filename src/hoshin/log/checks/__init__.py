"""The quality checks: one file each; the file name is the name of the check."""
