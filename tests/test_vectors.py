from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sco_qa import store
from sco_qa.errors import IndexDamaged
from sco_qa.store import Generation
from sco_qa.vectors import RECALL, Vectors, write

WIDTH = 32


def unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return found


def drawn(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Vectors around 40 subjects, as passages are."""
    random = np.random.default_rng(seed)
    subjects = np.random.default_rng(9).normal(size=(40, WIDTH))
    return unit(subjects[random.integers(0, 40, count)] + 0.9 * random.normal(size=(count, WIDTH)))


def chunked(vectors: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    yield from (vectors[:7], vectors[7:1000], vectors[1000:])


def published(folder: Path, vectors: NDArray[np.float32], **options: int) -> Generation:
    with store.building(folder) as scratch:
        described = write(scratch, chunked(vectors), WIDTH, **options)
        return Generation.open(store.publish(scratch, {"dimension": WIDTH, "vectors": described}))


def nearest(vectors: NDArray[np.float32], question: NDArray[np.float32], k: int) -> list[int]:
    found: list[int] = np.argsort(-(vectors @ question), kind="stable")[:k].tolist()
    return found


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    return published(tmp_path_factory.mktemp("many"), drawn(4000), flat=3999)


def test_few_vectors_are_all_compared(tmp_path: Path) -> None:
    vectors = drawn(1200)
    generation = published(tmp_path, vectors, flat=1200)
    assert generation.manifest["vectors"] == {"kind": "flat"}
    assert sorted(generation.manifest["files"]) == ["vectors.faiss"]
    for opened in (Vectors.open(generation), Vectors.of(chunked(vectors), WIDTH)):
        assert len(opened) == 1200
        assert opened.check() == []
        for question in drawn(20, seed=1):
            assert opened.search(question, 10).tolist() == nearest(vectors, question, 10)
        assert np.array_equal(opened.at(np.array([1199, 3])), vectors[[1199, 3]])


def test_of_many_vectors_the_lists_around_a_question_are_compared(many: Generation) -> None:
    vectors, opened = drawn(4000), Vectors.open(many)
    described = many.manifest["vectors"]
    assert {name: described[name] for name in ("kind", "lists")} == {"kind": "inverted lists, 8 bits", "lists": 126}
    assert 1 < described["probed"] < 126
    assert described["recall@10"] >= RECALL
    assert sorted(many.manifest["files"]) == ["vectors.f32", "vectors.faiss"]
    assert len(opened) == 4000
    assert opened.check() == []
    questions = drawn(100, seed=1)
    recalled = []
    for question in questions:
        found = opened.search(question, 10)
        cosines = vectors[found] @ question
        assert cosines.tolist() == sorted(cosines.tolist(), reverse=True)  # exact, not in 8 bits
        recalled.append(len({*found.tolist()} & {*nearest(vectors, question, 10)}) / 10)
    assert np.mean(recalled) >= 0.95


def test_every_vector_is_there_as_it_was_encoded(many: Generation) -> None:
    assert np.array_equal(Vectors.open(many).at(np.arange(4000)), drawn(4000))


def test_the_same_vectors_give_the_same_files(many: Generation, tmp_path: Path) -> None:
    assert published(tmp_path, drawn(4000), flat=3999).folder.name == many.folder.name


def test_a_vector_that_changed_on_disk_is_found(tmp_path: Path) -> None:
    generation = published(tmp_path, drawn(1500), flat=100)
    path = generation.folder / "vectors.f32"
    content = bytearray(path.read_bytes())
    content[4 * WIDTH * 1400 : 4 * WIDTH * 1401] = np.full(WIDTH, 0.5, "<f4").tobytes()
    path.write_bytes(content)
    opened = Vectors.open(generation)
    assert len(opened.at(np.arange(1400))) == 1400
    with pytest.raises(IndexDamaged, match=r"vectors\.f32 is not the file that was written; run: sco-qa build"):
        opened.at(np.array([3, 1400]))


@pytest.mark.parametrize(("count", "k"), [(1001, 1001), (1001, 400)])
def test_as_many_are_found_as_asked_for_if_the_lists_hold_them(tmp_path: Path, count: int, k: int) -> None:
    found = Vectors.open(published(tmp_path, drawn(count), flat=1000)).search(drawn(1, seed=5)[0], k)
    assert len(found) == len({*found.tolist()}) > 0
    assert found.min() >= 0


def test_a_search_keeps_to_its_thread(many: Generation) -> None:
    import faiss

    faiss.omp_set_num_threads(2)
    Vectors.open(many).search(drawn(1)[0], 3)
    assert faiss.omp_get_max_threads() == 1
