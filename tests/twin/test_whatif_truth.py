"""What a twin predicts after a change, against the changed process itself, simulated by an engine that is not ours."""

from __future__ import annotations

import pytest
from bench.whatif_systems import DAYTIME, OFFICE, Change, line, staffed, team
from bench.whatif_twin import apply, log_of, predict
from bench.whatif_world import Demand, World, changed, mean_cycle_s, observe

from hoshin.twin.fit import fit_twin

office = team("clerk", 4, week=OFFICE)
WORLDS: list[tuple[World, list[Change]]] = [
    (line("two in a row", 6, [("a", 22, 3), ("b", 14, 2)]), [("hire", "b-1"), ("faster", "a", 1.3)]),
    (staffed("rework", Demand(5), ("loop", "fail", ("seq", "do", "check"), 0.25),
             {"do": (25, team("doer", 4)), "check": (12, team("checker", 2))}),
     [("rework", "fail", 0.5, "check", "do"), ("demand", 1.1)]),
    (staffed("office hours", Demand(1.25, profile=DAYTIME), "serve", {"serve": (25, office)}),
     [("drop", "clerk4"), ("automate", "serve", 0.2)]),
]  # fmt: skip


@pytest.mark.parametrize(("world", "changes"), WORLDS, ids=lambda x: getattr(x, "name", ""))
def test_mean_cycle_time_after_a_change_is_within_a_tenth_of_the_truth(world: World, changes: list[Change]) -> None:
    twin = fit_twin(log_of(observe(world, 1)[0]))

    for what in changes:
        truth = mean_cycle_s(changed(world, what), 9, 12_000)
        assert predict(apply(twin, what), replications=10).mean() == pytest.approx(truth, rel=0.10), what
