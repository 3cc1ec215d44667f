"""One document of any format: which reader it goes to, and what it may not be."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path, PurePosixPath

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
    data = _bytes(name, content, megabytes)
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


def _bytes(name: str, content: bytes | Path, megabytes: int) -> bytes:
    if isinstance(content, Path):
        try:
            if content.stat().st_size > megabytes * 1_000_000:
                raise DocumentError(too_large(name, megabytes))
            if not content.is_file():  # a pipe would keep us waiting
                raise DocumentError(f"{name} is no file; remove it")
            content = content.read_bytes()
        except OSError as error:
            raise DocumentError(f"cannot read {name} ({error.strerror}); mend or remove it") from None
    if len(content) > megabytes * 1_000_000:
        raise DocumentError(too_large(name, megabytes))
    return content
