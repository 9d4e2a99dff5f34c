"""Speed of the twin's engine beside SimPy on the same models, in one run: python bench/bench_twin_engine.py

Needs SimPy (`pip install simpy`). Times are CPU seconds, so that other load on the
machine weighs little, and the best of three; the engine's first call (compilation) is outside.
"""

from __future__ import annotations

import platform
import random
import resource
import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import simpy

from hoshin.kernels.draw import stream_keys
from hoshin.twin.compile import compile_twin
from hoshin.twin.engine import Room, make_arrivals, simulate
from hoshin.twin.model import Duration, Twin
from hoshin.twin.network import Station, network

SEED = 1
MMC = {"desk": (60.0, 3, {})}
NET = {"a": (60.0, 3, {"b": 1.0}), "b": (90.0, 4, {"c": 0.7, "d": 0.3}), "c": (50.0, 3, {"e": 1.0}),
       "d": (80.0, 2, {"b": 0.5, "e": 0.5}), "e": (40.0, 2, {})}  # fmt: skip
GAPS = {"M/M/3, rho 0.85": (MMC, 60 / 3 / 0.85), "5 activities with rework": (NET, 35.0)}


def best(call: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        begin = time.process_time()
        call()
        times.append(time.process_time() - begin)
    return min(times)


def with_simpy(model: dict[str, tuple[float, int, dict[str, float]]], gap: float, n: int) -> int:
    """The same network, one process per case; returns activities done."""
    env, rng, done = simpy.Environment(), random.Random(SEED), 0
    pools = {name: simpy.Resource(env, servers) for name, (_, servers, _) in model.items()}

    def case():  # type: ignore[no-untyped-def]
        nonlocal done
        at = next(iter(model))
        while at:
            work = model[at][0]
            with pools[at].request() as turn:
                yield turn
                yield env.timeout(rng.expovariate(1 / work))
            done += 1
            u, here, at = rng.random(), at, ""
            for name, share in model[here][2].items():
                u -= share
                if u < 0:
                    at = name
                    break

    def source():  # type: ignore[no-untyped-def]
        for _ in range(n):
            yield env.timeout(rng.expovariate(1 / gap))
            env.process(case())

    env.process(source())
    env.run()
    return done


def twin_of(model: dict[str, tuple[float, int, dict[str, float]]], gap: float) -> Twin:
    stations = {n: Station(Duration("exponential", w), c, to) for n, (w, c, to) in model.items()}
    return network(stations, mean_gap_s=gap)


def main() -> None:
    print(
        f"seed {SEED}, Python {platform.python_version()}, numba {version('numba')}, SimPy {version('simpy')}, one core"
    )
    stream_keys(1, 0, 0)
    for name, (model, gap) in GAPS.items():
        plan = compile_twin(twin_of(model, gap))
        rng = np.random.default_rng(SEED)
        for n in (10_000, 1_000_000):
            arrivals = make_arrivals(np.cumsum(rng.exponential(gap, n)), SEED)
            room = Room()
            run = simulate(plan, arrivals, room=room)
            took = best(lambda a=arrivals, p=plan, r=room: simulate(p, a, room=r))  # type: ignore[misc]
            acts = run.n_events - n
            rate = f"{acts / took / 1e6:6.2f} M activities/s {run.n_events / took / 1e6:6.2f} M events/s"
            print(f"{name:26} {n:>9,} cases  hoshin {rate}")
            if n == 10_000:
                begin = time.process_time()
                done = with_simpy(model, gap, n)
                theirs = done / (time.process_time() - begin)
                ratio = f"{theirs / 1e6:6.2f} M activities/s; hoshin / SimPy = {acts / took / theirs:.0f}"
                print(f"{'':26} {n:>9,} cases  SimPy  {ratio}")
    plan = compile_twin(twin_of(NET, 35.0))
    room, begin = Room(), time.process_time()
    t = np.cumsum(np.random.default_rng(SEED).exponential(35.0, 10_000))
    for rep in range(1000):
        simulate(plan, make_arrivals(t, SEED, rep), room=room)
    print(f"1,000 replications x 10,000 cases x 5 activities: {time.process_time() - begin:.1f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
