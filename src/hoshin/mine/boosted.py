"""Gradient-boosted predictors of remaining time and outcome (the extra `predict`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import Unsupported
from hoshin.mine.prefix import Prefixes

Floats = NDArray[np.float64]
MAX_ROWS = 40_000


def _ensemble() -> Any:
    try:
        from sklearn import ensemble
    except ImportError as error:
        raise Unsupported(
            "predict.extra", "Boosted predictions need scikit-learn.", hint="pip install 'hoshin[predict]'"
        ) from error
    return ensemble


@dataclass(eq=False)
class BoostedTimes:
    """Quantiles of the remaining seconds, learned on their logarithm, one model per quantile."""

    quantiles: tuple[float, ...] = (0.05, 0.5, 0.95)
    seed: int = 0
    _models: list[Any] = field(default_factory=list)

    def fit(self, data: Prefixes, target: Floats, weight: Floats | None = None) -> BoostedTimes:
        """Learn from `data` and `target` float64 (n,), seconds, each row counting `weight` times (default 1); more than
        MAX_ROWS rows are sampled."""
        rows = _sample(target.size, self.seed)
        ensemble = _ensemble()
        with _one_thread():
            self._models = [self._fitted(ensemble, q, data, target, weight, rows) for q in self.quantiles]
        return self

    def _fitted(
        self, ensemble: Any, q: float, data: Prefixes, target: Floats, weight: Floats | None, rows: NDArray[np.int64]
    ) -> Any:
        return ensemble.HistGradientBoostingRegressor(
            loss="quantile", quantile=q, max_iter=100, learning_rate=0.1, min_samples_leaf=30,
            categorical_features=data.categorical, early_stopping=False, random_state=self.seed,
        ).fit(data.x[rows], np.log1p(target[rows]), sample_weight=None if weight is None else weight[rows])  # fmt: skip

    def predict(self, data: Prefixes) -> Floats:
        """float64 (n, q) seconds, never negative, sorted within a row."""
        if data.case.size == 0:
            return np.zeros((0, len(self.quantiles)))
        with _one_thread():
            raw = np.stack([model.predict(data.x) for model in self._models], axis=1)
        return np.sort(np.expm1(np.maximum(raw, 0.0)), axis=1)


@dataclass(eq=False)
class BoostedChance:
    """The chance of an outcome."""

    seed: int = 0
    _model: Any = None

    def fit(self, data: Prefixes, target: Floats, weight: Floats | None = None) -> BoostedChance:
        """Learn from `data` and `target` float64 (n,) of 0 and 1, each row counting `weight` times (default 1)."""
        rows = _sample(target.size, self.seed)
        model = _ensemble().HistGradientBoostingClassifier(
            max_iter=100, learning_rate=0.06, min_samples_leaf=30, categorical_features=data.categorical,
            early_stopping=False, random_state=self.seed,
        )  # fmt: skip
        with _one_thread():
            self._model = model.fit(data.x[rows], target[rows], sample_weight=None if weight is None else weight[rows])
        return self

    def predict(self, data: Prefixes) -> Floats:
        """float64 (n, 1)."""
        if data.case.size == 0:
            return np.zeros((0, 1))
        classes = list(self._model.classes_)
        if 1.0 not in classes:
            return np.zeros((data.case.size, 1))
        with _one_thread():
            return np.asarray(self._model.predict_proba(data.x)[:, [classes.index(1.0)]])


def _one_thread() -> Any:
    """On so few rows, threads that wait for one another on a busy machine cost more than they gain."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


def can_boost() -> bool:
    """Whether scikit-learn is installed."""
    return find_spec("sklearn") is not None


def _sample(n: int, seed: int) -> NDArray[np.int64]:
    if n <= MAX_ROWS:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, MAX_ROWS, replace=False))
