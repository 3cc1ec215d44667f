"""Confidence: the probability that an answer is right, from what reader and retriever say of it.

A logistic regression, fitted by ``make fit`` on collections that share nothing with the one that is asked. Its
coefficients lie in ``confidence.json`` with a fingerprint of what they were fitted for.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any, Self

from sco_qa.settings import Settings
from sco_qa.types import Candidate


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of an answer when the question has been read."""

    read: float
    """The reader's score, in logits."""
    lead: float
    """How far it is ahead of the best different answer (negative: behind), in units of the ranking score."""
    retrieval: float
    """The score of its passage."""
    dense: float
    """The cosine of the question and its passage."""
    agreement: float
    """log(1 + other places that say the same)."""


def features(groups: Sequence[Sequence[Candidate]]) -> list[Features]:
    """Give the features of every answer: groups of candidates that say the same, each with its best first."""
    found = []
    for place, (best, *others) in enumerate(groups):
        rival = max((other[0].score for i, other in enumerate(groups) if i != place), default=best.score)
        found.append(
            Features(
                read=best.read,
                lead=best.score - rival,
                retrieval=best.hit.score,
                dense=best.hit.dense,
                agreement=math.log1p(len(others)),
            )
        )
    return found


def fitted_for(settings: Settings) -> dict[str, Any]:
    """Describe what the coefficients depend on; :attr:`Confidence.fitted_for` says what they were fitted for."""
    weights = files("sco_qa.reader").joinpath("weights/model.onnx").read_bytes()
    return {"reader": hashlib.sha256(weights).hexdigest(), "settings": settings.for_ranking()}


@dataclass(frozen=True, slots=True)
class Confidence:
    """A fitted model: a probability from :class:`Features`."""

    intercept: float
    weights: Mapping[str, float]
    fitted_for: Mapping[str, Any]

    @classmethod
    def load(cls) -> Self:
        """Read the packaged coefficients."""
        return cls(**json.loads(files("sco_qa").joinpath("confidence.json").read_text(encoding="utf-8")))

    def mismatches(self, settings: Settings) -> list[str]:
        """Name what is not as it was when the coefficients were fitted; with any, a confidence is a rough guess."""
        now = fitted_for(settings)
        was = self.fitted_for.get("settings", {})
        found = [f"{n} is {v!r}, was {was.get(n)!r}" for n, v in now["settings"].items() if was.get(n) != v]
        return found if now["reader"] == self.fitted_for.get("reader") else ["the reader's weights changed", *found]

    def probability(self, features: Features) -> float:
        """Give the probability in [0, 1] that the answer is right."""
        return logistic(self.intercept, self.weights, asdict(features))


def logistic(intercept: float, weights: Mapping[str, float], values: Mapping[str, float]) -> float:
    """Give the probability in [0, 1] that a logistic regression makes of ``values``, each weighed by its name."""
    logit = intercept + sum(weights[name] * value for name, value in values.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
