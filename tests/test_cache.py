from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from sco_qa import corpus
from sco_qa.cache import KEY, Hashes, Journal
from tests.conftest import write_corpus


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read to be hashed."""
    names: list[str] = []
    digest = corpus.hash_of

    def hash_of(path: Path) -> str:
        names.append(path.name)
        return digest(path)

    monkeypatch.setattr(corpus, "hash_of", hash_of)
    return names


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sco_qa.cache._TICK_NS", 0)  # a change of its times, too, is as old as the test
    return write_corpus(tmp_path / "documents", {"a.txt": "One.", "b.txt": "Two."})


def digests(folder: Path, known: Path) -> dict[str, str]:
    hashes = Hashes(known)
    found = {file.name: file.sha256 for file in corpus.load(folder, digest=hashes).files}
    hashes.keep()
    return found


def test_a_file_is_hashed_once(folder: Path, tmp_path: Path, hashed: list[str]) -> None:
    plain = {file.name: file.sha256 for file in corpus.load(folder).files}
    hashed.clear()
    assert digests(folder, tmp_path / "known") == plain
    assert digests(folder, tmp_path / "known") == plain
    assert hashed == ["a.txt", "b.txt"]


def test_a_file_that_may_have_changed_is_hashed_again(folder: Path, tmp_path: Path, hashed: list[str]) -> None:
    before = digests(folder, tmp_path / "known")
    hashed.clear()
    kept = (folder / "a.txt").stat()
    (folder / "a.txt").write_text("Six.")  # as long, and as old: the time of its inode still tells
    os.utime(folder / "a.txt", ns=(kept.st_atime_ns, kept.st_mtime_ns))
    (folder / "c.txt").write_text("Two, too.")
    assert digests(folder, tmp_path / "known") != before
    assert hashed == ["a.txt", "c.txt"]


def test_what_was_just_written_is_hashed_again(tmp_path: Path, hashed: list[str]) -> None:
    folder = write_corpus(tmp_path / "documents", {"a.txt": "One."})
    for _ in range(2):
        digests(folder, tmp_path / "known")
    assert hashed == ["a.txt", "a.txt"]


@pytest.mark.parametrize("content", [b"", b"{}", b"x" * 100])
def test_notes_that_are_not_what_was_written_are_dropped(
    folder: Path, tmp_path: Path, hashed: list[str], content: bytes
) -> None:
    digests(folder, tmp_path / "known")
    (tmp_path / "known").write_bytes(content)
    digests(folder, tmp_path / "known")
    assert hashed == ["a.txt", "b.txt"] * 2


def test_where_nothing_can_be_written_every_file_is_hashed(folder: Path, tmp_path: Path, hashed: list[str]) -> None:
    (tmp_path / "file").write_text("mine")
    for place in ("no folder", "file", "file"):
        digests(folder, tmp_path / place / "known")
    assert hashed == ["a.txt", "b.txt"] * 3


def test_what_a_journal_holds_is_read_again_and_no_file_stays_open(tmp_path: Path) -> None:
    written = Journal(tmp_path / "journal", "encoder")
    vectors = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    keys = np.array([f"key {i}".encode() for i in range(30)], KEY)
    for first in range(0, 30, 3):
        written.add(keys[first : first + 3], vectors[first : first + 3])
    before = len(list(Path("/dev/fd").iterdir()))
    chunks = list(Journal(tmp_path / "journal", "encoder").chunks())
    assert len(list(Path("/dev/fd").iterdir())) == before
    assert np.concatenate([of_chunk for of_chunk, _ in chunks]).tolist() == keys.tolist()
    assert [chunk[np.array([2, 0])].tolist() for _, chunk in chunks] == [
        vectors[[first + 2, first]].tolist() for first in range(0, 30, 3)
    ]
    assert list(Journal(tmp_path / "journal", "another").chunks()) == []
