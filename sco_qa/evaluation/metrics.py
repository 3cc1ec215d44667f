"""Measures of one question and of many. Larger is better unless it says otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

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


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """Give the probability that a positive scores above a negative; ties count half. NaN where a class is missing."""
    from scipy.stats import rankdata

    is_positive = np.asarray(positive, bool)
    positives, negatives = int(is_positive.sum()), int((~is_positive).sum())
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[is_positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def risk_coverage(
    confidence: Sequence[float], right: Sequence[bool]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give coverage and risk when only the most confident are answered (El-Yaniv & Wiener 2010), each ``(n,)``.

    Risk is the share of wrong ones among those answered; smaller is better.
    """
    order = np.argsort(-np.asarray(confidence), kind="stable")
    wrong = ~np.asarray(right, bool)[order]
    answered = np.arange(1, len(order) + 1)
    return answered / len(order), np.cumsum(wrong) / answered


def reliability(confidence: Sequence[float], right: Sequence[bool], bins: int = 10) -> list[tuple[float, float, int]]:
    """Give for each of ``bins`` equal ranges of confidence its mean, the share that is right, and how many."""
    values, truths = np.asarray(confidence, float), np.asarray(right, float)
    place = np.minimum((values * bins).astype(int), bins - 1)
    return [
        (float(values[place == b].mean()), float(truths[place == b].mean()), int((place == b).sum()))
        for b in range(bins)
        if (place == b).any()
    ]


def ece(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """Give the expected calibration error over ten equal ranges (Guo et al. 2017); smaller is better."""
    total = len(confidence)
    return sum(abs(mean - share) * n / total for mean, share, n in reliability(confidence, right))


def bootstrap(
    statistic: Callable[[NDArray[np.int64]], float], n: int, *, resamples: int = RESAMPLES, level: float = 0.95
) -> tuple[float, float]:
    """Give the percentile bootstrap interval (Efron 1979) of a statistic of ``n`` questions.

    ``statistic`` is called with the places of the questions drawn, ``(n,)``. The draws are the same in every call.
    """
    draws = np.random.default_rng(0).integers(0, n, (resamples, n))
    values = np.array([statistic(draw) for draw in draws])
    tail = (1 - level) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return float(low), float(high)
