"""PDF: its paragraphs, with the page that each begins on.

PDFium (Chromium's) reads it, in a process apart: it opens what is damaged or has an empty password, gives lines in the
order in which they are read, is fuzzed all the time, and is faster than readers in Python.
"""

from __future__ import annotations

import re
from typing import Any

from sco_qa.documents import apart, pdfium
from sco_qa.documents.document import Document, Writing
from sco_qa.documents.layout import Line, blocks
from sco_qa.errors import DocumentError

_NO_TITLE = re.compile(r"untitled.*|(microsoft )?\w+ - .*|.*\.\w{2,5}", re.IGNORECASE | re.DOTALL)
_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?")


def read(name: str, content: bytes, megabytes: int) -> Document:
    """Read a PDF; whatever it does to its reader, that ends in one line."""
    return compose(name, apart.inside(pdfium.__name__, name, content, megabytes))


def compose(name: str, found: dict[str, Any]) -> Document:
    """Make a document of what PDFium found in it.

    Raises:
        DocumentError: It shows pictures alone.
    """
    writing = Writing()
    for block in blocks([[Line(*values) for values in page] for page in found["pages"]]):
        writing.exactly(block.text, level=block.level, furniture=block.furniture, pages=block.pages)
    said = found["said"]
    title, date = said.get("Title", "").strip(), _DATE.match(said.get("CreationDate", ""))
    document = writing.document(
        "pdf",
        title=None if _NO_TITLE.fullmatch(title) else title,
        author=said.get("Author"),
        date=None if date is None else "-".join(part for part in date.groups() if part is not None),
        date_basis="when the PDF says that it was made",
    )
    if not document.text:
        raise DocumentError(f"{name} holds no text (is it scanned?); recognise its text (OCR) or remove it")
    return document
