from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tokenizers import Tokenizer

from sco_qa import reader, sentences
from sco_qa.errors import ModelError
from sco_qa.reader import Reading, SpanReader
from sco_qa.reader.span import MAX_ANSWER_TOKENS, MAX_QUESTION_TOKENS, MAX_TOKENS, READINGS, STRIDE, decode
from sco_qa.types import Passage, Span

WEIGHTS = Path(reader.__file__).with_name("weights")
BANK = "Russia consistently blocked the creation of a development bank."
WHO = "Who blocked the development bank?"
ZERO = np.float32(0)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return Tokenizer.from_file(str(WEIGHTS / "tokenizer.json"))


@pytest.fixture(scope="module")
def span_reader() -> SpanReader:
    return SpanReader.load()


def passage_of(text: str, begin: int = 0) -> Passage:
    """Give a text that stands ``begin`` characters into its source as one passage."""
    split = [Span(begin + s.start, begin + s.end) for s in sentences.split(text, Span(0, len(text)))] if text else []
    # a passage always holds something
    return Passage(0, "source", Span(begin, begin + max(1, len(text))), text or " ", tuple(split))


def plainly(
    start: NDArray[np.float32], end: NDArray[np.float32], null: np.float32, window: Any, within: Sequence[Span]
) -> list[tuple[Span, float]]:
    """Decode one pair of tokens at a time."""
    tokens = [i for i, sequence in enumerate(window.sequence_ids) if sequence == 1]
    found = []
    for i in tokens:
        for j in tokens:
            begins = i == tokens[0] or window.word_ids[i] != window.word_ids[i - 1]
            finishes = j == tokens[-1] or window.word_ids[j] != window.word_ids[j + 1]
            if i <= j < i + MAX_ANSWER_TOKENS and begins and finishes:
                span = Span(window.offsets[i][0], window.offsets[j][1])
                if any(sentence.holds(span) for sentence in within):
                    found.append((-(start[i] + end[j] - null), i, j, span))
    return [(span, float(-negative)) for negative, _, _, span in sorted(found)[:READINGS]]


UNICODE = st.text(max_size=60) | st.lists(
    st.sampled_from(
        ["unbelievably ", "U.S. ", "Cafe\u0301 ", "👩‍👩‍👧", "上海", "\u200b", "\x00", "SCO’s", " ", "한국어", "ﬁ", "İ"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@given(UNICODE, st.integers(0, 2**32 - 1), st.booleans(), st.data())
def test_decoding_finds_what_a_plain_double_loop_finds(
    tokenizer: Any, passage: str, seed: int, whole_numbers: bool, data: st.DataObject
) -> None:
    window = tokenizer.encode(WHO, passage)
    random = np.random.default_rng(seed)
    start, end = random.normal(scale=5, size=(2, len(window.ids))).astype(np.float32)
    if whole_numbers:  # many equal scores
        start, end = start.round(), end.round()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(passage)), max_size=6)))
    within = [Span(a, b) for a, b in pairwise(cuts)]
    found = decode(start, end, start[0], window, within)
    assert found == plainly(start, end, start[0], window, within)


def test_an_answer_is_no_longer_than_allowed(tokenizer: Any) -> None:
    window = tokenizer.encode(WHO, "word " * 200)
    start, end = np.zeros((2, len(window.ids)), np.float32)
    first = window.sequence_ids.index(1)
    start[first] = end[first + MAX_ANSWER_TOKENS] = 9.0  # one token too many
    assert decode(start, end, ZERO, window, [Span(0, 1000)])[0] == (Span(0, 4), 9.0)
    end[first + MAX_ANSWER_TOKENS - 1] = 9.0
    assert decode(start, end, ZERO, window, [Span(0, 1000)])[0] == (Span(0, 5 * MAX_ANSWER_TOKENS - 1), 18.0)


def test_half_a_word_is_no_answer(tokenizer: Any) -> None:
    window = tokenizer.encode(WHO, "Karimovist speech")
    assert window.tokens.count("speech") == 1
    pieces = [i for i, word in enumerate(window.word_ids) if window.sequence_ids[i] == 1 and word == 0]
    assert len(pieces) > 1
    start, end = np.zeros((2, len(window.ids)), np.float32)
    start[pieces[1]] = end[pieces[0]] = 50.0
    assert decode(start, end, ZERO, window, [Span(0, 17)]) == [
        (Span(0, 10), 0.0),
        (Span(0, 17), 0.0),
        (Span(11, 17), 0.0),
    ]


def test_words_that_cross_into_the_next_sentence_are_no_answer(tokenizer: Any) -> None:
    window = tokenizer.encode(WHO, "By Lee. He left")
    start, end = np.zeros((2, len(window.ids)), np.float32)
    by, lee, he = (window.tokens.index(word) for word in ("by", "lee", "he"))
    start[by], start[lee], end[he], end[lee] = 4.0, 3.0, 9.0, 1.0
    best = decode(start, end, np.float32(-0.5), window, [Span(0, 7), Span(8, 15)])
    assert best[:3] == [(Span(8, 10), 9.5), (Span(0, 6), 5.5), (Span(0, 2), 4.5)]
    assert len(best) == READINGS


def test_words_of_the_question_are_no_answer(tokenizer: Any) -> None:
    window = tokenizer.encode("Russia Russia", "")
    ones = np.ones(len(window.ids), np.float32)
    assert decode(ones, ones, ZERO, window, [Span(0, 1)]) == []


def test_the_reader_finds_who_did_it(span_reader: SpanReader) -> None:
    other = "The weather was fine."
    found = span_reader.read(WHO, [passage_of(BANK), passage_of(other)])
    assert [len(readings) <= READINGS for readings in found] == [True, True]
    assert BANK[found[0][0].span.start : found[0][0].span.end] == "Russia"
    assert found[0][0].score > 0 > found[1][0].score
    assert [r.score for r in found[0]] == sorted((r.score for r in found[0]), reverse=True)


def test_a_reading_stands_where_its_passage_does(span_reader: SpanReader) -> None:
    (at_the_beginning,), (later,) = (span_reader.read(WHO, [passage_of(BANK, begin)]) for begin in (0, 700))
    moved = [Reading(Span(700 + r.span.start, 700 + r.span.end), r.score) for r in at_the_beginning]
    assert (later, later[0].span) == (moved, Span(700, 706))


def test_a_reading_does_not_depend_on_its_neighbours(span_reader: SpanReader) -> None:
    passages = [passage_of(text) for text in (BANK, "The weather was fine. " * 20, "", "Bears.")]
    assert span_reader.read(WHO, passages) == [span_reader.read(WHO, [p])[0] for p in passages]
    assert span_reader.read(WHO, []) == []


@pytest.mark.parametrize("words", [150, 240, 245, 250, 300, 1500])
def test_a_long_passage_is_read_to_its_very_end(span_reader: SpanReader, words: int) -> None:
    (readings,) = span_reader.read(WHO, [passage_of("rain " * words + BANK)])
    best = readings[0]
    assert (best.span, best.score > 0) == (Span(5 * words, 5 * words + 6), True)
    assert len({r.span for r in readings}) == len(readings)


def test_a_question_of_any_length_leaves_room_for_the_passage(span_reader: SpanReader) -> None:
    assert MAX_TOKENS - MAX_QUESTION_TOKENS - 3 > STRIDE
    long = WHO + "?" * 1000
    cut = WHO + "?" * (MAX_QUESTION_TOKENS - len(WHO.split()) - 1)
    for passage in (passage_of(BANK), passage_of("rain " * 400 + BANK)):
        assert span_reader.read(long, [passage]) == span_reader.read(cut, [passage])
        assert span_reader.read(long, [passage])[0]


@given(UNICODE, st.integers(0, 1000))
def test_readings_lie_inside_one_sentence_of_any_passage(span_reader: SpanReader, text: str, begin: int) -> None:
    passage = passage_of(text, begin)
    (readings,) = span_reader.read("who?", [passage])
    assert [r for r in readings if not any(s.holds(r.span) for s in passage.sentences)] == []
    assert sorted(readings, key=lambda r: (-r.score, r.span)) == readings


def test_an_accent_set_apart_stays_with_its_letter(span_reader: SpanReader) -> None:
    passage = "The bank was blocked by Rene\u0301."
    best = span_reader.read(WHO, [passage_of(passage)])[0][0]
    assert passage[best.span.start : best.span.end] == "Rene\u0301"


@pytest.mark.parametrize("passage", ["", " \n", "\u200b", "\x00"])
def test_a_passage_without_words_has_no_reading(span_reader: SpanReader, passage: str) -> None:
    assert span_reader.read(WHO, [passage_of(passage)]) == [[]]


def test_weights_that_cannot_be_loaded_are_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_bytes((WEIGHTS / "tokenizer.json").read_bytes())
    (tmp_path / "model.onnx").write_bytes((WEIGHTS / "model.onnx").read_bytes()[:1000])
    with pytest.raises(ModelError, match="cannot load the model "):
        SpanReader.load(tmp_path)


def test_a_reading_is_a_value() -> None:
    assert Reading(Span(0, 6), 1.5) == Reading(Span(0, 6), 1.5)


def test_a_folder_without_a_tokenizer_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=re.escape(f"cannot load the tokenizer {tmp_path / 'tokenizer.json'}")):
        SpanReader.load(tmp_path)
