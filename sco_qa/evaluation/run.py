"""A run: every question put to an assistant, and what became of it at each stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from sco_qa.assistant import Assistant
from sco_qa.evaluation.gold import Evidence, Question
from sco_qa.evaluation.metrics import exact_match, f1
from sco_qa.reply import Citation, Status, Trace
from sco_qa.types import Passage

RIGHT_F1 = 0.5
"""From this token F1 on, words from the right sentence count as the right answer."""


class Outcome(StrEnum):
    """What became of a question; where it went wrong, the first stage that lost it."""

    RIGHT = "right"
    NOT_RETRIEVED = "not retrieved"
    NOT_READ = "retrieved but not read"
    WRONG_WORDS = "right sentence but wrong words"
    WRONGLY_ABSTAINED = "wrongly abstained"
    WRONGLY_ANSWERED = "wrongly answered"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a source, in code points."""

    source: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that was given, and whether its citation is one of the expected places."""

    text: str
    confidence: float
    source: str
    start: int
    end: int
    sentence_start: int
    sentence_end: int
    is_evidence: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One question of a run. Measures of answerable questions are None for the others.

    ``rank`` is that of the first passage that holds an expected place, from 1, or None; ``facts`` the share of the
    expected facts that an answer cites; ``citations`` and ``valid`` count all citations and those that say at their
    place what they quote; ``alarm`` is the kind of disagreement that the reply says there is; ``timings_ms`` are
    milliseconds by stage.
    """

    id: str
    kind: str
    question: str
    history: tuple[str, ...]
    answerable: bool
    disagreement: str | None
    expected: tuple[str, ...]
    places: tuple[Place, ...]
    given: tuple[Given, ...]
    confidence: float
    answered: bool
    outcome: Outcome
    citations: int
    valid: int
    timings_ms: Mapping[str, float]
    retrieval: Mapping[str, float] | None = None
    rank: int | None = None
    em: float | None = None
    f1: float | None = None
    evidence_1: float | None = None
    evidence_3: float | None = None
    facts: float | None = None
    alarm: str | None = None

    @property
    def right(self) -> bool:
        """Whether the first answer is right, whatever the threshold; of an unanswerable question none is."""
        return bool(self.evidence_1) and (self.f1 or 0.0) >= RIGHT_F1

    def to_json(self) -> dict[str, Any]:
        """Give the row as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` gave."""
        values = dict(entry)
        values["places"] = tuple(Place(**place) for place in values["places"])
        values["given"] = tuple(Given(**given) for given in values["given"])
        values["expected"] = tuple(values["expected"])
        values["history"] = tuple(values["history"])
        values["outcome"] = Outcome(values["outcome"])
        return cls(**values)


def run(
    assistant: Assistant, questions: Sequence[Question], *, progress: Callable[[int], None] = lambda _: None
) -> list[Row]:
    """Ask every question and measure each stage of the reply."""
    by_source: dict[str, list[Passage]] = {}
    for passage in assistant.index.passages:
        by_source.setdefault(passage.source, []).append(passage)
    traces = []
    for question in questions:
        traces.append(assistant.trace(question.question, question.history))
        progress(1)
    retrieval = _retrieval(questions, traces, by_source)
    return [_row(q, trace, retrieval.get(q.id)) for q, trace in zip(questions, traces, strict=True)]


def _row(question: Question, trace: Trace, retrieval: Mapping[str, float] | None) -> Row:
    reply, places = trace.reply, question.evidence
    given = tuple(
        Given(
            text=answer.text,
            confidence=answer.confidence,
            source=answer.citation.source.id,
            start=answer.citation.span.start,
            end=answer.citation.span.end,
            sentence_start=answer.citation.sentence.start,
            sentence_end=answer.citation.sentence.end,
            is_evidence=_cites(answer.citation, places),
        )
        for answer in reply.answers
    )
    citations = [c for a in reply.answers for c in (a.citation, *a.also_in)] + list(reply.nearest)
    measures: dict[str, Any] = {}
    if question.answerable:
        first = given[0].text if given else ""
        measures = {
            "retrieval": retrieval,
            "rank": next((i for i, hit in enumerate(trace.hits, 1) if _holds(hit.passage, places)), None),
            "em": exact_match(first, question.answers),
            "f1": f1(first, question.answers),
            "evidence_1": float(any(g.is_evidence for g in given[:1])),
            "evidence_3": float(any(g.is_evidence for g in given[:3])),
            "facts": sum(
                any(_cites(answer.citation, fact.evidence) for answer in reply.answers) for fact in question.expected
            )
            / len(question.expected),
        }
    answered = reply.status is Status.ANSWERED
    return Row(
        id=question.id,
        kind=question.kind,
        question=question.question,
        history=question.history,
        answerable=question.answerable,
        disagreement=question.disagreement,
        expected=tuple(question.answers),
        places=tuple(Place(place.source, place.span.start, place.span.end) for place in places),
        given=given,
        confidence=reply.confidence,
        answered=answered,
        outcome=_outcome(question, answered, measures),
        citations=len(citations),
        valid=sum(c.source.text[c.span.start : c.span.end] == c.quote for c in citations),
        timings_ms=dict(reply.timings_ms),
        alarm=None if reply.disagreement is None else reply.disagreement.kind,
        **measures,
    )


def _outcome(question: Question, answered: bool, measures: Mapping[str, Any]) -> Outcome:
    if not question.answerable:
        return Outcome.WRONGLY_ANSWERED if answered else Outcome.RIGHT
    if not measures["evidence_1"]:
        return Outcome.NOT_RETRIEVED if measures["rank"] is None else Outcome.NOT_READ
    if measures["f1"] < RIGHT_F1:
        return Outcome.WRONG_WORDS
    return Outcome.RIGHT if answered else Outcome.WRONGLY_ABSTAINED


def _holds(passage: Passage, places: Iterable[Evidence]) -> bool:
    return any(passage.source == place.source and passage.span.holds(place.span) for place in places)


def _cites(citation: Citation, places: Iterable[Evidence]) -> bool:
    """Tell whether a citation's sentence is one that states the answer."""
    return any(citation.source.id == place.source and citation.sentence.overlap(place.span) for place in places)


def _retrieval(
    questions: Sequence[Question], traces: Sequence[Trace], by_source: Mapping[str, Sequence[Passage]]
) -> dict[str, dict[str, float]]:
    """Measure each answerable question's ranking with ir-measures; a passage that holds evidence is relevant."""
    import ir_measures
    from ir_measures import RR, R, Success, nDCG

    asked = [(q, t) for q, t in zip(questions, traces, strict=True) if q.answerable]
    qrels, ranking = [], []
    for question, trace in asked:
        places = question.evidence
        near = {passage.id: passage for place in places for passage in by_source.get(place.source, ())}
        relevant = [passage for passage in near.values() if _holds(passage, places)]
        qrels += [ir_measures.Qrel(question.id, str(passage.id), 1) for passage in relevant]
        # the order is the retriever's own: scores that are equal must not be put in another
        ranking += [
            ir_measures.ScoredDoc(question.id, str(hit.passage.id), -place) for place, hit in enumerate(trace.hits)
        ]
    measures = {
        "hit@1": Success @ 1,
        "hit@5": Success @ 5,
        "hit@20": Success @ 20,
        "recall@20": R @ 20,
        "MRR": RR,
        "nDCG@10": nDCG @ 10,
    }
    names = {str(measure): name for name, measure in measures.items()}
    found = {question.id: dict.fromkeys(measures, 0.0) for question, _ in asked}
    if ranking and qrels:
        for value in ir_measures.iter_calc(list(measures.values()), qrels, ranking):
            found[value.query_id][names[str(value.measure)]] = float(value.value)
    return found
