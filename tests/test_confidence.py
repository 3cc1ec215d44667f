from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa.confidence import Confidence, Features

WEIGHTS = {"read": 0.5, "lead": 0.25, "retrieval": 2.0, "dense": -1.0, "agreement": 1.0}


def test_the_probability_is_a_logistic_of_the_weighted_features() -> None:
    confidence = Confidence(intercept=-1.0, weights=WEIGHTS, fitted_for={})
    features = Features(read=3.0, lead=-2.0, retrieval=0.75, dense=0.5, agreement=math.log(2))
    logit = -1.0 + 1.5 - 0.5 + 1.5 - 0.5 + math.log(2)
    assert confidence.probability(features) == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-12)


@given(*[st.floats(-1e6, 1e6)] * 5)
def test_whatever_is_known_gives_a_probability(
    read: float, lead: float, retrieval: float, dense: float, agreement: float
) -> None:
    confidence = Confidence(intercept=0.0, weights=WEIGHTS, fitted_for={})
    assert 0 < confidence.probability(Features(read, lead, retrieval, dense, agreement)) < 1


def test_the_packaged_coefficients_weigh_every_feature_and_trust_the_reader() -> None:
    packaged = Confidence.load()
    assert set(packaged.weights) == {"read", "lead", "retrieval", "dense", "agreement"}
    sure = packaged.probability(Features(read=8.0, lead=4.0, retrieval=1.0, dense=0.8, agreement=0.0))
    unsure = packaged.probability(Features(read=-8.0, lead=-4.0, retrieval=1.0, dense=0.8, agreement=0.0))
    assert unsure < sure
