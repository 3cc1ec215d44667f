"""Fit what is not learned inside a model: ``python -m sco_qa.training.fit DATA`` (``make fit``).

Three weights and a threshold of :class:`~sco_qa.settings.Settings` are chosen and the confidence is fitted:
``dense_weight`` by the mean reciprocal rank of the evidence, on all the invented training collections and on
paragraphs; all else on those of them that the reader never learned from (``left_out.py``), each collection by itself
and in one with all the others. ``retrieval_weight`` and ``year_weight`` are chosen by the share of right first
answers. The confidence is a logistic regression on the answers that those give, and the ``threshold`` the one at which
the share of answerable questions that are answered and the share of unanswerable ones that are not have the greatest
sum (Youden 1950), on collections left out of the fit. The coefficients go to ``confidence.json``; weights and threshold
are printed, to be set as defaults. So are the cosine of what is close (``closeness.py``) and the alarm that sources
disagree (``alarm.py``).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from sco_qa import confidence
from sco_qa.candidates import MOST_ANSWERS, group, ranked
from sco_qa.evaluation.collections import Collection
from sco_qa.evaluation.gold import Question
from sco_qa.evaluation.metrics import auroc, ece
from sco_qa.evaluation.workbench import Workbench
from sco_qa.retrieval import fuse
from sco_qa.settings import Settings
from sco_qa.training import alarm, judging, left_out
from sco_qa.training.alarm import Answered
from sco_qa.training.closeness import Closeness
from sco_qa.types import Candidate, Matches, Passage

_DENSE_WEIGHTS = tuple(round(0.05 * step, 2) for step in range(21))
_THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))
_YEAR_WEIGHTS = (0.0, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2)
_RETRIEVAL_WEIGHTS = (0, 10, 20, 30, 40, 50, 60, 70, 80, 100, 120, 160)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with what each stage made of it."""

    question: Question
    passages: Sequence[Passage]
    matches: Matches
    candidates: Sequence[Candidate]

    def reciprocal_rank(self, dense_weight: float) -> float:
        """Give 1 / rank of the first passage that holds evidence, or 0."""
        scores = fuse(self.matches, dense_weight)
        for rank, i in enumerate(np.lexsort((self.matches.passages, -scores)), 1):
            passage = self.passages[int(self.matches.passages[i])]
            if any(p.source == passage.source and passage.span.holds(p.span) for p in self.question.evidence):
                return 1 / rank
        return 0.0

    def groups(self, retrieval_weight: float, *, more_for_year: float = 0.0) -> list[list[Candidate]]:
        """Give the answers, ranked with another weight of the retrieval score, or of the year in it."""
        candidates = [
            replace(c, hit=replace(c.hit, score=c.hit.score + more_for_year)) if c.hit.of_year else c
            for c in self.candidates
        ]
        return group(ranked(candidates, retrieval_weight), MOST_ANSWERS)


def main() -> None:
    """Fit, print what was found, and write ``confidence.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with worlds_train.jsonl.gz and reader_train*.jsonl.gz")
    known = left_out.load(parser.parse_args().data)
    settings, console = Settings(), Console()
    bench = Workbench(settings)
    closeness = Closeness([*known.learned, *known.alone], bench.encoder)
    unread = _ask(known.learned, bench, "searching", closeness, replace(settings, read=1))
    alone = _ask(known.alone, bench, "asking", closeness)
    asked = [*alone, *_ask([known.pooled, known.paragraphs], bench, "asking all in one")]

    ranked = [a for a in [*unread, *asked] if a.question.answerable]
    ranks = {w: float(np.mean([a.reciprocal_rank(w) for a in ranked])) for w in _DENSE_WEIGHTS}
    console.print("MRR of the evidence by dense_weight:", {w: round(v, 4) for w, v in ranks.items()})
    answerable = [a for a in asked if a.question.answerable]
    right = {w: _right(answerable, w) for w in _RETRIEVAL_WEIGHTS}
    console.print("right@1 by retrieval_weight:", {w: round(v, 4) for w, v in right.items()})
    best_dense, best_retrieval = max(ranks, key=lambda w: ranks[w]), max(right, key=lambda w: right[w])
    console.print(f"best: dense_weight {best_dense}, retrieval_weight {best_retrieval}")
    console.print(f"set: dense_weight {settings.dense_weight}, retrieval_weight {settings.retrieval_weight}")
    of_year = {
        w: _right(answerable, settings.retrieval_weight, more_for_year=w - settings.year_weight) for w in _YEAR_WEIGHTS
    }
    console.print("right@1 by year_weight:", {w: round(v, 4) for w, v in of_year.items()})
    console.print(f"best: year_weight {max(of_year, key=lambda w: of_year[w])}; set: {settings.year_weight}")
    _fit_confidence(asked, settings, console)
    closeness.show(console)
    fitted = alarm.fit(
        [Answered(a.question, [g[0] for g in a.groups(settings.retrieval_weight)]) for a in alone], console
    )
    _write("disagreement.json", asdict(fitted))


def _right(asked: Sequence[_Asked], retrieval_weight: float, *, more_for_year: float = 0.0) -> float:
    """Give the share of questions whose first answer is right."""
    found = [a.groups(retrieval_weight, more_for_year=more_for_year)[:1] for a in asked]
    return float(
        np.mean([any(judging.right(a.question, g[0]) for g in groups) for a, groups in zip(asked, found, strict=True)])
    )


def _ask(
    collections: Sequence[Collection],
    bench: Workbench,
    doing: str,
    closeness: Closeness | None = None,
    settings: Settings | None = None,
) -> list[_Asked]:
    asked = []
    for collection in track(collections, doing):
        assistant = bench.assistant(collection.sources, settings=settings)
        if closeness is not None:
            closeness.measure(collection, assistant.index)
        for question in collection.questions:
            trace = assistant.trace(question.question, question.history)
            if trace.matches is not None:
                asked.append(_Asked(question, assistant.index.passages, trace.matches, trace.candidates))
    return asked


def _fit_confidence(asked: Sequence[_Asked], settings: Settings, console: Console) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    names = [f.name for f in fields(confidence.Features)]
    values, right, first, answerable, world = [], [], [], [], []
    for one in asked:
        groups = one.groups(settings.retrieval_weight)
        for place, (known, members) in enumerate(zip(confidence.features(groups), groups, strict=True)):
            values.append([getattr(known, name) for name in names])
            right.append(judging.right(one.question, members[0]))
            first.append(place == 0)
            answerable.append(one.question.answerable)
            world.append(one.question.id.rsplit("-", 1)[0])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0))
    folds = GroupKFold(8)
    held_out = cross_val_predict(model, values, right, groups=world, cv=folds, method="predict_proba")[:, 1]
    is_first = np.array(first)
    on_first, truth = held_out[is_first], np.array(right)[is_first]
    console.print(
        f"confidence of first answers, held-out worlds: ECE {ece(on_first.tolist(), truth.tolist()):.3f}, "
        f"AUROC of right {auroc(on_first.tolist(), truth.tolist()):.3f}, "
        f"of answerable {auroc(on_first.tolist(), np.array(answerable)[is_first].tolist()):.3f}, n {len(truth)}"
    )
    answered = np.array(answerable)[is_first]
    balance = {
        t: (float((on_first[answered] >= t).mean()), float((on_first[~answered] < t).mean())) for t in _THRESHOLDS
    }
    console.print(
        "answered and abstained by threshold:", {t: (round(a, 3), round(b, 3)) for t, (a, b) in balance.items()}
    )
    console.print(f"best: threshold {max(balance, key=lambda t: sum(balance[t]))}; set: {settings.threshold}")
    model.fit(values, right)
    scaler, logistic = model[0], model[1]
    weights = logistic.coef_[0] / scaler.scale_
    fitted = confidence.Confidence(
        intercept=round(float(logistic.intercept_[0] - weights @ scaler.mean_), 6),
        weights={name: round(float(weight), 6) for name, weight in zip(names, weights, strict=True)},
        fitted_for=confidence.fitted_for(settings),
    )
    _write("confidence.json", asdict(fitted))
    console.print(asdict(fitted))


def _write(name: str, coefficients: dict[str, Any]) -> None:
    """Put coefficients where the package looks for them."""
    path = Path(confidence.__file__).with_name(name)
    path.write_text(json.dumps(coefficients, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
