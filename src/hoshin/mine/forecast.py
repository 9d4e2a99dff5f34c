"""Forecasts of running cases with calibrated uncertainty.

Everything is known as of a date: models learn from moments before it, those of cases that had ended by then standing
for those still running too (`censoring`); intervals and the choice of the method rest on cases not learned from.
Nothing learns from its own future.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.boosted import BoostedChance, BoostedTimes, can_boost
from hoshin.mine.censoring import censor_weights, conformal_bound
from hoshin.mine.prefix import Prefixes
from hoshin.mine.states import StateModel
from hoshin.units import NS_PER_S

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Method = Literal["auto", "last", "states", "boosted"]
# From the simplest on: a later one must be better by MARGIN on the hold-out to be taken.
CANDIDATES: tuple[Method, ...] = ("last", "states", "boosted")
MARGIN = 0.01
# Below this share of the truth the hold-out cannot tell which method is better, and the simplest is taken.
KNOWN_ENOUGH = 0.8
LEAST_CASES = 50


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known at a date: `rows` of cases that have ended by it, `weight` float64 (n,) of each, and the mean
    weight over all moments, ended or not: the share of the truth they stand for."""

    rows: Prefixes
    weight: Floats
    known_share: float


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """What is known to learn from and to calibrate on at `at_ns`, and the moments to judge by."""

    train: Known
    calibrate: Known
    test: Prefixes
    at_ns: int


def known_at(data: Prefixes, keep: Mask, now_ns: int, ended: Mask) -> Known:
    """The rows `keep`, bool (n,), as known at `now_ns`; `ended`, bool (n_cases,), are the cases that had ended."""
    rows = data.rows(np.flatnonzero(keep))
    seen = ended[rows.case]
    since = np.maximum((now_ns - rows.t_ns) / NS_PER_S, 0.0)
    weight = censor_weights(since, rows.left_s, seen)
    share = min(float(weight.mean()), 1.0) if weight.size else 0.0
    return Known(rows.rows(seen), weight[seen], share)


def running(log: EventLog) -> Mask:
    """Every event but the last of its case, bool (n_events,): at the last there is nothing left to forecast."""
    found = np.ones(log.n_events, dtype=np.bool_)
    found[log.case_start[1:][log.events_per_case() > 0] - 1] = False
    return found


def divide(
    log: EventLog, data: Prefixes, now_ns: int, begun: Mask, ended: Mask, *, seed: int = 0
) -> tuple[Known, Known]:
    """What is known at `now_ns` of the cases `begun`, bool (n_cases,): to learn from, and to calibrate on.

    Two in five of the cases of the later half are kept for calibration. InvalidInput(predict.few) if a part has fewer
    than 50 cases that have `ended`.
    """
    begin = log.case_begin_ns()
    middle = np.quantile(begin[begun], 0.5) if begun.any() else now_ns
    drawn = np.random.default_rng(seed).random(log.n_cases) < 0.4
    held_out = begun & (begin >= middle) & drawn
    past = running(log) & (data.t_ns <= now_ns)
    parts = []
    for name, cases in (("learn from", begun & ~held_out), ("calibrate on", held_out)):
        n = int((cases & ended).sum())
        if n < LEAST_CASES:
            raise InvalidInput(
                "predict.few",
                f"Only {n} ended cases are left to {name}; {LEAST_CASES} are needed.",
                hint="Cases run too long for the period of the log, or are too few: take a longer log.",
            )
        parts.append(known_at(data, past & cases[data.case], now_ns, ended))
    return parts[0], parts[1]


def split_by_time(log: EventLog, data: Prefixes, *, test_share: float = 0.25) -> Split:
    """What was known at the date at which the last `test_share` of the cases begin, and the cases that began after it.

    Raises InvalidInput(predict.few) if a part has fewer than 50 cases.
    """
    begin, end = log.case_begin_ns(), log.case_end_ns()
    held = log.events_per_case() > 0
    if int(held.sum()) < 4 * LEAST_CASES:
        raise InvalidInput("predict.few", f"{int(held.sum())} cases are too few to learn from; 200 are needed.")
    at = int(np.quantile(begin[held], 1 - test_share))
    test = held & (begin > at)
    if test.sum() < LEAST_CASES:
        raise InvalidInput("predict.few", f"Only {int(test.sum())} cases begin late enough to judge by; 50 are needed.")
    train, calibrate = divide(log, data, at, held & (begin <= at), end <= at)
    return Split(train, calibrate, data.rows(test[data.case] & running(log)), at)


@dataclass(frozen=True, slots=True, eq=False)
class TimeForecaster:
    """A model of the remaining time with conformal intervals at `level`.

    `widen` float64 (n_groups + 1,) widens the model's interval on a logarithmic scale, per last activity where
    the calibration has 200 moments of it, the last entry for all others. Source: conformalized quantile
    regression, Romano, Patterson and Candès (2019); groups as in Mondrian conformal prediction. `why` says how the
    method was chosen.
    """

    method: str
    model: Any
    level: float
    widen: Floats
    why: str = ""

    def predict(self, data: Prefixes) -> Floats:
        """float64 (n, 3): lower bound, median, upper bound in seconds."""
        return self.bounds(self.model.predict(data), data)

    def bounds(self, q: Floats, data: Prefixes) -> Floats:
        """The calibrated interval around the model's own quantiles `q`, float64 (n, 3)."""
        by = self.widen[np.minimum(data.states[:, 2], self.widen.size - 1)]
        by = np.where(np.isnan(by), self.widen[-1], by)
        low, high = np.expm1(np.maximum(np.log1p(q[:, 0]) - by, 0)), np.expm1(np.log1p(q[:, 2]) + by)
        return np.stack([np.minimum(low, q[:, 1]), q[:, 1], np.maximum(high, q[:, 1])], axis=1)


def methods_of(method: Method) -> tuple[Method, ...]:
    """The methods that `method` chooses among."""
    if method != "auto":
        return (method,)
    return CANDIDATES if can_boost() else CANDIDATES[:2]


def fit_times(
    train: Known, calibrate: Known, *, method: Method = "auto", level: float = 0.9, seed: int = 0
) -> TimeForecaster:
    """Learn the remaining time from `train`; its intervals, and with "auto" the method, from `calibrate`."""
    return choose_times(fit_models(train, methods_of(method), level=level, seed=seed), calibrate, level)


def fit_models(train: Known, methods: Sequence[Method], *, level: float = 0.9, seed: int = 0) -> dict[str, Any]:
    """A model of the remaining time per method."""
    tails = ((1 - level) / 2, 0.5, (1 + level) / 2)
    made: dict[str, Any] = {
        "last": lambda: StateModel(tails, depth=1), "states": lambda: StateModel(tails),
        "boosted": lambda: BoostedTimes(tails, seed),
    }  # fmt: skip
    return {m: made[m]().fit(train.rows, train.rows.left_s, train.weight) for m in methods}


def choose_times(models: dict[str, Any], calibrate: Known, level: float) -> TimeForecaster:
    """The model with the least error on the hold-out, the simpler one where that cannot tell, calibrated."""
    guesses = {name: model.predict(calibrate.rows) for name, model in models.items()}
    error = {name: np.abs(q[:, 1] - calibrate.rows.left_s) for name, q in guesses.items()}
    name, why = choose(error, calibrate, "mean error")
    widen = calibrate_widths(guesses[name], calibrate, level)
    return TimeForecaster(name, models[name], level, widen, why)


def choose(error: dict[str, Floats], known: Known, what: str) -> tuple[str, str]:
    """(name, why) of the method to take, given the errors of each on `known`, float64 (n,), the simplest first.

    A later one must be better by MARGIN, and by twice the standard error of the difference, cases being what varies.
    """
    names = list(error)
    best = names[0]
    if known.known_share < KNOWN_ENOUGH:
        little = f"Ended cases stand for only {known.known_share:.0%} of the truth: too little to"
        return best, f"{little} choose by." if len(
            names
        ) > 1 else f"{little} calibrate by; intervals may be too narrow."
    if len(names) == 1:
        return best, ""
    _, case = np.unique(known.rows.case, return_inverse=True)
    total = max(float(known.weight.sum()), 1e-300)
    mean = {name: float((e * known.weight).sum()) / total for name, e in error.items()}
    for name in names[1:]:
        gain = mean[best] - mean[name]
        off = np.bincount(case, known.weight * (error[best] - error[name] - gain))
        if gain > max(MARGIN * mean[best], 2 * float(np.sqrt((off**2).sum())) / total):
            best = name
    others = ", ".join(f"{n} {mean[n] / (mean[best] or 1):.2f}" for n in names if n != best)
    return best, f"Surely the least {what} on cases not learned from (1), or the simplest of those; {others}."


def calibrate_widths(q: Floats, known: Known, level: float) -> Floats:
    """How much to widen intervals `q` so that `level` of the truth falls inside, in general and per last activity."""
    low, high, y = np.log1p(q[:, 0]), np.log1p(q[:, 2]), np.log1p(known.rows.left_s)
    score, group = np.maximum(low - y, y - high), known.rows.states[:, 2]
    widen = np.full(int(group.max(initial=0)) + 2, np.nan)
    for g in np.unique(group):
        own = group == g
        if own.sum() >= 200:
            widen[g] = conformal_bound(score[own], known.weight[own], level)
    widen[-1] = conformal_bound(score, known.weight, level)
    return widen


@dataclass(frozen=True, slots=True, eq=False)
class ChanceForecaster:
    """A model of the chance of an outcome, calibrated by isotonic regression: `at` and `chance` float64 (k,)."""

    method: str
    model: Any
    at: Floats
    chance: Floats
    why: str = ""

    def predict(self, data: Prefixes) -> Floats:
        """float64 (n,) in [0, 1]."""
        return np.asarray(np.interp(self.model.predict(data)[:, 0], self.at, self.chance))


def fit_chance(
    train: Known, calibrate: Known, hit: Mask, *, method: Method = "auto", seed: int = 0
) -> ChanceForecaster:
    """Learn the chance that a case is a `hit`, bool (n_cases,). "auto" takes the method with the least Brier score on
    calibration cases; the share of all is the simplest, and stays where nothing beats it."""
    names = ("share", *methods_of(method)) if method == "auto" else (method,)
    made: dict[str, Any] = {
        "share": lambda: StateModel(None, least=1 << 60), "last": lambda: StateModel(None, depth=1),
        "states": lambda: StateModel(None), "boosted": lambda: BoostedChance(seed),
    }  # fmt: skip
    y = hit[train.rows.case].astype(np.float64)
    fitted = {n: made[n]().fit(train.rows, y, train.weight) for n in names}
    raw = {n: m.predict(calibrate.rows)[:, 0] for n, m in fitted.items()}
    truth = hit[calibrate.rows.case].astype(np.float64)
    # Half of the cases calibrate, the others choose: isotonic fits look better on what they were fitted to.
    first = calibrate.rows.case % 2 == 0
    rest = Known(calibrate.rows.rows(~first), calibrate.weight[~first], calibrate.known_share)
    squares = {}
    for n in names:
        at, chance = _calibrated(n, raw[n][first], truth[first], calibrate.weight[first])
        squares[n] = (np.interp(raw[n][~first], at, chance) - truth[~first]) ** 2
    name, why = choose(squares, rest, "Brier score")
    at, chance = _calibrated(name, raw[name], truth, calibrate.weight)
    return ChanceForecaster(name, fitted[name], at, chance, why)


def _calibrated(name: str, raw: Floats, truth: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """The share of all stays as it was learned: there is nothing to calibrate it by but itself."""
    one = np.array([0.0, 1.0])
    return (one, one) if name == "share" else calibrate_chance(raw, truth, weight)


def calibrate_chance(raw: Floats, truth: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """(at, chance): the isotonic fit of `truth` on `raw`. One moment at the mean keeps few from claiming certainty."""
    if raw.size == 0:
        return np.array([0.0, 1.0]), np.array([0.0, 1.0])
    at, where = np.unique(raw, return_inverse=True)
    n = np.bincount(where, weight).astype(np.float64)
    mean = (np.bincount(where, truth * weight) + np.average(truth, weights=weight)) / (n + 1)
    return at, isotonic(mean, n + 1)


def isotonic(value: Floats, weight: Floats) -> Floats:
    """The non-decreasing fit of `value`, by pooling adjacent violators.

    >>> isotonic(np.array([1.0, 3.0, 2.0]), np.ones(3)).tolist()
    [1.0, 2.5, 2.5]
    """
    blocks: list[list[float]] = []
    for v, w in zip(value.tolist(), weight.tolist()):
        blocks.append([v, w, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            v2, w2, n2 = blocks.pop()
            v1, w1, n1 = blocks.pop()
            blocks.append([(v1 * w1 + v2 * w2) / (w1 + w2), w1 + w2, n1 + n2])
    return np.repeat([b[0] for b in blocks], [int(b[2]) for b in blocks])
