"""Markdown: rendered, and read as a page of HTML, so that quotes hold no marks."""

from __future__ import annotations

import re

from sco_qa.documents.document import Document, Writing, iso_date
from sco_qa.documents.plain import decode
from sco_qa.documents.webpage import parse, write
from sco_qa.errors import DocumentError

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.{0,20000}?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_ENTRY = re.compile(r"^(title|author|date)[ \t]*:[ \t]*(\S.*?)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_DEEPEST = 50  # blocks inside blocks; each takes some frames of Python's stack


def read(name: str, content: bytes, megabytes: int) -> Document:  # noqa: ARG001 - as readers are called
    """Read Markdown; what stands before it between two lines of ``---`` is what it says of itself."""
    from markdown_it import MarkdownIt

    text, _ = decode(name, content)
    said: dict[str, str] = {}
    if (front := _FRONT.match(text)) is not None:
        said = {key.lower(): value.strip("\"'") for key, value in _ENTRY.findall(front[1])}
        text = text[front.end() :]
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    tokens = parser.parse(text)
    if any(token.level >= _DEEPEST - 1 for token in tokens):  # it leaves out what is deeper, without a word
        raise DocumentError(f"{name} nests too deeply to be read (more than {_DEEPEST} blocks); simplify or remove it")
    rendered = parser.renderer.render(tokens, parser.options, {})
    writing = Writing()
    if rendered.strip():
        write(parse(name, rendered), writing)
    return writing.document(
        "markdown",
        title=said.get("title"),
        author=said.get("author"),
        date=iso_date(said.get("date")),
        date_basis="the date in its front matter",
    )
