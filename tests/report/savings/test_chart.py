"""Charts of a saving: well-formed, inside their canvas, in the order of time, and no red against green."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from hoshin.report.savings.chart import before_after, effects, ticks
from hoshin.value.estimate import Effect
from hoshin.value.method import run
from tests.value.made import rollout


def test_before_and_after_is_drawn_with_its_counterfactual() -> None:
    panel = rollout(3, effect=-3)
    chart = before_after(panel, run(panel, "imputation"))

    assert ElementTree.fromstring(chart).tag.endswith("svg")
    assert "dasharray" in chart
    xs = [float(x) for x in re.findall(r'x[12]="([-\d.]+)"', chart)]
    assert 0 <= min(xs) <= max(xs) <= 720


def test_effects_since_go_live_stand_in_the_order_of_time() -> None:
    shown = [Effect(str(k), (-1) ** k * (k + 1.0), k - 1.0, k + 3.0) for k in range(60)]
    chart = effects(shown, "effect by periods since go-live")
    labels = [int(t) for t in re.findall(r'text-anchor="end"[^>]*>(\d+)<', chart)]

    assert labels == sorted(labels)
    assert len(labels) < 60
    assert "not drawn" in chart


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e6))
def test_ticks_are_round_and_within(low: float, span: float) -> None:
    found = ticks(low, low + span)

    assert 1 <= len(found) <= 11
    assert all(low - 1e-6 * span <= t <= low + span + 1e-6 * span for t in found)
