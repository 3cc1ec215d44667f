from __future__ import annotations

import dataclasses
import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa.errors import CitationError
from sco_qa.types import Passage, Source, Span
from tests.news import SOURCE, TEXT

PLAIN = Source(id="plain", file="plain.txt", text="Nothing but this.", title="plain")


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 2), (0, 0)])
def test_a_span_holds_at_least_one_character(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=re.escape(f"a span needs 0 <= start < end, not [{start}, {end})")):
        Span(start, end)


SPANS = st.tuples(st.integers(0, 30), st.integers(1, 10)).map(lambda pair: Span(pair[0], pair[0] + pair[1]))


@given(SPANS, SPANS)
def test_holding_and_overlap_are_those_of_sets(one: Span, other: Span) -> None:
    ours, theirs = set(range(one.start, one.end)), set(range(other.start, other.end))
    assert one.holds(other) == (theirs <= ours)
    assert one.overlap(other) == len(ours & theirs)


def test_a_sources_hash_is_its_files() -> None:
    assert SOURCE.sha256 == hashlib.sha256(TEXT.encode("utf-8")).hexdigest()


@pytest.mark.parametrize("source", [SOURCE, PLAIN, dataclasses.replace(PLAIN, original={"file": "a.pdf", "page": 3})])
def test_a_source_comes_back_from_its_description(source: Source) -> None:
    described = json.loads(json.dumps(source.described()))
    assert "text" not in described
    assert Source.from_described(described, source.text) == source


def test_a_section_is_found_by_where_a_span_begins() -> None:
    assert SOURCE.section_of(Span(0, 10)) is None
    assert SOURCE.section_of(Span(6, 8)) == SOURCE.sections[0]
    assert SOURCE.section_of(Span(len(TEXT) - 1, len(TEXT))) == SOURCE.sections[0]
    assert SOURCE.section_of(Span(len(TEXT), len(TEXT) + 1)) is None


def test_a_slice_is_on_one_line() -> None:
    assert SOURCE.slice(Span(0, 16)) == "News A headline"
    assert SOURCE.slice(None) is None


def test_a_passage_has_as_many_characters_as_its_span() -> None:
    with pytest.raises(CitationError) as caught:
        Passage(7, "news", Span(0, 5), "News", (Span(0, 4),))
    assert str(caught.value) == "passage 7 of news has 4 characters, its span 5; rebuild the index: sco-qa build"


def test_sentences_around_a_span_are_the_shortest_run_that_holds_it() -> None:
    passage = Passage(0, "x", Span(10, 40), "." * 30, (Span(10, 18), Span(20, 29), Span(30, 40)))
    assert passage.sentences_around(Span(11, 12)) == Span(10, 18)
    assert passage.sentences_around(Span(20, 29)) == Span(20, 29)
    assert passage.sentences_around(Span(17, 21)) == Span(10, 29)
    assert passage.sentences_around(Span(10, 40)) == Span(10, 40)
    assert passage.sentences_around(Span(18, 21)) == Span(18, 29)  # begins in the blank between two
    assert passage.sentences_around(Span(18, 20)) == Span(18, 20)  # nothing but that blank
