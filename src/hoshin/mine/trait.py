"""Traits of cases: what a case has, lacks or repeats, as a sparse matrix that rules are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from hoshin.log.eventlog import EventLog

KINDS = ("has", "repeats", "path", "ends")


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """`matrix` sparse float64 (n_cases, n_traits) of 0 and 1; `names` say each trait in words."""

    matrix: sparse.csr_matrix
    names: tuple[str, ...]

    def of(self, trait: int) -> NDArray[np.bool_]:
        """bool (n_cases,)."""
        return np.asarray(self.matrix[:, [trait]].toarray()[:, 0] > 0)


def traits(log: EventLog, *, at_least: int = 10) -> Traits:
    """Traits that at least `at_least` cases have and at least that many lack; equal columns appear once.

    has X; repeats X; path X > Y (directly followed); ends with X.
    """
    n_act, case = len(log.activities), log.case_of_event().astype(np.int64)
    activity = log.activity.astype(np.int64)
    names: list[str] = []
    columns: list[sparse.csc_matrix] = []
    occurs, count = np.unique(case * n_act + activity, return_counts=True)
    inner = np.ones(log.n_events, dtype=np.bool_)
    held = np.diff(log.case_start) > 0
    inner[log.case_start[1:][held] - 1] = False
    at = np.flatnonzero(inner)
    ends = np.flatnonzero(~inner)
    spelled = log.activities
    for cases, code, size, words in (
        (occurs // n_act, occurs % n_act, n_act, [f"has {a}" for a in spelled]),
        (occurs[count > 1] // n_act, occurs[count > 1] % n_act, n_act, [f"repeats {a}" for a in spelled]),
        (case[at], activity[at] * n_act + activity[at + 1], n_act * n_act, None),
        (case[ends], activity[ends], n_act, [f"ends with {a}" for a in spelled]),
    ):
        block = sparse.csc_matrix((np.ones(cases.size), (cases, code)), shape=(log.n_cases, size))
        block.data[:] = 1.0
        n = np.asarray(block.sum(axis=0)).ravel()
        kept = np.flatnonzero((n >= at_least) & (n <= log.n_cases - at_least))
        columns.append(block[:, kept])
        names += [words[k] if words else f"path {spelled[k // n_act]} > {spelled[k % n_act]}" for k in kept]
    matrix = sparse.hstack(columns, format="csc") if columns else sparse.csc_matrix((log.n_cases, 0))
    distinct, seen = [], set()
    for k in range(matrix.shape[1]):
        key = matrix.indices[matrix.indptr[k] : matrix.indptr[k + 1]].tobytes()
        if key not in seen:
            seen.add(key)
            distinct.append(k)
    return Traits(matrix[:, distinct].tocsr(), tuple(names[k] for k in distinct))
