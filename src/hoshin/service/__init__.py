"""Use cases: one file per area, one labelled function per thing a person can ask of hoshin.

The CLI (and the HTTP door) are derived from these functions; they hold no rules of their own.
"""
