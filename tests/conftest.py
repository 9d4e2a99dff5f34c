"""What all tests share: the public data folder, a fresh workspace, Hypothesis profiles."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from hoshin.service._workspace import Workspace, create

settings.register_profile("dev", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci", max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

# Public logs and golden values that the repository may not ship. $HOSHIN_TEST_DATA says where they are.
DATA = Path(os.environ.get("HOSHIN_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def shared(path: str) -> Path:
    """A file of the public test data; the test is skipped, saying so, where it is absent."""
    file = DATA / path
    if not file.exists():
        pytest.skip(f"public test data not present: {path} (set HOSHIN_TEST_DATA)")
    return file


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return create(tmp_path / "ws")
