from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from sco_qa.evaluation.metrics import auroc, bootstrap, ece, exact_match, f1, mean_interval, reliability, risk_coverage


@pytest.mark.parametrize(
    ("given_", "accepted", "em", "overlap"),
    [
        ("The Russia.", ["Russia"], 1.0, 1.0),
        ("Moscow", ["Russia", "moscow"], 1.0, 1.0),
        ("in June 2001", ["15 June 2001"], 0.0, 2 / 3),
        ("Beijing", ["Russia"], 0.0, 0.0),
        ("", ["Russia"], 0.0, 0.0),
        ("the", ["a"], 1.0, 1.0),  # nothing is left of either, which the official script counts as equal
        ("China China", ["China"], 0.0, 2 / 3),
    ],
)
def test_answers_are_scored_as_squad_does(given_: str, accepted: list[str], em: float, overlap: float) -> None:
    assert exact_match(given_, accepted) == em
    assert f1(given_, accepted) == pytest.approx(overlap)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.9]), st.booleans()), min_size=2))
def test_auroc_is_scikit_learns(pairs: list[tuple[float, bool]]) -> None:
    scores, positive = [s for s, _ in pairs], [p for _, p in pairs]
    if len(set(positive)) < 2:
        assert math.isnan(auroc(scores, positive))
    else:
        assert auroc(scores, positive) == pytest.approx(roc_auc_score(positive, scores))


def test_risk_grows_as_less_sure_answers_are_given() -> None:
    coverage, risk = risk_coverage([0.2, 0.9, 0.6, 0.4], [False, True, True, False])
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == [0.0, 0.0, pytest.approx(1 / 3), 0.5]


def test_calibration_error_is_the_mean_distance_weighted_by_how_many() -> None:
    confidence, right = [0.95, 0.85, 0.85, 1.0], [True, True, False, False]
    assert reliability(confidence, right) == [(0.85, 0.5, 2), (0.975, 0.5, 2)]
    assert ece(confidence, right) == pytest.approx((0.35 * 2 + 0.475 * 2) / 4)


def test_many_samples_are_measured_as_one_by_one() -> None:
    drawn = np.random.default_rng(3).integers(0, 30, (50, 30))
    confidence, right = np.random.default_rng(1).random(30).round(1)[drawn], (np.arange(30) % 3 > 0)[drawn]
    pairs = list(zip(confidence, right, strict=True))
    assert auroc(confidence, right).tolist() == pytest.approx([float(auroc(c, r)) for c, r in pairs], nan_ok=True)
    assert ece(confidence, right).tolist() == pytest.approx([float(ece(c, r)) for c, r in pairs])
    assert risk_coverage(confidence, right)[1].tolist() == [risk_coverage(c, r)[1].tolist() for c, r in pairs]


def test_the_interval_is_the_same_in_every_call_and_holds_the_mean() -> None:
    values = np.arange(100.0)
    low, high = bootstrap(lambda drawn: values[drawn].mean(-1), 100)
    assert (low, high) == bootstrap(lambda drawn: values[drawn].mean(-1), 100)
    assert (low, high) == mean_interval(values)
    assert low < values.mean() < high
    # a mean's standard error is the deviation over the root of n; 95% are within 1.96 of them
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 10, rel=0.1)
