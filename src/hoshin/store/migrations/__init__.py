"""Alembic revisions of the record store, one file each; a released one is never edited."""
