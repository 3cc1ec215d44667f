"""HTML: its blocks in reading order, without what a browser does not show as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sco_qa.documents.document import Document, Writing
from sco_qa.documents.plain import decode
from sco_qa.errors import DocumentError

_SILENT = frozenset(
    "script style template noscript svg math head title iframe object embed canvas audio video "
    "select textarea input datalist".split()
)
_FURNITURE = frozenset("nav button menu dialog".split())
_FURNITURE_ROLES = frozenset("navigation contentinfo search dialog menu menubar".split())
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form header hr html legend li main menu nav ol p section summary table tbody tfoot thead ul".split()
)
_LAYOUT = "descendant::*[self::table or self::h1 or self::h2 or self::h3 or self::ul or self::ol or self::form][1]"
_LEVELS = {f"h{level}": level for level in range(1, 7)}
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_HEAD = 4_096  # bytes; where a page says its encoding, twice what the HTML standard asks for
_AUTHORS = ("author", "article:author", "dc.creator", "dcterms.creator", "citation_author", "parsely-author")
_DATES = (
    "article:published_time", "date", "dc.date", "dcterms.date", "dcterms.created", "dcterms.issued", "pubdate",
    "publish-date", "citation_publication_date", "citation_date", "datepublished",
)  # fmt: skip


def read(name: str, content: bytes, megabytes: int) -> Document:  # noqa: ARG001 - as readers are called
    """Read a page of HTML, whatever encoding it declares or is in."""
    declared = _DECLARED.search(content[:_HEAD])
    encoding = None if declared is None else declared[1].decode("ascii").lower()
    if encoding in {"iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"}:
        encoding = "windows-1252"  # which is what browsers take for it, and what it nearly always is
    text, _ = decode(name, content, encoding)
    return read_markup(name, text, "html")


def read_markup(name: str, text: str, format_: str) -> Document:
    """Read HTML that is decoded already."""
    root = parse(name, text)
    writing = Writing()
    write(root, writing)
    metas = dict(_metas(root))
    author = next((metas[key] for key in _AUTHORS if key in metas), None)
    date = next((key for key in _DATES if key in metas), None)
    stated = root.find(".//title")
    return writing.document(
        format_,
        title=None if stated is None else "".join(stated.itertext()),
        author=None if author is None or "//" in author else author,  # some name a page there
        date=None if date is None else metas[date],
        date_basis=None if date is None else f"the page's {date}",
    )


def parse(name: str, text: str) -> Any:
    """Parse HTML into a tree; nothing is loaded that it refers to.

    Raises:
        DocumentError: It nests more deeply than the parser follows.
    """
    from lxml import etree

    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.ParseError:
        root = None
    if any(entry.level_name == "FATAL" for entry in parser.error_log):
        raise DocumentError(f"{name} nests too deeply to be read (more than 256 elements); simplify or remove it")
    return etree.Element("html") if root is None else root


def write(root: Any, writing: Writing) -> None:
    """Write the blocks of a tree in reading order."""
    from lxml import etree

    walk = etree.iterwalk(root, events=("start", "end"))
    blocks = _Blocks(writing)
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""  # else an entity that nobody defined
        if event == "end":
            blocks.leave()
            blocks.add(element.tail if element is not root else None)
        elif not tag or tag in _SILENT or element.get("hidden") is not None:
            walk.skip_subtree()
            blocks.enter("", element)
        else:
            blocks.enter(tag, element)
            blocks.add(element.text)
    blocks.end()


@dataclass(frozen=True, slots=True)
class _Context:
    """What holds for the words inside an element."""

    tag: str = ""
    block: bool = False
    level: int | None = None
    furniture: bool = False
    article: bool = False
    listing: bool = False
    data: bool = False  # in a table of data, whose rows are a line each
    row: bool = False  # in such a row


class _Blocks:
    """Gathers the words of one block at a time, without recursion: a page may nest as it likes."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._words: list[str] = []
        self._said = False  # whether any of them is more than blanks
        self._path = [_Context()]

    def enter(self, tag: str, element: Any) -> None:
        """Begin an element."""
        around = self._path[-1]
        inside = _context(tag, element, around)
        if inside.block:
            self.end()
        elif tag in {"td", "th"} and self._said:
            self._words.append(" | ")
        elif tag == "br" and not around.row:
            self._words.append("\n")
        elif tag in _BLOCKS or tag in {"br", "td", "th"}:
            self._words.append(" ")
        self._path.append(inside)

    def leave(self) -> None:
        """End the element that began last."""
        if self._path[-1].block:
            self.end()
        elif self._path[-1].tag in _BLOCKS:
            self._words.append(" ")
        self._path.pop()

    def add(self, text: str | None) -> None:
        """Add the words between two tags."""
        if text:
            self._said = self._said or not text.isspace()
            self._words.append(text if self._path[-1].listing else _BLANKS.sub(" ", text))

    def end(self) -> None:
        """Write the block that was gathered."""
        text, context = "".join(self._words), self._path[-1]
        self._words.clear()
        self._said = False
        if context.listing:
            self._writing.exactly(text.strip("\r\n"), furniture=context.furniture)
        else:
            self._writing.block(text, level=context.level, furniture=context.furniture)


def _context(tag: str, element: Any, around: _Context) -> _Context:
    furniture = around.furniture or _is_furniture(tag, element, around)
    data = bool(tag == "table" and not element.xpath(_LAYOUT)) or (around.data and tag != "table")
    cell = tag in {"td", "th"}
    block = not around.row and (
        tag in _BLOCKS or tag in _LEVELS or tag in {"pre", "tr"} or cell or furniture != around.furniture
    )
    return _Context(
        tag,
        block=block,
        level=_LEVELS.get(tag, around.level),
        furniture=furniture,
        article=around.article or tag in {"article", "main", "section"},
        listing=around.listing or (tag == "pre" and not around.row),
        data=data,
        row=around.row or (data and tag == "tr"),
    )


def _is_furniture(tag: str, element: Any, around: _Context) -> bool:
    """Tell whether a page marks an element as something beside its text; what an article holds is its text."""
    if tag in {"aside", "footer", "header"}:
        return not around.article and not (tag == "header" and element.xpath("descendant::h1[1]"))
    return tag in _FURNITURE or (element.get("role") or "").lower() in _FURNITURE_ROLES


def _metas(root: Any) -> Iterator[tuple[str, str]]:
    """Give what a page's head says of it, by lower-case name; the first of several last, so that it counts."""
    for element in reversed(root.findall(".//meta")):
        key = element.get("name") or element.get("property") or element.get("itemprop") or ""
        if key and (value := (element.get("content") or "").strip()):
            yield key.lower(), value
