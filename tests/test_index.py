from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sco_qa import builder, corpus, encoder, passages, sentences, staleness, store
from sco_qa.documents.version import EXTRACTOR
from sco_qa.errors import CorpusError, IndexDamaged, IndexMissing
from sco_qa.index import FaissIndex
from sco_qa.lexical import Bm25
from sco_qa.settings import Settings
from sco_qa.staleness import Record
from sco_qa.testing import FakeEncoder
from sco_qa.types import Source, Span
from sco_qa.vectors import Vectors
from tests.conftest import SHIPS

FILES = [
    "bm25/scores.f32",
    "bm25/texts.i32",
    "bm25/words.i64",
    "bm25/words.txt",
    "documents.jsonl",
    "encoder/config.json",
    "encoder/model.onnx",
    "encoder/tokenizer.json",
    "ids.json",
    "keys.s16",
    "passages.i32",
    "sentences.i32",
    "sources.i64",
    "sources.jsonl",
    "terms.json",
    "texts.txt",
    "vectors.faiss",
]


class Scattered:
    """Encodes every text as a random direction."""

    dimension = 16

    def encode(self, texts: Sequence[str], *, progress: Callable[[int], None] = lambda _: None) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = np.random.default_rng(7).normal(size=(len(texts), 16)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        progress(len(texts))
        return vectors


def test_neighbours_are_those_that_numpy_finds() -> None:
    words = ["bear", "seal", "ship", "crew", "ice", "den", "fish", "lee"]
    texts = [f"The {words[i % 8]} met the {words[i % 7]} in {1900 + i}." for i in range(60)]
    sources = [Source(id=f"s{i:02}", file=f"s{i:02}.txt", text=t, title=f"t{i}") for i, t in enumerate(texts)]
    index = FaissIndex.of(sources, Settings(context=False), Scattered())
    vectors, bm25 = Scattered().encode(texts), Bm25.build(texts)
    questions = ["Where is the seal?", "Who saw a ship in 1921?", "zebra"]
    for question, vector in zip(questions, np.eye(3, 16, dtype=np.float32), strict=True):
        dense, lexical = vectors @ vector, bm25.scores(question)
        for k in (1, 5, 60, 500):
            near = set(np.argsort(-dense, kind="stable")[:k].tolist())
            said = {i for i in np.argsort(-lexical, kind="stable")[:k].tolist() if lexical[i] > 0}
            found = index.search(question, vector, k)
            assert found.passages.tolist() == sorted(near | said)
            assert found.dense.tolist() == pytest.approx(dense[found.passages].tolist(), abs=1e-6)
            assert found.lexical.tolist() == lexical[found.passages].tolist()


def test_the_context_decides_what_is_encoded(sources: list[Source], settings: Settings) -> None:
    encoder = FakeEncoder()
    bare = dataclasses.replace(settings, context=False)
    for chosen in (settings, bare):
        index = FaissIndex.of(sources, chosen, encoder)
        by_id = {s.id: s for s in sources}
        texts = [passages.in_context(p, by_id[p.source]) if chosen.context else p.text for p in index.passages]
        vector = encoder.encode(["ice"])[0]
        found = index.search("", vector, len(texts))
        assert found.dense.tolist() == pytest.approx((encoder.encode(texts) @ vector).tolist(), abs=1e-6)


def test_progress_is_told_to_the_end(sources: list[Source], settings: Settings) -> None:
    told: list[tuple[str, int, int]] = []
    index = FaissIndex.of(sources, settings, FakeEncoder(), progress=lambda *what: told.append(what))
    count = len(index.passages)
    assert index.count_by_source() == Counter(p.source for p in index.passages)
    assert told == [("encoding passages", i + 1, count) for i in range(count)]


def test_documents_of_nothing_but_furniture_are_named() -> None:
    source = Source(id="x", file="x.txt", text="READ MORE\n", title="x", furniture=(Span(0, 9),))
    with pytest.raises(CorpusError) as caught:
        FaissIndex.of([source], Settings(), FakeEncoder())
    assert str(caught.value) == "the documents hold no text but furniture; mend sources.toml or add documents"


def test_an_index_in_memory_has_no_folder(index: FaissIndex) -> None:
    with pytest.raises(IndexMissing, match=re.escape("this index is in memory only; keep it with: sco-qa build")):
        _ = index.folder


@pytest.fixture
def kept(built_place: Path, tiny_encoder: Path, tmp_path: Path) -> Settings:
    """Settings for a copy of the built index."""
    shutil.copytree(built_place, tmp_path / "kept")
    return Settings(corpus=tmp_path / "kept/documents", index=tmp_path / "kept/index", encoder=str(tiny_encoder))


def test_what_is_built_is_opened_again(kept: Settings) -> None:
    index = FaissIndex.load(kept.index)
    sources = list(corpus.load(kept.corpus))
    assert dict(index.sources) == {"bears": sources[0], "ships": sources[1]}
    assert list(index.passages) == passages.split(sources, words=100, overlap=40)
    assert index.check() == []
    assert index.size == sum(p.stat().st_size for p in index.folder.rglob("*.*") if p.name != "manifest.json")
    encoder = index.encoder()
    vector = encoder.encode(["Where does the polar bear live?"])[0]
    found = index.search("polar ice", vector, 10)
    assert found.passages.tolist() == [0, 1, 2]
    assert found.lexical[0] > 0 == found.lexical[1] == found.lexical[2]


def test_the_manifest_describes_all_that_the_index_is_made_from(kept: Settings) -> None:
    index = FaissIndex.load(kept.index)
    manifest = json.loads((index.folder / "manifest.json").read_bytes())
    files = manifest.pop("files")
    assert sorted(files) == FILES
    assert sorted(p.relative_to(index.folder).as_posix() for p in index.folder.rglob("*") if p.is_file()) == sorted(
        [*FILES, "manifest.json"]
    )
    assert manifest == {
        "format": store.FORMAT,
        "dimension": 32,
        "passages": 3,
        "vectors": {"kind": "flat"},
        "encoder": encoder.fingerprint(kept.encoder),
        "sentences": sentences.fingerprint(),
        "settings": {
            "encoder": kept.encoder,
            "passage_words": 100,
            "overlap_words": 40,
            "context": True,
        },
        "extractor": EXTRACTOR,
    }
    bears, ships = corpus.load(kept.corpus)
    entry = hashlib.sha256(b"{}").hexdigest()
    assert staleness.read(index.generation) == [
        Record("bears.txt", bears.sha256, entry, "bears", 2),
        Record("ships.txt", ships.sha256, entry, "ships", 1),
    ]


def test_the_same_inputs_give_the_same_files(kept: Settings, tmp_path: Path) -> None:
    before = FaissIndex.load(kept.index).folder
    again = builder.build(dataclasses.replace(kept, index=tmp_path / "again")).index.folder
    assert again.name == before.name
    for name in [*FILES, "manifest.json"]:
        assert (again / name).read_bytes() == (before / name).read_bytes(), name


def read_all(folder: Path) -> None:
    """Open an index and read whatever asking and building again may need."""
    index = FaissIndex.load(folder)
    index.encoder()
    index.search("bears ships", np.zeros(32, np.float32), 1)
    assert [index.sources[p.source].slice(p.span) for p in index.passages]
    staleness.read(index.generation)
    index.generation.path("keys.s16")


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
@pytest.mark.parametrize("damage", ["truncated", "one byte", "emptied", "removed"])
def test_a_damaged_file_is_found_before_it_is_read(kept: Settings, name: str, damage: str) -> None:
    path = FaissIndex.load(kept.index).folder / name
    content = path.read_bytes()
    middle = len(content) // 2
    match damage:
        case "truncated":
            path.write_bytes(content[:-1])
        case "one byte":
            path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        case "emptied":
            path.write_bytes(b"")
        case _:
            path.unlink()
    with pytest.raises(IndexDamaged) as caught:
        read_all(kept.index)
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith("; run: sco-qa build")


def test_a_check_finds_what_does_not_fit_together(kept: Settings) -> None:
    index = FaissIndex.load(kept.index)
    sources, found, vectors, lexical = index._sources, index._passages, index._vectors, index._words

    def check(*, passages: Sequence[object] = found, vectors: object = vectors, lexical: Bm25 = lexical) -> list[str]:
        return FaissIndex(sources, passages, vectors, lexical, index.generation).check()  # type: ignore[arg-type]

    assert check() == []
    assert check(lexical=Bm25.build(["one", "two", "three", "four"])) == ["BM25 holds 4 passages of 3"]
    shorter = dataclasses.replace(found[2], sentences=found[2].sentences[1:])
    assert check(passages=[*found[:2], shorter]) == ["the passages of ships.txt are not those that it is split into"]
    long = Vectors.of([np.ones((3, 32), np.float32)], 32)
    assert check(vectors=long) == ["a vector is not of length 1"]
    more = Vectors.of([np.eye(4, 32, dtype=np.float32)], 32)
    assert check(vectors=more) == ["4 vectors for 3 passages"]


def test_ships_is_the_text_that_was_indexed(kept: Settings) -> None:
    (kept.corpus / "ships.txt").write_text("Something else.")
    assert FaissIndex.load(kept.index).sources["ships"].text == SHIPS
