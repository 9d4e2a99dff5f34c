"""Scenario files for the use cases: read, joined with options, run, and told with what to be wary of."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from hoshin.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from hoshin.service._workspace import Workspace
    from hoshin.twin.how import How
    from hoshin.twin.model import Twin
    from hoshin.twin.scenario import Read

File = Annotated[Path, "A scenario file, .yaml or .toml"]
Seed = Annotated[int | None, "Another seed than the file's"]
Replications = Annotated[int | None, "Other replications than the file's, at least 2"]
Where = Annotated[str, "Where replications run: threads, processes:4, dask:tcp://scheduler:8786"]


def read(path: Path, *, seed: int | None = None, replications: int | None = None) -> Read:
    """The scenario in the file at `path`; NotFound(scenario.file)."""
    from hoshin.twin.scenario import read_scenario

    if not path.is_file():
        raise NotFound("scenario.file", f"There is no file {path}.", hint="hoshin twin schema describes one.")
    found = read_scenario(path.read_text(encoding="utf-8"), path.name)
    asked = {k: v for k, v in {"seed": seed, "replications": replications}.items() if v is not None}
    run = msgspec.convert(msgspec.to_builtins(found.scenario.run) | asked, type(found.scenario.run))
    return msgspec.structs.replace(found, scenario=msgspec.structs.replace(found.scenario, run=run))


def wary(ws: Workspace, base: Twin, read: Read) -> dict[str, list[str]]:
    """Warnings about a scenario, and what it takes for granted beyond the twin itself."""
    from hoshin.service import _twin_card
    from hoshin.twin.loads import overload

    changed = read.twin(base)
    new = changed.assumptions[len(base.assumptions) :]
    warnings = [*overload(changed), *_twin_card.warnings(ws, base, changed)]
    return {"warnings": warnings, "assumptions": list(dict.fromkeys(new))}


def checked(ws: Workspace, twin: str, read: Read) -> dict[str, Any]:
    """What a check says: the scenario is sound, for `twin` where given, at every point and bound it speaks of."""
    from hoshin.service._twin_card import stored
    from hoshin.twin.change import KINDS
    from hoshin.twin.uncertain import distribution

    scenario = read.scenario
    found: dict[str, Any] = {"scenario": scenario.scenario, "changes": [next(iter(c)) for c in scenario.changes]}
    if not twin:
        return found | {"checked": "form only", "kinds": ", ".join(KINDS.names())}
    base = stored(ws, twin)
    points: list[dict[str, Any]] = [*(read.points(scenario.sweep) if scenario.sweep else [])]
    choices = read.points(scenario.optimise.choose) if scenario.optimise else []
    points += choices[:: max(len(choices) // 50, 1)]
    for quantile in (0.01, 0.5, 0.99) if scenario.uncertain else ():
        spread = {name: distribution(text) for name, text in scenario.uncertain.items()}
        points.append({name: float(d.ppf(quantile)) for name, d in spread.items()})
    for values in points:
        read.twin(base, values)
    return found | {"checked": "form and twin", "points": len(points)} | wary(ws, base, read)


def ran(ws: Workspace, twin: str, read: Read, executor: Executor) -> dict[str, Any]:
    """The result of a scenario: every KPI with and without it."""
    from hoshin import __version__
    from hoshin.service._twin_card import stored
    from hoshin.twin.study import study
    from hoshin.twin.uncertainty import DRAWS, allow_for_fit

    base, how = stored(ws, twin), read.scenario.run
    others = read.twins(base)
    done = study(base, others, how, executor=executor)
    short = msgspec.structs.replace(how, replications=max(how.replications // 4, 2), half_width=0.0)
    measures = allow_for_fit(
        done.differences(), lambda a, b: study(a, [b], short, executor=executor).differences(), base, read.twin(base),
        draws=DRAWS, level=done.level,
    )  # fmt: skip
    return {
        "scenario": read.scenario.scenario, "engine": __version__, "seed": read.scenario.run.seed,
        "replications": done.replications, "warm_up_s": done.warm_s, "parameter_draws": done.draws,
        "level_share": done.level, **wary(ws, base, read), "measures": measures,
    }  # fmt: skip


def how_many(cases: int, replications: int, seed: int) -> How:
    """How to run, of plain numbers; InvalidInput(twin.study) where they give no interval."""
    from hoshin.twin.how import How

    if replications < 2 or cases < 1:
        raise InvalidInput("twin.study", f"{replications} replications of {cases} cases give no interval.",
                           hint="Take at least 2 replications of at least 1 case.")  # fmt: skip
    return How(cases=cases, replications=replications, seed=seed)
