"""Has the world moved since the baseline: changes each found once, mixes always finite, alarms that do not flap."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hoshin.errors import InvalidInput
from hoshin.value.shift import decay_alarms, level_changes, mix_shift


def test_23_two_changes_of_level_are_two_changes_and_a_hole_is_refused() -> None:
    """N(.8), N(.4), N(.6), 1,000 each: public detectors report duplicates."""
    rng = np.random.default_rng(1)
    y = np.concatenate([rng.normal(m, 0.05, 1000) for m in (0.8, 0.4, 0.6)])
    found = level_changes(y)

    assert len(found) == 2
    assert found == pytest.approx([1000, 2000], abs=3)
    with pytest.raises(InvalidInput, match="Value 6 is not a number"):
        level_changes(np.where(np.arange(y.size) == 5, np.nan, y))


def test_noise_alone_rarely_changes_level() -> None:
    rng = np.random.default_rng(2)
    assert sum(bool(level_changes(rng.normal(size=300))) for _ in range(200)) <= 4
    assert level_changes(np.full(100, 7.0)) == []


def test_24_25_26_mixes_of_one_category_and_of_empty_ones_stay_finite() -> None:
    one = mix_shift(["a"] * 40, ["a"] * 60)
    assert (one.psi, one.p_value, one.moved) == (0.0, 1.0, False)
    emptied = mix_shift(["a"] * 50 + ["b"] * 50, ["a"] * 100)
    assert math.isfinite(emptied.psi)
    assert emptied.moved
    assert not mix_shift(["a", "b"] * 50, ["a", "b"] * 70).moved
    with pytest.raises(InvalidInput, match="no cases"):
        mix_shift([], ["a"])


def test_27_on_and_off_every_period_raises_nothing_and_a_lasting_fall_is_reminded() -> None:
    assert decay_alarms([5, 1] * 100, 3) == []
    (alarm,) = decay_alarms([5] * 5 + [1] * 40, 3, repeat=13)

    assert (alarm.raised, alarm.cleared, alarm.reminders) == (7, -1, (20, 33))
    with pytest.raises(InvalidInput, match="flap"):
        decay_alarms([1.0], 3, clear=2)
