from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sco_qa import corpus
from sco_qa.types import Section, Source, Span
from sco_qa.web.article import Block, Kind, Mark, Piece, lay_out
from tests.conftest import REPOSITORY


def source(text: str, **more: object) -> Source:
    return Source("s", "s.txt", text, "S", **more)  # type: ignore[arg-type]  # whatever a test gives


def text_of(blocks: tuple[Block, ...]) -> str:
    return "".join(piece.text for block in blocks for piece in block.pieces)


def test_headings_bylines_furniture_and_lines() -> None:
    text = "Title\n\nBy Me\nOne.\n\nTwo. MORE\n" + "long " * 30
    known = source(text, furniture=(Span(24, 28),), sections=(Section(Span(0, 60), Span(0, 5), Span(7, 12)),))
    found = [(b.kind, "".join(p.text for p in b.pieces)) for b in lay_out(known)]
    assert found == [
        (Kind.HEADING, "Title"),
        (Kind.GAP, "\n\n"),
        (Kind.BYLINE, "By Me"),
        (Kind.GAP, "\n"),
        (Kind.PARAGRAPH, "One."),
        (Kind.GAP, "\n\n"),
        (Kind.PARAGRAPH, "Two. "),
        (Kind.FURNITURE, "MORE"),
        (Kind.GAP, "\n"),
        (Kind.PARAGRAPH, "long " * 30),
    ]


def test_text_that_was_broken_to_fit_is_joined() -> None:
    kinds = [b.kind for b in lay_out(source("One line\nand its rest.\r\n\r\nAnother."))]
    assert kinds == [Kind.PARAGRAPH, Kind.GAP, Kind.PARAGRAPH]


def test_marks_cross_blocks_and_lie_in_one_another() -> None:
    blocks = lay_out(source("ab\n\ncd ef"), Span(1, 6), [Span(5, 8)])
    assert [b.pieces for b in blocks] == [
        (Piece("a", Mark.NONE), Piece("b", Mark.CITED, first=True)),
        (Piece("\n\n", Mark.CITED),),
        (Piece("c", Mark.CITED), Piece("d", Mark.CITED), Piece(" e", Mark.ALSO), Piece("f", Mark.NONE)),
    ]


@given(st.text(alphabet="aB .\n\r\t😀\u202e\u2028", min_size=1, max_size=80), st.data())
def test_the_pieces_are_the_text(text: str, data: st.DataObject) -> None:
    spans = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).filter(lambda s: s[0] < s[1])
    cited, also, heading, byline, furniture = (Span(*data.draw(spans)) for _ in range(5))
    section = Section(Span(0, len(text)), heading, byline)
    blocks = lay_out(source(text, sections=(section,), furniture=(furniture,)), cited, [also])
    assert text_of(blocks) == text
    marked = "".join(p.text for b in blocks for p in b.pieces if p.mark is Mark.CITED)
    assert marked == text[cited.start : cited.end]


def test_real_articles_are_whole() -> None:
    for article in corpus.load(Path(REPOSITORY / "corpus")):
        assert text_of(lay_out(article)) == article.text
