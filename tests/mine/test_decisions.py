"""Decision rules: a planted rule is learned and proven on later cases; a coin is not explained."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import InvalidInput
from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog
from hoshin.mine import cart
from hoshin.mine.decisions import decide, decide_all, known_then


def orders(seed: int, *, rule: bool, n: int = 600) -> EventLog:
    """After `check`, orders above 1,000 go to `approve` unless the customer is old; or a coin decides."""
    rng = np.random.default_rng(seed)
    rows = []
    for c in range(n):
        amount, kind = float(rng.uniform(0, 2000)), str(rng.choice(["old", "new"]))
        large = amount > 1000 and kind == "new" if rule else bool(rng.random() < 0.3)
        for k, activity in enumerate(["enter", "check", "approve" if large else "pay"]):
            rows.append((f"{c}", activity, c * 3600 + k * 600, amount if k == 1 else None, kind))
    frame = pl.DataFrame(rows, schema=["case_id", "activity", "t", "amount", "customer"], orient="row")
    frame = frame.with_columns((pl.col("t") * 1_000_000).cast(pl.Datetime("us")).alias("timestamp")).drop("t")
    return build_log(frame).log


def test_the_planted_rule_is_found_in_words() -> None:
    found = decide(orders(0, rule=True), "check")

    assert found is not None
    assert found.accuracy_share > 0.97
    assert 0.65 < found.majority_share < 0.85
    assert found.p < 1e-6
    approve = [words for words, path, _, _ in found.rules if path == "approve"]
    assert len(approve) == 1
    assert "amount > 9" in approve[0] or "amount > 10" in approve[0]
    assert "customer = new" in approve[0] or "customer is not old" in approve[0]


def test_a_coin_is_not_explained() -> None:
    wrong = 0
    for seed in range(20):
        wrong += any(q <= 0.05 for _, q in decide_all(orders(seed, rule=False, n=300)))

    assert wrong <= 2


def test_no_choice_and_too_few_cases_give_none() -> None:
    assert decide(EventLog.from_traces(["ab"] * 100), "a") is None
    assert decide(EventLog.from_traces(["ab", "ac"]), "a") is None
    with pytest.raises(InvalidInput, match="'z'"):
        decide(EventLog.from_traces(["ab"]), "z")


def test_only_the_past_is_known() -> None:
    log = orders(0, rule=True, n=5)
    enter = np.flatnonzero(log.activity == log.activities.index("enter"))
    check = enter + 1

    assert known_then(log, enter).get_column("amount", default=pl.Series([None] * 5)).null_count() == 5
    assert known_then(log, check)["amount"].null_count() == 0
    assert "amount" not in known_then(log, check, ["amount"]).columns


@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 9)), st.sampled_from("xy"), st.integers(0, 2)),
                min_size=1, max_size=60))  # fmt: skip
def test_leaves_partition_the_rows_and_never_do_worse_than_the_majority(
    rows: list[tuple[int | None, str, int]],
) -> None:
    table = pl.DataFrame({"number": pl.Series([r[0] for r in rows], dtype=pl.Float64), "text": [r[1] for r in rows]})
    label = np.array([r[2] for r in rows])
    asked = cart.questions(table)

    tree = cart.grow(asked, label, 3, depth=3, least=2)

    said = cart.rules(tree, asked)
    assert sum(counts for _, counts in said).tolist() == np.bincount(label, minlength=3).tolist()
    right = int((cart.predict(tree, asked.value) == label).sum())
    assert right == sum(int(counts.max()) for _, counts in said)
    assert right >= np.bincount(label).max()
