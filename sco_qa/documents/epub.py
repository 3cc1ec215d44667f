"""EPUB: the chapters of a book in its own order, each a page of XHTML."""

from __future__ import annotations

import io
import posixpath
import zipfile
from typing import Any
from urllib.parse import unquote

from sco_qa.documents import archive, xmltree
from sco_qa.documents.document import Document, Writing, iso_date
from sco_qa.documents.plain import decode
from sco_qa.documents.webpage import parse, write
from sco_qa.errors import DocumentError

_CONTAINER, _ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
_CHAPTERS = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read(name: str, content: bytes, megabytes: int) -> Document:
    """Read a book.

    Raises:
        DocumentError: It is broken, encrypted, or holds more than ``megabytes``.
    """
    with archive.opened(name, io.BytesIO(content)) as opened:
        book = _Book(name, opened, megabytes)
        container = book.xml(_CONTAINER)
        package = next((path for e in container.iterfind(".//{*}rootfile") if (path := e.get("full-path"))), "")
        described = book.xml(package)
        writing = Writing()
        for path in book.chapters(package, described):
            if content := book.part(path).strip():
                write(parse(name, decode(name, content)[0]), writing)
    return writing.document(
        "epub",
        title=xmltree.first(described, "title"),
        author=xmltree.first(described, "creator"),
        date=iso_date(xmltree.first(described, "date")),
        date_basis="the date of the book's metadata",
    )


class _Book:
    """The parts of an open book."""

    def __init__(self, name: str, opened: zipfile.ZipFile, megabytes: int) -> None:
        self._name = name
        self._opened = opened
        self._megabytes = megabytes
        self._left = megabytes * 1_000_000
        self._encrypted = self._locked()

    def part(self, path: str) -> bytes:
        """Unpack a part."""
        try:
            entry = self._opened.getinfo(path)
        except KeyError:
            raise self._broken(f"{path or 'its package'} is missing") from None
        if reason := archive.hostile(entry):
            raise self._broken(f"{path}: {reason}")
        self._left -= entry.file_size
        if self._left < 0:
            raise DocumentError(
                f"{self._name} holds more than {self._megabytes} MB; split it, or set SCO_QA_DOCUMENT_MEGABYTES"
            )
        if path in self._encrypted:
            raise DocumentError(f"{self._name} is encrypted; get it without copy protection or remove it")
        try:
            return archive.unpack(self._opened, entry)
        except DocumentError as error:
            raise self._broken(f"{path}: {error}") from None

    def xml(self, path: str) -> Any:
        """Unpack and parse a part of XML."""
        try:
            return xmltree.parse(self.part(path))
        except DocumentError as error:
            if str(error).startswith(self._name):
                raise
            raise self._broken(f"{path}: {error}") from None

    def chapters(self, package: str, described: Any) -> list[str]:
        """Give the parts of the book that are read one after the other."""
        folder = posixpath.dirname(package)
        parts = {
            item.get("id"): posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
            for item in described.iterfind(".//{*}manifest/{*}item")
            if item.get("media-type") in _CHAPTERS
        }
        order = [item.get("idref") for item in described.iterfind(".//{*}spine/{*}itemref")]
        return [parts[id_] for id_ in dict.fromkeys(order) if id_ in parts]

    def _locked(self) -> set[str]:
        """Give the parts that copy protection locks; fonts often are, and nobody reads them."""
        if _ENCRYPTION not in self._opened.namelist():
            return set()
        self._encrypted = set()
        references = self.xml(_ENCRYPTION).iterfind(".//{*}CipherReference")
        return {unquote(reference.get("URI") or "") for reference in references}

    def _broken(self, why: str) -> DocumentError:
        return DocumentError(f"{self._name} is broken ({why}); save it again or remove it")
