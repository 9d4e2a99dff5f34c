"""Slow twin of Declare: each template as a regular expression over the trace, as the literature defines it.

A trace is a string; `a` and `b` are letters. Source: Di Ciccio, Mecella, On the Discovery of Declarative
Control Flows for Artful Processes (2015), table 1.
"""

from __future__ import annotations

import re

REGEX = {
    "existence": "[^a]*(a[^a]*)+",
    "absence2": "[^a]*(a)?[^a]*",
    "exactly1": "[^a]*a[^a]*",
    "init": "a.*",
    "end": ".*a",
    "responded existence": "[^a]*((a.*b.*)|(b.*a.*))*[^a]*",
    "coexistence": "[^ab]*((a.*b.*)|(b.*a.*))*[^ab]*",
    "response": "[^a]*(a.*b)*[^a]*",
    "alternate response": "[^a]*(a[^a]*b[^a]*)*[^a]*",
    "chain response": "[^a]*(ab[^a]*)*[^a]*",
    "precedence": "[^b]*(a.*b)*[^b]*",
    "alternate precedence": "[^b]*(a[^b]*b[^b]*)*[^b]*",
    "chain precedence": "[^b]*(ab[^b]*)*[^b]*",
    "succession": "[^ab]*(a.*b)*[^ab]*",
    "alternate succession": "[^ab]*(a[^ab]*b[^ab]*)*[^ab]*",
    "chain succession": "[^ab]*(ab[^ab]*)*[^ab]*",
    "not coexistence": "[^ab]*((a[^b]*)|(b[^a]*))?",
    "not succession": "[^a]*(a[^b]*)*[^ab]*",
    "not chain succession": "[^a]*(a+[^ab][^a]*)*([^a]*|a)",
}


def holds(template: str, a: str, b: str, trace: str) -> bool:
    """Whether `trace` satisfies the template, vacuously or not."""
    if template == "not chain succession":
        return a + b not in trace
    pattern = REGEX[template].replace("a", "\x01").replace("b", "\x02").replace("\x01", a).replace("\x02", b)
    return re.fullmatch(pattern, trace) is not None
