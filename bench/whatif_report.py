"""The what-if benchmark in figures: pass rates, coverage, and the table of every answer."""

from __future__ import annotations

import math
from typing import Any

T = 2.13  # Student, 15 degrees of freedom: 16 draws of the fit


def row(found: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    """One answer beside its truth: errors in per cent, whether each criterion holds, whether intervals cover."""
    base = found["rows"][0]
    truth, base_truth = one["truth"]["mean_s"], base["truth"]["mean_s"]
    effect = truth - base_truth
    half = T * (one["sd_fit"] ** 2 + one["se"] ** 2) ** 0.5
    slack = 2 * one["truth"]["se_s"] / truth  # the truth is known to this, relative
    off = abs(math.log(one["mean_s"] / truth))
    half_effect = T * (one["effect_sd_s"] ** 2 + one["effect_se_s"] ** 2) ** 0.5
    slack_effect = 2 * math.hypot(one["truth"]["se_s"], base["truth"]["se_s"])
    return {
        "world": found["world"], "change": one["change"], "true_h": truth / 3600, "predicted_h": one["mean_s"] / 3600,
        "error": one["mean_s"] / truth - 1, "half": half, "true_effect": effect / base_truth,
        "effect": one["effect_s"] / base_truth, "ratio": one["effect_s"] / effect if effect else float("nan"),
        "a": abs(one["mean_s"] / truth - 1) <= 0.10, "b": abs(one["effect_s"] - effect) <= 0.10 * base_truth,
        "c": abs(one["effect_s"] - effect) <= 0.10 * abs(effect),
        "sign": (one["effect_s"] > 0) == (effect > 0),
        "covered": off <= half + slack, "covered_effect": abs(one["effect_s"] - effect) <= half_effect + slack_effect,
        "log_error": found["log_s"] / base_truth - 1,
        "allowed": math.erf(math.log(1.1) / (math.hypot(one["sd_fit"], one["se"], 1e-6) * 2**0.5)),
        "effect_half": half_effect / base_truth, "truth_se": one["truth"]["se_s"] / truth,
        "material": abs(effect) >= 0.05 * base_truth,
    }  # fmt: skip


def words(change: tuple[Any, ...] | None) -> str:
    """A change for people."""
    if change is None:
        return "none"
    kind, *rest = change
    return {
        "hire": lambda: f"hire like {rest[0]}",
        "drop": lambda: f"without {rest[0]}",
        "faster": lambda: f"{rest[0]} x{rest[1]:g} faster",
        "automate": lambda: f"{rest[1]:.0%} of {rest[0]} by a bot",
        "demand": lambda: f"demand x{rest[0]:g}",
        "delay": lambda: f"wait before {rest[0]} x{rest[1]:g}",
        "hours": lambda: f"new hours: {rest[0][0]}" + (" and colleagues" if len(rest[0]) > 1 else ""),
        "rework": lambda: f"{rest[2]} back to {rest[3]} x{rest[1]:g}",
    }[kind]()


def share(rows: list[dict[str, Any]], name: str) -> str:
    n = sum(bool(r[name]) for r in rows)
    return f"{n} of {len(rows)} ({n / len(rows):.0%})"


def rates(title: str, rows: list[dict[str, Any]]) -> str:
    """A row of the table of pass rates; `rows` are the answers to changes."""
    material = [r for r in rows if r["material"]]
    return (
        f"| {title} | {share(rows, 'a')} | {sum(r['allowed'] for r in rows) / len(rows):.0%} | {share(rows, 'b')} "
        f"| {share(material, 'c')} | {share(material, 'sign')} | {share(rows, 'covered')} "
        f"| {share(rows, 'covered_effect')} |"
    )


def table(rows: list[dict[str, Any]]) -> str:
    """Every answer; `*` marks more than 10 % off, `!` an interval that misses the truth."""
    lines = ["| Process | Change | True h | Predicted h | Error | Effect, true | predicted |",
             "| --- | --- | ---: | ---: | ---: | ---: | ---: |"]  # fmt: skip
    last = ""
    for r in rows:
        name = r["world"] if r["world"] != last else ""
        last = r["world"]
        effects = ("", "") if r["change"] is None else (
            f"{r['true_effect']:+.1%}",
            f"{r['effect']:+.1%} ± {r['effect_half']:.1%}{'' if r['b'] else '*'}{'' if r['covered_effect'] else '!'}",
        )  # fmt: skip
        asked = words(r["change"]) if r["change"] else f"none; the log: {r['log_error']:+.1%}"
        marks = f"{'' if r['a'] else '*'}{'' if r['covered'] else '!'}"
        lines.append(
            f"| {name} | {asked} | {r['true_h']:.3g} | {r['predicted_h']:.3g} "
            f"| {r['error']:+.1%} ± {r['half']:.1%}{marks} | {effects[0]} | {effects[1]} |"
        )
    return "\n".join(lines)
