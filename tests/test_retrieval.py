from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa.index import FaissIndex
from sco_qa.retrieval import Retriever, apart, fuse
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder
from sco_qa.types import Hit, Matches, Passage, Source, Span


def matches(dense: list[float], lexical: list[float]) -> Matches:
    ids = np.arange(len(dense), dtype=np.int64)
    return Matches(ids, np.array(dense, np.float32), np.array(lexical, np.float32))


def test_scores_are_scaled_to_the_question_and_weighted() -> None:
    fused = fuse(matches([0.2, 0.6, 0.4], [4.0, 0.0, 1.0]), 0.75)
    assert fused.dtype == np.float32
    assert fused.tolist() == pytest.approx([0.25, 0.75, 0.375 + 0.0625])


def test_a_score_that_is_the_same_for_all_counts_as_nothing() -> None:
    assert fuse(matches([0.2, 0.6], [0.0, 0.0]), 0.65).tolist() == pytest.approx([0.0, 0.65])
    assert fuse(matches([0.5, 0.5], [1.0, 3.0]), 0.65).tolist() == pytest.approx([0.0, 0.35])
    assert fuse(matches([0.5], [3.0]), 0.65).tolist() == [0.0]
    assert fuse(matches([], []), 0.65).tolist() == []


SCORES = st.lists(st.tuples(st.floats(-1, 1, width=32), st.floats(0, 50, width=32)), min_size=1, max_size=20)


@given(SCORES, st.floats(0, 1))
def test_a_fused_score_lies_between_0_and_1(pairs: list[tuple[float, float]], weight: float) -> None:
    fused = fuse(matches([d for d, _ in pairs], [b for _, b in pairs]), weight)
    assert np.all((fused >= 0) & (fused <= 1 + 1e-6))


def test_hits_are_ranked_and_carry_every_score(index: FaissIndex) -> None:
    encoder = FakeEncoder()
    retriever = Retriever(index, encoder, dense_weight=0.65)
    question = "Where does the polar bear live?"
    vector = retriever.encode(question)
    assert vector.tolist() == encoder.encode([question])[0].tolist()
    found = retriever.match(question, vector)
    everything = retriever.rank(found, 1000)
    assert sorted(h.passage.id for h in everything) == [p.id for p in index.passages]
    assert [h.score for h in everything] == sorted((h.score for h in everything), reverse=True)
    assert "The polar bear lives on the ice." in everything[0].passage.text
    fused = dict(zip(found.passages.tolist(), fuse(found, 0.65).tolist(), strict=True))
    assert {h.passage.id: (h.dense, h.lexical, h.score) for h in everything} == {
        id_: (dense, lexical, fused[id_])
        for id_, dense, lexical in zip(
            found.passages.tolist(), found.dense.tolist(), found.lexical.tolist(), strict=True
        )
    }
    assert retriever.rank(found, 2) == everything[:2]


def test_equal_passages_are_ranked_by_their_ids() -> None:
    same = [Source(id=f"s{i}", file=f"s{i}.txt", text="It rained all day.", title="Rain") for i in range(6)]
    other = Source(id="sun", file="sun.txt", text="The sun shone.", title="Sun")
    index = FaissIndex.of([other, *same], Settings(), FakeEncoder())
    retriever = Retriever(index, FakeEncoder(), dense_weight=0.65)
    hits = retriever.rank(retriever.match("Did it rain?", retriever.encode("Did it rain?")), 5)
    assert [h.passage.id for h in hits] == [1, 2, 3, 4, 5]
    assert {h.score for h in hits} == {1.0}


def test_a_passage_counts_by_the_wording_that_it_shares_most_words_with(index: FaissIndex) -> None:
    encoder = FakeEncoder()
    retriever = Retriever(index, encoder, dense_weight=0.5)
    wordings = ("Captain Lee", "polar bear")
    vector = retriever.encode(*wordings)
    mean = encoder.encode(wordings).mean(axis=0)
    assert vector.tolist() == pytest.approx((mean / np.linalg.norm(mean)).tolist())
    found = retriever.match(wordings[0], vector, wordings[1])
    alone = [retriever.match(wording, vector) for wording in wordings]
    assert found.passages.tolist() == sorted({int(p) for matches in alone for p in matches.passages})
    for place, passage in enumerate(found.passages):
        scores = [m.lexical[i] for m in alone for i, other in enumerate(m.passages) if other == passage]
        assert found.lexical[place] == max(scores)
        assert found.dense[place] == pytest.approx(float(index.vectors(np.array([passage]))[0] @ vector))


def test_hits_apart_do_not_overlap_a_better_one_in_their_source() -> None:
    places = [("a", 0), ("a", 8), ("b", 8), ("a", 10), ("b", 40)]
    hits = [
        Hit(Passage(i, source, Span(start, start + 10), "." * 10, ()), 1.0, 1.0, 1.0)
        for i, (source, start) in enumerate(places)
    ]
    assert apart(hits, 5) == [hits[0], hits[2], hits[3], hits[4]]
    assert apart(hits, 2) == [hits[0], hits[2]]
    assert apart([], 2) == []
