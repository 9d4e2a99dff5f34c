"""The command line, as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hoshin.cli.app import run
from hoshin.service._use_case import TOP, listed, load

CSV = "case_id,activity,timestamp,resource\n" + "".join(
    f"{c},{a},2026-01-{c % 27 + 1:02d} {h:02d}:00,{'ann' if c % 2 else 'bob'}\n"
    for c in range(60)
    for h, a in enumerate("abcab" if c % 3 else "abc")
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with the log `tiny`, and the current folder in it."""
    (tmp_path / "tiny.csv").write_text(CSV)
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    assert run(["log", "import", "tiny.csv"]) == 0
    return tmp_path


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> object:
    capsys.readouterr()
    assert run([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("use", listed(), ids=lambda u: f"{u.area}.{u.name}")
def test_every_command_explains_itself(use, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    """Help shows a summary, an example and a text for every option."""
    words = [*([] if use.area == TOP else [use.area]), use.name.rstrip("_").replace("_", "-"), "--help"]

    assert run(words) == 0

    out = capsys.readouterr().out
    assert "Example: hoshin " in out, "the docstring ends in `Example: hoshin ...`"
    assert use.summary.endswith("."), "the first line is a sentence"
    assert all(p.help for p in load(use.area, use.name).parameters), "every parameter is Annotated with its help"


def test_analyses_answer_in_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show = asked(capsys, "log", "show", "tiny")
    assert (show["cases"], show["events"], show["variants"]) == (60, 260, 2)  # type: ignore[index, call-overload]
    top = asked(capsys, "mine", "variants", "tiny", "--top", "1")["top"][0]  # type: ignore[index, call-overload]
    assert top["activities"] == list("abcab")
    waits = asked(capsys, "mine", "bottlenecks", "tiny", "--price-per-hour", "10")
    assert {w["place"]: w["cost"] for w in waits}["a > b"] == 1000  # type: ignore[attr-defined]
    paths = asked(capsys, "mine", "map", "tiny", "--show", "map.svg")["paths"]  # type: ignore[index, call-overload]
    assert {(p["source"], p["target"]) for p in paths} >= {("a", "b"), ("b", "c")}
    assert (place / "map.svg").read_text().startswith("<svg")
    assert asked(capsys, "mine", "rework", "tiny")[0]["returns"] == 40  # type: ignore[index]
    assert asked(capsys, "log", "list")[0]["log"] == "tiny"  # type: ignore[index]
    assert len(asked(capsys, "mine", "findings", "tiny")) >= 3  # type: ignore[arg-type]


def test_tables_and_csv(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mine", "bottlenecks", "tiny"]) == 0
    assert "1.0 h" in capsys.readouterr().out
    assert run(["mine", "bottlenecks", "tiny", "--format", "csv"]) == 0
    assert capsys.readouterr().out.startswith("rank,kind,place,")


def test_export_is_whole_or_not_at_all(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["log", "export", "tiny", "out.parquet"]) == 0
    assert run(["log", "export", "tiny", "out.parquet"]) == 5
    assert run(["log", "export", "tiny", "out.parquet", "--overwrite"]) == 0
    assert run(["log", "import", "out.parquet", "--name", "again"]) == 0
    assert asked(capsys, "log", "show", "again")["events"] == 260  # type: ignore[index, call-overload]


def test_a_dry_run_stores_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = asked(capsys, "log", "import", "tiny.csv", "--name", "other", "--dry-run")
    assert len(shown["first_events"]) == 5  # type: ignore[index, call-overload]
    assert [row["log"] for row in asked(capsys, "log", "list")] == ["tiny"]  # type: ignore[attr-defined]


def test_rejected_rows_are_kept(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "bad.csv").write_text(CSV + ",x,2026-01-01 00:00,ann\n")
    result = asked(capsys, "log", "import", "bad.csv")

    assert (result["accepted_rows"], result["rejected_rows"]) == (260, 1)  # type: ignore[index, call-overload]
    assert "no case id" in (place / result["quarantine"]).read_text()  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("words", "exit_code", "says"),
    [
        (["mine", "varints", "tiny"], 2, "Did you mean 'variants'"),
        (["mine", "variants", "tinny"], 2, "Did you mean 'tiny'"),
        (["mine", "variants", "tiny", "--tpo", "3"], 2, "hoshin mine variants --help"),
        (["mine", "variants", "tiny", "--top", "many"], 2, "not a valid"),
        (["log", "import", "nowhere.csv"], 2, "There is no file"),
        (["log", "import", "tiny.csv", "--activity", "activty"], 2, "Did you mean 'activity'"),
        (["log", "import", "tiny.docx"], 2, "Known: .csv"),
        (["init"], 5, "workspace already"),
        (["log", "list", "-w", "elsewhere"], 2, "hoshin init"),
    ],
)
def test_errors_say_what_and_what_next(
    place: Path, capsys: pytest.CaptureFixture[str], words: list[str], exit_code: int, says: str
) -> None:
    capsys.readouterr()

    assert run(words) == exit_code

    assert says in capsys.readouterr().err


def test_errors_are_json_when_asked(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["log", "show", "tinny", "--json"]) == 2
    problem = json.loads(capsys.readouterr().err)
    assert (problem["code"], problem["status"]) == ("log.none", 404)


def test_nothing_is_written_outside_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tiny.csv").write_text(CSV)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert run(["init", "ws"]) == 0
    assert run(["log", "import", "tiny.csv", "-w", "ws"]) == 0
    assert run(["report", "tiny", "-w", "ws"]) == 0

    assert sorted(p.name for p in tmp_path.iterdir()) == ["tiny.csv", "ws"]
    assert (tmp_path / "ws" / "reports" / "tiny.html").is_file()
