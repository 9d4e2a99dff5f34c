"""A planted change is named, dated and answered; without one there is silence; evidence stays honest however often
one looks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from hoshin.errors import InvalidInput
from hoshin.twin.difference import COMPONENTS, differences
from hoshin.twin.evidence import Evidence, spent
from hoshin.twin.fit import fit_twin
from hoshin.twin.follow import Options, follow
from hoshin.twin.model import moment_s
from hoshin.twin.refit import refit, since
from hoshin.twin.stats import DAY_S
from hoshin.twin.watch import _exact
from tests.twin.planted import CHANGES, planted

AT = 45


@pytest.mark.parametrize("change", [c for c in CHANGES if c != "none"])
def test_a_planted_change_is_named_dated_and_answered(change: str) -> None:
    """The first alarm is of the right component, soon, and dated within four days; only that is refitted."""
    log = planted(change, 1, days=70, at=AT)
    twin, steps = follow(log)
    first = steps[0]
    again = [s for s in steps if s.action == "recalibrated"]
    old = fit_twin(log.select_events(moment_s(log.t_ns, "UTC") < 23 * DAY_S))
    changed = {r["component"] for r in differences(old, twin)}

    assert (first.action, first.shift.component) == ("drift", change)
    assert AT < first.day <= AT + (14 if change == "arrivals" else 8)
    assert abs(first.shift.since - AT) <= 4
    assert [s.shift.component for s in again] == [change]
    assert changed == {change}
    assert twin.reason.component == change
    assert twin.reason.since == first.shift.since * DAY_S
    assert msgspec.json.decode(msgspec.json.encode(twin), type=type(twin)) == twin


def test_no_change_no_alarm() -> None:
    """Each run has a chance of at most 1 in 20 by design; these seeds are silent."""
    for seed in range(4):
        twin, steps = follow(planted("none", seed, days=60))
        assert steps == []
        assert twin.reason.what == "fitted"


def test_a_shift_within_the_tolerance_is_reported_and_not_answered() -> None:
    _, steps = follow(planted("durations", 1, days=70, at=AT), Options(tolerance=0.99))

    assert {s.action for s in steps} == {"drift", "kept"}


@pytest.mark.parametrize("bare", [{"resource": None, "resources": ()}, {"start_ns": None}])
def test_logs_without_people_or_starts_can_be_followed(bare: dict[str, Any]) -> None:
    """A change of routing needs neither."""
    _, steps = follow(replace(planted("routing", 2, days=60, at=40), **bare))

    assert steps[0].shift.component == "routing"
    assert abs(steps[0].shift.since - 40) <= 3


def test_options_and_logs_that_are_too_short_are_refused() -> None:
    log = planted("none", 0, days=20)
    with pytest.raises(InvalidInput, match="too few"):
        follow(log)
    with pytest.raises(InvalidInput, match="make no sense"):
        follow(log, Options(level=2.0))
    with pytest.raises(InvalidInput, match="Unknown component 'routes'"):
        refit(fit_twin(log), log, "routes")


@pytest.mark.parametrize("component", COMPONENTS)
def test_refit_touches_one_component_only(component: str) -> None:
    """Refitted to another process altogether, a twin differs in that component, and in nothing else."""
    log = planted("none", 3, days=40)
    busy = planted("capacity", 4, days=60, at=0)
    twin = fit_twin(log)

    assert {r["component"] for r in differences(twin, refit(twin, busy, component))} <= {component}


def test_since_keeps_cases_by_arrival_and_events_by_time() -> None:
    log = planted("none", 0, days=20)
    part = since(log, 5 * DAY_S, 12 * DAY_S)

    assert moment_s(part.case_begin_ns(), "UTC").min() >= 5 * DAY_S
    assert moment_s(part.t_ns, "UTC").max() <= 12 * DAY_S
    assert part.n_cases < log.n_cases


def test_evidence_rarely_exceeds_twenty_ever_without_a_shift() -> None:
    """300 runs of 150 looks: at most one in twenty may ever reach 20, within sampling error; also with heavy tails."""
    rng = np.random.default_rng(0)
    for draw in (rng.standard_normal, lambda n: rng.standard_t(5, n) / np.sqrt(5 / 3)):
        crossed = 0
        for _ in range(300):
            e = Evidence(2)
            crossed += any(e.add(draw(2)) >= 20 for _ in range(150))
        assert crossed / 300 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


@pytest.mark.parametrize("size", [1.5, -1.5])
def test_evidence_finds_a_shift_its_side_and_its_day(size: float) -> None:
    rng = np.random.default_rng(1)
    e = Evidence(3)
    for day in range(70):
        e.add(rng.standard_normal(3) + np.array([0.0, size * (day >= 40), np.nan]))

    assert e.value > 20
    assert e.side == (1, 1 if size > 0 else -1)
    assert abs(e.began - 40) <= 3


def test_levels_spent_over_all_looks_add_up() -> None:
    assert sum(spent(0.01, k) for k in range(1, 10_000)) == pytest.approx(0.01, rel=1e-3)


def test_exact_p_is_that_of_the_binomial() -> None:
    from scipy import stats

    old, new, share = np.array([40.0, 3.0, 0.0, 12.0]), np.array([0.0, 9.0, 4.0, 2.0]), np.array([0.1, 0.5, 0.02, 0.3])
    for o, n, s, p in zip(old, new, share, _exact(old, new, share), strict=True):
        tail = min(stats.binom.cdf(n, o + n, s), stats.binom.sf(n - 1, o + n, s))
        assert p == pytest.approx(min(2 * tail, 1.0), rel=1e-9)
