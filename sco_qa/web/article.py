"""A source laid out as an article: every character of its text once, in order, and nothing added."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from sco_qa.types import Source, Span

# A text without any longer line was broken to fit a page: there a blank line ends a paragraph, elsewhere each line is
# one.
_BROKEN_TO_FIT = 100
_LINE = re.compile(r"[^\r\n]*[^\s][^\r\n]*")
_LINES = re.compile(r"[^\r\n]*[^\s][^\r\n]*(?:(?:\r\n|\r|\n)[^\r\n]*[^\s][^\r\n]*)*")


class Kind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    BYLINE = "byline"
    PARAGRAPH = "paragraph"
    FURNITURE = "furniture"
    GAP = "gap"


class Mark(StrEnum):
    """Why a piece stands out."""

    CITED = "cited"
    ALSO = "also"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of a block that are marked alike; ``first`` begins the cited place."""

    text: str
    mark: Mark
    first: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a byline, a paragraph, a piece of furniture, or the blanks between them."""

    kind: Kind
    pieces: tuple[Piece, ...]


def lay_out(source: Source, cited: Span | None = None, also: Sequence[Span] = ()) -> tuple[Block, ...]:
    """Cut a source into blocks, and these into pieces; joined, the pieces are the source's text."""
    return tuple(Block(kind, tuple(_pieces(source.text, span, cited, also))) for kind, span in _blocks(source))


def _blocks(source: Source) -> Iterator[tuple[Kind, Span]]:
    """Give the blocks in order; what is known of the source's structure comes before its line breaks."""
    known = sorted(
        [(span, Kind.FURNITURE) for span in source.furniture]
        + [(s.heading, Kind.HEADING) for s in source.sections if s.heading is not None]
        + [(s.byline, Kind.BYLINE) for s in source.sections if s.byline is not None]
    )
    paragraph = _LINES if max(map(len, source.text.splitlines()), default=0) <= _BROKEN_TO_FIT else _LINE
    place = 0
    for span, kind in known:
        if span.start < place:  # a heading within furniture, or the other way round: the outer one was laid out
            continue
        yield from _paragraphs(source.text, place, span.start, paragraph)
        yield kind, span
        place = span.end
    yield from _paragraphs(source.text, place, len(source.text), paragraph)


def _paragraphs(text: str, start: int, end: int, paragraph: re.Pattern[str]) -> Iterator[tuple[Kind, Span]]:
    place = start
    for found in paragraph.finditer(text, start, end):
        if found.start() > place:
            yield Kind.GAP, Span(place, found.start())
        yield Kind.PARAGRAPH, Span(found.start(), found.end())
        place = found.end()
    if end > place:
        yield Kind.GAP, Span(place, end)


def _pieces(text: str, block: Span, cited: Span | None, also: Sequence[Span]) -> Iterator[Piece]:
    marks = [span for span in (cited, *also) if span is not None]
    inside = {p for span in marks for p in (span.start, span.end) if block.start < p < block.end}
    for start, end in pairwise(sorted({block.start, block.end, *inside})):
        piece = Span(start, end)
        if cited is not None and cited.holds(piece):
            yield Piece(text[start:end], Mark.CITED, first=start == cited.start)
        else:
            mark = Mark.ALSO if any(span.holds(piece) for span in also) else Mark.NONE
            yield Piece(text[start:end], mark)
