"""The figures of a run: means and curves over its questions, with intervals, and what changed since another run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_qa.evaluation.metrics import auroc, bootstrap, ece, risk_coverage
from sco_qa.evaluation.run import Row

Columns = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: which rows it is about, what it takes of each, and how that becomes one number.

    ``columns`` gives the values of a row; ``statistic`` makes one number of those of many, ``(…, n, values)`` to
    ``(…)``, so that all samples of a bootstrap are one call. The
    ``headline`` figures are what the gate watches. ``better`` is 1 where larger is better, -1 where smaller is.
    """

    name: str
    stage: str
    means: str
    applies: Callable[[Row], bool]
    columns: Callable[[Row], tuple[float, ...]]
    statistic: Callable[[Columns], Columns]
    headline: bool = False
    better: int = 1

    def table(self, rows: Sequence[Row]) -> Columns:
        """Give the values of the rows that it is about, ``(n, values)``."""
        return np.array([self.columns(row) for row in rows if self.applies(row)], float)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure's value with its 95% bootstrap interval over ``n`` questions."""

    value: float
    low: float
    high: float
    n: int

    def to_json(self) -> dict[str, Any]:
        """Give the estimate as JSON values."""
        return {"value": round(self.value, 4), "low": round(self.low, 4), "high": round(self.high, 4), "n": self.n}


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure moved between two runs over the same questions: the difference and its 95% interval."""

    figure: Figure
    before: float
    after: float
    low: float
    high: float

    @property
    def worse(self) -> bool:
        """Whether the figure fell by more than the choice of questions explains."""
        return (self.high if self.figure.better > 0 else -self.low) < 0


def _mean(columns: Columns) -> Columns:
    return np.asarray(columns[..., 0].mean(-1))


def _answerable(row: Row) -> bool:
    return row.answerable


def _retrieval(name: str, means: str, *, headline: bool = False) -> Figure:
    return Figure(name, "retrieval", means, _answerable, lambda r: ((r.retrieval or {})[name],), _mean, headline)


def _reading(name: str, means: str, value: Callable[[Row], float | None], *, headline: bool = False) -> Figure:
    return Figure(name, "answers", means, _answerable, lambda r: (float(value(r) or 0.0),), _mean, headline)


def _area_under_risk(columns: Columns) -> Columns:
    return np.asarray(risk_coverage(columns[..., 0], columns[..., 1] > 0)[1].mean(-1))


FIGURES: tuple[Figure, ...] = (
    _retrieval("hit@1", "the first passage holds the evidence"),
    _retrieval("hit@5", "one of the first 5 passages does", headline=True),
    _retrieval("hit@20", "one of the 20 passages that are retrieved does"),
    _retrieval("recall@20", "share of the passages with evidence among the 20"),
    _retrieval("MRR", "1 / rank of the first passage with evidence"),
    _retrieval("nDCG@10", "discounted gain of the first 10 passages", headline=True),
    _reading("EM", "the first answer is an accepted one, word for word", lambda r: r.em),
    _reading("F1", "words shared by the first answer and an accepted one", lambda r: r.f1, headline=True),
    _reading("evidence@1", "the first answer cites a sentence that states it", lambda r: r.evidence_1, headline=True),
    _reading("evidence@3", "one of the first 3 answers does", lambda r: r.evidence_3),
    _reading("right@1", "such a sentence, and F1 of at least 0.5", lambda r: float(r.right), headline=True),
    Figure(
        "facts@5",
        "answers",
        "share of the facts that the answers cite, where several are expected (both sides of a disagreement)",
        lambda r: r.disagreement is not None,
        lambda r: (r.facts or 0.0,),
        _mean,
        headline=True,
    ),
    Figure(
        "alarm precision",
        "answers",
        "share of the replies that say that the sources differ about which they do",
        lambda r: r.alarm is not None,
        lambda r: (float(r.disagreement is not None),),
        _mean,
    ),
    Figure(
        "alarm recall",
        "answers",
        "share of the questions about which the sources differ whose reply says so",
        lambda r: r.disagreement is not None,
        lambda r: (float(r.alarm is not None),),
        _mean,
    ),
    Figure(
        "citations valid",
        "citations",
        "share of all citations whose source says at that place what they quote",
        lambda r: r.citations > 0,
        lambda r: (r.valid, r.citations),
        lambda c: c[..., 0].sum(-1) / c[..., 1].sum(-1),
        headline=True,
    ),
    Figure(
        "citation precision",
        "citations",
        "share of the first answers shown that cite a sentence that states it",
        lambda r: r.answered,
        lambda r: (r.evidence_1 or 0.0,),
        _mean,
    ),
    Figure(
        "answered",
        "abstention",
        "share of the answerable questions that are answered at the shipped threshold",
        _answerable,
        lambda r: (float(r.answered),),
        _mean,
    ),
    Figure(
        "abstained",
        "abstention",
        "share of the unanswerable questions that are recognised at the shipped threshold",
        lambda r: not r.answerable,
        lambda r: (float(not r.answered),),
        _mean,
    ),
    Figure(
        "AUROC",
        "abstention",
        "confidence of an answerable question is above that of an unanswerable one",
        lambda _: True,
        lambda r: (r.confidence, float(r.answerable)),
        lambda c: auroc(c[..., 0], c[..., 1] > 0),
        headline=True,
    ),
    Figure(
        "AURC",
        "abstention",
        "mean share of wrong replies when only the most confident are given (less is better)",
        lambda _: True,
        lambda r: (r.confidence, float(r.right)),
        _area_under_risk,
        better=-1,
    ),
    Figure(
        "ECE",
        "calibration",
        "mean distance of confidence and share of right ones (less is better)",
        lambda _: True,
        lambda r: (r.confidence, float(r.right)),
        lambda c: ece(c[..., 0], c[..., 1] > 0),
        better=-1,
    ),
)


def estimate(figure: Figure, rows: Sequence[Row]) -> Estimate | None:
    """Compute a figure with its interval, or None where it is about none of the rows."""
    table = figure.table(rows)
    if not len(table):
        return None
    value = float(figure.statistic(table))
    if np.isnan(value):
        return None
    low, high = bootstrap(lambda drawn: figure.statistic(table[drawn]), len(table))
    return Estimate(value, low, high, len(table))


def summary(rows: Sequence[Row]) -> dict[str, Estimate]:
    """Compute every figure that is about some of the rows."""
    found = {figure.name: estimate(figure, rows) for figure in FIGURES}
    return {name: value for name, value in found.items() if value is not None}


def by_kind(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Sort the rows by kind, in the order in which the kinds first appear."""
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        kinds.setdefault(row.kind, []).append(row)
    return kinds


def latency(rows: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """Give the median and the 95th percentile of each stage, in milliseconds."""
    stages: Mapping[str, float] = rows[0].timings_ms if rows else {}
    return {
        stage: tuple(float(v) for v in np.quantile([r.timings_ms[stage] for r in rows], [0.5, 0.95]))  # type: ignore[misc]
        for stage in stages
    }


HEADLINES: tuple[Figure, ...] = tuple(figure for figure in FIGURES if figure.headline)
"""The figures that the gate watches."""


def changes(before: Sequence[Row], after: Sequence[Row], compared: Sequence[Figure] = HEADLINES) -> list[Change]:
    """Compare figures over the questions that both runs hold, with a paired bootstrap."""
    shared = {row.id: row for row in before}
    pairs = [(shared[row.id], row) for row in after if row.id in shared]
    return [change for figure in compared if (change := _change(figure, pairs)) is not None]


def _change(figure: Figure, pairs: Sequence[tuple[Row, Row]]) -> Change | None:
    both = [(old, new) for old, new in pairs if figure.applies(old) and figure.applies(new)]
    if not both:
        return None
    old, new = (figure.table(rows) for rows in zip(*both, strict=True))
    was, now = float(figure.statistic(old)), float(figure.statistic(new))
    if np.isnan(now - was):
        return None

    def difference(drawn: NDArray[np.int64]) -> Columns:
        return figure.statistic(new[drawn]) - figure.statistic(old[drawn])

    low, high = bootstrap(difference, len(both))
    return Change(figure, was, now, low, high)
