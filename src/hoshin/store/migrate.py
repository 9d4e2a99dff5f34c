"""Bring an older record store to the present schema, with Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "migrations"


def _scripts() -> tuple[Any, Any]:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("version_locations", str(FOLDER))
    config.set_main_option("path_separator", "os")
    return config, ScriptDirectory(str(FOLDER), version_locations=[str(FOLDER)])


def known() -> list[str]:
    """Every revision, oldest first."""
    return [s.revision for s in _scripts()[1].walk_revisions()][::-1]


def upgrade(url: str, to: str = "head") -> None:
    """Run the revisions the store at `url` still lacks, up to `to`, in one transaction."""
    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    config, scripts = _scripts()
    base, _, query = url.partition("?")
    engine = create_engine(base.replace("postgresql://", "postgresql+pg8000://"), poolclass=NullPool)
    schema = query.removeprefix("schema=") or "public"

    def steps(revision: Any, _context: Any) -> Any:
        return scripts._upgrade_revs(to, revision)

    with EnvironmentContext(config, scripts, fn=steps) as environment, engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
            connection.execute(text(f'SET LOCAL search_path TO "{schema}"'))
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('hoshin:' || current_schema()))"))
        environment.configure(connection=connection, target_metadata=None)
        environment.run_migrations()
    engine.dispose()
