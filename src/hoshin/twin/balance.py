"""Balance a twin: stretch its unexplained delays until its cases take as long, on average, as those of its log."""

from __future__ import annotations

import msgspec
import numpy as np

from hoshin.kernels.plan import DONE
from hoshin.twin.model import Twin
from hoshin.twin.observe import Tasks
from hoshin.twin.simulate import Settings, simulate_twin

REPLICATIONS = 4
ROUNDS = 4
# Beyond these a stretch would hide a wrong model rather than mend it.
LEAST, MOST = 0.25, 4.0


def balance(twin: Twin, tasks: Tasks) -> Twin:
    """`twin` with all delays scaled by one factor, found by secant steps with common random numbers on the log's own
    arrivals. A twin without delays is left as it is: queues and work are never bent to fit."""
    if not twin.delays or tasks.n_cases < 2:
        return twin
    goal = float((tasks.leave() - tasks.arrive()).mean())
    arrive = np.sort(tasks.arrive())
    scale, at = 1.0, _mean_cycle_s(twin, arrive)
    best = (abs(at - goal), scale)
    slope = max(at - _mean_cycle_s(scaled(twin, 0.5), arrive), 1e-9) / 0.5
    for _ in range(ROUNDS):
        step = min(max(scale + (goal - at) / slope, LEAST), MOST)
        if abs(step - scale) < 1e-3:
            break
        there = _mean_cycle_s(scaled(twin, step), arrive)
        slope = max((there - at) / (step - scale), 0.2 * slope)
        scale, at = step, there
        best = min(best, (abs(at - goal), scale))
    return scaled(twin, best[1])


def scaled(twin: Twin, factor: float) -> Twin:
    """`twin` with every delay `factor` times as long."""
    delays = {name: msgspec.structs.replace(d, scale=d.scale * factor) for name, d in twin.delays.items()}
    return msgspec.structs.replace(twin, delays=delays)


def _mean_cycle_s(twin: Twin, arrive: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    found = []
    for replication in range(REPLICATIONS):
        run, _ = simulate_twin(twin, Settings(arrive.size, arrive_s=arrive), replication)
        done = run.status == DONE
        found.append(float((run.end_s[done] - run.arrive_s[done]).mean()) if done.any() else 0.0)
    return float(np.mean(found))
