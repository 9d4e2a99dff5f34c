"""Tests mirror `src/hoshin`: tests/<folder>/test_<file>.py."""
