from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa.index import FaissIndex
from sco_qa.lexical import Bm25
from sco_qa.retrieval import Retriever, apart, fuse, shared
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder
from sco_qa.types import Hit, Matches, Passage, Source, Span


def matches(dense: list[float], lexical: list[float]) -> Matches:
    ids = np.arange(len(dense), dtype=np.int64)
    return Matches(ids, np.array(dense, np.float32), np.array(lexical, np.float32))


def test_scores_are_weighted() -> None:
    fused = fuse(matches([0.2, 0.6, -0.4], [0.5, 0.0, 0.25]), 0.75)
    assert fused.dtype == np.float32
    assert fused.tolist() == pytest.approx([0.275, 0.45, -0.2375])
    assert fuse(matches([], []), 0.65).tolist() == []


def test_a_share_is_of_what_all_words_of_the_question_would_score() -> None:
    found = shared(matches([0.2, 0.6], [4.0, 0.0]), "Where do the polar bears live?", 10)
    assert found.lexical.dtype == np.float32
    assert found.lexical.tolist() == pytest.approx([4.0 / (5 * np.log(22)), 0.0])  # where do polar bear live
    assert found.dense.tolist() == matches([0.2, 0.6], []).dense.tolist()
    assert shared(matches([0.2], [0.0]), "the", 10).lexical.tolist() == [0.0]


WORDS = st.lists(st.sampled_from("panda bamboo ship sea the".split()), min_size=1, max_size=6).map(" ".join)


@given(st.lists(WORDS, min_size=1, max_size=8), WORDS)
def test_no_text_has_more_than_the_whole(texts: list[str], question: str) -> None:
    scores = Bm25.build(texts).scores(question)
    share = shared(matches([0.0] * len(texts), scores.tolist()), question, len(texts)).lexical
    assert np.all((share >= 0) & (share < 1))


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
    assert len({h.score for h in hits}) == 1


def test_a_passage_has_the_mean_of_what_it_shares_with_each_wording(index: FaissIndex) -> None:
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
        assert found.lexical[place] == pytest.approx(sum(scores) / 2)
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
