"""Process models: discover, check, convert, judge."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from hoshin.service._models import ModelName, load_model, names, read_model, store_model, write_model
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

if TYPE_CHECKING:
    from hoshin.mine.choose import Candidate

LogName = Annotated[str, "Name of a stored log, or NAME@VERSION"]


@use_case(writes=True)
def discover(
    ws: Workspace,
    log: LogName,
    *,
    miner: Annotated[
        Literal["auto", "inductive", "follows", "split", "heuristics"], "auto tries all and keeps the best by F-score"
    ] = "auto",
    noise: Annotated[float | None, "Share of rare behaviour to leave out; default: what is usual for the miner"] = None,
    share: Annotated[float, "Mine the commonest variants that cover this share of the cases; judged by all"] = 1.0,
    name: Annotated[str, "Store the model under this name; default: that of the log"] = "",
    to: Annotated[str, "Also write it to this .bpmn, .pnml or .ptml file"] = "",
) -> dict[str, Any]:
    """Discover a sound process model of a log and store it; prints the candidates and why one was chosen.

    Fitness and precision come from optimal alignments; every model is checked for soundness.

    Example: hoshin model discover incidents --to incidents.bpmn
    """
    from hoshin.mine.choose import choose, explain, judged, make, plans

    events = ws.log(log)
    if miner == "auto":
        with ws.progress.task("mine and judge models", len(plans())) as advance:
            chosen = choose(events, advance=advance)
        best, candidates, why = chosen.best, chosen.candidates, chosen.why
    else:
        usual = {"inductive": 0.2, "follows": 0.2, "split": 0.4, "heuristics": 0.1}[miner]
        best = judged(events, make(events, miner, usual if noise is None else noise, share))
        candidates = (best,)
        why = explain(best, [best], [best]) if best.quality else best.reasons[-1]
    stored = store_model(ws, best.model, name or log.partition("@")[0].replace(".", "-"))
    if to:
        write_model(best.model, Path(to))
    return {
        "model": stored.stem,
        "why": why,
        **({"file": to} if to else {}),
        "tree": _shown(best),
        "candidates": [_row(c) for c in candidates],
        "reasons": [f"{c.name}: {reason}" for c in candidates for reason in c.reasons],
    }


def _shown(candidate: Candidate) -> str:
    from hoshin.mine.model.family import find_tree

    tree = find_tree(candidate.model)
    return str(tree) if tree is not None else "not block-structured: see it with hoshin model convert"


def _row(candidate: Candidate) -> dict[str, Any]:
    q = candidate.quality
    return {
        "candidate": candidate.name,
        "f_score": q and round(q.f_score, 3),
        "fitness": q and round(q.fitness, 3),
        "precision": q and round(q.precision, 3),
        "generalisation": q and round(q.generalisation, 3),
        "simplicity": q and round(q.simplicity, 3),
        "fitting_cases_share": q and q.fitting_share,
        "sound": q and q.soundness.sound,
        "size": candidate.size,
    }


@use_case()
def list_(ws: Workspace) -> list[dict[str, Any]]:
    """The stored models.

    Example: hoshin model list
    """
    from hoshin.mine.model.family import as_net

    rows = []
    for name in names(ws):
        model = load_model(ws, name)
        net = as_net(model)
        kind = {"ProcessTree": "process tree", "PetriNet": "Petri net", "Bpmn": "BPMN"}[type(model).__name__]
        sizes = {"activities": len(net.labels()), "places": len(net.places), "transitions": len(net.transitions)}
        rows.append({"model": name, "notation": kind, **sizes})
    return rows


@use_case(writes=True)
def import_(
    ws: Workspace,
    file: Annotated[Path, "A .bpmn, .pnml or .ptml file"],
    *,
    name: Annotated[str, "Store it under this name; default: that of the file"] = "",
) -> dict[str, Any]:
    """Store a model made with another tool.

    Example: hoshin model import invoice.bpmn
    """
    from hoshin.mine.model.family import as_net

    model = read_model(file)
    net = as_net(model)
    stored = store_model(ws, model, name or file.stem.replace(".", "-").replace(" ", "-"))
    return {"model": stored.stem, "activities": len(net.labels()), "next": f"hoshin model check {stored.stem}"}


@use_case()
def check(ws: Workspace, model: ModelName) -> dict[str, Any]:
    """Whether a model is sound: it can always complete, cleanly, with no dead part.

    Example: hoshin model check incidents
    """
    from hoshin.mine.model.family import as_net, find_tree
    from hoshin.mine.model.sound import check_soundness

    loaded = load_model(ws, model)
    net = as_net(loaded)
    found = check_soundness(net)
    return {
        "model": model,
        "sound": "unknown" if found.sound is None else found.sound,
        "why": found.why,
        "problems": list(found.problems),
        "block_structured": find_tree(loaded) is not None,
        "free_choice": net.free_choice(),
        "activities": len(net.labels()),
        "places": len(net.places),
        "transitions": len(net.transitions),
        "arcs": net.n_arcs(),
    }


@use_case(writes=True)
def convert(
    ws: Workspace, model: ModelName, to: Annotated[Path, "The .bpmn, .pnml or .ptml file to write"]
) -> dict[str, Any]:
    """Write a model in another notation, with the same traces; refuses where that is impossible.

    BPMN files carry a drawing, so modelling tools open them.

    Example: hoshin model convert incidents incidents.bpmn
    """
    write_model(load_model(ws, model), to)
    return {"written": str(to)}


@use_case()
def quality(
    ws: Workspace,
    model: ModelName,
    log: LogName,
    *,
    order: Annotated[int, "Order of the Markovian precision: 1, 2 or 3"] = 2,
    no_cache: Annotated[bool, "Align everything again, neither reading nor keeping alignments"] = False,
) -> dict[str, Any]:
    """How well a model fits a log, how precise, general and simple it is, and what it allows that never happens.

    Example: hoshin model quality incidents incidents
    """
    from hoshin.errors import NotConverged
    from hoshin.mine.conform.align import align
    from hoshin.mine.conform.entropy import entropic
    from hoshin.mine.conform.markov import markovian
    from hoshin.mine.conform.precision import fitting_edges
    from hoshin.mine.conform.quality import judge
    from hoshin.mine.conform.replay import replay

    loaded, events = load_model(ws, model), ws.log(log)
    aligned = align(events, loaded, memory=None if no_cache else ws.alignments)
    found, replayed = judge(events, loaded, aligned=aligned), replay(events, loaded)
    # (precision, fitness) by two other families; unknown where the model has too many sequences or states.
    short: tuple[float | None, float | None] = (None, None)
    variety: tuple[float | None, float | None] = (None, None)
    with suppress(NotConverged):
        short = markovian(events, loaded, order=order)
    with suppress(NotConverged):
        variety = entropic(events, loaded)
    return {
        "model": model,
        "log": log,
        "f_score": found.f_score,
        "fitness": found.fitness,
        "precision": found.precision,
        "generalisation": found.generalisation,
        "simplicity": found.simplicity,
        "fitting_cases_share": found.fitting_share,
        "deviations": found.deviations,
        "token_replay_fitness": replayed.fitness,
        "token_replay_fitting_share": replayed.fits_share,
        "token_replay_exact": bool(replayed.exact.all()),
        "etc_precision": fitting_edges(events, loaded).value,
        f"markovian_precision_order_{order}": short[0],
        f"markovian_fitness_order_{order}": short[1],
        "entropy_precision": variety[0],
        "entropy_recall": variety[1],
        "sound": "unknown" if found.soundness.sound is None else found.soundness.sound,
        "allowed_but_never_done": [
            {"after": list(before) or ["the start"], "activity": label, "cases": weight}
            for before, label, weight in found.escaping.widest
        ],
    }
