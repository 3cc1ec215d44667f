from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sco_qa.reader import Reading
from sco_qa.testing import FakeEncoder, FakeReader
from sco_qa.types import Passage, Span


@given(st.lists(st.text(), max_size=5), st.integers(1, 100))
def test_fake_vectors_are_of_unit_length_and_depend_on_their_text_alone(texts: list[str], dimension: int) -> None:
    encoder = FakeEncoder(dimension)
    vectors = encoder.encode(texts)
    assert (vectors.shape, vectors.dtype.name) == ((len(texts), dimension), "float32")
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    for text, vector in zip(texts, vectors, strict=True):
        assert np.array_equal(FakeEncoder(dimension).encode([text])[0], vector)


def test_texts_that_share_words_are_near() -> None:
    asked, near, far = FakeEncoder().encode(["polar bears on ice", "Ice bears, polar!", "a ship in harbour"])
    assert asked @ near > 0.5 > asked @ far


def test_a_fake_reader_finds_its_words_best_first() -> None:
    reader = FakeReader({"ice": 1.0, "bear": 5.0, "a.c": 9.0})
    bears = Passage(0, "a", Span(100, 123), "A bear on ice. A bear. ", (Span(100, 114), Span(115, 122)))
    assert reader.read("?", [bears, Passage(1, "a", Span(0, 3), "abc", (Span(0, 3),))]) == [
        [Reading(Span(102, 106), 5.0), Reading(Span(117, 121), 5.0), Reading(Span(110, 113), 1.0)],
        [],
    ]
    assert FakeReader({"ice. A": 1.0}).read("?", [bears]) == [[]]
