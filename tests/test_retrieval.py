from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sco_qa.index import FaissIndex
from sco_qa.lexical import Bm25
from sco_qa.retrieval import Retriever, apart, fuse, of_year, shared
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder
from sco_qa.types import Hit, Matches, Passage, Section, Source, Span


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
    everything = retriever.rank(question, found, 1000)
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
    assert retriever.rank(question, found, 2) == everything[:2]


def test_equal_passages_are_ranked_by_their_ids() -> None:
    same = [Source(id=f"s{i}", file=f"s{i}.txt", text="It rained all day.", title="Rain") for i in range(6)]
    other = Source(id="sun", file="sun.txt", text="The sun shone.", title="Sun")
    index = FaissIndex.of([other, *same], Settings(), FakeEncoder())
    retriever = Retriever(index, FakeEncoder(), dense_weight=0.65)
    question = "Did it rain?"
    hits = retriever.rank(question, retriever.match(question, retriever.encode(question)), 5)
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


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("How many ships were there?", []),
        ("How many ships were there in 2014?", ["looks back", "new"]),
        ("How many ships were there in 2009?", ["old"]),
        ("How many ships were there in 1999?", []),
        ("How many ships were there in 2009 and 2014?", ["looks back", "old", "new"]),
    ],
)
def test_what_was_written_in_the_year_asked_for_or_names_it_comes_first(question: str, first: list[str]) -> None:
    texts = {
        "old": ("There were ships.", "2009-03"),
        "new": ("There were ships.", "2014"),
        "looks back": ("There were ships, but none sailed in 2014.", None),
    }
    sources = [Source(name, f"{name}.txt", text, "Ships", date=date) for name, (text, date) in texts.items()]
    index, encoder = FaissIndex.of(sources, Settings(), FakeEncoder()), FakeEncoder()
    retriever = Retriever(index, encoder, dense_weight=0.25, year_weight=0.5)
    plain = Retriever(index, encoder, dense_weight=0.25)
    matches = retriever.match(question, retriever.encode(question))
    hits = retriever.rank(question, matches, 3)
    before = {hit.passage.id: hit.score for hit in plain.rank(question, matches, 3)}
    assert (
        [hit.passage.source for hit in hits if hit.of_year] == [h.passage.source for h in hits[: len(first)]] == first
    )
    assert [hit.score for hit in hits] == [before[hit.passage.id] + 0.5 * hit.of_year for hit in hits]


def test_a_section_has_its_own_year() -> None:
    section = Section(Span(10, 20), date="2012-10")
    source = Source("paper", "paper.txt", "." * 30, "Paper", date="2020", sections=(section,))
    inside, outside = (Passage(0, "paper", Span(start, start + 5), "." * 5, ()) for start in (12, 22))
    assert [of_year({"2012"}, passage, source) for passage in (inside, outside)] == [True, False]
    assert [of_year({"2020", "1999"}, passage, source) for passage in (inside, outside)] == [False, True]


def test_hits_apart_do_not_overlap_a_better_one_in_their_source() -> None:
    places = [("a", 0), ("a", 8), ("b", 8), ("a", 10), ("b", 40)]
    hits = [
        Hit(Passage(i, source, Span(start, start + 10), "." * 10, ()), 1.0, 1.0, 1.0)
        for i, (source, start) in enumerate(places)
    ]
    assert apart(hits, 5) == [hits[0], hits[2], hits[3], hits[4]]
    assert apart(hits, 2) == [hits[0], hits[2]]
    assert apart([], 2) == []
