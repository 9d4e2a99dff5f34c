"""Queue disciplines are read off whose turn it was."""

from __future__ import annotations

import numpy as np
import pytest
from bench.whatif_systems import staffed, team
from bench.whatif_twin import log_of
from bench.whatif_world import Demand, observe
from hypothesis import given
from hypothesis import strategies as st

from hoshin.kernels import turns as kernel
from hoshin.twin.fit import fit_twin
from tests import naive_twin as naive

ROW = st.tuples(st.integers(0, 30), st.integers(0, 15), st.integers(1, 5))


@given(st.lists(ROW, max_size=25, unique_by=lambda row: row[0] + row[1]), st.sampled_from([1.0, 3.0]))
def test_turns_match_their_definition(rows: list[tuple[int, int, int]], apart: float) -> None:
    rows = sorted(rows, key=lambda row: row[0] + row[1])
    ready, wait, work = (np.array([r[k] for r in rows], dtype=float) for k in range(3))
    begin = ready + wait

    assert kernel.count_turns(ready, begin, work, apart, 1000).tolist() == naive.count_turns(
        ready.tolist(), begin.tolist(), work.tolist(), apart
    )


@pytest.mark.parametrize("queue", ["fifo", "lifo", "shortest"])
def test_the_discipline_of_a_busy_desk_is_found(queue: str) -> None:
    world = staffed("desk", Demand(7.6), "serve", {"serve": (20, team("clerk", 3))}, scv=1.0,
                    extra={"serve": {"queue": queue}}, n_log=2000)  # fmt: skip

    assert fit_twin(log_of(observe(world, 4)[0])).activity("serve").queue == queue
