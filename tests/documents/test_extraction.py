from __future__ import annotations

import os
from pathlib import Path

import pytest

from sco_qa import documents
from sco_qa.documents import ENDINGS, Document, extract
from sco_qa.errors import DocumentError


def test_the_public_names_are_these() -> None:
    assert documents.__all__ == ["ENDINGS", "Document", "Member", "Refused", "extract", "members"]


def problem(name: str, content: bytes | Path) -> str:
    with pytest.raises(DocumentError) as caught:
        extract(name, content, megabytes=1)
    return str(caught.value)


def test_bytes_and_files_are_read_alike(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"Hello.")
    assert extract("a.TXT", tmp_path / "x") == extract("a/b.txt", b"Hello.") == Document("Hello.", "text")


def test_what_is_too_large_is_named_before_it_is_read(tmp_path: Path) -> None:
    line = "a.txt is larger than 1 MB; split it, or set SCO_QA_DOCUMENT_MEGABYTES"
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(10**12)  # a file of holes: reading it would take all memory
    assert problem("a.txt", tmp_path / "a.txt") == line
    assert problem("a.txt", b"x" * 1_000_001) == line
    assert extract("a.txt", b"x" * 1_000_000, megabytes=1).text == "x" * 1_000_000


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    assert problem("a.txt", tmp_path / "a.txt") == "a.txt is no file; remove it"
    assert problem("a.txt", tmp_path) == "a.txt is no file; remove it"
    assert problem("a.txt", tmp_path / "b.txt") == "cannot read a.txt (No such file or directory); mend or remove it"


def test_an_unknown_format_is_named() -> None:
    assert problem("a.jpg", b"") == (
        f"a.jpg is in no format that can be read ({', '.join(ENDINGS)}); convert or remove it"
    )
