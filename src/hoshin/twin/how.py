"""How a study is run: window, warm-up, replications, precision, service level, seed."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import numpy as np

from hoshin.errors import InvalidInput
from hoshin.twin.model import Twin
from hoshin.twin.scenarios._parts import Amount, Share, Span, moment, seconds
from hoshin.twin.simulate import Settings, arrivals_of, start_of


class How(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`cases` arrive in the base, and in every scenario those that come in the same time; or all within `period`.

    Numbers count cases that arrive after `warm_up`: a span, or `auto` (MSER-5 on a pilot run). Everything stops at
    `horizon` after the `start`, where given (a date; default: where the log ends). There are `replications`, and
    more up to `most` until the interval of `kpi` is at most `half_width` (share of the base) to each side. `sla`:
    a case should take at most so long. Intervals are of `level`.
    """

    cases: Annotated[int, msgspec.Meta(ge=1)] = 1000
    period: Span | None = None
    replications: Annotated[int, msgspec.Meta(ge=2)] = 20
    most: Annotated[int, msgspec.Meta(ge=2)] = 400
    half_width: Amount = 0.0
    kpi: str = "mean_cycle_time_s"
    warm_up: Span | Literal["auto"] = 0.0
    horizon: Span | None = None
    start: str = ""
    seed: int = 0
    sla: Span | None = None
    level: Share = 0.95

    @property
    def sla_s(self) -> float | None:
        return None if self.sla is None else seconds(self.sla)

    @property
    def start_s(self) -> float | None:
        return moment(self.start) if self.start else None

    def settings(self, base: Twin, warm_s: float) -> Settings:
        """Of one replication of `base`."""
        horizon = np.inf if self.horizon is None else seconds(self.horizon)
        plain = Settings(self.cases, self.start_s, warm_s, horizon, self.seed)
        if self.period is None:
            return plain
        return Settings(self.cases, self.start_s, warm_s, horizon, self.seed,
                        until_s=start_of(base, plain) + seconds(self.period))  # fmt: skip

    def alike(self, base: Twin, warm_s: float, replication: int) -> Settings:
        """Of one replication of any scenario: cases arrive until the last one of `base` has."""
        own = self.settings(base, warm_s)
        if own.until_s is not None:
            return own
        last = float(arrivals_of(base, own, replication)[0].t[-1])
        return Settings(self.cases, self.start_s, warm_s, own.horizon_s, self.seed, until_s=last)


def check_level(level: float) -> float:
    if not 0 < level < 1:
        raise InvalidInput("twin.level", f"A confidence level of {level:g}.", hint="It lies between 0 and 1: 0.95.")
    return level
