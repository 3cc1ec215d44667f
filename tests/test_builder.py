from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sco_qa import builder, known, passages, store, vectors
from sco_qa.builder import Built
from sco_qa.corpus import Duplicate, Skipped
from sco_qa.errors import CorpusError, IndexProblem
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder
from tests.conftest import BEARS, SHIPS, write_corpus


class Counting(FakeEncoder):
    """Counts the texts that it encodes, and gives up after some."""

    def __init__(self, most: int = 1_000_000) -> None:
        super().__init__()
        self.encoded: list[str] = []
        self._most = most

    def encode(self, texts: Sequence[str], *, progress: Callable[[int], None] = lambda _: None) -> NDArray[np.float32]:
        if len(self.encoded) + len(texts) > self._most:
            raise KeyboardInterrupt
        self.encoded += texts
        return super().encode(texts, progress=progress)


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    """Settings for a folder of two documents that nothing was built of yet."""
    folder = write_corpus(tmp_path / "documents", {"bears.txt": BEARS, "ships.txt": SHIPS})
    return Settings(corpus=folder, index=tmp_path / "index", passage_words=12, overlap_words=6)


def build(settings: Settings, encoder: FakeEncoder | None = None) -> Built:
    return builder.build(settings, encoder=lambda _: FakeEncoder() if encoder is None else encoder)


def numbers(built: Built) -> dict[str, int]:
    """The numbers of documents that are not 0."""
    names = ("added", "changed", "renamed", "removed", "unchanged")
    return {name: getattr(built, name) for name in names if getattr(built, name)}


def no_encoder(_: str) -> FakeEncoder:
    raise AssertionError("there was nothing to encode")


def as_if_new(settings: Settings) -> None:
    """Hold the index against one that is built of the same documents from nothing."""
    index = FaissIndex.load(settings.index)
    assert index.check() == []
    elsewhere = dataclasses.replace(settings, index=settings.index.with_name("elsewhere"))
    assert build(elsewhere).index.folder.name == index.folder.name
    shutil.rmtree(elsewhere.index)


def test_a_first_build_encodes_everything(chosen: Settings) -> None:
    encoder = Counting()
    told: list[tuple[str, int, int]] = []
    built = builder.build(chosen, encoder=lambda _: encoder, progress=lambda *what: told.append(what))
    count = len(built.index.passages)
    assert numbers(built) == {"added": 2}
    assert (built.encoded, built.duplicates, built.skipped) == (count, (), ())
    assert len(encoder.encoded) == count
    assert told[:3] == [("reading documents", 0, 2), ("reading documents", 1, 2), ("loading the encoder", 0, 1)]
    assert told[3 : 3 + count] == [("encoding passages", i + 1, count) for i in range(count)]
    assert built.index.check() == []
    as_if_new(chosen)


def test_where_nothing_changed_nothing_is_done(chosen: Settings) -> None:
    first = build(chosen)
    built = builder.build(chosen, encoder=no_encoder)
    assert numbers(built) == {"unchanged": 2}
    assert built.encoded == 0
    assert built.index.folder == first.index.folder


def test_a_renamed_document_costs_nothing(chosen: Settings) -> None:
    build(chosen)
    (chosen.corpus / "ships.txt").rename(chosen.corpus / "boats of the world.txt")
    built = builder.build(chosen, encoder=no_encoder)
    assert numbers(built) == {"renamed": 1, "unchanged": 1}
    assert built.index.sources["boats of the world"].title == "boats of the world"
    assert built.index.search("the world", np.eye(1, 64, dtype=np.float32)[0], 1).lexical.max() > 0
    as_if_new(chosen)


def test_an_edit_encodes_just_what_changed(chosen: Settings) -> None:
    build(chosen)
    (chosen.corpus / "bears.txt").write_text(BEARS.replace("eats bamboo", "sleeps a lot"), encoding="utf-8")
    encoder = Counting()
    built = build(chosen, encoder)
    assert numbers(built) == {"changed": 1, "unchanged": 1}
    assert built.encoded == len(encoder.encoded) == 1
    assert "sleeps a lot" in encoder.encoded[0]
    as_if_new(chosen)


def test_a_removed_document_takes_its_passages_along(chosen: Settings) -> None:
    build(chosen)
    (chosen.corpus / "bears.txt").unlink()
    built = builder.build(chosen, encoder=no_encoder)
    assert numbers(built) == {"removed": 1, "unchanged": 1}
    assert {p.source for p in built.index.passages} == {"ships"}
    as_if_new(chosen)


def test_duplicates_are_named_and_read_once(chosen: Settings) -> None:
    build(chosen)
    shutil.copy(chosen.corpus / "ships.txt", chosen.corpus / "copy.txt")
    (chosen.corpus / "more").mkdir()
    shutil.copy(chosen.corpus / "ships.txt", chosen.corpus / "more" / "ships.txt")
    built = builder.build(chosen, encoder=no_encoder)
    assert built.duplicates == (Duplicate("more/ships.txt", "copy.txt"), Duplicate("ships.txt", "copy.txt"))
    assert list(built.index.sources) == ["bears", "copy"]
    (chosen.corpus / "sources.toml").write_text('[[source]]\nfile = "ships.txt"\ntitle = "All about ships"')
    built = build(chosen)
    assert built.duplicates == (Duplicate("copy.txt", "ships.txt"), Duplicate("more/ships.txt", "ships.txt"))
    as_if_new(chosen)


def test_what_cannot_be_read_is_skipped_and_named(chosen: Settings) -> None:
    (chosen.corpus / "bad.txt").write_bytes(b"\0\1\2")
    (chosen.corpus / "picture.png").write_bytes(b"\x89PNG")
    built = build(chosen)
    assert list(built.index.sources) == ["bears", "ships"]
    assert [s.file for s in built.skipped] == ["picture.png", "bad.txt"]
    assert all(s.file in s.reason for s in built.skipped)
    assert all(isinstance(s, Skipped) for s in built.skipped)
    assert builder.build(chosen, encoder=no_encoder).skipped == built.skipped
    as_if_new(chosen)


def test_documents_without_a_word_leave_the_index_as_it_is(chosen: Settings) -> None:
    before = build(chosen).index.folder
    for path in chosen.corpus.iterdir():
        path.unlink()
    (chosen.corpus / "bad.txt").write_bytes(b"\0\1\2")
    with pytest.raises(CorpusError, match=r"bad\.txt holds NUL bytes"):
        build(chosen)
    (chosen.corpus / "bad.txt").unlink()
    with pytest.raises(CorpusError, match="there is no document in"):
        build(chosen)
    assert store.current(chosen.index) == before


def test_an_extracted_document_is_extracted_once(chosen: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (chosen.corpus / "plan.md").write_text("# The plan\n\nThe *plan* is to leave at noon.\n", encoding="utf-8")
    built = build(chosen)
    source = built.index.sources["plan"]
    assert (source.file, source.title, source.original and source.original["file"]) == (
        "plan.md.txt",
        "The plan",
        "plan.md",
    )
    (chosen.corpus / "plan.md").rename(chosen.corpus / "a plan.md")
    (chosen.corpus / "sources.toml").write_text('[[source]]\nfile = "a plan.md"\ndate = "2020"')
    monkeypatch.setattr(builder, "extract", _only_text)
    built = builder.build(chosen, encoder=no_encoder)
    assert numbers(built) == {"renamed": 1, "unchanged": 2}
    assert built.index.sources["a plan"] == dataclasses.replace(
        source,
        id="a plan",
        file="a plan.md.txt",
        date="2020",
        original={**(source.original or {}), "file": "a plan.md"},
    )
    (chosen.corpus / "a plan.md").unlink()
    (chosen.corpus / "sources.toml").unlink()
    build(chosen)
    assert list((chosen.index / ".extracted").iterdir()) == []


def _only_text(name: str, content: bytes, *, megabytes: int) -> object:
    assert name.endswith(".txt"), f"{name} is extracted again"
    from sco_qa.documents import extract

    return extract(name, content, megabytes=megabytes)


def test_a_build_that_was_cut_off_goes_on_where_it_was(chosen: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "CHUNK", 2)
    all_at_once = Counting()
    build(dataclasses.replace(chosen, index=chosen.index.with_name("at once")), all_at_once)
    cut_off = Counting(most=5)
    with pytest.raises(KeyboardInterrupt):
        build(chosen, cut_off)
    journal = sorted((chosen.index / ".encoded").rglob("0*"))
    assert [p.name for p in journal] == ["00000000", "00000001"]
    journal[0].write_bytes(journal[0].read_bytes()[:-1])  # it was being written when the power went
    resumed = Counting()
    built = build(chosen, resumed)
    assert resumed.encoded == all_at_once.encoded[:2] + all_at_once.encoded[4:]
    assert built.encoded == len(resumed.encoded)
    assert not (chosen.index / ".encoded").exists()
    as_if_new(chosen)


def test_vectors_of_another_encoder_are_not_taken(chosen: Settings, tmp_path: Path) -> None:
    build(chosen)
    (tmp_path / "model").mkdir()
    other = dataclasses.replace(chosen, encoder=str(tmp_path / "model"))
    encoder = Counting()
    built = build(other, encoder)
    assert built.encoded == len(encoder.encoded) == len(built.index.passages)
    assert numbers(built) == {"unchanged": 2}


@pytest.mark.parametrize("name", ["keys.s16", "vectors.faiss", "encoder/config.json", "texts.txt", "documents.jsonl"])
def test_nothing_is_taken_from_a_damaged_index(chosen: Settings, name: str) -> None:
    folder = build(chosen).index.folder
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    built = build(chosen)
    assert built.index.folder == folder
    assert (folder / name).read_bytes() == content
    as_if_new(chosen)


def test_a_folder_for_the_index_is_made_only_beside_documents(chosen: Settings) -> None:
    nowhere = chosen.corpus / "no" / "documents"
    with pytest.raises(CorpusError, match="cannot read the corpus folder"):
        build(dataclasses.replace(chosen, corpus=nowhere, index=nowhere / ".index"))
    assert not nowhere.exists()


def test_an_index_folder_among_the_documents_is_none_of_them(chosen: Settings) -> None:
    inside = dataclasses.replace(chosen, index=chosen.corpus / ".index")
    build(inside)
    assert numbers(builder.build(inside, encoder=no_encoder)) == {"unchanged": 2}


def test_what_is_encoded_leaves_a_file_name_out(chosen: Settings) -> None:
    (chosen.corpus / "sources.toml").write_text('[[source]]\nfile = "bears.txt"\ntitle = "All about bears"')
    encoder = Counting()
    built = build(chosen, encoder)
    by_id = built.index.sources
    assert encoder.encoded == [
        f"All about bears\n{p.text}" if p.source == "bears" else p.text for p in built.index.passages
    ]
    last = built.index.passages[-1]
    assert passages.in_context(last, by_id["ships"]) == f"ships\n{last.text}"


def test_a_full_disk_is_told_and_harms_no_index(chosen: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = build(chosen).index.folder
    (chosen.corpus / "ships.txt").write_text(SHIPS + "It sank in 1912.", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", str(chosen.index))

    with monkeypatch.context() as patched:
        patched.setattr(vectors, "write", full)
        with pytest.raises(IndexProblem) as caught:
            build(chosen)
    assert str(caught.value) == (
        f"cannot write the index (No space left on device: {chosen.index}); mend that or use --index"
    )
    assert FaissIndex.load(chosen.index).folder == before
    assert sorted(p.name for p in chosen.index.iterdir()) == sorted([".encoded", ".lock", "current", before.name])
    assert build(chosen).encoded == 0  # what was encoded before the disk was full
