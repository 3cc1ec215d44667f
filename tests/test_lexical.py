from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from sco_qa import corpus, lexical, passages
from sco_qa.lexical import Bm25, tokens_of
from tests.conftest import REPOSITORY

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
def test_texts_with_hardly_a_word_can_be_indexed(texts: list[str]) -> None:
    scores = Bm25.build(texts).scores("Who feeds the bears?")
    assert scores.tolist() == pytest.approx([0.0] * (len(texts) - 1) + [scores[-1]])
    assert (scores[-1] > 0) == (texts[-1] == "Bears")


@pytest.fixture(scope="module")
def articles() -> list[str]:
    """The passages of the real articles."""
    return [p.text for p in passages.split(corpus.load(REPOSITORY / "corpus"), words=60, overlap=20)]


def test_scores_are_those_of_bm25s(articles: list[str]) -> None:
    import bm25s
    import Stemmer

    other, stemmer = bm25s.BM25(), Stemmer.Stemmer("english")
    other.index(bm25s.tokenize(articles, stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)
    ours = Bm25.build(articles)
    for question in (
        "Who blocked the development bank?",
        "member states of the SCO",
        "Где штаб? 上海 2018",
        *articles[:9],
    ):
        tokens = bm25s.tokenize(question, stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False)
        assert tokens_of([question]) == tokens
        expected = other.get_scores([t for t in tokens[0] if t in other.vocab_dict])
        assert ours.scores(question) == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_however_much_is_sorted_at_once_the_files_are_the_same(articles: list[str], tmp_path: Path) -> None:
    written: list[dict[str, bytes]] = []
    for at_once in (1, 300, 1_000_000, 300):
        folder = tmp_path / str(len(written))
        folder.mkdir()
        lexical.write(iter(articles), folder, at_once=at_once)
        written.append({p.name: p.read_bytes() for p in folder.iterdir()})
    assert sorted(written[0]) == ["scores.f32", "texts.i32", "words.i64", "words.txt"]
    assert [files == written[0] for files in written] == [True] * 4


def test_every_word_is_found_and_no_other(articles: list[str]) -> None:
    bm25 = Bm25.build(articles)
    tokens = tokens_of(articles)
    for word in sorted({token for text in tokens for token in text}):
        first, behind = bm25._postings(word)
        assert bm25._texts.rows(first, behind)[:, 0].tolist() == [i for i, text in enumerate(tokens) if word in text]
    for word in ("", "a", "zzzz", "é", "shangha", "shanghaii"):
        assert bm25._postings(word) == (0, 0)
