"""Lines on a page, made into paragraphs, headings and rows by where they stand: a PDF knows no more than places."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median_low
from typing import Any

_ENDS = re.compile(r"[.!?:;…。][\"'’”»)\]\d]*$")  # a digit may be a footnote's mark
_ITEM = re.compile(r"(?:[•‣◦▪●○■–—*·-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])\s")
_HYPHEN = re.compile(r"\w[-\u00ad\u2010]$")
_CELLS = " | "
_LEADERS = re.compile(r"(?:\.\s?){5,}\s*\w{1,5}$")  # of a table of contents: a name, dots, a page
_SOFT = "\u00ad"
_WORD = re.compile(r"\w+(?:-\w+)*")
_NUMBER = re.compile(r"\d+|^[ivxlc]+$")
_LARGER = 1.15  # times the body's size: a heading, rather than rounding
_LONGEST_HEADING = 200
_LONGEST_BOLD = 100  # characters; a bold paragraph is no heading
_BOLD_LEVEL = 6
_SPREAD = 1.35  # times the usual distance of lines: space between paragraphs
_FAR = 1.5  # times that: even where a sentence seems to go on
_RUN = 4  # lines; of fewer nobody knows whether the longest one is full
_EDGE = 2  # lines at the top and at the bottom of a page that may be its header and footer


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page. Lengths are in the page's unit; ``word`` is the width of its first word."""

    text: str
    left: float
    right: float
    bottom: float
    height: float
    word: float
    size: float
    bold: bool

    def values(self) -> list[Any]:
        """Give the fields in order; ``Line(*values)`` is the way back."""
        return [self.text, self.left, self.right, self.bottom, self.height, self.word, self.size, self.bold]


@dataclass(slots=True)
class Block:
    """A paragraph, a heading or a line of furniture; ``pages`` are those that begin in it, each at its place."""

    text: str
    size: float
    bold: bool
    level: int | None = None
    furniture: bool = False
    lines: int = 1
    pages: list[tuple[int, int]] = field(default_factory=list)


def blocks(pages: Sequence[Sequence[Line]]) -> list[Block]:
    """Put the lines of all pages together in reading order; a paragraph may go on on the next page."""
    running = _running(pages)
    words = {word for page in pages for line in page for word in _WORD.findall(line.text.lower())}
    found: list[Block] = []
    body: Block | None = None
    for number, page in enumerate(pages, 1):
        here = list(_of_page(page, running, words))
        text = [block for block in here if not block.furniture]
        if text and body is not None and body.size == text[0].size and _goes_on(body.text, text[0].text):
            begin = _join(body, text[0].text, words)
            body.pages.append((begin, number))
            here.remove(text[0])
            text[0] = body
        elif here:
            here[0].pages.append((0, number))
        found += here
        body = text[-1] if text else None
    for block in found:
        _drop_soft_hyphens(block)
    _mark_headings(found)
    return found


def _running(pages: Sequence[Sequence[Line]]) -> set[tuple[bool, str]]:
    """Find headers and footers: what stands again, but for its numbers, at the same edge of at least three pages."""
    seen = Counter(key for page in pages for key in {_edge_key(line, top) for line, top in _edges(page)})
    enough = max(2, min(3, len(pages)))
    return {key for key, count in seen.items() if count >= enough}


def _edges(page: Sequence[Line]) -> list[tuple[Line, bool]]:
    """Give the lines next to the page's upper (True) and lower edge."""
    ordered = sorted(page, key=lambda line: -line.bottom)
    return [(line, True) for line in ordered[:_EDGE]] + [(line, False) for line in ordered[_EDGE:][-_EDGE:]]


def _edge_key(line: Line, top: bool) -> tuple[bool, str]:
    return top, _NUMBER.sub("#", " ".join(line.text.casefold().split()))


def _of_page(page: Sequence[Line], running: set[tuple[bool, str]], words: set[str]) -> Iterator[Block]:
    beside = [line for line, top in _edges(page) if _edge_key(line, top) in running]
    text = [line for line in page if line not in beside]
    leading, right = _leading(text), _right_edges(text)
    block: Block | None = None
    before: Line | None = None
    waiting: list[Block] = []  # headers and footers, which may be drawn in the middle of a paragraph
    for line in page:
        if line in beside:
            waiting.append(Block(line.text, line.size, line.bold, furniture=True))
        elif block is None or before is None:
            yield from waiting
            waiting, block, before = [], Block(line.text, line.size, line.bold), line
        elif abs(before.bottom - line.bottom) < before.height * 0.4 and line.left >= before.right:
            block.text, before = f"{block.text}{_CELLS}{line.text}", line  # the next cell of a row
        elif _breaks(before, line, block, leading, right[before]):
            yield from (block, *waiting)
            waiting, block, before = [], Block(line.text, line.size, line.bold), line
        else:
            _join(block, line.text, words)
            block.lines += 1
            before = line
    yield from ([] if block is None else [block]) + waiting


def _breaks(before: Line, line: Line, block: Block, leading: float, right: float) -> bool:
    """Tell whether a line begins another paragraph than the line before it."""
    distance = (before.bottom - line.bottom) / (before.height or 1)
    if _ITEM.match(line.text) or any(_is_row(text) for text in (before.text, line.text)):
        return True
    if _goes_on(before.text, line.text):  # here or in the next column, in whatever type
        return distance > _FAR * _SPREAD * (leading or distance)
    indent = line.left - before.left
    return (
        before.bold != line.bold
        or abs(before.size - line.size) > before.size * 0.08
        or not 0 <= distance <= _SPREAD * (leading or distance)
        or (indent > before.height * 0.8 and not _ITEM.match(block.text))
        or (indent < -before.height * 0.8 and block.lines > 1)
        or before.right + before.height * 0.3 + line.word < right  # its first word would have fitted
    )


def _is_row(text: str) -> bool:
    return _CELLS in text or bool(_LEADERS.search(text[-200:]))


def _goes_on(before: str, after: str) -> bool:
    """Tell whether a sentence that was begun goes on."""
    return bool(after[:1].islower() and not _ENDS.search(before)) or bool(
        _HYPHEN.search(before) and after[:1].isalpha()
    )


def _leading(lines: Sequence[Line]) -> float:
    """Give the usual distance of two lines, in heights of a line; 0 if there are none below each other."""
    distances = [(one.bottom - two.bottom) / (one.height or 1) for one, two in pairwise(lines)]
    usual = [distance for distance in distances if 0 < distance < 2.5]
    return median_low(usual) if usual else 0.0


def _right_edges(lines: Sequence[Line]) -> dict[Line, float]:
    """Give where a line that is full would end: in a run of lines below each other where the longest one does."""
    edges: dict[Line, float] = {}
    run: list[Line] = []
    for line in [*lines, None]:
        if line is not None and (not run or _is_below(run[-1], line)):
            run.append(line)
            continue
        if len(run) >= _RUN:
            edges |= dict.fromkeys(run, max(one.right for one in run))
        else:
            edges |= {
                one: max(o.right for o in lines if o.left <= one.left + one.height and o.right > one.left)
                for one in run
            }
        run = [] if line is None else [line]
    return edges


def _is_below(one: Line, two: Line) -> bool:
    return (
        one.size == two.size
        and 0 < one.bottom - two.bottom < 2 * one.height
        and abs(one.left - two.left) < 2 * one.height
    )


def _join(block: Block, text: str, words: set[str]) -> int:
    """Put a line behind a block, and a word that was broken together; give where the line's text begins."""
    if _HYPHEN.search(block.text):
        head, tail = _WORD.findall(block.text[-60:]), _WORD.findall(text[:60])
        first = head[-1] if head else ""
        last = tail[0] if tail else ""
        hyphenated, whole = f"{first}-{last}".lower(), f"{first}{last}".lower()
        keep = whole not in words and (hyphenated in words or not text[:1].islower())
        block.text = block.text[:-1] + "-" * keep
    else:
        block.text += " "
    begin = len(block.text)
    block.text += text
    return begin


def _drop_soft_hyphens(block: Block) -> None:
    """Drop the hyphens that no line was broken at after all."""
    if _SOFT in block.text:
        block.pages = [(place - block.text.count(_SOFT, 0, place), page) for place, page in block.pages]
        block.text = block.text.replace(_SOFT, "")


def _mark_headings(found: Sequence[Block]) -> None:
    """Give headings their levels: short paragraphs in larger letters than most, then bold ones."""
    sizes: Counter[float] = Counter()
    bold = 0
    text = [block for block in found if not block.furniture]
    for block in text:
        sizes[block.size] += len(block.text)
        bold += block.bold * len(block.text)
    body = max(sizes, key=lambda size: (sizes[size], -size), default=0.0)
    short = [block for block in text if len(block.text) <= _LONGEST_HEADING and any(c.isalpha() for c in block.text)]
    larger = [block for block in short if block.size >= body * _LARGER]
    levels = {size: level for level, size in enumerate(sorted({block.size for block in larger}, reverse=True), 1)}
    for block in larger:
        block.level = min(levels[block.size], _BOLD_LEVEL - 1)
    if bold * 2 < sizes.total():
        for block in short:
            plain = _CELLS in block.text or _ENDS.search(block.text)
            if block.level is None and block.bold and len(block.text) <= _LONGEST_BOLD and not plain:
                block.level = _BOLD_LEVEL
