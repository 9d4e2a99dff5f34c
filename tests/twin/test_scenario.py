"""Scenario files: read, refused with the place, checked, run, swept, ranked; the same answer wherever they run."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from hoshin.connect._executor import executor
from hoshin.errors import Conflict, HoshinError, InvalidInput
from hoshin.service import evidence
from hoshin.service import twin as use
from hoshin.service._workspace import Workspace, create
from hoshin.twin import queueing
from hoshin.twin.change import KINDS
from hoshin.twin.document import read_document
from hoshin.twin.how import How
from hoshin.twin.loads import arrivals_per_s, least_utilisation, role_loads
from hoshin.twin.model import Duration, Resource, Skill, Twin
from hoshin.twin.network import Station, network
from hoshin.twin.scenario import Read, read_scenario, schema
from hoshin.twin.study import half_width, parameter_share, sample, study, trial
from hoshin.twin.sweep import sweep, tornado
from hoshin.twin.uncertain import distribution, draws
from hoshin.twin.warmup import mser5

EXP = "exponential"
AT = "2026-01-01T00:00:00+00:00"
BOT = """\
scenario: bot-check
why: Does the bot pay for itself?
run:
  cases: 300
  replications: 8
  sla: 30min
changes:
  - automate:
      activity: check
      coverage: 0.5
      bot: {count: 1, duration: {lognormal: [20s, 0.4]}, cost_per_run: 0.04}
      exceptions: {rate: 0.08, detected_after: 5min}
      fallback: {priority: high, extra_handling: 3min}
  - staff: {role: check, delta: -1, from: 1970-01-12}
uncertain:
  coverage: beta(50, 50)
  exceptions.rate: beta(8, 92)
sweep:
  coverage: [0.2, 0.8]
  staff.delta: [0, -1]
"""
TOML = """\
scenario = "bot-check"
why = "Does the bot pay for itself?"
[run]
cases = 300
replications = 8
sla = "30min"
[[changes]]
[changes.automate]
activity = "check"
coverage = 0.5
bot = {count = 1, duration = {lognormal = ["20s", 0.4]}, cost_per_run = 0.04}
exceptions = {rate = 0.08, detected_after = "5min"}
fallback = {priority = "high", extra_handling = "3min"}
[[changes]]
staff = {role = "check", delta = -1, from = 1970-01-12}
[uncertain]
coverage = "beta(50, 50)"
"exceptions.rate" = "beta(8, 92)"
[sweep]
coverage = [0.2, 0.8]
"staff.delta" = [0, -1]
"""


def desk(gap_s: float = 250.0) -> Twin:
    return network(
        {"check": Station(Duration(EXP, 600.0), 4, {"decide": 1.0}), "decide": Station(Duration(EXP, 300.0), 2)},
        mean_gap_s=gap_s,
    )


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    made = create(tmp_path)
    made.twins.write("desk", msgspec.json.encode(desk()), AT)
    return made


def test_yaml_and_toml_say_the_same() -> None:
    assert read_scenario(BOT, "a.yaml").scenario == read_scenario(TOML, "a.toml").scenario


BROKEN = [
    ("coverage: 0.5", "coverage: 1.5", "scenario.field", 10, "1.5"),
    ("coverage: 0.5", "coverge: 0.5", "scenario.field", 10, "coverage"),
    ("- automate", "- automat", "scenario.kind", 8, "automate"),
    ("rate: 0.08", "rat: 0.08", "scenario.field", 12, "rate"),
    ("role: check", "role: chek", "twin.role", 14, "check"),
    ("activity: check", "activity: chekc", "twin.activity", 9, "check"),
    ("from: 1970-01-12", "from: 1970-13-12", "scenario.date", 14, "1970-13-12"),
    ("beta(50, 50)", "beta(50)", "scenario.uncertain", 16, "beta(successes, failures)"),
    ("  exceptions.rate: beta", "  exception.rate: beta", "scenario.parameter", 17, "exceptions.rate"),
    ("sweep:\n  coverage", "sweep:\n  cover", "scenario.parameter", 19, "coverage"),
    ("  replications: 8", "  replications: 1", "scenario.field", 5, "1"),
]


@pytest.mark.parametrize(("old", "new", "code", "line", "said"), BROKEN)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, code: str, line: int, said: str) -> None:
    assert old in BOT
    with pytest.raises(HoshinError) as caught:
        read_scenario(BOT.replace(old, new, 1), "bot.yaml").twins(desk())

    assert caught.value.code == code
    assert f"bot.yaml, line {line}" in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [("coverage = 0.5", "coverage = 1.5", 10), ("rate = 0.08", "rate = 8", 12), ("delta = -1", "delta = 'x'", 15),
     ("replications = 8", "replications = 0", 5)],
)  # fmt: skip
def test_toml_errors_name_the_line_too(old: str, new: str, line: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_scenario(TOML.replace(old, new, 1), "bot.toml")

    assert f"bot.toml, line {line}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "name", "code"),
    [("a: [", "a.yaml", "scenario.syntax"), ("a = ", "a.toml", "scenario.syntax"), ("", "a.yaml", "scenario.field"),
     ("- 1", "a.yaml", "scenario.syntax"),
     ("a: 1\na: 2", "a.yaml", "scenario.twice"), ("x", "a.txt", "scenario.suffix")],
)  # fmt: skip
def test_files_that_are_none(text: str, name: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_scenario(text, name)

    assert caught.value.code == code


def test_times_of_day_and_dates_stay_as_written() -> None:
    assert read_document("a: 12:30\nb: 2027-01-01\nc: 1e3\nd: 'x'\ne: yes", "a.yaml").data == {
        "a": "12:30", "b": "2027-01-01", "c": 1000.0, "d": "x", "e": "yes",
    }  # fmt: skip


def test_the_schema_accepts_what_is_read_and_refuses_what_is_not() -> None:
    import jsonschema_rs

    valid = jsonschema_rs.validator_for(schema())

    assert valid.is_valid(read_document(BOT, "a.yaml").data)
    for old, new, code, *_ in BROKEN:
        if code in ("scenario.field", "scenario.kind"):
            assert not valid.is_valid(read_document(BOT.replace(old, new, 1), "a.yaml").data), new
    assert set(schema()["$defs"]["Scenario"]["properties"]["changes"]["items"]["properties"]) == set(KINDS.names())


def test_an_empty_scenario_changes_nothing_exactly() -> None:
    read = read_scenario("scenario: nothing\nrun: {cases: 100, replications: 3}\nchanges: []", "a.yaml")
    rows = study(desk(), read.twins(desk()), read.scenario.run).differences()

    assert {r["difference"] for r in rows} == {r["low"] for r in rows} == {r["high"] for r in rows} == {0.0}


def test_run_is_the_same_by_seed_and_on_any_executor(ws: Workspace) -> None:
    (ws.root / "bot.yaml").write_text(BOT)
    first = use.run(ws, "desk", ws.root / "bot.yaml")
    again = use.run(ws, "desk", ws.root / "bot.yaml", on="threads:1")
    processes = use.run(ws, "desk", ws.root / "bot.yaml", on="processes:1")
    other = use.run(ws, "desk", ws.root / "bot.yaml", seed=1)

    assert json.dumps(first) == json.dumps(again) == json.dumps(processes)
    assert first["measures"] != other["measures"]
    assert {r["measure"] for r in first["measures"]} >= {"within_sla_share", "cost_per_case", "mean_cycle_time_s"}


def test_a_dask_cluster_gives_the_same_answer(ws: Workspace) -> None:
    distributed = pytest.importorskip("distributed")
    (ws.root / "bot.yaml").write_text(BOT)
    here = use.run(ws, "desk", ws.root / "bot.yaml")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, protocol="tcp://"
    ) as cluster:
        there = use.run(ws, "desk", ws.root / "bot.yaml", on=f"dask:{cluster.scheduler_address}")

    assert json.dumps(here) == json.dumps(there)


@pytest.mark.parametrize("where", ["thread", "threads:x", "threads:0", "dask", "dask:", "processes:-1"])
def test_nowhere_to_run(where: str) -> None:
    with pytest.raises(InvalidInput) as caught, executor(where):
        pass

    assert caught.value.code == "twin.executor"


def test_pairing_on_common_numbers_narrows_the_interval() -> None:
    """The same studies unpaired have a several times wider interval: that is what common numbers are for."""
    how = How(cases=1000, replications=20)
    faster = network(
        {"check": Station(Duration(EXP, 570.0), 4, {"decide": 1.0}), "decide": Station(Duration(EXP, 300.0), 2)},
        mean_gap_s=250.0,
    )
    found = study(desk(), [faster], how)
    a, b = found.base["mean_cycle_time_s"], found.other["mean_cycle_time_s"]

    assert half_width(b - a) < 0.4 * np.hypot(half_width(a), half_width(b))


def test_replications_go_on_until_the_interval_is_narrow() -> None:
    wide = study(desk(), how=How(cases=300, replications=4))
    narrow = study(desk(), how=How(cases=300, replications=4, half_width=0.02))
    most = study(desk(), how=How(cases=300, replications=4, half_width=1e-9, most=14))

    assert wide.replications == 4 < narrow.replications < 400
    assert half_width(narrow.base["mean_cycle_time_s"]) <= 0.02 * narrow.base["mean_cycle_time_s"].mean()
    assert most.replications == 14


def test_warm_up_finds_where_an_empty_start_ends() -> None:
    """M/M/1 at 90 %: with automatic warm-up the mean is nearer the truth than from an empty start."""
    twin = network({"desk": Station(Duration(EXP, 54.0))}, mean_gap_s=60.0)
    truth = queueing.mmc(1 / 60, 54.0).mean_stay_s
    cold = study(twin, how=How(cases=3000, replications=40)).base["mean_cycle_time_s"].mean()
    found = study(twin, how=How(cases=3000, replications=40, warm_up="auto"))

    assert found.warm_s > 0
    assert abs(found.base["mean_cycle_time_s"].mean() - truth) < abs(cold - truth)
    assert mser5(np.random.default_rng(0).normal(size=1000)) < 300


def test_demand_meets_the_base_over_the_same_time() -> None:
    """Twice the demand is twice the cases in the same weeks, not the same cases in half the time."""
    read = read_scenario("scenario: more\nchanges:\n - demand: {factor: 2}", "a.yaml")
    how = How(cases=200, replications=3)
    a = sample(trial([desk(2500)], desk(2500), how, 0.0), range(3))
    b = sample(trial([read.twin(desk(2500))], desk(2500), how, 0.0), range(3))

    assert (b["throughput_per_day"] / a["throughput_per_day"]).mean() == pytest.approx(2, rel=0.05)


def test_uncertain_parameters_widen_the_interval_and_are_told_apart_from_chance() -> None:
    sure = read_scenario(BOT.partition("uncertain:")[0], "a.yaml")
    unsure = read_scenario(BOT.replace("beta(50, 50)", "uniform(0.01, 0.99)"), "a.yaml")
    how = How(cases=300, replications=40)

    def spread(read: Read) -> tuple[float, float]:
        scenario = msgspec.structs.replace(read.scenario, run=how)
        found = study(desk(), msgspec.structs.replace(read, scenario=scenario).twins(desk()), how)
        row = next(r for r in found.differences() if r["measure"] == "cost_per_case")
        return row["high"] - row["low"], row.get("parameter_share", 0.0)

    assert spread(unsure)[0] > 3 * spread(sure)[0]
    assert spread(unsure)[1] > 0.9


def test_draws_follow_their_distribution_and_belong_to_their_name() -> None:
    values = draws("beta(72, 28)", "coverage", 2000, 3)

    assert values.mean() == pytest.approx(0.72, abs=0.001)
    assert values.std() == pytest.approx(distribution("beta(72, 28)").std(), rel=0.03)
    assert np.array_equal(values, draws("beta(72, 28)", "coverage", 2000, 3))
    assert not np.array_equal(values, draws("beta(72, 28)", "rate", 2000, 3))


def test_parameter_share_recovers_a_planted_split() -> None:
    rng = np.random.default_rng(0)
    between = np.tile(rng.normal(0, 2, 400), 5)

    assert parameter_share(between + rng.normal(0, 1, 2000), 400) == pytest.approx(0.8, abs=0.05)
    assert parameter_share(rng.normal(0, 1, 2000), 400) < 0.1


def test_sweep_has_a_row_per_point_and_the_right_direction() -> None:
    rows = sweep(read_scenario(BOT, "a.yaml"), desk(), ["mean_cycle_time_s"])
    value = {(r["coverage"], r["staff.delta"]): r["difference"] for r in rows}

    assert len(rows) == 4
    assert value[0.8, 0] < value[0.2, 0] < value[0.2, -1] + 1e-9


def test_tornado_ranks_the_bottleneck_first_and_signs_every_effect() -> None:
    rows = tornado(desk(170.0), "mean_cycle_time_s", how=How(cases=1500, replications=10))
    by = {r["parameter"]: r for r in rows}

    assert rows[0]["parameter"] == "people: decide"
    assert by["speed of check"]["effect_low"] > 0 > by["speed of check"]["effect_high"]
    assert abs(by["speed of check"]["effect_low"]) > abs(by["speed of decide"]["effect_low"])
    assert by["people: check"]["at_low"] == 3


def test_tornado_of_a_scenario_takes_uncertain_numbers_at_their_quantiles() -> None:
    rows = {r["parameter"]: r for r in tornado(desk(), "cost_per_case", read=read_scenario(BOT, "a.yaml"))}

    assert rows["automate.coverage"]["at_low"] == pytest.approx(distribution("beta(50,50)").ppf(0.05))
    assert rows["automate.coverage"]["effect_low"] < 0 < rows["automate.coverage"]["effect_high"]


def test_check_warns_of_overload_and_of_what_the_log_has_never_seen(ws: Workspace) -> None:
    (ws.root / "a.yaml").write_text(BOT)
    found = use.check(ws, ws.root / "a.yaml", twin="desk")
    (ws.root / "b.yaml").write_text("scenario: b\nchanges:\n - staff: {role: check, delta: -2}\n")
    overload = use.check(ws, ws.root / "b.yaml", twin="desk")

    assert any("check (bot) is not in the log" in w for w in found["warnings"])
    assert any("bot of 'check' takes 50%" in a for a in found["assumptions"])
    assert any("Overload: check" in w for w in overload["warnings"])
    assert use.check(ws, ws.root / "b.yaml")["checked"] == "form only"


def test_load_is_shared_as_evenly_as_skills_allow() -> None:
    """a needs 0.9 of one person who also could do b; b has one of its own: the best is everybody at 75 %."""
    twin = network(
        {"a": Station(Duration(EXP, 60.0), 1, {"b": 1.0}), "b": Station(Duration(EXP, 30.0), 1)}, mean_gap_s=100.0
    )
    helped = msgspec.structs.replace(twin, skills=[*twin.skills, Skill("b-1", "a")])
    slow = msgspec.structs.replace(twin, skills=[*twin.skills, Skill("b-1", "a", scale=3.0)])

    assert least_utilisation(twin)[0] == pytest.approx(0.6)
    assert least_utilisation(twin)[1] == ["a"]
    assert least_utilisation(helped)[0] == pytest.approx(0.45)
    assert least_utilisation(slow)[0] == pytest.approx(0.525)
    assert [x.rho for x in role_loads(twin)] == pytest.approx([0.6, 0.3])
    assert arrivals_per_s(twin) == pytest.approx(0.01)
    gone = [Resource("a-1", away=[(0.0, 1e15)]), *twin.resources[1:]]
    assert least_utilisation(msgspec.structs.replace(twin, resources=gone))[0] >= 1


def test_a_sealed_run_holds_the_twin_the_file_and_the_seed_and_is_computed_again(ws: Workspace) -> None:
    """The twin is fitted anew, yet the evidence is verified on the sealed version; another file is noticed."""
    file = ws.root / "bot.yaml"
    file.write_text(BOT)
    sealed = evidence.seal(ws, "twin.run", given=["twin=desk", f"scenario={file}", "seed=7"])
    version = ws.twins.current("desk")
    ws.twins.write("desk", msgspec.json.encode(desk(240.0)), AT)
    found = evidence.verify(ws, sealed["id"])

    assert sealed["twins"] == {"desk": version}
    assert list(sealed["files"]) == ["scenario"]
    assert found["holds"]
    assert found["exactly"]
    assert found["stale"][0].startswith("twin desk is now")
    assert evidence.get(ws, sealed["id"])["seed"] == 7
    file.write_text(BOT.replace("0.04", "0.05"))
    with pytest.raises(Conflict, match="differs"):
        evidence.verify(ws, sealed["id"])
