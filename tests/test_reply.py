from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa.errors import CitationError
from sco_qa.reply import Answer, Citation, Disagreement, Reply, Status, weighed
from sco_qa.types import Place, Source, Span, State
from tests.news import SOURCE, TEXT

SENTENCE = Span(TEXT.index("The \u201c"), TEXT.index("fled.") + 5)
RIVER = Span(TEXT.index("\u201criver"), TEXT.index("river\u201d") + 6)
PLAIN = Source(id="plain", file="plain.txt", text="Nothing but this.", title="plain")


@given(st.text(min_size=1), st.data())
def test_a_citation_that_does_not_match_cannot_be_made(text: str, data: st.DataObject) -> None:
    try:
        source = Source(id="x", file="x.txt", text=text, title="x")
    except UnicodeEncodeError:  # a lone surrogate is in no file
        return
    start = data.draw(st.integers(0, len(text) - 1))
    span = Span(start, data.draw(st.integers(start + 1, len(text))))
    whole = Span(0, len(text))
    quote = text[span.start : span.end]
    assert Citation(source, span, quote, whole).sentence_text == text
    other = data.draw(st.text().filter(lambda drawn: drawn != quote))
    with pytest.raises(CitationError):
        Citation(source, span, other, whole)


def test_a_citation_names_both_what_stands_there_and_what_was_expected() -> None:
    with pytest.raises(CitationError) as caught:
        Citation(PLAIN, Span(0, 7), "nothing", Span(0, 17))
    assert str(caught.value) == ("plain.txt [0, 7) says 'Nothing', not 'nothing'; rebuild the index: sco-qa build")


@pytest.mark.parametrize(
    ("span", "quote", "sentence"),
    [
        (Span(0, 7), "Nothing", Span(1, 17)),  # the sentence begins too late
        (Span(0, 7), "Nothing", Span(0, 6)),  # the sentence ends too early
        (Span(0, 7), "Nothing", Span(0, 18)),  # the sentence ends behind the text
        (Span(12, 18), "this.", Span(12, 18)),  # the quote ends behind the text
    ],
)
def test_a_citations_sentence_holds_its_span_inside_the_text(span: Span, quote: str, sentence: Span) -> None:
    with pytest.raises(CitationError):
        Citation(PLAIN, span, quote, sentence)


CITATION = Citation(SOURCE, RIVER, "\u201criver\u201d", SENTENCE, State.CHANGED)
CITED = {
    "source": "news",
    "file": "news.txt",
    "sha256": SOURCE.sha256,
    "title": "All the news",
    "author": "Ann Lee",
    "publisher": "A Press",
    "date": "2019-06",
    "section": "A headline",
    "original": None,
    "state": "changed",
    "start": RIVER.start,
    "end": RIVER.end,
    "quote": "\u201criver\u201d",
    "sentence": {
        "start": SENTENCE.start,
        "end": SENTENCE.end,
        "text": "The \u201criver\u201d rose, 👩‍👩‍👧 fled.",
    },
}


def test_a_citation_is_written_as_the_contract_has_it() -> None:
    assert CITATION.to_json() == CITED


def test_a_citation_outside_every_section_takes_all_from_its_source() -> None:
    citation = Citation(SOURCE, Span(0, 4), "News", Span(0, 4))
    assert (citation.author, citation.date, citation.section) == ("The desk", "2018", None)
    bare = Citation(PLAIN, Span(0, 7), "Nothing", Span(0, 17)).to_json()
    assert [bare[key] for key in ("author", "publisher", "date", "section", "original", "state")] == [
        None,
        None,
        None,
        None,
        None,
        "fresh",
    ]


def test_a_reply_is_written_as_the_contract_has_it() -> None:
    answer = Answer("\u201criver\u201d", 0.123456, CITATION, (CITATION,))
    reply = Reply(
        question="What rose?",
        read_as="What rained? What rose?",
        status=Status.ANSWERED,
        reason=None,
        confidence=0.123456,
        answers=(answer,),
        disagreement=Disagreement("time", (0, 2)),
        nearest=(CITATION,),
        timings_ms={"encode": 1.26, "total": 2.0},
    )
    written = reply.to_json(id_=["any", 1])
    assert written == {
        "schema": 1,
        "id": ["any", 1],
        "question": "What rose?",
        "read_as": "What rained? What rose?",
        "status": "answered",
        "reason": None,
        "confidence": 0.1235,
        "answers": [{"text": "\u201criver\u201d", "confidence": 0.1235, "citation": CITED, "also_in": [CITED]}],
        "disagreement": {"kind": "time", "answers": [0, 2]},
        "nearest": [CITED],
        "timings_ms": {"encode": 1.3, "total": 2.0},
    }
    assert json.loads(json.dumps(written)) == written
    assert reply.shown == (answer,)


def test_no_interface_shows_the_answers_of_a_reply_that_has_none() -> None:
    reply = Reply("?", None, Status.NO_ANSWER, "why", 0.1, (Answer("river", 0.1, CITATION),), None, (), {})
    assert reply.shown == ()
    assert len(reply.to_json()["answers"]) == 1
    assert reply.to_json()["disagreement"] is None
    assert reply.to_json()["id"] is None


def test_a_citation_of_a_text_that_was_extracted_names_the_place_in_its_original() -> None:
    original = {"file": "plain.pdf", "sha256": "0" * 64, "format": "pdf"}
    source = dataclasses.replace(PLAIN, original=original, places=(Place(3, page=12), Place(8, heading="A › B")))
    assert Source.from_described(json.loads(json.dumps(source.described())), source.text) == source
    whole = Span(0, 17)
    assert [
        Citation(source, span, source.text[span.start : span.end], whole).to_json()["original"]
        for span in (Span(0, 3), Span(3, 8), Span(7, 9), Span(8, 9))
    ] == [original, {**original, "page": 12}, {**original, "page": 12}, {**original, "heading": "A › B"}]
    assert Citation(PLAIN, Span(0, 7), "Nothing", whole).to_json()["original"] is None


def test_people_read_the_page_or_the_headings_of_the_original() -> None:
    original = {"file": "plain.pdf", "sha256": "0" * 64, "format": "pdf"}
    source = dataclasses.replace(PLAIN, original=original, places=(Place(3, page=12), Place(8, heading="A › B")))
    spans = (Span(0, 3), Span(3, 8), Span(8, 9))
    assert [Citation(source, span, source.text[span.start : span.end], Span(0, 17)).where for span in spans] == [
        "plain.pdf, characters 0–3 of its text",
        "plain.pdf, p. 12, characters 3–8 of its text",
        "plain.pdf, A › B, characters 8–9 of its text",
    ]
    assert Citation(PLAIN, Span(0, 7), "Nothing", Span(0, 17)).where == "plain.txt, characters 0–7"


def test_answers_far_less_likely_than_the_first_are_not_weighed_unless_they_are_a_side() -> None:
    assert weighed(0.9, [0.9, 0.09, 0.08, 0.5], ()) == [0, 1, 3]
    assert weighed(0.9, [0.9, 0.09, 0.08, 0.5], (2, 0)) == [0, 1, 2, 3]
    assert weighed(0.9, [], ()) == []
