"""What PDFium makes of a PDF: the lines of each page, with their places, and what the document says of itself."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from typing import Any

from sco_qa.documents.layout import Line

_PASSWORD, _ENCRYPTION = 4, 5  # PDFium's error codes
_BOLD = ("bold", "black", "heavy", "demi")
_HYPHEN = "\x02"  # what PDFium gives for a hyphen that ends a line, and for the line's end
_WIDE = 1.8  # times the height of a line; blanks of justified text are narrower
_LINE_ENDS = ("\r", "\n", _HYPHEN)
_SOFT = "\u00ad"


def inside(content: bytes, megabytes: int) -> dict[str, Any]:
    """Read a PDF: ``{"said": {…}, "pages": [[line, …], …]}``, or ``{"problem": "…"}``."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if error.err_code in {_PASSWORD, _ENCRYPTION}:
            return {"problem": "is encrypted; save it without a password or remove it"}
        return {"problem": "is broken; save it again or remove it"}
    pages: list[list[Line]] = []
    left = megabytes * 1_000_000
    for number in range(len(document)):
        try:
            page = document[number]
            with closing(page), closing(page.get_textpage()) as text:
                pages.append(_lines(page.get_rotation(), text))
        except pypdfium2.PdfiumError:
            pages.append([])  # the others may be whole
        left -= sum(len(line.text) for line in pages[-1])
        if left < 0:
            return {"problem": f"holds more than {megabytes} MB of text; split it, or set SCO_QA_DOCUMENT_MEGABYTES"}
    return {
        "said": document.get_metadata_dict(skip_empty=True),
        "pages": [[line.values() for line in page] for page in pages],
    }


def _lines(rotation: int, page: Any) -> list[Line]:
    """List a page's lines in the order in which it draws them."""
    import pypdfium2.raw as pdfium

    codes = [pdfium.FPDFText_GetUnicode(page, place) for place in range(page.count_chars())]
    characters = [chr(code) if code < sys.maxunicode else "\ufffd" for code in codes]
    lines, begin = [], 0
    ends = (place + 1 for place, character in enumerate(characters) if character in _LINE_ENDS)
    for end in [*ends, len(characters)]:
        seen = [place for place in range(begin, end) if not characters[place].isspace()]
        begin = end
        if not seen:
            continue
        # the middle one tells the letters' size: a line may begin with a bullet and end with a footnote's mark
        first, middle, last = seen[0], seen[len(seen) // 2], seen[-1]
        word = next((place for place in range(first, last) if characters[place + 1].isspace()), last)
        box = {place: _upright(page.get_charbox(place, loose=True), rotation) for place in (first, middle, word, last)}
        lines.append(
            Line(
                text=" | ".join(_joined(characters[cell.start : cell.stop]) for cell in _cells(page, seen, rotation)),
                left=round(box[first][0], 1),
                right=round(box[last][2], 1),
                bottom=round(_upright(_origin(page, middle), rotation)[1], 1),
                height=round(box[middle][3] - box[middle][1], 1),
                word=round(box[word][2] - box[first][0], 1),
                size=round(pdfium.FPDFText_GetFontSize(page, middle), 1),
                bold=_is_bold(page, first) and _is_bold(page, last),
            )
        )
    return lines


def _cells(page: Any, seen: list[int], rotation: int) -> Iterator[range]:
    """Cut a line where nothing stands for much longer than a blank: between the cells of a row."""
    begin = seen[0]
    for one, two in pairwise(seen):
        if two == one + 1:
            continue
        before, after = (_upright(page.get_charbox(place, loose=True), rotation) for place in (one, two))
        if after[0] - before[2] > _WIDE * (before[3] - before[1]):
            yield range(begin, one + 1)
            begin = two
    yield range(begin, seen[-1] + 1)


def _joined(characters: list[str]) -> str:
    """Put characters together; where they are halves of UTF-16 pairs, those too."""
    text = "".join(characters).replace(_HYPHEN, _SOFT).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(" " if c.isspace() else c for c in text if c.isprintable() or c.isspace() or c == _SOFT)


def _upright(box: tuple[float, float, float, float], rotation: int) -> tuple[float, float, float, float]:
    """Turn a box as the page is turned when it is shown."""
    left, bottom, right, top = box
    return {
        90: (bottom, -right, top, -left),
        180: (-right, -top, -left, -bottom),
        270: (-top, left, -bottom, right),
    }.get(rotation, box)


def _origin(page: Any, place: int) -> tuple[float, float, float, float]:
    """Give where on the base line a character stands, as a box without extent."""
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(page, place, x, y)
    return x.value, y.value, x.value, y.value


def _is_bold(page: Any, place: int) -> bool:
    import pypdfium2.raw as pdfium

    name = ctypes.create_string_buffer(128)
    pdfium.FPDFText_GetFontInfo(page, place, name, len(name), None)
    return any(word in name.value.decode("utf-8", "replace").lower() for word in _BOLD)
