"""Measures of one question and of many. Larger is better unless it says otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sco_qa.text import normalize_answer

RESAMPLES = 1_000


def exact_match(given: str, accepted: Sequence[str]) -> float:
    """Give 1 if the words are accepted after SQuAD's normalisation (Rajpurkar et al. 2016), else 0."""
    return float(any(normalize_answer(given) == normalize_answer(words) for words in accepted))


def f1(given: str, accepted: Sequence[str]) -> float:
    """Give the best token F1 with any of the accepted words, as SQuAD's official script counts it, in [0, 1]."""
    return max(
        (_f1(normalize_answer(given).split(), normalize_answer(words).split()) for words in accepted), default=0.0
    )


def _f1(given: list[str], accepted: list[str]) -> float:
    if not given or not accepted:
        return float(given == accepted)
    shared = sum((Counter(given) & Counter(accepted)).values())
    if not shared:
        return 0.0
    precision, recall = shared / len(given), shared / len(accepted)
    return 2 * precision * recall / (precision + recall)


def auroc(scores: ArrayLike, positive: ArrayLike) -> NDArray[np.float64]:
    """Give the probability that a positive scores above a negative; ties count half. NaN where a class is missing.

    Takes ``(…, n)`` and gives ``(…)``: one figure for each sample of ``n``, like the other measures here.
    """
    from scipy.stats import rankdata

    is_positive = np.asarray(positive, bool)
    positives = is_positive.sum(-1)
    negatives = is_positive.shape[-1] - positives
    above = (rankdata(scores, axis=-1) * is_positive).sum(-1) - positives * (positives + 1) / 2
    pairs = np.asarray(positives * negatives, float)
    return np.asarray(np.divide(above, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0))


def risk_coverage(confidence: ArrayLike, right: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give coverage, ``(n,)``, and risk, ``(…, n)``, when only the most confident are answered.

    After El-Yaniv & Wiener 2010. Risk is the share of wrong ones among those answered; smaller is better.
    """
    order = np.argsort(-np.asarray(confidence), axis=-1, kind="stable")
    wrong = ~np.take_along_axis(np.asarray(right, bool), order, -1)
    answered = np.arange(1, wrong.shape[-1] + 1)
    return answered / wrong.shape[-1], np.cumsum(wrong, -1) / answered


def reliability(confidence: Sequence[float], right: Sequence[bool], bins: int = 10) -> list[tuple[float, float, int]]:
    """Give for each of ``bins`` equal ranges of confidence its mean, the share that is right, and how many."""
    values, truths = np.asarray(confidence, float), np.asarray(right, float)
    place = np.minimum((values * bins).astype(int), bins - 1)
    return [
        (float(values[place == b].mean()), float(truths[place == b].mean()), int((place == b).sum()))
        for b in range(bins)
        if (place == b).any()
    ]


def ece(confidence: ArrayLike, right: ArrayLike, bins: int = 10) -> NDArray[np.float64]:
    """Give the expected calibration error over ``bins`` equal ranges (Guo et al. 2017); smaller is better."""
    values, truths = np.asarray(confidence, float), np.asarray(right, float)
    place = np.minimum((values * bins).astype(int), bins - 1)
    gaps = [np.abs(((values - truths) * (place == b)).sum(-1)) for b in range(bins)]
    return np.asarray(np.sum(gaps, 0) / values.shape[-1])


def bootstrap(
    statistic: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    n: int,
    *,
    resamples: int = RESAMPLES,
    level: float = 0.95,
) -> tuple[float, float]:
    """Give the percentile bootstrap interval (Efron 1979) of a statistic of ``n`` questions.

    ``statistic`` is called once with the places of the questions drawn, ``(resamples, n)``, and gives ``(resamples,)``.
    The draws are the same in every call.
    """
    draws = np.random.default_rng(0).integers(0, n, (resamples, n))
    tail = (1 - level) / 2
    low, high = np.nanquantile(statistic(draws), [tail, 1 - tail])
    return float(low), float(high)


def mean_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Give the bootstrap interval of the mean of ``values``, ``(n,)``, one a question; paired, of differences."""
    return bootstrap(lambda drawn: values[drawn].mean(-1), len(values))
