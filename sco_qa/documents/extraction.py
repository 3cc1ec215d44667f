"""One document of any format: which reader it goes to, and what it may not be."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TypeVar

from sco_qa.documents.document import Document
from sco_qa.errors import DocumentError
from sco_qa.settings import Settings

_READERS = {
    "docx": "docx",
    "epub": "epub",
    "htm": "webpage",
    "html": "webpage",
    "markdown": "markdown",
    "md": "markdown",
    "pdf": "pdf",
    "text": "plain",
    "txt": "plain",
    "xhtml": "webpage",
}
ENDINGS = tuple(f".{ending}" for ending in _READERS)
"""The endings of the files that can be read, in lower case."""
MEGABYTES = Settings().document_megabytes

Read = TypeVar("Read")


def extract(name: str, content: bytes | Path, *, megabytes: int = MEGABYTES) -> Document:
    """Extract a document's text, and what it says of itself.

    Args:
        name: The file's name; its ending tells the format.
        content: Its bytes, or where they lie.
        megabytes: The largest document that is read (the setting ``document_megabytes``).

    Raises:
        DocumentError: It cannot be read; the message says why and what to do.
    """
    reader = _READERS.get(PurePosixPath(name).suffix.lower().removeprefix("."))
    if reader is None:
        raise DocumentError(f"{name} is in no format that can be read ({', '.join(ENDINGS)}); convert or remove it")
    data = read_by(Path.read_bytes, name, content, megabytes) if isinstance(content, Path) else content
    if len(data) > megabytes * 1_000_000:
        raise DocumentError(too_large(name, megabytes))
    document: Document = importlib.import_module(f"sco_qa.documents.{reader}").read(name, data, megabytes)
    if not document.text.strip():
        raise DocumentError(f"{name} holds no text; fill or remove it")
    if len(document.text) > megabytes * 1_000_000:
        raise DocumentError(too_large(name, megabytes))
    from sco_qa.documents import furniture  # whose patterns take longer to compile than a question to answer

    found = (piece.span for piece in furniture.find(document.text))
    return replace(document, furniture=furniture.merged([*document.furniture, *found]))


def too_large(name: str, megabytes: int) -> str:
    """Say that a document is larger than the setting allows."""
    return f"{name} is larger than {megabytes} MB; split it, or set SCO_QA_DOCUMENT_MEGABYTES"


def read_by(read: Callable[[Path], Read], name: str, path: Path, megabytes: int) -> Read:
    """Read a document's file by ``read``, once it is known to be a file, and not too large.

    Raises:
        DocumentError: It is not, or it cannot be read.
    """
    try:
        if path.stat().st_size > megabytes * 1_000_000:
            raise DocumentError(too_large(name, megabytes))
        if not path.is_file():  # a pipe would keep us waiting
            raise DocumentError(f"{name} is no file; remove it")
        return read(path)
    except OSError as error:
        raise DocumentError(f"cannot read {name} ({error.strerror}); mend or remove it") from None
