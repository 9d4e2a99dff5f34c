"""Shared Hypothesis strategies."""

from __future__ import annotations

from hypothesis import strategies as st

# Traces of a log: empty and single-event ones included.
traces = st.lists(st.text("abcde", max_size=8), max_size=12)
