from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from sco_qa.lexical import Bm25

TEXTS = [
    "Russia blocked the development bank.",
    "The banks were developing quickly, and the bank grew.",
    "Bears eat berries.",
]


def test_words_meet_whatever_their_ending() -> None:
    bm25 = Bm25.build(TEXTS)
    for question in ("Who is blocking banks?", "BLOCKED BANK", "the block of the bank"):
        assert np.array_equal(bm25.scores(question), bm25.scores("block bank"))
    scores = bm25.scores("Who is blocking banks?")
    assert scores[0] > scores[1] > scores[2] == 0


def test_scores_are_those_of_the_formula() -> None:
    """Lucene's BM25 (Kamphuis et al. 2020), term by term, on texts of plain stems."""
    texts = ["cat dog", "cat cat bird fish", "bird"]
    k1, b, mean = 1.5, 0.75, 7 / 3

    def score(term: str, text: str) -> float:
        words = text.split()
        holding = sum(term in t.split() for t in texts)
        idf = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
        frequency = words.count(term)
        return idf * frequency / (frequency + k1 * (1 - b + b * len(words) / mean))

    expected = [score("cat", text) + score("fish", text) for text in texts]
    assert Bm25.build(texts).scores("cat fish") == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("question", ["", "?!", "the and of", "zebra", "上海", "\x00"])
def test_a_question_without_a_known_word_scores_nothing(question: str) -> None:
    scores = Bm25.build(TEXTS).scores(question)
    assert scores.dtype == np.float32
    assert scores.tolist() == [0, 0, 0]


@pytest.mark.parametrize("texts", [["the and of"], ["", ""], ["你好。"], ["a b c", "Bears"]])
def test_texts_with_hardly_a_word_can_be_indexed(texts: list[str], tmp_path: Path) -> None:
    bm25 = Bm25.build(texts)
    bm25.save(tmp_path / "bm25")
    for opened in (bm25, Bm25.load(tmp_path / "bm25")):
        scores = opened.scores("Who feeds the bears?")
        assert scores.tolist() == pytest.approx([0.0] * (len(texts) - 1) + [scores[-1]])
        assert (scores[-1] > 0) == (texts[-1] == "Bears")


def test_what_is_saved_scores_the_same_and_is_the_same_each_time(tmp_path: Path) -> None:
    bm25 = Bm25.build(TEXTS)
    bm25.save(tmp_path / "one")
    Bm25.build(TEXTS).save(tmp_path / "two")
    opened = Bm25.load(tmp_path / "one")
    for question in ("banks", "Who eats berries?", "zebra", ""):
        assert opened.scores(question).tolist() == bm25.scores(question).tolist()
    files = sorted(p.name for p in (tmp_path / "one").iterdir())
    assert files == sorted(p.name for p in (tmp_path / "two").iterdir())
    assert [(tmp_path / "one" / f).read_bytes() for f in files] == [(tmp_path / "two" / f).read_bytes() for f in files]
