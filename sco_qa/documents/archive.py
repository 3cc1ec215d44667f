"""Zip archives that nobody vouches for: what is in them, read without trusting what they say of themselves."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import PurePosixPath
from typing import IO

from sco_qa.errors import DocumentError

_MOST_ENTRIES = 20_000
_LONGEST_LIST = 8_000_000  # bytes of the list of entries, which zipfile reads into memory as a whole
_LIST_SIZE = 5  # where the end record has that length
_MOST_PACKED = 200  # times; prose packs 3 times, tables of mark-up up to 50, a bomb 1,000
_SMALL = 1_000_000  # bytes; below that an entry harms nobody, however it is packed
_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, LZMAError, OSError, EOFError, NotImplementedError, RuntimeError, ValueError)


@contextmanager
def opened(name: str, file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """Open an archive, if its list of entries is one that memory holds.

    Raises:
        DocumentError: It is broken or has too many entries.
    """
    try:
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # what zipfile itself goes by, read beforehand
        if end is not None and end[_LIST_SIZE] > _LONGEST_LIST:
            raise DocumentError(_too_many(name))
        archive = zipfile.ZipFile(file)
    except (*_BROKEN, OverflowError) as error:
        raise DocumentError(f"{name} is broken ({_why(error)}); save it again or remove it") from None
    with archive:
        if len(archive.infolist()) > _MOST_ENTRIES:
            raise DocumentError(_too_many(name))
        yield archive


def unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Read an entry, which is as large as it says or broken.

    Raises:
        DocumentError: It is broken; the message is the reason alone.
    """
    try:
        return archive.read(entry)
    except _BROKEN:
        raise DocumentError("it is broken in the archive; pack it again") from None


def hostile(entry: zipfile.ZipInfo) -> str | None:
    """Say what is wrong with an entry before it is unpacked; None if nothing is."""
    name = entry.orig_filename
    if name.startswith(("/", "\\")) or ":" in name.split("/")[0] or "\\" in name or ".." in PurePosixPath(name).parts:
        return "its name leads out of the archive; pack it again under a plain name"
    if not name.isprintable():
        return "its name cannot be cited; rename it with plain characters"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "it is a link; pack the document itself"
    if entry.flag_bits & _ENCRYPTED:
        return "it is encrypted; unpack the archive into a folder with its password"
    if entry.file_size > max(_SMALL, _MOST_PACKED * entry.compress_size):
        return f"it is packed more than {_MOST_PACKED} times, as a zip bomb is; unpack it yourself if you trust it"
    return None


def _too_many(name: str) -> str:
    return f"{name} has more than {_MOST_ENTRIES} entries; unpack it into a folder, or split it"


def _why(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
