"""Text files, and the encodings that text comes in."""

from __future__ import annotations

import codecs

from sco_qa.documents.document import Document
from sco_qa.errors import DocumentError

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SAMPLE = 1_000_000  # bytes; what the first megabyte does not tell about its encoding, the rest will not
_LIKELIEST = "cp1252"  # of several that give the same text
_FEW = 64  # bytes; on fewer the detector guesses


def read(name: str, content: bytes, megabytes: int) -> Document:  # noqa: ARG001 - as readers are called
    """Read a text file: in UTF-8 it is its own text, not a character changed; else what its bytes decode to."""
    try:
        return Document(_text(name, content.decode("utf-8")), "text")
    except UnicodeDecodeError:
        text, encoding = decode(name, content)
        return Document(text, f"text in {encoding}")


def decode(name: str, content: bytes, declared: str | None = None) -> tuple[str, str]:
    """Decode text by its byte order mark, as UTF-8, as it declares itself, or by what a detector makes of it.

    Returns:
        The text, and the name of its encoding.

    Raises:
        DocumentError: No encoding is likely, or it is no text at all.
    """
    marked = next((encoding for mark, encoding in _MARKS.items() if content.startswith(mark)), None)
    first_wrong = 0
    for encoding in dict.fromkeys(e for e in (marked, "utf-8", declared) if e is not None):
        try:
            return _text(name, content.decode(encoding)), encoding.removesuffix("-sig")
        except UnicodeDecodeError as error:
            first_wrong = error.start if encoding.startswith("utf-8") else first_wrong
        except LookupError:  # it declares an encoding that there is not
            continue
    found = None if b"\0" in content or len(content) < _FEW else _detect(content)
    if found is not None:
        try:
            return _text(name, content.decode(found)), found
        except UnicodeDecodeError:
            pass
    raise DocumentError(f"{name} is not UTF-8 (byte {first_wrong}); save it as UTF-8 or remove it")


def _detect(content: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(content[:_SAMPLE], threshold=0.1).best()
    if best is None:
        return None
    return _LIKELIEST if _LIKELIEST in best.could_be_from_charset else best.encoding


def _text(name: str, text: str) -> str:
    if "\0" in text:
        raise DocumentError(f"{name} holds NUL bytes, so it is no text; give it its right ending or remove it")
    if not text.removeprefix("\ufeff").strip():  # a byte order mark alone is no text
        raise DocumentError(f"{name} is empty; fill or remove it")
    return text
