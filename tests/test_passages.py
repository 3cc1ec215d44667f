from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa import corpus, passages
from sco_qa.types import Passage, Section, Source, Span
from tests.conftest import BEARS, REPOSITORY

TEXTS = st.lists(
    st.sampled_from(
        [
            "A heading", "\n\n", "\n", "\r\n\r\n", "\r\n", "\r", " ", "\u00a0", "\ufeff", "The U.S. left Manas. ",
            "It fled. ", "“Why?” he said. ", "👩‍👩‍👧 ", "Cafe\u0301. ", "SCO’s ", "READ MORE", "x" * 120, "No. 5 ",
            "\x0c", "\u2028", "…", "one two three four five six seven eight nine ten eleven twelve. ",
        ]
    )
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    min_size=1,
    max_size=30,
).map("".join).filter(bool)  # fmt: skip


@st.composite
def sources(draw: st.DrawFn) -> Source:
    """Draw a text with furniture and sections anywhere in it."""
    text = draw(TEXTS)

    def spans(most: int) -> list[Span]:
        places = draw(st.lists(st.integers(0, len(text)), max_size=2 * most, unique=True).map(sorted))
        return [Span(start, end) for start, end in zip(places[::2], places[1::2], strict=False)]

    sections = tuple(Section(span, heading=draw(st.sampled_from([None, span]))) for span in spans(3))
    return Source(id="x", file="x.txt", text=text, title="X", furniture=tuple(spans(4)), sections=sections)


@given(sources(), st.integers(10, 30), st.integers(0, 9))
def test_passages_are_slices_without_furniture_and_cover_all_the_rest(source: Source, words: int, overlap: int) -> None:
    found = passages.split([source], words=words, overlap=overlap)
    assert [p.id for p in found] == list(range(len(found)))
    covered: set[int] = set()
    for passage in found:
        assert passage.source == "x"
        assert passage.text == source.text[passage.span.start : passage.span.end]
        assert not any(passage.span.overlap(furniture) for furniture in source.furniture)
        for section in source.sections:
            assert passage.span.overlap(section.span) == 0 or section.span.holds(passage.span)
        section_ = source.section_of(passage.span)
        assert passage.heading == (None if section_ is None else source.slice(section_.heading))
        assert passage.sentences
        assert Span(passage.sentences[0].start, passage.sentences[-1].end) == passage.span
        assert all(one.end <= other.start for one, other in pairwise(passage.sentences))
        covered |= set(range(passage.span.start, passage.span.end))
    furnished = {i for furniture in source.furniture for i in range(furniture.start, furniture.end)}
    text = {i for i, character in enumerate(source.text) if not character.isspace()}
    assert text - furnished - covered == set()
    assert covered & furnished == set()


@given(sources(), st.integers(10, 30), st.integers(0, 9))
def test_a_window_is_as_long_as_asked_and_repeats_no_more_than_asked(source: Source, words: int, overlap: int) -> None:
    found = passages.split([source], words=words, overlap=overlap)

    def count(spans: list[Span]) -> int:
        return sum(len(source.text[s.start : s.end].split()) for s in spans)

    for passage in found:  # the last sentence is the one that brought it to so many words
        assert count(list(passage.sentences[:-1])) < words
    for one, other in pairwise(found):
        repeated = [s for s in one.sentences if s in other.sentences]
        assert count(repeated) <= overlap
        assert one.span.start < other.span.start
        assert one.span.end < other.span.end
        assert list(other.sentences[: len(repeated)]) == repeated


def lines(source: Source, *, words: int, overlap: int) -> list[str]:
    return [" ".join(p.text.split()) for p in passages.split([source], words=words, overlap=overlap)]


def test_windows_overlap_by_whole_sentences() -> None:
    text = "A one two. B one two. C one two. D one two. E one two three four five six seven eight nine ten eleven."
    source = Source(id="x", file="x.txt", text=text, title="X")
    assert lines(source, words=10, overlap=4) == [
        "A one two. B one two. C one two. D one two.",
        "D one two. E one two three four five six seven eight nine ten eleven.",
    ]
    assert lines(source, words=10, overlap=0) == [
        "A one two. B one two. C one two. D one two.",
        "E one two three four five six seven eight nine ten eleven.",
    ]


def test_a_heading_without_a_full_stop_is_a_sentence() -> None:
    source = Source(id="x", file="x.txt", text=BEARS, title="X")
    (passage,) = passages.split([source], words=1000, overlap=0)
    assert [BEARS[s.start : s.end] for s in passage.sentences] == [
        "Bears",
        "The brown bear lives in forests.",
        "It eats fish and berries.",
        "In winter the bear sleeps in a den.",
        "Polar bears",
        "The polar bear lives on the ice.",
        "It hunts seals.",
        "SIGN UP NOW",
        "The panda lives in China and eats bamboo.",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_sentence_of_hard_wrapped_text_goes_on_in_the_next_line(end: str) -> None:
    text = end.join(["A heading", "", "The bear lives in the", "forest. It eats", "fish.", "  ", "The end"])
    source = Source(id="x", file="x.txt", text=text, title="X")
    (passage,) = passages.split([source], words=1000, overlap=0)
    assert [" ".join(text[s.start : s.end].split()) for s in passage.sentences] == [
        "A heading",
        "The bear lives in the forest.",
        "It eats fish.",
        "The end",
    ]


def test_a_paragraph_on_one_long_line_ends_with_its_line() -> None:
    text = "A heading\n" + "The bear lives in the forest and eats fish, " * 3 + "and more\nBy Ann Lee\n"
    source = Source(id="x", file="x.txt", text=text, title="X")
    (passage,) = passages.split([source], words=1000, overlap=0)
    assert [text[s.start : s.end] for s in passage.sentences] == [line for line in text.split("\n") if line]


def test_title_and_heading_are_put_before_what_is_encoded() -> None:
    source = Source(id="x", file="x.txt", text="Head. It rained.", title="The title")
    whole = Passage(0, "x", Span(0, 16), source.text, (Span(0, 5), Span(6, 16)), "Head.")
    rest = Passage(1, "x", Span(6, 16), "It rained.", (Span(6, 16),), "Head.")
    bare = Passage(2, "x", Span(6, 16), "It rained.", (Span(6, 16),))
    assert passages.in_context(whole, source) == "The title\nHead. It rained."
    assert passages.in_context(rest, source) == "The title\nHead.\nIt rained."
    assert passages.in_context(bare, source) == "The title\nIt rained."


def test_passages_of_several_sources_are_numbered_through() -> None:
    found = passages.split(list(corpus.load(REPOSITORY / "corpus")), words=100, overlap=40)
    assert [p.id for p in found] == list(range(len(found)))
    assert len({p.source for p in found}) == 5
    future = next(p for p in found if p.source == "future-of-the-sco" and p.span.holds(Span(4667, 4673)))
    sentence = future.sentences_around(Span(4667, 4673))
    assert future.text[sentence.start - future.span.start : sentence.end - future.span.start] == (
        "While Beijing once tried to turn the SCO into a functional body to advance its ambitions in Central Asia, "
        "Russia consistently blocked key initiatives like the creation of a development bank and a free trade zone."
    )
