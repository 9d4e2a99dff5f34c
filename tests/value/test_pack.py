"""Claims, money, portfolio and packs: what counts, what is refused, and what a changed byte does."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import Conflict, Corrupt, InvalidInput
from hoshin.value.claim import as_data, claim_of
from hoshin.value.pack import build, frozen, judge, verify
from hoshin.value.portfolio import Entry, cells_of, due, false_discoveries, total_of
from hoshin.value.range import Range, range_of
from hoshin.value.seal import canonical, sealed
from tests.value.made import rollout

CLAIM: dict[str, Any] = {
    "id": "matching",
    "title": "Invoice matching robot",
    "owner": "Ines",
    "verified_by": "Noor",
    "registered_on": "2026-06-30",
    "kpi": {"id": "handling", "version": "2", "unit": "min/case", "better": "lower", "expression": "mean(minutes)"},
    "measure": {"estimator": "imputation", "options": {"draws": 199, "randomised": True}},
    "money": {
        "kind": "capacity",
        "recurrence": "recurring",
        "volume_per_year": [9000, 10000, 11000],
        "per_unit": 1 / 60,
        "rework_share": [0.0, 0.05, 0.1],
        "realised_share": [0.4, 0.5, 0.6],
        "price": {
            "what": "hour", "amount": [38, 42, 46], "currency": "EUR", "valid_from": "2026-01-01",
            "valid_to": "2026-12-31", "source": "HR cost table 2026", "signed_by": "Lea", "signed_on": "2026-01-10",
        },
    },
    "costs": [{"category": "licences", "yearly": 400}, {"category": "build", "once": [800, 1000, 1500]}],
    "worth": {"years": 3, "half_life_years": [2, 3, 5], "remeasure_on": "2027-01-15"},
}  # fmt: skip


def changed(**paths: Any) -> dict[str, Any]:
    data = copy.deepcopy(CLAIM)
    for path, value in paths.items():
        place = data
        *inner, last = path.split("__")
        for name in inner:
            place = place[name]
        if value is None:
            place.pop(last)
        else:
            place[last] = value
    return data


def judged(effect: float = -3.0, seed: int = 1, **paths: Any) -> tuple[Any, Any]:
    panel = frozen(rollout(seed, n=12, t=24, effect=effect, hold_out=3))
    return panel, judge(claim_of(changed(**paths)), panel)


def test_money_follows_the_chain_by_hand() -> None:
    """With certain inputs the likely values are plain products."""
    certain = {
        "money__volume_per_year": 10_000, "money__rework_share": 0.1, "money__realised_share": 0.5,
        "money__price__amount": 42, "costs": [{"category": "run", "once": 900, "yearly": 100}],
        "worth__half_life_years": None, "worth__discount_share": 0.0,
    }  # fmt: skip
    _, found = judged(**certain)
    worth, saved = found.worth, -found.estimate.effect

    gross = saved * 10_000 / 60 * 42
    assert worth.gross.likely == pytest.approx(gross, rel=0.01)
    assert worth.realised.likely == pytest.approx(gross * 0.9 * 0.5, rel=0.01)
    assert worth.net.likely == pytest.approx(gross * 0.45 - 100 - 300, rel=0.01)
    assert worth.npv.likely == pytest.approx(3 * (gross * 0.45 - 100) - 900, rel=0.01)
    low = -found.estimate.high * 10_000 / 60 * 42
    assert worth.gross.low == pytest.approx(low, rel=0.02), "the effect's bound is the money's bound"
    assert worth.bankable == worth.net.low


def test_what_is_not_shown_is_not_bankable() -> None:
    _, found = judged(effect=0.0)

    assert not found.worth.certified
    assert found.worth.bankable == 0.0


@pytest.mark.parametrize(
    ("paths", "code"),
    [
        ({"verified_by": "ines"}, "value.four_eyes"),
        ({"kpi__expression": None}, "value.kpi"),
        ({"kpi__better": "less"}, "value.better"),
        ({"money__realised_share": None}, "value.realised"),
        ({"money__realised_share": [0.5, 0.4, 0.6]}, "value.range"),
        ({"money__realised_share": 1.2}, "value.range"),
        ({"money__kind": "hard"}, "value.kind"),
        ({"money__price__signed_by": " "}, "value.price"),
        ({"money__price__valid_to": "2025-01-01"}, "value.price"),
        ({"money__price__valid_to": "2026-03-31"}, "value.price_date"),
        ({"costs": [{"category": "licence"}]}, "value.cost"),
        ({"colour": "red"}, "value.claim_field"),
        ({"registered_on": "30.6.2026"}, "value.date"),
        ({"measure__options": {"drawz": 1}}, "value.option"),
    ],
)
def test_a_claim_that_finance_would_send_back_is_refused(paths: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as error:
        judged(**paths)
    assert error.value.code == code


def test_plain_form_round_trips() -> None:
    claim = claim_of(CLAIM)
    assert claim_of(json.loads(canonical(as_data(claim)))) == claim


@given(st.floats(0, 10), st.floats(0, 5), st.floats(0, 5))
def test_draws_stay_in_their_range(low: float, left: float, right: float) -> None:
    found = Range(low, low + left, low + left + right).draw(np.random.default_rng(1), 200)
    assert found.min() >= low - 1e-9
    assert found.max() <= low + left + right + 1e-9
    assert range_of([low, low + left, low + left + right], "x").likely == low + left


# --- packs ----------------------------------------------------------------------------------------


def packed() -> dict[str, bytes]:
    panel, found = judged()
    return build(found, panel, None, "hoshin test")


def test_a_pack_recomputes() -> None:
    assert verify(packed()) == []


def test_a_changed_outcome_is_found_and_so_is_what_it_moves() -> None:
    files = packed()
    head, first, rest = files["panel.csv"].decode().split("\n", 2)
    unit, period, outcome, treated = first.split(",")
    files["panel.csv"] = f"{head}\n{unit},{period},{float(outcome) + 1},{treated}\n{rest}".encode()
    found = [d.where for d in verify(files)]

    assert found[0] == "panel.csv"
    assert "result.estimate.effect" in found
    assert "result.worth.npv.likely" in found


def test_a_prettier_result_is_found_even_when_it_is_sealed_again() -> None:
    """Whoever can rewrite result.json and its seals still cannot make the inputs give that figure."""
    files = packed()
    result = json.loads(files["result.json"])["content"]
    result["worth"]["npv"]["likely"] *= 2
    files["result.json"] = canonical(sealed(result))
    assert [d.where for d in verify(files)] == ["result.json", "result.worth.npv.likely"]
    import hashlib

    manifest = json.loads(files["manifest.json"])["content"]
    manifest["files"]["result.json"] = hashlib.sha256(files["result.json"]).hexdigest()
    files["manifest.json"] = canonical(sealed(manifest))
    (difference,) = verify(files)
    assert difference.where == "result.worth.npv.likely"
    assert difference.sealed == pytest.approx(2 * difference.found)  # type: ignore[operator]


def test_a_missing_file_and_a_broken_seal_are_said() -> None:
    files = packed()
    del files["panel.csv"]
    assert verify(files)[0].found == "missing"
    files = packed()
    files["manifest.json"] = files["manifest.json"].replace(b"hoshin test", b"hoshin tess")
    with pytest.raises(Corrupt, match=r"manifest\.json was changed"):
        verify(files)


# --- portfolio ------------------------------------------------------------------------------------


def entry(effect: float = -3.0, seed: int = 1, **paths: Any) -> Entry:
    panel, found = judged(effect, seed, **paths)
    return Entry(found.claim, found.estimate, found.worth, cells_of(panel))


def test_the_same_cells_count_once() -> None:
    total = total_of([entry(), entry(id="chatbot", registered_on="2026-07-15")])

    assert [line.counted_share for line in total.lines] == [1.0, 0.0]
    assert total.overlaps[0].share == 1.0
    assert "counted_twice" in [f.code for f in total.findings]
    alone = total_of([entry()])
    assert total.totals["capacity, recurring"].likely == pytest.approx(alone.totals["capacity, recurring"].likely)


def test_another_kpi_and_another_price_is_no_double_count() -> None:
    other = entry(
        id="errors",
        kpi__id="errors",
        kpi__expression="sum(errors)",
        money__price__what="error",
        money__kind="avoidance",
    )
    total = total_of([entry(), other])

    assert total.overlaps == ()
    assert set(total.totals) == {"capacity, recurring", "avoidance, recurring"}, "never added together"


def test_same_expression_over_another_window_is_another_kpi() -> None:
    a, b = entry(), entry(id="b", kpi__id="handling_month", kpi__window="month")
    assert a.claim.kpi.definition != b.claim.kpi.definition
    with pytest.raises(Conflict, match="case only"):
        total_of([a, entry(id="c", kpi__id="Handling")])
    with pytest.raises(Conflict, match="two definitions"):
        total_of([a, entry(id="d", kpi__window="month")])


def test_currencies_are_not_mixed_and_luck_among_many_is_not_certified() -> None:
    with pytest.raises(InvalidInput, match="EUR, USD"):
        total_of([entry(), entry(id="b", money__price__currency="USD")])
    assert false_discoveries([0.04] + [0.9] * 19) == [False] * 20


def test_due_dates() -> None:
    claim = claim_of(CLAIM)
    assert due([claim], date(2027, 1, 14)) == []
    assert due([claim], date(2027, 1, 20))[0]["overdue_days"] == 5


def test_few_certified_savings_are_false() -> None:
    """100 claims, 30 real: at most 1 in 10 of what the portfolio certifies has no effect (BH at 5 %)."""
    p_values, real = [], []
    for k in range(100):
        effect = -1.2 if k % 10 < 3 else 0.0
        _, found = judged(effect, 500 + k)
        p_values.append(found.estimate.p_value)
        real.append(effect != 0)
    kept = false_discoveries(p_values)

    assert sum(kept) >= 15
    assert sum(1 for keep, is_real in zip(kept, real) if keep and not is_real) <= 0.1 * sum(kept)
