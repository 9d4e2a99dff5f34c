"""A small classification tree that a person can read: few levels, one attribute per question.

Source: Breiman et al., Classification and Regression Trees (1984); Gini gain, binned thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BINS = 32


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """Columns that can be asked: `value` float64 (n, q). Column k is a number (asked as > threshold) or 0/1 (a
    level of a text); `names` say them. NaN never exceeds a threshold."""

    value: Floats
    names: tuple[str, ...]
    is_level: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """`counts` int64 (n_classes,) of the training rows here. A leaf has no `yes` and `no`."""

    counts: NDArray[np.int64]
    column: int = -1
    threshold: float = 0.0
    yes: Node | None = None
    no: Node | None = None


def questions(table: pl.DataFrame, *, levels: int = 20) -> Questions:
    """What can be asked of the rows of `table` (Float64 and String columns)."""
    value: list[Floats] = []
    names: list[str] = []
    is_level: list[bool] = []
    for column in table.get_columns():
        if column.dtype == pl.Float64:
            value.append(column.fill_null(float("nan")).to_numpy().astype(np.float64))
            names.append(column.name)
            is_level.append(False)
        else:
            for level in column.drop_nulls().value_counts(sort=True).head(levels)[column.name].sort():
                value.append((column == level).fill_null(False).to_numpy().astype(np.float64))
                names.append(f"{column.name} = {level}")
                is_level.append(True)
    matrix = np.stack(value, axis=1) if value else np.zeros((table.height, 0))
    return Questions(matrix, tuple(names), np.array(is_level, dtype=np.bool_))


def grow(asked: Questions, label: NDArray[np.int64], n_classes: int, *, depth: int = 3, least: int = 20) -> Node:
    """Grow a tree on `label` int64 (n,), in [0, n_classes). Leaves hold at least `least` rows."""
    edges = []
    for k in range(asked.value.shape[1]):
        known = asked.value[:, k][~np.isnan(asked.value[:, k])]
        cuts = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if known.size else np.zeros(0)
        edges.append(np.array([0.5]) if asked.is_level[k] else cuts[cuts < known.max()] if known.size else cuts)
    bins = np.stack([_bin(asked.value[:, k], edges[k]) for k in range(len(edges))], axis=1) if edges else None
    return _grow(bins, edges, label, np.arange(label.size), n_classes, depth, least)


def _bin(value: Floats, edges: Floats) -> NDArray[np.int64]:
    """How many edges each value exceeds; NaN none."""
    return np.where(np.isnan(value), 0, np.searchsorted(edges, np.nan_to_num(value), side="left"))


def _grow(
    bins: NDArray[np.int64] | None,
    edges: list[Floats],
    label: NDArray[np.int64],
    rows: NDArray[np.int64],
    n_classes: int,
    depth: int,
    least: int,
) -> Node:
    counts = np.bincount(label[rows], minlength=n_classes)
    if bins is None or depth == 0 or rows.size < 2 * least or counts.max() == rows.size:
        return Node(counts)
    best_gain, best = 1e-4 * rows.size, (-1, -1)
    whole = float((counts.astype(np.float64) ** 2).sum()) / rows.size
    for k, cuts in enumerate(edges):
        if cuts.size == 0:
            continue
        table = np.bincount(bins[rows, k] * n_classes + label[rows], minlength=(cuts.size + 1) * n_classes)
        low = np.cumsum(table.reshape(-1, n_classes), axis=0)[:-1].astype(np.float64)
        high = counts - low
        n_low, n_high = low.sum(axis=1), high.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = (low**2).sum(axis=1) / n_low + (high**2).sum(axis=1) / n_high - whole
        gain[(n_low < least) | (n_high < least)] = -1
        at = int(np.argmax(gain))
        if gain[at] > best_gain:
            best_gain, best = float(gain[at]), (k, at)
    k, at = best
    if k < 0:
        return Node(counts)
    yes = bins[rows, k] > at
    grown = [_grow(bins, edges, label, part, n_classes, depth - 1, least) for part in (rows[yes], rows[~yes])]
    if all(g.yes is None and g.counts.argmax() == counts.argmax() for g in grown):
        return Node(counts)
    return Node(counts, k, float(edges[k][at]), *grown)


def predict(tree: Node, value: Floats) -> NDArray[np.int64]:
    """Class of each row of `value` float64 (n, q)."""
    out = np.empty(value.shape[0], dtype=np.int64)

    def walk(node: Node, rows: NDArray[np.int64]) -> None:
        if node.yes is None or node.no is None:
            out[rows] = int(node.counts.argmax())
            return
        yes = value[rows, node.column] > node.threshold
        walk(node.yes, rows[yes])
        walk(node.no, rows[~yes])

    walk(tree, np.arange(value.shape[0]))
    return out


def rules(tree: Node, asked: Questions) -> list[tuple[str, NDArray[np.int64]]]:
    """Every leaf as a condition in words, with its class counts; '' is always true."""

    def say(node: Node, yes: bool) -> str:
        name = asked.names[node.column]
        if asked.is_level[node.column]:
            return name if yes else name.replace(" = ", " is not ", 1)
        return f"{name} > {node.threshold:g}" if yes else f"{name} <= {node.threshold:g}"

    def walk(node: Node, so_far: tuple[str, ...]) -> list[tuple[str, NDArray[np.int64]]]:
        if node.yes is None or node.no is None:
            return [(" and ".join(so_far), node.counts)]
        return walk(node.yes, (*so_far, say(node, True))) + walk(node.no, (*so_far, say(node, False)))

    return walk(tree, ())
