"""Cases that come together in the log come together in the twin."""

from __future__ import annotations

import numpy as np
import pytest
from bench.whatif_systems import OFFICE, staffed, team
from bench.whatif_twin import log_of
from bench.whatif_world import Demand, World, observe

from hoshin.kernels.roster import WEEK_S
from hoshin.twin.change import change
from hoshin.twin.fit import fit_twin
from hoshin.twin.model import Twin
from hoshin.twin.simulate import Settings, arrivals_of

Sizes = np.ndarray[tuple[int], np.dtype[np.float64]]


def world(demand: Demand) -> World:
    return staffed("files", demand, "serve", {"serve": (20, team("clerk", 6, week=OFFICE))}, n_log=2000)


def files(twin: Twin) -> tuple[Sizes, Sizes]:
    """When cases arrive, and how many each time, in six replications."""
    pairs = [np.unique(arrivals_of(twin, Settings(2000), r)[0].t.round(0), return_counts=True) for r in range(6)]
    return np.concatenate([t for t, _ in pairs]), np.concatenate([n[:-1] for _, n in pairs]).astype(float)


@pytest.mark.parametrize("demand", [1.0, 1.2, 0.8])
def test_a_file_every_working_day_stays_one_and_grows_with_demand(demand: float) -> None:
    rows = observe(world(Demand(1.5, "daily")), 2)[0]
    seen = 2000 / len({r["start"] for r in rows if r["activity"] == "register"})
    moments, sizes = files(change(fit_twin(log_of(rows)), {"demand": {"factor": demand}}))

    assert set(np.unique(moments % WEEK_S // 900)) == {d * 96 + 24 for d in range(5)}, "06:00, Monday to Friday"
    assert sizes.mean() == pytest.approx(seen * demand, rel=0.05)
    assert sizes.std() < 0.3 * sizes.mean()


def test_five_at_once_stay_five() -> None:
    _, sizes = files(fit_twin(log_of(observe(world(Demand(1.5, "bursts", size=5)), 2)[0])))

    assert (sizes == 5).mean() > 0.97
