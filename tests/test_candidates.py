from __future__ import annotations

from dataclasses import replace

from sco_qa.candidates import group, ranked
from sco_qa.types import Candidate, Hit, Passage, Span


def candidate(
    words: str, start: int, *, source: str = "a", read: float = 1.0, id_: int = 0, fused: float = 0.5
) -> Candidate:
    span = Span(start, start + len(words))
    text = " " * start + words
    passage = Passage(id_, source, Span(0, len(text)), text, (span,))
    return Candidate(Hit(passage, fused, 0.5, 1.0), span, words, read, read)


def test_candidates_are_ranked_by_what_the_reader_and_retrieval_say() -> None:
    read = candidate("read", 0, read=3.0, fused=0.25)
    retrieved = candidate("retrieved", 0, read=1.0, fused=0.5, id_=1)
    assert ranked([retrieved, read], 0.0) == [replace(read, score=3.0), replace(retrieved, score=1.0)]
    assert ranked([read, retrieved], 16.0) == [replace(retrieved, score=9.0), replace(read, score=7.0)]


def test_equal_candidates_are_ranked_by_their_places() -> None:
    same = [candidate("a", 7, id_=2), candidate("a", 9, id_=1), candidate("a", 4, id_=1)]
    assert [(c.hit.passage.id, c.span.start) for c in ranked(same, 8.0)] == [(1, 4), (1, 9), (2, 7)]


def test_numbers_are_one_answer_however_they_are_written() -> None:
    first, second, third = candidate("5", 0), candidate("five", 0, source="b"), candidate("six", 0, source="c")
    assert group([first, second, third], 5) == [[first, second], [third]]


def test_candidates_that_say_the_same_are_grouped() -> None:
    first = candidate("The SCO", 0, read=5)
    cut = candidate("SCO", 4, read=4)  # overlaps the first
    other = candidate("Russia", 20, read=3)
    same = candidate("the “SCO”", 40, read=2)
    elsewhere = candidate("The SCO", 0, source="b", read=1)
    unsure = candidate("SCO", 90, read=-1)  # the reader does not find it there by itself
    third = candidate("China", 60, read=-2)
    assert group([first, cut, other, same, elsewhere, unsure, third], 5) == [[first, same, elsewhere], [other], [third]]
    assert group([first, cut, other, same, elsewhere, unsure, third], 1) == [[first, same, elsewhere]]
    assert group([], 5) == []
