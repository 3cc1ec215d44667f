"""The index in Milvus, over a real Milvus Lite, beside the one in FAISS."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from milvus_lite.adapter.grpc.server import start_server_in_thread
from numpy.typing import NDArray

from sco_qa import builder
from sco_qa.errors import IndexDamaged, IndexMissing, IndexProblem
from sco_qa.index import FaissIndex, Index
from sco_qa.milvus import MilvusIndex, manifests
from sco_qa.milvus.tables import Row, Tables
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder
from sco_qa.types import Matches, Passage, Span
from tests.conftest import BEARS, SHIPS, run, write_corpus

CORPUS = Path(__file__).parent.parent / "corpus"
ENCODER = FakeEncoder(32)
QUESTIONS = ("Where does the bear sleep?", "When did the frigate leave?", "hammocks", "the of", "?")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One file of Milvus Lite for all; one process has it at a time."""
    return str(tmp_path_factory.mktemp("milvus") / "lite.db")


@pytest.fixture
def tables(server: str, request: pytest.FixtureRequest) -> Iterator[Tables]:
    opened = Tables.connect(server, "", request.node.name.translate(str.maketrans(" []?", "____")))
    yield opened
    opened.drop()


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    folder = write_corpus(tmp_path / "documents", {"bears.txt": BEARS, "ships.txt": SHIPS})
    return Settings(corpus=folder, index=tmp_path / "index", passage_words=12, overlap_words=6)


def local(settings: Settings) -> FaissIndex:
    return builder.build(settings, encoder=lambda _: ENCODER).index


def publish(tables: Tables, settings: Settings) -> MilvusIndex:
    return MilvusIndex.publish(tables, local(settings))


def by_place(index: Index, matches: Matches, scores: NDArray[np.float32]) -> dict[tuple[str, Span], float]:
    found = [index.passages[int(i)] for i in matches.passages]
    return {(p.source, p.span): float(score) for p, score in zip(found, scores, strict=True)}


def content(index: Index) -> list[Passage]:
    return sorted((replace(p, id=0) for p in index.passages), key=lambda p: (p.source, p.span))


def test_hits_are_those_of_faiss(tables: Tables, tmp_path: Path) -> None:
    faiss = local(Settings(corpus=CORPUS, index=tmp_path / "index"))
    ours = MilvusIndex.publish(tables, faiss)

    for question in ("Who blocked the development bank?", "What is the charter?", "members"):
        (vector,) = ENCODER.encode([question])
        expected, found = (index.search(question, vector, 500) for index in (faiss, ours))
        assert by_place(ours, found, found.dense) == pytest.approx(by_place(faiss, expected, expected.dense), abs=1e-5)
        lexical, other = by_place(faiss, expected, expected.lexical), by_place(ours, found, found.lexical)
        assert other == pytest.approx(lexical, rel=0.02)


def test_what_is_loaded_is_what_was_published(tables: Tables, chosen: Settings) -> None:
    with pytest.raises(IndexMissing):
        MilvusIndex.load(tables)
    faiss = local(chosen)
    MilvusIndex.publish(tables, faiss)

    loaded = MilvusIndex.load(tables)

    assert dict(loaded.sources) == dict(faiss.sources)
    assert list(loaded.passages) == list(faiss.passages)
    assert loaded.passages[1] == faiss.passages[1]
    assert loaded.terms().words == faiss.terms().words
    assert loaded.check() == []
    with pytest.raises(IndexError):
        loaded.passages[len(loaded.passages)]
    with pytest.raises(KeyError):
        loaded.sources["cars"]


def test_publishing_writes_what_changed(tables: Tables, chosen: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    upsert = Tables.upsert

    def counted(self: Tables, rows: Iterable[Row]) -> None:
        rows = list(rows)
        written.extend(row["source"] for row in rows)
        upsert(self, rows)

    monkeypatch.setattr(Tables, "upsert", counted)
    passages = len(publish(tables, chosen).passages)
    assert len(written) == passages

    publish(tables, chosen)
    assert len(written) == passages

    (chosen.corpus / "ships.txt").write_text(SHIPS + "\nThe pier is new.\n", encoding="utf-8")
    index = publish(tables, chosen)
    assert set(written[passages:]) == {"ships"}
    assert index.check() == []
    found = index.search("pier", ENCODER.encode(["pier"])[0], 1)
    (pier,) = found.passages[found.lexical > 0]
    assert index.passages[int(pier)].text.endswith("The pier is new.")

    (chosen.corpus / "bears.txt").unlink()
    index = publish(tables, chosen)
    assert content(index) == content(local(chosen))
    assert [p.id for p in index.passages] == list(range(len(index.passages)))
    assert index.count_by_source() == Counter(p.source for p in index.passages)
    assert index.check() == []


def test_a_reader_amid_a_change_sees_no_mixture(tables: Tables, chosen: Settings) -> None:
    reading = publish(tables, chosen)
    before = manifests.read(tables)
    (chosen.corpus / "ships.txt").write_text("Captain Kim steered the frigate.\n", encoding="utf-8")
    publish(tables, chosen)
    manifests.write(tables, before)  # as it is until everything else has been written
    (vector,) = ENCODER.encode(["Who steered the frigate?"])

    amid = reading.search("Who steered the frigate?", vector, 50)
    assert {reading.passages[int(i)].source for i in amid.passages} == {"bears"}

    publish(tables, chosen)
    after = reading.search("Who steered the frigate?", vector, 50)
    assert "Captain Kim steered the frigate." in [reading.passages[int(i)].text for i in after.passages]
    assert reading.sources["ships"].text == "Captain Kim steered the frigate.\n"


def test_what_was_changed_in_milvus_is_found(tables: Tables, chosen: Settings) -> None:
    index = publish(tables, chosen)
    tables.delete([0])
    assert index.check() == ["the passages are not those that the sources are split into"]
    tables.write_text(index.manifest["texts"]["ships"], "{}")
    assert index.check() == ["the text of ships is not what was written"]
    tables.write_text("manifest", "[]")
    with pytest.raises(IndexDamaged):
        MilvusIndex.load(tables)


def test_long_texts_are_kept_whole(tables: Tables) -> None:
    tables.create(32)
    for text in ("é😀\n" * 60_000, "plain " * 60_000, ""):
        tables.write_text("text/long", text)
        assert tables.read_text("text/long") == text
        tables.delete_text("text/long")
        assert tables.read_text("text/long") is None


def test_a_server_that_does_not_answer_is_one_line() -> None:
    with pytest.raises(IndexProblem, match=r"^Milvus at http://127\.0\.0\.1:9 cannot be used"):
        Tables.connect("http://127.0.0.1:9", "", "sco_qa", timeout=1)


def test_questions_of_any_words_are_answered(tables: Tables, chosen: Settings) -> None:
    index = publish(tables, chosen)
    for question in QUESTIONS:
        found = index.search(question, ENCODER.encode([question])[0], 3)
        assert [str(a.dtype) for a in (found.passages, found.dense, found.lexical)] == ["int64", "float32", "float32"]
        assert len(found.passages) == len(found.dense) == len(found.lexical) >= 3


def test_asking_needs_the_address_alone(server: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    question = "Where does the brown bear live?"
    expected = run("ask", question)
    monkeypatch.setenv("SCO_QA_MILVUS_URI", server)
    monkeypatch.setenv("SCO_QA_MILVUS_COLLECTION", "alone")
    assert "there is no index in Milvus" in run("ask", question).problem

    assert run("build").status == 0
    assert run("check").status == 0
    shutil.rmtree(place / "index")

    assert run("ask", question) == expected
    assert "bears.txt, characters" in expected.out


def test_two_ask_the_index_of_one_server(chosen: Settings, tmp_path: Path) -> None:
    serving, stored, port = start_server_in_thread(str(tmp_path / "lite"))
    clients = [Tables.connect(f"http://127.0.0.1:{port}", "", "shared") for _ in range(3)]
    try:
        faiss = local(chosen)
        MilvusIndex.publish(clients[0], faiss)
        askers = [MilvusIndex.load(client) for client in clients[1:]]
        vectors = ENCODER.encode(QUESTIONS)
        expected = [
            by_place(faiss, hits, hits.dense) for hits in map(faiss.search, QUESTIONS, vectors, [50] * len(QUESTIONS))
        ]

        def dense(index: MilvusIndex) -> list[dict[tuple[str, Span], float]]:
            found = [index.search(*asked, 50) for asked in zip(QUESTIONS, vectors, strict=True)]
            return [by_place(index, hits, hits.dense) for hits in found]

        with ThreadPoolExecutor() as together:
            for found in together.map(dense, askers):
                assert found == [pytest.approx(scores, abs=1e-5) for scores in expected]

        (chosen.corpus / "ships.txt").write_text("Captain Kim steered the frigate.\n", encoding="utf-8")
        publish(clients[0], chosen)
        for index in askers:
            after = index.search(QUESTIONS[1], vectors[1], 50)
            assert "Captain Kim steered the frigate." in [index.passages[int(i)].text for i in after.passages]
    finally:
        for client in clients:
            client.close()
        serving.stop(grace=None).wait()
        stored.close()
