"""Miners, one per file: each makes a process model from a log."""
