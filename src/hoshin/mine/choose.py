"""The model to start from: candidates of every miner, judged alike, the best by F-score with the reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hoshin.errors import HoshinError, InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform.align import align
from hoshin.mine.conform.quality import Quality, judge
from hoshin.mine.discover import follows, heuristics, inductive, split
from hoshin.mine.model.family import Model, as_net, find_tree
from hoshin.mine.variants import discover_variants

# Candidates whose F-scores differ by less than this count as equal: the simpler one wins.
CLOSE = 0.005
# The search for a net without block structure may visit this many markings before the candidate is left out.
PATIENCE = 50_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model with its quality; `quality` is None where judging it failed, as `reasons` say. It was mined from the
    commonest variants that cover `share` of the cases, and is judged by all of them."""

    miner: str
    noise: float
    model: Model
    quality: Quality | None
    reasons: tuple[str, ...] = ()
    share: float = 1.0

    @property
    def name(self) -> str:
        return f"{self.miner} {self.noise:g}" + (f" on {self.share:.0%}" if self.share < 1 else "")

    @property
    def size(self) -> int:
        """Places, transitions and arcs of the net."""
        net = as_net(self.model)
        return len(net.places) + len(net.transitions) + net.n_arcs()


@dataclass(frozen=True, slots=True)
class Choice:
    """`best` of `candidates` (best first), and why."""

    best: Candidate
    candidates: tuple[Candidate, ...]
    why: str


def plans() -> list[tuple[str, float, float]]:
    """Miner, noise and share of the cases of every candidate."""
    whole = [
        *(("inductive", n, 1.0) for n in (0.0, 0.1, 0.2, 0.4)),
        ("follows", 0.2, 1.0),
        *(("split", n, 1.0) for n in (0.2, 0.4, 0.8)),
        ("heuristics", 0.1, 1.0),
    ]
    return [
        *whole,
        *((m, n, s) for s in (0.9, 0.8, 0.5) for m, n in (("inductive", 0.0), ("inductive", 0.2), ("split", 0.4))),
        ("split", 0.4, 0.2),
    ]


def make(log: EventLog, miner: str, noise: float, share: float = 1.0) -> Candidate:
    """Mine one candidate, not yet judged; InvalidInput(discover.cases) unless 0 < share <= 1."""
    if not 0 < share <= 1:
        raise InvalidInput("discover.cases", f"share must be in (0, 1], got {share}.", hint="0.8 is usual.")
    if share < 1:
        log = discover_variants(log).select(share)
    if miner in ("split", "heuristics"):
        mined = split.mine_split(log, noise=noise) if miner == "split" else heuristics.mine_heuristics(log, noise=noise)
        return Candidate(miner, noise, find_tree(mined.net) or mined.net, None, mined.reasons, share)
    shelf = {"inductive": inductive, "follows": follows}[miner]
    return Candidate(miner, noise, shelf.discover(log, noise=noise), None, (), share)


def judged(log: EventLog, candidate: Candidate) -> Candidate:
    """The candidate with its quality, or with the reason why it has none."""
    try:
        quality = judge(log, candidate.model, aligned=align(log, candidate.model, limit=PATIENCE))
    except HoshinError as error:
        return replace(candidate, reasons=(*candidate.reasons, f"Not judged: {error}"))
    return replace(candidate, quality=quality)


def choose(log: EventLog, *, advance: Callable[[], None] = lambda: None) -> Choice:
    """Mine and judge every plan; the best sound model by F-score, the simpler one where two are close.

    The inductive miner without noise is always judged, so there is always a best.
    """
    seen: dict[Model, Candidate] = {}
    found: list[Candidate] = []
    for plan in plans():
        candidate = make(log, *plan)
        if candidate.model not in seen:
            seen[candidate.model] = judged(log, candidate)
            found.append(seen[candidate.model])
        advance()
    able = [c for c in found if c.quality is not None and c.quality.soundness.sound]
    top = max(c.quality.f_score for c in able if c.quality)
    close = [c for c in able if c.quality and c.quality.f_score > top - CLOSE]
    best = min(close, key=lambda c: c.size)
    able.sort(key=lambda c: (c is not best, -(c.quality.f_score if c.quality else 0)))
    return Choice(best, (*able, *(c for c in found if c not in able)), explain(best, able, close))


def explain(best: Candidate, able: list[Candidate], close: list[Candidate]) -> str:
    """Why `best`, in a sentence."""
    text = f"{best.name} has {_scores(best)}"
    if len(close) > 1:
        rivals = ", ".join(c.name for c in close if c is not best)
        return f"{text} and is the smallest ({best.size} nodes and arcs) of those within {CLOSE} ({rivals})."
    others = sorted((c for c in able if c is not best), key=lambda c: -(c.quality.f_score if c.quality else 0))
    return f"{text}, ahead of {others[0].name} with {_scores(others[0])}." if others else f"{text}."


def _scores(candidate: Candidate) -> str:
    q = candidate.quality
    assert q is not None
    return f"F-score {q.f_score:.3f} (fitness {q.fitness:.3f}, precision {q.precision:.3f})"
