from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sco_qa import openvino
from sco_qa.training import loop
from sco_qa.training.examples import Example
from sco_qa.training.features import Features, features
from sco_qa.training.loop import Plan
from sco_qa.training.model import SpanModel, autocast
from sco_qa.types import Span
from tests.training.conftest import BEARS, SHIPS


@pytest.fixture
def made(tokenizer: Any) -> Features:
    asked = [
        Example(f"Who steered ship {number}?", SHIPS, Span(38, 49) if number % 2 else None, "s", "t")
        for number in range(12)
    ]
    return features([*asked, Example("What does it eat?", BEARS, Span(40, 56), "s", "t")], tokenizer)


def opened(folder: Path) -> SpanModel:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return SpanModel.open(folder)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return dict(SpanModel.open(folder).state_dict())


def test_training_cut_off_goes_on_to_the_same_weights(
    tiny_encoder: Path, tmp_path: Path, made: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(budget=66, warm_up=2, save_every=0)
    model = opened(tiny_encoder)
    loop.train(model, made, tmp_path / "whole", plan)

    steps: list[NDArray[np.int64]] = []
    compute = loop.losses

    def until_the_power_fails(model: SpanModel, features: Features, chosen: NDArray[np.int64]) -> Any:
        if len(steps) == 4:
            raise KeyboardInterrupt
        steps.append(chosen)
        return compute(model, features, chosen)

    with monkeypatch.context() as patched:
        patched.setattr(loop, "losses", until_the_power_fails)
        with pytest.raises(KeyboardInterrupt):
            loop.train(model, made, tmp_path / "cut", plan)
    assert not (tmp_path / "cut" / "config.json").exists()
    loop.train(model, made, tmp_path / "cut", plan)
    whole, cut, start = (weights(tmp_path / name) for name in ("whole", "cut", "cut/start"))
    assert [name for name in whole if not torch.equal(whole[name], cut[name])] == []
    words = "bert.embeddings.word_embeddings.weight"
    unchanged = [name for name in whole if torch.equal(whole[name], start[name])]
    assert [name for name in unchanged if "key.bias" not in name] == [words]


def test_training_ends_when_its_time_is_over(tiny_encoder: Path, tmp_path: Path, made: Features) -> None:
    loop.train(opened(tiny_encoder), made, tmp_path, Plan(budget=100, minutes=1e-9))
    saved = torch.load(tmp_path / loop.CHECKPOINT, weights_only=True)
    assert saved["done"] == 0 or saved["spent"] > 0
    assert saved["done"] <= 1


def test_the_loss_is_what_plain_arithmetic_gives(tiny_encoder: Path, made: Features) -> None:
    model = opened(tiny_encoder)
    chosen = np.array([1, 2, 12])
    span, here = loop.losses(model, made, chosen)
    expected_span, expected_here = [], []
    for i in chosen:
        ids = torch.tensor(made.tokens[made.begins[i] : made.begins[i] + made.lengths[i]]).long()[None]
        kinds = (torch.arange(ids.shape[1]) >= made.second[i]).long()[None]
        with torch.no_grad():
            start, end, verifier = model(ids, torch.ones_like(ids), kinds)
        logs = [-logits[0].log_softmax(0)[at] for logits, at in ((start, made.start[i]), (end, made.end[i]))]
        expected_span.append(float(sum(logs)) / 2)
        sign = 1 if made.start[i] else -1
        expected_here.append(float(torch.nn.functional.softplus(-sign * verifier[0])))
    assert float(span.detach()) == pytest.approx(np.mean(expected_span), rel=0.01)  # bfloat16 has 8 bits
    assert float(here.detach()) == pytest.approx(np.mean(expected_here), rel=0.01)


@pytest.mark.parametrize(("capabilities", "expected"), [(["FP32", "BF16"], torch.bfloat16), (["FP32"], torch.float32)])
def test_it_multiplies_bfloat16_only_where_the_processor_does(
    monkeypatch: pytest.MonkeyPatch, capabilities: list[str], expected: torch.dtype
) -> None:
    monkeypatch.setattr(openvino.library().Core, "get_property", lambda *_: capabilities)
    with autocast("cpu"):
        assert (torch.eye(2) @ torch.eye(2)).dtype == expected


def test_the_learning_rate_rises_and_falls_to_its_floor(
    tiny_encoder: Path, tmp_path: Path, made: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[float] = []
    step = loop._Worker._step

    def noting(worker: loop._Worker, chosen: NDArray[np.int64], rate: float) -> tuple[float, float]:
        rates.append(rate)
        return step(worker, chosen, rate)

    monkeypatch.setattr(loop._Worker, "_step", noting)
    loop.train(opened(tiny_encoder), made, tmp_path, Plan(budget=66, warm_up=2, learning_rate=1.0, floor=0.5))
    assert rates == [0.5, *(1 - 0.5 * i / len(rates) for i in range(1, len(rates)))]
    assert len(rates) == 7
