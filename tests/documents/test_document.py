from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa.documents.document import Document, Writing, iso_date
from sco_qa.types import Place, Section, Span


def test_blocks_stand_between_blank_lines_and_headings_make_places_and_sections() -> None:
    writing = Writing()
    writing.block("  A  title\u00a0 ", level=1)
    writing.block("Menu", furniture=True)
    writing.block("Search", furniture=True)
    writing.block("Some\u00ad thing \n said.")
    writing.block("1 Part", level=2)
    writing.exactly("  x\n    y")
    writing.block("1.1 Point", level=3)
    writing.block(" \n ")
    writing.block("2 Part", level=2)
    text = "A title\n\nMenu\n\nSearch\n\nSome thing\nsaid.\n\n1 Part\n\n  x\n    y\n\n1.1 Point\n\n2 Part\n"
    part, point, other = text.index("1 Part"), text.index("1.1"), text.index("2 Part")
    assert writing.document("html", author=" A.\nWriter ", date="2018-06-20T10:00Z", date_basis="its head") == Document(
        text=text,
        format="html",
        title="A title",
        author="A. Writer",
        date="2018-06-20",
        date_basis="its head",
        furniture=(Span(9, 21),),
        places=(
            Place(0, heading="A title"),
            Place(part, heading="1 Part"),
            Place(point, heading="1 Part › 1.1 Point"),
            Place(other, heading="2 Part"),
        ),
        sections=(
            Section(Span(0, part), Span(0, 7)),
            Section(Span(part, point), Span(part, part + 6)),
            Section(Span(point, other), Span(point, point + 9)),
            Section(Span(other, len(text)), Span(other, other + 6)),
        ),
    )


def test_a_path_begins_with_the_highest_heading_unless_it_is_the_title() -> None:
    writing = Writing()
    writing.block("Part one", level=1)
    writing.block("Chapter", level=2)
    assert writing.document("html", title="A book").places == (
        Place(0, heading="Part one"),
        Place(10, heading="Part one › Chapter"),
    )


def test_pages_begin_where_a_block_says() -> None:
    writing = Writing()
    writing.exactly("One, and two.", pages=[(0, 1), (5, 2)])
    writing.exactly("Four.", pages=[(0, 4)])
    assert writing.document("pdf").places == (Place(0, page=1), Place(5, page=2), Place(15, page=4))


def test_nothing_written_is_an_empty_text() -> None:
    assert Writing().document("html", date="soon", date_basis="hope") == Document("", "html")


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2018", "2018"),
        (" 2018-06 ", "2018-06"),
        ("2018-06-20 10:00", "2018-06-20"),
        ("2018-06-20T10:00:00+02:00", "2018-06-20"),
        ("2018-13", None),
        ("2018-02-30", None),
        ("20180620", None),
        ("0000", None),
        ("June 2018", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_as_exact_as_it_is_given(text: str | None, date: str | None) -> None:
    assert iso_date(text) == date


BLOCKS = st.lists(st.tuples(st.text(), st.none() | st.integers(1, 6), st.booleans()))


@given(BLOCKS)
def test_whatever_is_written_places_are_in_order_and_spans_are_of_the_text(
    blocks: list[tuple[str, int | None, bool]],
) -> None:
    writing = Writing()
    for text, level, furniture in blocks:
        writing.block(text, level=level, furniture=furniture)
    document = writing.document("html")
    starts = [place.start for place in document.places]
    assert starts == sorted(set(starts))
    assert all(not document.text[start].isspace() for start in starts)
    for span in (*document.furniture, *(section.span for section in document.sections)):
        assert span.end <= len(document.text)
        assert not document.text[span.start].isspace()
