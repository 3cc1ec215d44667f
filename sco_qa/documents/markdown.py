"""Markdown: rendered, and read as a page of HTML, so that quotes hold no marks."""

from __future__ import annotations

import re
from typing import Any

from sco_qa.documents import apart
from sco_qa.documents.document import Document, Writing, iso_date
from sco_qa.documents.plain import decode
from sco_qa.documents.webpage import parse, write
from sco_qa.errors import DocumentError

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.{0,20000}?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_ENTRY = re.compile(r"^(title|author|date)[ \t]*:[ \t]*(\S.*?)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_LARGE = 200_000  # characters; on more, some patterns take minutes, so that a process with limits reads them
_DEEPEST = 50  # blocks inside blocks; each takes some frames of Python's stack


def read(name: str, content: bytes, megabytes: int) -> Document:
    """Read Markdown; what stands before it between two lines of ``---`` is what it says of itself."""
    text, _ = decode(name, content)
    said: dict[str, str] = {}
    if (front := _FRONT.match(text)) is not None:
        said = {key.lower(): value.strip("\"'") for key, value in _ENTRY.findall(front[1])}
        text = text[front.end() :]
    large = len(text) > _LARGE
    found = apart.inside(__name__, name, text.encode(), megabytes) if large else inside(text.encode(), megabytes)
    if "problem" in found:
        raise DocumentError(f"{name} {found['problem']}")
    rendered = found["html"]
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


def inside(content: bytes, megabytes: int) -> dict[str, Any]:  # noqa: ARG001 - as it is called apart
    """Render Markdown in UTF-8: ``{"html": "…"}``, or ``{"problem": "…"}``."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    tokens = parser.parse(content.decode())
    if any(token.level >= _DEEPEST - 1 for token in tokens):  # it leaves out what is deeper, without a word
        return {"problem": f"nests too deeply to be read (more than {_DEEPEST} blocks); simplify or remove it"}
    return {"html": parser.renderer.render(tokens, parser.options, {})}
