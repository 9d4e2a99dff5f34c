"""Decision rules: what decides where a case goes next after an activity, if anything that is recorded does.

A rule counts only if it predicts cases it has not seen better than always guessing the commonest path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine import cart
from hoshin.mine.design import plain, seconds
from hoshin.mine.significance import benjamini_hochberg

END = "(end)"


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """The choice after `activity`. Accuracies are on held-out cases, the later ones; `p` is for the gain over the
    majority guess (McNemar, exact, one-sided). `rules` are (condition, path, rows, share of that path)."""

    activity: str
    paths: tuple[str, ...]
    n_train: int
    n_test: int
    majority_share: float
    accuracy_share: float
    p: float
    rules: tuple[tuple[str, str, int, float], ...]


def decide(
    log: EventLog,
    activity: str,
    *,
    depth: int = 3,
    least: int = 20,
    least_path_share: float = 0.02,
    ignore: Sequence[str] = (),
) -> Decision | None:
    """The rule after `activity`, or None if there is no choice or are too few cases to learn and test one.

    Paths that fewer than `least_path_share` take are left out. What is known at the moment: case
    attributes, the last value so far of each event attribute, resource, elapsed time, how often the
    activity was done. `ignore` leaves attributes out: those written when the case ends, say. Trained
    on the earlier 70 % of cases, tested on the rest.
    """
    if activity not in log.activities:
        raise InvalidInput.unknown("explain.activity", "activity", activity, log.activities)
    at = np.flatnonzero(log.activity == log.activities.index(activity))
    case = log.case_of_event()
    n_act = len(log.activities)
    last = np.zeros(log.n_events, dtype=np.bool_)
    last[log.case_start[1:][log.events_per_case() > 0] - 1] = True
    following = np.where(last[at], n_act, log.activity[np.minimum(at + 1, log.n_events - 1)])
    count = np.bincount(following, minlength=n_act + 1)
    paths = np.flatnonzero(count >= max(least, least_path_share * at.size))
    if paths.size < 2:
        return None
    number = np.full(n_act + 1, -1)
    number[paths] = np.arange(paths.size)
    kept = number[following] >= 0
    at, label = at[kept], number[following[kept]]
    begin = log.case_begin_ns()[case[at]]
    later = begin > np.quantile(begin, 0.7)
    if min((~later).sum(), later.sum()) < 2 * least:
        return None
    asked = cart.questions(known_then(log, at, ignore))
    train = cart.Questions(asked.value[~later], asked.names, asked.is_level)
    tree = cart.grow(train, label[~later], paths.size, depth=depth, least=least)
    names = tuple(log.activities[k] if k < n_act else END for k in paths)
    guess = int(np.bincount(label[~later]).argmax())
    truth = label[later]
    right, baseline = cart.predict(tree, asked.value[later]) == truth, truth == guess
    won, lost = int((right & ~baseline).sum()), int((baseline & ~right).sum())
    p = float(stats.binomtest(won, won + lost, 0.5, alternative="greater").pvalue) if won + lost else 1.0
    said = tuple(
        (words or "always", names[int(counts.argmax())], int(counts.sum()), float(counts.max() / counts.sum()))
        for words, counts in cart.rules(tree, asked)
    )
    return Decision(
        activity, names, int((~later).sum()), int(later.sum()), float(baseline.mean()), float(right.mean()), p, said
    )  # fmt: skip


def decide_all(log: EventLog, *, level: float = 0.05, **options: Any) -> list[tuple[Decision, float]]:
    """Every decision that can be tested, with its q-value over them all, the largest gain first."""
    found = [d for d in (decide(log, a, **options) for a in log.activities) if d is not None]
    q = benjamini_hochberg(np.array([d.p for d in found]))
    pairs = [(d, float(x)) for d, x in zip(found, q)]
    return sorted(pairs, key=lambda pair: (pair[1] > level, pair[0].majority_share - pair[0].accuracy_share))


def known_then(log: EventLog, at: NDArray[np.int64], ignore: Sequence[str] = ()) -> pl.DataFrame:
    """What was known at the events `at`, a row each: Float64 and String columns, without those in `ignore`."""
    case = log.case_of_event()
    columns: dict[str, pl.Series] = {}
    if log.events.width:
        held = log.events.with_columns(pl.Series("#case", case))
        filled = held.select(pl.exclude("#case", *ignore).forward_fill().over("#case"))
        columns |= {c.name: c.gather(at) for c in filled.get_columns()}
    if log.cases.width:
        columns |= {
            f"case.{c.name}" if c.name in columns else c.name: c.gather(case[at]) for c in log.cases.get_columns()
        }
    usable = {name: plain(column) for name, column in columns.items()}
    table = [column.alias(name) for name, column in usable.items() if column is not None]
    if log.resource is not None:
        code = np.where(log.resource[at] < 0, len(log.resources), log.resource[at])
        table.append(pl.Series([*log.resources, None], dtype=pl.String).gather(code).alias("resource"))
    table.append(pl.Series("elapsed, s", seconds(log.t_ns[at] - log.case_begin_ns()[case[at]])))
    so_far = (
        pl.DataFrame({"c": case, "a": log.activity}).select(pl.int_range(1, pl.len() + 1).over("c", "a")).to_series()
    )
    table.append(so_far.gather(at).cast(pl.Float64).alias("times done"))
    return pl.DataFrame(table)
