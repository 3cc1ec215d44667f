"""The index in Milvus, over a real Milvus Lite, beside the one in FAISS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sco_qa import corpus, milvus
from sco_qa.errors import CorpusError, IndexDamaged, IndexMissing, IndexProblem
from sco_qa.index import FaissIndex, Index
from sco_qa.milvus.tables import Tables
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder
from sco_qa.types import Matches, Passage, Source, Span

CORPUS = Path(__file__).parent.parent / "corpus"
SETTINGS = Settings(passage_words=20, overlap_words=5)
ENCODER = FakeEncoder(32)
QUESTIONS = ("Who founded the harbour?", "When did the ferry sink?", "What does the mayor want?", "lamp", "the of")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One file of Milvus Lite for all; one process has it at a time."""
    return str(tmp_path_factory.mktemp("milvus") / "lite.db")


@pytest.fixture
def tables(server: str, request: pytest.FixtureRequest) -> Iterator[Tables]:
    opened = Tables.connect(server, "", request.node.name.replace("[", "_").replace("]", "_"))
    yield opened
    opened.drop()


def document(id_: str, text: str) -> Source:
    return Source(id=id_, file=f"{id_}.txt", text=text, title=id_)


HARBOUR = document(
    "harbour", "Captain Lee founded the harbour in 1901. It burnt down twice. The lamp was saved. 😀\r\n" * 6
)
FERRY = document(
    "ferry", "The ferry sank on Monday. Nobody was hurt. The mayor wants a bridge instead of ships.\n\n" * 4
)


def by_place(index: Index, matches: Matches, scores: NDArray[np.float32]) -> dict[tuple[str, Span], float]:
    found = [index.passages[int(i)] for i in matches.passages]
    return {(p.source, p.span): float(score) for p, score in zip(found, scores, strict=True)}


def content(index: milvus.MilvusIndex) -> list[Passage]:
    return sorted((replace(p, id=0) for p in index.passages), key=lambda p: (p.source, p.span))


def test_hits_are_those_of_faiss(tables: Tables) -> None:
    sources = corpus.load(CORPUS)
    faiss = FaissIndex.of(sources, Settings(), ENCODER)
    ours = milvus.MilvusIndex.build(tables, sources, Settings(), ENCODER)

    for question in ("Who blocked the development bank?", "What is the charter?", "members"):
        (vector,) = ENCODER.encode([question])
        expected, found = (index.search(question, vector, 500) for index in (faiss, ours))
        assert by_place(ours, found, found.dense) == pytest.approx(by_place(faiss, expected, expected.dense), abs=1e-5)
        # Lucene's form of BM25, which bm25s has, leaves out a factor that is the same for all
        lexical, other = by_place(faiss, expected, expected.lexical), by_place(ours, found, found.lexical)
        factor = max(other.values()) / max(lexical.values())
        assert other == pytest.approx({place: score * factor for place, score in lexical.items()}, rel=0.02)


def test_what_is_loaded_is_what_was_built(tables: Tables) -> None:
    with pytest.raises(IndexMissing):
        milvus.MilvusIndex.load(tables)
    built = milvus.MilvusIndex.build(tables, [HARBOUR, FERRY], SETTINGS, ENCODER)

    loaded = milvus.MilvusIndex.load(tables)

    assert dict(loaded.sources) == {"harbour": HARBOUR, "ferry": FERRY}
    assert content(loaded) == content(built)
    assert [p.id for p in loaded.passages] == list(range(len(loaded.passages)))
    assert loaded.passages[0] == next(iter(loaded.passages))
    assert loaded.check() == []
    with pytest.raises(IndexError):
        loaded.passages[len(loaded.passages)]


class Counting(FakeEncoder):
    encoded = 0

    def encode(self, texts, **more):  # type: ignore[no-untyped-def]
        self.encoded += len(texts)
        return super().encode(texts, **more)


def test_a_build_changes_what_changed(tables: Tables) -> None:
    encoder = Counting(32)
    milvus.MilvusIndex.build(tables, [HARBOUR, FERRY], SETTINGS, encoder)
    once = encoder.encoded
    assert once > 0

    milvus.MilvusIndex.build(tables, [HARBOUR, FERRY], SETTINGS, encoder)
    assert encoder.encoded == once

    edited = document("harbour", HARBOUR.text + "\nThe pier is new.")
    index = milvus.MilvusIndex.build(tables, [edited, FERRY], SETTINGS, encoder)
    assert once < encoder.encoded <= once + 2
    assert index.check() == []
    assert "pier" in index.passages[int(index.search("pier", ENCODER.encode(["pier"])[0], 1).passages[0])].text

    index = milvus.MilvusIndex.build(tables, [FERRY], SETTINGS, encoder)
    fresh = FaissIndex.of([FERRY], SETTINGS, ENCODER)
    assert content(index) == [replace(p, id=0) for p in fresh.passages]
    assert [p.id for p in index.passages] == list(range(len(fresh.passages)))
    assert index.check() == []


def test_a_reader_amid_a_build_sees_no_mixture(tables: Tables) -> None:
    reading = milvus.MilvusIndex.build(tables, [HARBOUR, FERRY], SETTINGS, ENCODER)
    edited = document("harbour", "Captain Kim founded the harbour.")
    manifest = tables.read_text("manifest")
    assert manifest is not None
    milvus.MilvusIndex.build(tables, [edited, FERRY], SETTINGS, ENCODER)
    tables.write_text("manifest", manifest)  # as it is before a build has finished
    (vector,) = ENCODER.encode([QUESTIONS[0]])

    amid = reading.search(QUESTIONS[0], vector, 50)
    assert {reading.passages[int(i)].source for i in amid.passages} == {"ferry"}

    milvus.MilvusIndex.build(tables, [edited, FERRY], SETTINGS, ENCODER)
    after = reading.search(QUESTIONS[0], vector, 50)
    assert "Captain Kim founded the harbour." in [reading.passages[int(i)].text for i in after.passages]
    assert reading.sources["harbour"] == edited


def test_what_was_changed_in_milvus_is_found(tables: Tables) -> None:
    index = milvus.MilvusIndex.build(tables, [HARBOUR, FERRY], SETTINGS, ENCODER)
    tables.delete([0])
    assert index.check() == ["the passages are not those that the sources are split into"]
    key = index.manifest["texts"]["ferry"]
    tables.write_text(key, "{}")
    assert index.check() == ["the text of ferry is not the one that was written"]
    tables.write_text("manifest", "[]")
    with pytest.raises(IndexDamaged):
        milvus.MilvusIndex.load(tables)


def test_long_texts_are_kept_whole(tables: Tables) -> None:
    tables.create(32)
    text = "é😀\n" * 60_000
    tables.write_text("text/long", text)
    assert tables.read_text("text/long") == text
    tables.delete_text("text/long")
    assert tables.read_text("text/long") is None


def test_a_collection_without_text_is_refused(tables: Tables) -> None:
    with pytest.raises(CorpusError):
        milvus.MilvusIndex.build(tables, [], SETTINGS, ENCODER)


def test_a_server_that_does_not_answer_is_one_line() -> None:
    with pytest.raises(IndexProblem, match=r"^Milvus at http://127\.0\.0\.1:9 cannot be used"):
        Tables.connect("http://127.0.0.1:9", "", "sco_qa", timeout=1)


@pytest.mark.parametrize("question", QUESTIONS)
def test_questions_of_any_words_are_answered(tables: Tables, question: str) -> None:
    index = milvus.MilvusIndex.build(tables, [HARBOUR, FERRY], SETTINGS, ENCODER)
    (vector,) = ENCODER.encode([question])
    found = index.search(question, vector, 3)
    assert found.passages.dtype == np.int64
    assert len(found.passages) == len(found.dense) == len(found.lexical) >= 3
