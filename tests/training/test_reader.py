from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from sco_qa.reader import SpanReader
from sco_qa.reader.export import export
from sco_qa.reader.span import decode
from sco_qa.training import choose, reader
from sco_qa.training.choose import Read
from sco_qa.training.examples import Example
from sco_qa.training.loop import Plan
from sco_qa.training.mix import Mix
from sco_qa.training.model import SpanModel
from sco_qa.training.reader import Round
from sco_qa.types import Passage, Span
from tests.training.conftest import BEARS, PARAGRAPHS, SHIPS, WORLD, write_lines

ANSWERED = Example("Who?", SHIPS, Span(38, 49), "a", "t")
NOT = Example("Who?", SHIPS, None, "a/none", "t")


def test_the_constants_are_those_with_the_best_f1() -> None:
    found = [Read(ANSWERED, 1.0, 1.0, 2.0)] * 4 + [Read(NOT, 0.0, 3.0, -2.0)] * 4
    other = [Read(Example("Who?", SHIPS, Span(0, 3), "b", "t"), 0.5, -50.0, -9.0)]  # it has no unanswerable question
    weight, bias = choose.choose(found)
    assert choose.mean_f1(found + other, weight, bias) == {"a": 1.0, "b": 0.0}
    assert 1.0 + 2.0 * weight > bias >= 3.0 - 2.0 * weight
    assert choose.mean_f1(found + other, 0.0, 4.0) == {"a": 0.5, "b": 0.0}
    assert choose.mean_f1(found + other, 0.0, -60.0) == {"a": 0.5, "b": 0.5}


def test_plain_questions_are_not_refused_for_the_sake_of_others() -> None:
    found = [Read(ANSWERED, 1.0, 1.0, 0.0), *[Read(NOT, 0.0, 3.0, 0.0)] * 4]
    plain = Read(Example("Who?", SHIPS, Span(0, 3), "b", "t"), 1.0, 2.0, 0.0)
    assert choose.mean_f1(found, *choose.choose(found)) == {"a": 0.8}
    with_plain = [*found, plain]
    assert choose.mean_f1(with_plain, *choose.choose(with_plain)) == {"a": 0.2, "b": 1.0}


def test_training_makes_a_reader_that_the_package_can_use(tiny_encoder: Path, tmp_path: Path) -> None:
    data, trained, folder = (tmp_path / name for name in ("data", "trained", "weights"))
    data.mkdir()
    many = [{**entry, "title": f"{entry['title']} {i}"} for entry in PARAGRAPHS for i in range(30)]
    write_lines(data / "reader_train.jsonl.gz", many)
    write_lines(data / "worlds_train.jsonl.gz", [{**WORLD, "world": f"w{i}"} for i in range(3)])
    plan = Plan(budget=2_000, learning_rate=1e-3)
    reader.train(
        data,
        tiny_encoder,
        trained,
        [Round(Mix({"squad2": 1.0, "worlds": 1.0}, 0.5), plan), Round(Mix({"written": 1.0}, 0.0), plan)],
    )
    config = json.loads((trained / "config.json").read_text(encoding="utf-8"))
    assert config["verifier_weight"] in choose.WEIGHTS
    assert config["bias"] in choose.BIASES
    ends = [SpanModel.open(trained / name).state_dict()["qa_outputs.weight"] for name in ("round-1", "round-2")]
    assert not torch.equal(*ends)
    mean = SpanModel.open(trained).state_dict()["qa_outputs.weight"]
    assert torch.allclose(mean, (ends[0] + ends[1]) / 2, atol=1e-7)

    export(trained, folder, int8=False)
    model, tokenizer = SpanModel.open(trained), SpanReader.load(folder)._tokenizer
    passage = Passage(0, "ships", Span(0, len(SHIPS)), SHIPS, (Span(0, 37), Span(38, len(SHIPS))))
    window = tokenizer.encode("Who steered it?", SHIPS)
    with torch.no_grad():
        start, end, verifier = model(*(torch.tensor([v]) for v in (window.ids, window.attention_mask, window.type_ids)))
    added = config["bias"] - config["verifier_weight"] * float(verifier[0])
    null = float(start[0, 0] + end[0, 0]) + added
    expected = decode(start[0].numpy(), end[0].numpy(), np.float32(null), window, passage.sentences)
    (found,) = SpanReader.load(folder).read("Who steered it?", [passage])
    assert [r.span for r in found] == [span for span, _ in expected]
    assert [r.score for r in found] == pytest.approx([score for _, score in expected], abs=1e-4)
    (read,) = choose.read(model, tokenizer, [Example("Who steered it?", SHIPS, Span(38, 49), "s", "t")])
    assert read.verifier == pytest.approx(float(verifier[0]), abs=0.02)  # bfloat16
    assert read.margin == pytest.approx(expected[0][1] + added, abs=0.05)


def test_no_held_out_title_is_learned_from(tmp_path: Path) -> None:
    many = [{**entry, "title": f"{entry['title']} {i}"} for entry in PARAGRAPHS for i in range(30)]
    write_lines(tmp_path / "reader_train.jsonl.gz", many)
    learned, held = reader.load(tmp_path)
    titles = [{e.title for e in part} for part in (learned, held)]
    assert [len(part) for part in titles] == [53, 7]  # 5 of 30 titles of squad2, 2 of 30 others
    assert not titles[0] & titles[1]
    assert {e.text for e in held} == {BEARS, SHIPS}


def test_squads_own_files_add_what_the_lines_lack_and_nothing_that_is_tested_or_held_out(tmp_path: Path) -> None:
    many = [{**entry, "title": f"{entry['title']} {i}"} for entry in PARAGRAPHS for i in range(30)]
    write_lines(tmp_path / "reader_train.jsonl.gz", many)
    learned, held = reader.load(tmp_path)

    tested, new = "Nobody may learn this.", "The crew ate rice."
    write_lines(tmp_path / "reader_test_ships.jsonl.gz", [{**PARAGRAPHS[1], "context": tested}])
    asked = [{"question": "Which?", "answers": [{"answer_start": 0, "text": "The"}]}]
    paragraphs = [{"context": text, "qas": asked} for text in (BEARS, tested, new)]
    articles = [{"title": title, "paragraphs": paragraphs} for title in ("Whales", held[0].title)]
    (tmp_path / "squad2.json").write_text(json.dumps({"data": articles}), encoding="utf-8")

    assert reader.load(tmp_path) == ([*learned, Example("Which?", new, Span(0, 3), "squad2", "Whales")], held)


def test_titles_of_a_set_that_only_squads_own_file_has_are_held_out_too(tmp_path: Path) -> None:
    asked = [{"question": "Which?", "answers": [{"answer_start": 0, "text": "The"}]}]
    articles = [{"title": f"Ships {i}", "paragraphs": [{"context": SHIPS, "qas": asked}]} for i in range(30)]
    (tmp_path / "other.json").write_text(json.dumps({"data": articles}), encoding="utf-8")
    assert [len(part) for part in reader.load(tmp_path)] == [28, 2]
