"""Discovery against pm4py and r4pm: every model judged by one measure, in one run, on every log given.

    python bench/bench_discovery.py --peer PYTHON LOG ...
    python bench/bench_discovery.py --peer PYTHON --speed

`--peer` is the interpreter of an environment that has pm4py (AGPL: a peer in benchmarks only) and r4pm. Each side gets
the same cases, activities and order; models come back as PNML or BPMN files and are read, checked and judged here:
fitness by optimal alignments, precision by escaping edges along them (`F`), and ETC precision along the cases as far as
they fit (`F, ETC`). Times are processor seconds from the loaded log to the model, all threads added up, so that a busy
machine changes them little; that of `auto` includes judging its candidates. What takes more than `--limit` of them is
stopped and reported as such.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

OURS = ["auto", "inductive 0", "inductive 0.2", "follows 0.2", "split 0.4", "heuristics 0.1"]
THEIRS = ["pm4py IM", "pm4py IMf 0.2", "pm4py heuristics", "pm4py split miner"]
RUST = "r4pm alpha+++"


def theirs(folder: str, limit_s: int, *only: str) -> None:
    """In the peers' environment: mine the log of `folder`, a process for each miner."""
    import pandas as pd
    import pm4py

    traces = json.loads(Path(folder, "log.json").read_text())
    rows = [(str(c), a, 60 * i) for c, trace in enumerate(traces) for i, a in enumerate(trace)]
    frame = pd.DataFrame(rows, columns=["case:concept:name", "concept:name", "time:timestamp"])
    frame["time:timestamp"] = pd.to_datetime(frame["time:timestamp"], unit="s", utc=True)

    def mine(miner: str) -> None:
        start = time.process_time()
        if miner == "pm4py split miner":
            model = pm4py.discover_bpmn_split_miner(frame)
            tell(miner=miner, seconds=time.process_time() - start)
            pm4py.write_bpmn(model, f"{folder}/{miner}.bpmn", auto_layout=False)
            return
        if miner == "pm4py heuristics":
            net = pm4py.discover_petri_net_heuristics(frame)
        else:
            net = pm4py.discover_petri_net_inductive(frame, noise_threshold=0.2 if "IMf" in miner else 0.0)
        tell(miner=miner, seconds=time.process_time() - start)
        pm4py.write_pnml(*net, f"{folder}/{miner}.pnml")

    for miner in only or THEIRS:
        apart(mine, miner, limit_s=limit_s)


def rust(folder: str, limit_s: int) -> None:
    """r4pm, which reads XES itself and has threads of its own, so it is not forked."""
    import r4pm
    from r4pm import bindings, petri_net

    projection = r4pm.import_item("EventLogActivityProjection", f"{folder}/log.xes")
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s + 2))
    start = time.process_time()
    found = bindings.discover_alphaplusplusplus(projection)
    tell(miner=RUST, seconds=time.process_time() - start)
    petri_net.export_pnml(found, f"{folder}/{RUST}.pnml")


def ours(folder: str, limit_s: int, *only: str) -> None:
    """Mine the log of `folder`, then judge every model that lies there, a process for each."""
    from hoshin.connect.model import pnml
    from hoshin.log.eventlog import EventLog
    from hoshin.mine.choose import choose, make
    from hoshin.mine.model.family import as_net

    log = EventLog.from_traces(json.loads(Path(folder, "log.json").read_text()))
    choose(EventLog.from_traces(["ab", "ba"]))  # compiled before the clock

    def mine(miner: str) -> None:
        start = time.process_time()
        name, _, noise = miner.partition(" ")
        best = choose(log).best if miner == "auto" else make(log, name, float(noise))
        tell(miner=miner, seconds=time.process_time() - start, chose=best.name)
        pnml.write(as_net(best.model), Path(f"{folder}/{miner}.pnml"))

    for miner in only or OURS:
        apart(mine, miner, limit_s=limit_s * 3 if miner == "auto" else limit_s)
    if not only:
        for model in sorted([*Path(folder).glob("*.pnml"), *Path(folder).glob("*.bpmn")]):
            apart(lambda file: judge(log, file), model, limit_s=limit_s)


def judge(log: Any, file: Path) -> None:
    """Read, check and judge a model."""
    from hoshin.connect.model import bpmn, pnml
    from hoshin.errors import HoshinError
    from hoshin.mine.conform.precision import fitting_edges
    from hoshin.mine.conform.quality import f_score
    from hoshin.mine.conform.quality import judge as judged
    from hoshin.mine.model.family import as_net
    from hoshin.mine.model.sound import check_soundness

    try:
        net = as_net((bpmn if file.suffix == ".bpmn" else pnml).read(file))
    except HoshinError as error:
        tell(miner=file.stem, problem=f"not readable: {error.code}")
        return
    sound = check_soundness(net, limit=20_000)
    tell(miner=file.stem, size=len(net.places) + len(net.transitions) + net.n_arcs(), sound=sound.sound)
    try:
        found, etc = judged(log, net), fitting_edges(log, net).value
    except HoshinError as error:
        tell(miner=file.stem, problem=f"not judged: {error.code}")
        return
    scores = {"fitness": found.fitness, "precision": found.precision, "f": found.f_score}
    tell(miner=file.stem, **scores, f_etc=f_score(found.fitness, etc))


def apart(work: Callable[[Any], None], what: Any, *, limit_s: int) -> None:
    """`work(what)` in a child process that may use `limit_s` seconds of the processor; its end is told."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s + 2))
        try:
            work(what)
        except BaseException as error:
            tell(miner=Path(str(what)).stem if isinstance(what, Path) else what, problem=f"{type(error).__name__}")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        where = {"miner": what.stem, "problem": "judging stopped"} if isinstance(what, Path) else {"miner": what}
        tell(**{"problem": "stopped", **where, "limit": limit_s})


def tell(**found: object) -> None:
    print("RESULT " + json.dumps(found), flush=True)


def run(python: str, act: str, folder: str, limit_s: int, *only: str) -> list[dict[str, Any]]:
    """What the act told."""
    command = [python, __file__, "--act", act, folder, str(limit_s), *only]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [json.loads(line[7:]) for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if act == "rust" and not found:
        found = [{"miner": RUST, "problem": "stopped" if done.returncode < 0 else "failed", "limit": limit_s}]
    return found


def measure(log: Path, peer: str, limit_s: int) -> list[dict[str, Any]]:
    """All miners on one log."""
    rows: dict[str, dict[str, Any]] = {
        m: {"log": log.name.partition(".")[0], "miner": m} for m in [*OURS, *THEIRS, RUST]
    }
    with tempfile.TemporaryDirectory() as folder:
        lay_out(log, folder)
        told = [*run(peer, "theirs", folder, limit_s), *run(peer, "rust", folder, limit_s)]
        for one in [*told, *run(sys.executable, "ours", folder, limit_s)]:
            rows[one["miner"]] |= one
    for row in rows.values():
        print(line(row), flush=True)
    return list(rows.values())


def lay_out(file: Path, folder: str) -> None:
    """The cases of a log as lists of activities, and as XES with a minute between events."""
    from hoshin.connect.files import read_file

    log = read_file(file).log
    names = [log.activities[a] for a in log.activity]
    write_traces([names[a:b] for a, b in zip(log.case_start, log.case_start[1:])], folder)


def write_traces(traces: list[list[str]], folder: str) -> None:
    from lxml import etree

    Path(folder, "log.json").write_text(json.dumps(traces))
    with etree.xmlfile(f"{folder}/log.xes", encoding="utf-8") as file, file.element("log"):
        for c, trace in enumerate(traces):
            with file.element("trace"):
                file.write(etree.Element("string", key="concept:name", value=str(c)))
                for i, activity in enumerate(trace):
                    event = etree.Element("event")
                    etree.SubElement(event, "string", key="concept:name", value=activity)
                    moment = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(60 * i))
                    etree.SubElement(event, "date", key="time:timestamp", value=moment)
                    file.write(event)


HEAD = """| log | miner | fitness | precision | F | F, ETC | sound | size | mined in |
|---|---|--:|--:|--:|--:|---|--:|--:|"""


def line(row: dict[str, Any]) -> str:
    def number(key: str) -> str:
        return f"{row[key]:.3f}" if key in row else "-"

    sound = {True: "yes", False: "no", None: "unknown"}[row["sound"]] if "sound" in row else "-"
    if "problem" in row and "f" not in row:
        after = f" after {row['limit']} s" if "limit" in row else ""
        sound = f"{sound}, {row['problem']}{after}".removeprefix("-, ")
    miner = f"{row['miner']}: {row['chose']}" if row["miner"] == "auto" and "chose" in row else row["miner"]
    seconds = f"{row['seconds']:.2f} s" if "seconds" in row else "-"
    cells = [row["log"], miner, *(number(k) for k in ("fitness", "precision", "f", "f_etc")), sound]
    return "| " + " | ".join([*cells, f"{row['size']:,}" if "size" in row else "-", seconds]) + " |"


def speed(peer: str, limit_s: int) -> None:
    """Mine 1 M generated events: 100,000 cases, 20 activities, some 10,000 variants."""
    with tempfile.TemporaryDirectory() as folder:
        write_traces(generated(), folder)
        print("| miner | processor seconds |\n|---|--:|")
        told = [
            *run(sys.executable, "ours", folder, limit_s, *OURS[1:]),
            *run(peer, "theirs", folder, limit_s, *THEIRS),
        ]
        for row in [*told, *run(peer, "rust", folder, limit_s)]:
            print(
                f"| {row['miner']} | {row['seconds']:.2f} |"
                if "seconds" in row
                else f"| {row['miner']} | {row['problem']} |"
            )


def generated() -> list[list[str]]:
    """Cases drawn from 10,000 ways through 20 activities, some much commoner than others."""
    import numpy as np

    random = np.random.default_rng(1)
    ways = []
    for _ in range(10_000):
        middle = [x for x in "bcdefghijklmnopqrs" if random.random() < 0.44]
        for _ in range(int(random.integers(0, 3))):
            i = int(random.integers(0, max(len(middle) - 1, 1)))
            middle[i : i + 2] = middle[i : i + 2][::-1]
        ways.append(["a", *middle, "t"])
    share = 1 / np.arange(1, 10_001) ** 0.5
    return [ways[w] for w in random.choice(10_000, size=100_000, p=share / share.sum())]


def main() -> None:
    if "--act" in sys.argv:
        act, folder, limit_s, *only = sys.argv[sys.argv.index("--act") + 1 :]
        {"ours": ours, "theirs": theirs}[act](folder, int(limit_s), *only) if act != "rust" else rust(
            folder, int(limit_s)
        )
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("logs", nargs="*", type=Path)
    parser.add_argument("--peer", default=sys.executable)
    parser.add_argument("--limit", type=int, default=60, help="processor seconds per miner, and to judge its model")
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    if options.speed:
        speed(options.peer, options.limit)
    if options.logs:
        print(HEAD)
    for log in options.logs:
        measure(log, options.peer, options.limit)


if __name__ == "__main__":
    main()
