"""No connector without words: each says what it reads, what each setting is, and how-to names it."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path

import pytest
from tools.docs import connectors_page

from hoshin.connect._connector import connector_names, connectors

HOW = Path(__file__).resolve().parents[2] / "docs" / "how" / "connectors.md"


@pytest.mark.parametrize("name", connector_names())
def test_every_connector_is_documented(name: str) -> None:
    kind = connectors.take(name).Connector
    said = inspect.getdoc(kind) or ""
    missing = [f.name for f in dataclasses.fields(kind) if f"`{f.name}`" not in said]

    assert connectors.summaries()[name]
    assert not missing, f"the docstring of the connector {name} does not say what these settings are: {missing}"
    assert f"`{name}`" in HOW.read_text(encoding="utf-8"), f"docs/how/connectors.md does not name {name}"
    assert f"## `{name}`" in connectors_page()
