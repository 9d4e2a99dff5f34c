"""Drivers: a true one is found with its size, a confounded one is unmasked, noise is not blamed."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.design import design, features, known_at_start, plain
from hoshin.mine.drivers import adjust, find_drivers, logistic


def world(seed: int, n: int = 4000, *, real: float = 0.0, confounded: float = 0.0) -> tuple[pl.DataFrame, np.ndarray]:
    """Grave cases go to team B and are often slow; product P adds `real` to the share of slow ones; colour is noise."""
    rng = np.random.default_rng(seed)
    grave = rng.random(n) < 0.4
    team = np.where(rng.random(n) < np.where(grave, 0.7, 0.25), "B", "A")
    product = rng.choice(["P", "Q", "R"], n)
    slow = rng.random(n) < 0.15 + confounded * grave + real * (product == "P")
    table = pl.DataFrame(
        {"grave": np.where(grave, "yes", "no"), "team": team, "product": product,
         "colour": rng.choice(list("rgbcmy"), n), "amount": rng.exponential(100, n)}
    )  # fmt: skip
    return table, slow


def test_the_true_driver_has_its_effect_and_the_confounded_one_is_unmasked() -> None:
    table, slow = world(1, real=0.2, confounded=0.4)

    rows = {row["driver"]: row for row in find_drivers(table, slow)}

    product = rows["product = P"]
    assert product["adjusted_low"] < 0.2 < product["adjusted_high"]
    assert product["warning"] == ""
    team = rows.get("team = B") or rows["team = A"]
    assert team["q"] < 0.001
    assert team["adjusted_low"] < 0 < team["adjusted_high"]
    assert team["warning"] == "disappears once other attributes are held equal"
    assert not any(name.startswith(("colour", "amount")) for name in rows)


def test_adjusted_intervals_cover_the_truth() -> None:
    """The adjusted effect of the team is zero by construction: its 95 % interval says so nine times in ten or more."""
    covered = 0
    for seed in range(60):
        table, slow = world(seed, n=1500, confounded=0.4)
        team = next(f for f in features(table) if f.column == "team")
        own = adjust(team, slow.astype(float), design(table).without("team"), seed=seed)
        covered += own.low <= 0 <= own.high

    assert covered >= 53


def test_the_error_of_small_features_is_neither_under_nor_overstated() -> None:
    """Effects of noise over their standard error spread by one; with two folds it was 1.12, and 8.4 % had p <= 0.05."""
    p = []
    for seed in range(300, 420):
        table, slow = world(seed, n=300, confounded=0.4)
        covariates = design(table)
        noise = [f for f in features(table) if f.column in ("colour", "product")]
        p += [adjust(f, slow.astype(float), covariates.without(f.column), seed=seed).p for f in noise]

    assert 0.93 < np.sqrt((norm.isf(np.array(p) / 2) ** 2).mean()) < 1.07
    assert np.mean(np.array(p) <= 0.05) < 0.075


def test_noise_is_rarely_blamed() -> None:
    wrong = sum(bool(find_drivers(*world(200 + seed, n=600))) for seed in range(25))

    assert wrong <= 4


def test_attributes_that_always_go_together_are_not_told_apart() -> None:
    table, slow = world(3, real=0.3)
    table = table.with_columns(("line " + pl.col("product")).alias("line"))

    rows = {row["driver"]: row for row in find_drivers(table, slow)}

    assert rows["product = P"]["warning"] == "cannot be told apart from line = line P: too little common support"


def test_logistic_regression_is_that_of_the_maximum_likelihood() -> None:
    from scipy.optimize import minimize

    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(400), rng.normal(size=(400, 2))])
    y = (rng.random(400) < 1 / (1 + np.exp(-x @ [0.3, 1.0, -0.5]))).astype(float)

    def loss(beta: np.ndarray) -> float:
        z = x @ beta
        return float(np.logaddexp(0, z).sum() - y @ z + 0.5 * (beta[1:] ** 2).sum())

    assert logistic(x, y) == pytest.approx(minimize(loss, np.zeros(3), tol=1e-10).x, abs=1e-3)


def test_columns_as_features() -> None:
    n = 200
    table = pl.DataFrame(
        {"site": ["X"] * 120 + ["Y"] * 78 + [None] * 2, "amount": [*map(float, range(n - 50))] + [None] * 50}
    )

    names = {f.name: int(f.on.sum()) for f in features(table, at_least=10)}

    assert names == {
        "site = X": 120,
        "site = Y": 78,
        "amount <= 37.25": 38,
        "amount > 111.75": 38,
        "amount is missing": 50,
    }


def test_plain_columns() -> None:
    assert plain(pl.Series([True, False, None])).to_list() == ["true", "false", None]  # type: ignore[union-attr]
    assert plain(pl.Series([1, 1])) is None
    assert plain(pl.Series([[1], [2]])) is None
    assert plain(pl.Series([str(k) for k in range(100)])) is None


def test_known_at_start_counts_open_cases_and_leaves_out_what_is_ignored() -> None:
    from dataclasses import replace

    log = replace(EventLog.from_traces(["ab", "abc", "a"]), cases=pl.DataFrame({"end code": ["x", "y", "x"]}))

    # All begin at the same moment, so none is open before.
    assert known_at_start(log)["load"].to_list() == [0.0, 0.0, 0.0]
    assert "end code" in known_at_start(log).columns
    assert "end code" not in known_at_start(log, ["end code"]).columns
    with pytest.raises(InvalidInput, match="Did you mean 'end code'"):
        known_at_start(log, ["end cod"])
