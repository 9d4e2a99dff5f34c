"""Where replications run: threads of this process, other processes, or a Dask cluster; the answer is the same."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from hoshin.errors import InvalidInput, Unavailable, Unsupported

FORMS = "threads, threads:4, processes:4, or dask:tcp://scheduler:8786"


@contextmanager
def executor(where: str) -> Iterator[Executor]:
    """An executor for `threads[:n]`, `processes[:n]` or `dask:ADDRESS`, closed afterwards.

    Raises InvalidInput(twin.executor), Unsupported(twin.dask) without the extra, Unavailable(twin.cluster).
    """
    kind, _, rest = where.partition(":")
    if kind == "dask" and rest:
        with _dask(rest) as found:
            yield found
        return
    if kind not in ("threads", "processes") or (rest and not rest.isdigit()) or rest == "0":
        raise InvalidInput("twin.executor", f"{where!r} is no place to run replications.", hint=f"Write {FORMS}.")
    workers = int(rest) if rest else None
    if kind == "threads":
        with ThreadPoolExecutor(workers) as pool:
            yield pool
        return
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as processes:
        yield processes


@contextmanager
def _dask(address: str) -> Iterator[Executor]:
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise Unsupported("twin.dask", "Dask is not installed.", hint="pip install 'hoshin[dask]'") from None
    try:
        client = distributed.Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise Unavailable("twin.cluster", f"No Dask scheduler answers at {address}: {error}",
                          hint="Start one with: dask scheduler") from error  # fmt: skip
    with client, client.get_executor() as pool:
        yield pool
