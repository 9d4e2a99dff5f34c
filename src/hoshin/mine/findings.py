"""Findings: the few sentences a manager would act on, each with its number and how it was computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.kernels.rework import RETURN, distinct_per_case, flag_repeats
from hoshin.log.eventlog import EventLog
from hoshin.mine.bottlenecks import Bottleneck, rank_bottlenecks
from hoshin.mine.summary import distribution
from hoshin.mine.variants import Variants, discover_variants
from hoshin.units import duration, money, share

# A group is compared only if it has this many cases, and only so many values of an attribute are groups.
MIN_GROUP, MAX_VALUES = 50, 60
SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Finding:
    """`number` is the figure to remember; `how` lets anyone recompute it; `action` is the next question to ask."""

    title: str
    number: str
    sentence: str
    how: str
    action: str


def find_findings(
    log: EventLog,
    *,
    price_per_hour: float | None = None,
    currency: str = "",
    ranked: list[Bottleneck] | None = None,
    variants: Variants | None = None,
) -> list[Finding]:
    """The findings that `log` supports, in the order of a story: time, place, rework, people, variety, group.

    `ranked` and `variants` are those of the log, if known already (then `ranked` has the price in it).
    A log without repeats, resources or case attributes has fewer. Differences between groups are
    differences: nothing here is a cause.
    """
    if not log.n_events:
        return []
    seconds = log.cycle_time_s()
    ranked = rank_bottlenecks(log, price_per_hour=price_per_hour) if ranked is None else ranked
    return [
        _time(seconds),
        *_place(log, ranked, currency or log.currency),
        *_rework(log, seconds),
        *_handovers(log, seconds),
        _variety(log, discover_variants(log) if variants is None else variants),
        *_group(log, seconds),
    ]


def _time(seconds: NDArray[np.float64]) -> Finding:
    d = distribution(seconds)
    slow = seconds >= d.p90_s
    held = float(seconds[slow].sum() / seconds.sum()) if seconds.sum() else 0.0
    return Finding(
        "The slowest tenth holds the hours",
        share(held),
        f"Half of the {seconds.size:,} cases take under {duration(d.median_s)}, one in ten over {duration(d.p90_s)}; "
        f"that slowest tenth holds {share(held)} of all time.",
        "Cycle time = last event minus first start per case; share = sum over cases at or above the 90th percentile "
        "divided by the sum over all cases.",
        "Read ten of the slowest cases before changing the average one.",
    )


def _place(log: EventLog, ranked: list[Bottleneck], currency: str) -> Iterator[Finding]:
    """The place with most hours; and, if a timer sets that gap, the first place where one does not."""
    ranked = [b for b in ranked if b.total_h > 0]
    if not ranked:
        return
    by_rule = [b for b in ranked if b.is_timer]
    by_work = [b for b in ranked if not b.is_timer]
    unknown = "" if log.start_ns is not None else " The log has no start times, so this is waiting and work together."
    how = "Gap = begin of the next event minus end of this one, summed over every time one directly follows the other"
    if by_rule and by_rule[0].rank == 1:
        top = by_rule[0]
        yield Finding(
            f"A fixed delay {_where(top)}",
            share(top.time_share),
            f"{_spent(top, currency)} {_where(top)}: {top.times:,} times, and nearly always {duration(top.median_s)}. "
            "So regular a gap is a rule or a timer, not work.",
            f"{how}; a timer = the middle half of the gaps differs by less than 5% of the median.",
            "Ask who set that delay and what would break if it were shorter.",
        )
    if by_work:
        top = by_work[0]
        yield Finding(
            f"Most time passes {_where(top)}" if top.rank == 1 else f"Most other time passes {_where(top)}",
            share(top.time_share),
            f"{_spent(top, currency)} {_where(top)}: {top.times:,} times in {top.cases:,} cases, median "
            f"{duration(top.median_s)}, one in ten over {duration(top.p90_s)}.{unknown}",
            f"{how}.",
            "Ask who owns the case in that gap, and what it waits for.",
        )


def _where(place: Bottleneck) -> str:
    a, _, b = place.place.partition(" > ")
    if place.kind == "work":
        return f"within {a!r}"
    return f"between {a!r} and {b!r}" if a != b else f"between one {a!r} and the next"


def _spent(place: Bottleneck, currency: str) -> str:
    cost = f" ({money(place.cost, currency or 'EUR')} at the price of an hour given)" if place.cost is not None else ""
    return f"{place.total_h:,.0f} case-hours, {share(place.time_share)} of all time{cost}, pass"


def _rework(log: EventLog, seconds: NDArray[np.float64]) -> Iterator[Finding]:
    back = flag_repeats(log.activity, log.case_start, len(log.activities)) == RETURN
    if not back.any():
        return
    case = log.case_of_event()
    has = np.zeros(log.n_cases, dtype=np.bool_)
    has[case[back]] = True
    if not (0 < has.sum() < log.n_cases):
        return
    names, counts = np.unique(log.activity[back], return_counts=True)
    worst = log.activities[names[counts.argmax()]]
    with_, without = float(np.median(seconds[has])), float(np.median(seconds[~has]))
    yield Finding(
        "Work that comes back",
        share(has.mean()),
        f"{int(has.sum()):,} cases ({share(has.mean())}) return to an activity they had left, most often to "
        f"{worst!r} ({int(counts.max()):,} times). Their median cycle time is {duration(with_)}, that of the others "
        f"{duration(without)}.",
        "A return = an activity that the case had earlier, with another one in between; medians over cases with and "
        "without one. A difference, not a cause.",
        f"Sample the returns to {worst!r}: which were avoidable?",
    )


def _handovers(log: EventLog, seconds: NDArray[np.float64]) -> Iterator[Finding]:
    if log.resource is None or not log.resources:
        return
    people = distinct_per_case(log.resource, log.case_start, len(log.resources))
    one, many = people == 1, people >= 3
    if min(one.sum(), many.sum()) < MIN_GROUP:
        return
    few_s, many_s = float(np.median(seconds[one])), float(np.median(seconds[many]))
    yield Finding(
        "Many hands, long cases" if many_s > few_s else "More hands do not make cases longer",
        share(many.mean()),
        f"{int(many.sum()):,} cases ({share(many.mean())}) pass through three or more people; their median cycle time "
        f"is {duration(many_s)}, against {duration(few_s)} with one.",
        "Different resources per case (events without one are not counted); medians over cases with exactly 1 and "
        "with 3 or more. A difference, not a cause: hard cases need more people.",
        "Look where the first wrong hand-over happens; route those cases right at the start.",
    )


def _variety(log: EventLog, variants: Variants) -> Finding:
    half, most = variants.covering(0.5), variants.covering(0.8)
    once = int((variants.counts == 1).sum())
    return Finding(
        "A few ways of working carry the load",
        f"{most:,} of {len(variants):,}",
        f"{half:,} of {len(variants):,} variants cover half of the cases and {most:,} cover 80%; {once:,} variants "
        f"happen once only ({share(once / log.n_cases)} of cases).",
        "Variant = exact sequence of activities of a case; counted from the commonest down.",
        f"Standardise and automate the first {half:,}; do not design for the ones that happen once.",
    )


def _group(log: EventLog, seconds: NDArray[np.float64]) -> Iterator[Finding]:
    best: tuple[float, str, str, NDArray[np.bool_]] | None = None
    tests = 0
    for column in first_values(log):
        values = column.cast(pl.String)
        if column.dtype.is_temporal() or not 2 <= values.drop_nulls().n_unique() <= MAX_VALUES:
            continue
        for value, count in values.drop_nulls().value_counts().iter_rows():
            if count < MIN_GROUP or count > log.n_cases - MIN_GROUP:
                continue
            mask = (values == value).fill_null(False).to_numpy()
            tests += 1
            excess = (seconds[mask].mean() - seconds[~mask].mean()) * mask.sum()
            if best is None or excess > best[0]:
                best = (float(excess), column.name, value, mask)
    if best is None or best[0] <= 0:
        return
    from scipy.stats import mannwhitneyu

    excess, name, value, mask = best
    p = min(1.0, float(mannwhitneyu(seconds[mask], seconds[~mask], alternative="greater").pvalue) * tests)
    if p > 0.01:
        return
    yield Finding(
        f"One group is slower: {name} = {value}",
        f"{excess / SECONDS_PER_HOUR:,.0f} h",
        f"The {int(mask.sum()):,} cases whose {name} is {value!r} take {duration(float(seconds[mask].mean()))} on "
        f"average, the others {duration(float(seconds[~mask].mean()))}: {excess / SECONDS_PER_HOUR:,.0f} case-hours "
        "above par.",
        "First value of each attribute per case, so that an outcome is not mistaken for a driver; groups of at least "
        f"{MIN_GROUP} cases; excess = difference of means times cases, largest of {tests} groups; Mann-Whitney test, "
        f"Bonferroni-corrected p {'< 1e-9' if p < 1e-9 else f'= {p:.1g}'}. A difference, not a cause.",
        "Compare ten cases of this group with ten others; is it the work, the people or the rules?",
    )


def first_values(log: EventLog) -> Iterator[pl.Series]:
    """Each attribute once per case: case attributes, and the value event attributes have first."""
    yield from log.cases.get_columns()
    if log.events.width and (log.events_per_case() > 0).all():
        yield from log.events[log.case_start[:-1]].get_columns()
