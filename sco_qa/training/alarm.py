"""Fit the alarm that sources disagree; ``make fit`` calls it.

A pair of answers is positive where both are right, of different evidence, and do not say the same: the questions of
kind ``conflict``, and others for which documents give different numbers. What is printed is on collections left out
of the fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from rich.console import Console

from sco_qa import disagreement, values
from sco_qa.disagreement import Alarm, Features
from sco_qa.evaluation.gold import Question
from sco_qa.evaluation.metrics import f1
from sco_qa.evaluation.run import RIGHT_F1
from sco_qa.training.judging import cited
from sco_qa.types import Candidate

PRECISION = 0.8
"""What share of its alarms must be right before it is turned on by default."""
_FEWEST_WORLDS = 2
"""Collections that must hold pairs that disagree, so that some are left wherever one is left out."""
_FEWEST = 5
"""Alarms from which on their precision means something."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question of a collection with its answers, best first."""

    question: Question
    answers: Sequence[Candidate]


def fit(asked: Sequence[Answered], console: Console) -> Alarm:
    """Fit the alarm, and print what precision comes with how many of them."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    known, truth, world, of = [], [], [], []
    for number, one in enumerate(asked):
        for other in one.answers[1:]:
            if disagreement.comparable(one.question.question, one.answers[0], other):
                pair = disagreement.features(one.question.question, one.answers[0], other)
                known.append([getattr(pair, field.name) for field in fields(Features)])
                truth.append(_disagree(one.question, one.answers[0], other))
                world.append(one.question.id.rsplit("-", 1)[0])
                of.append(number)
    if len({name for name, positive in zip(world, truth, strict=True) if positive}) < _FEWEST_WORLDS:
        console.print("too few pairs that disagree to fit the alarm; it stays as it was")
        return Alarm.load()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.3))
    held_out = cross_val_predict(model, known, truth, groups=world, cv=GroupKFold(8), method="predict_proba")[:, 1]
    _show(held_out, np.array(truth), np.array(of), sum(len(one.question.expected) > 1 for one in asked), console)
    model.fit(known, truth)
    scaler, logistic = model[0], model[1]
    weights = logistic.coef_[0] / scaler.scale_
    return Alarm(
        intercept=round(float(logistic.intercept_[0] - weights @ scaler.mean_), 6),
        weights={f.name: round(float(w), 6) for f, w in zip(fields(Features), weights, strict=True)},
    )


def _disagree(question: Question, one: Candidate, other: Candidate) -> bool:
    """Tell whether both are right, and not the same."""
    sides = [_expected(question, candidate) for candidate in (one, other)]
    return None not in sides and not values.same(sides[0] or "", sides[1] or "")


def _expected(question: Question, candidate: Candidate) -> str | None:
    """Give what was expected where the candidate stands, if it says that."""
    passage = candidate.hit.passage
    for place in cited(question, candidate):
        begin = passage.span.start
        text = passage.text[max(0, place.span.start - begin) : place.span.end - begin]
        if f1(candidate.text, [text]) >= RIGHT_F1:
            return text
    return None


def _show(probability: np.ndarray, truth: np.ndarray, of: np.ndarray, all_: int, console: Console) -> None:
    """Print the best precision of each number of alarms, one a question, and the threshold that reaches PRECISION."""
    best: dict[int, tuple[float, bool]] = {}
    for p, right, number in zip(probability, truth, of, strict=True):
        if number not in best or p > best[number][0]:
            best[number] = (float(p), bool(right))
    ranked = sorted(best.values(), key=lambda pair: -pair[0])
    rights = np.cumsum([right for _, right in ranked])
    counts = [n for n in (5, 10, 20, 40, 80) if n <= len(ranked)]
    console.print(
        f"disagreement, held-out worlds, {all_} questions with several sides, {int(truth.sum())} pairs that disagree "
        f"among {len(truth)}; alarms: precision from threshold:",
        {n: (round(float(rights[n - 1]) / n, 2), round(ranked[n - 1][0], 2)) for n in counts},
    )
    # a threshold takes all that are equally likely, or none of them
    ends = [n for n in range(_FEWEST, len(ranked) + 1) if n == len(ranked) or ranked[n][0] < ranked[n - 1][0]]
    reached = [n for n in ends if rights[n - 1] >= PRECISION * n]
    if reached:
        n = reached[-1]
        console.print(f"best: disagreement_threshold {ranked[n - 1][0]:.2f}, {int(rights[n - 1])} of {n} right")
    else:
        console.print(f"no threshold reaches precision {PRECISION}; leave disagreement_threshold at 1")
