"""The assistant: a question in, a reply with cited answers out. Command line, page and evaluation stand on it."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from sco_qa import conversation, corpus
from sco_qa.candidates import MOST_ANSWERS, group, ranked
from sco_qa.confidence import Confidence, features
from sco_qa.conversation import Understood
from sco_qa.disagreement import Alarm
from sco_qa.encoder import Encoder
from sco_qa.gate import Gate
from sco_qa.index import FaissIndex, Index
from sco_qa.question import checked, unread
from sco_qa.reader import Reader, SpanReader
from sco_qa.replies import Replies
from sco_qa.reply import Answer, Citation, Disagreement, Reply, Status, Trace
from sco_qa.retrieval import Retriever, apart
from sco_qa.settings import Settings
from sco_qa.terms import Terms
from sco_qa.text import clean
from sco_qa.types import Candidate, Hit, Matches, Passage, Span, State

if TYPE_CHECKING:
    from sco_qa.milvus import MilvusIndex

NOT_STATED = "the closest passages do not state it"
NOTHING_CLOSE = "nothing close to it was found"
_NEAREST = 3
_REMEMBERED = 256
"""Answers kept for questions that follow."""


class Assistant:
    """Answers questions from an index. Made of finished parts; :meth:`load` finds them as the command line does.

    A context manager: leaving it, or the end of the process, waits for what is being answered in other threads.
    """

    def __init__(
        self,
        index: Index,
        encoder: Encoder,
        reader: Reader,
        *,
        confidence: Confidence | None = None,
        settings: Settings | None = None,
        terms: Terms | None = None,
    ) -> None:
        self.index = index
        self.settings = Settings() if settings is None else settings
        self._retriever = Retriever(
            index, encoder, dense_weight=self.settings.dense_weight, year_weight=self.settings.year_weight
        )
        self._reader = reader
        self._confidence = Confidence.load() if confidence is None else confidence
        self._alarm = Alarm.load() if self.settings.disagreement_threshold < 1 else None
        self._terms = Terms() if terms is None else terms
        self._earlier = _Earlier(lambda question: self._trace(question, ()).reply, encoder)
        self._replies = Replies(self.settings.repeated, partial(corpus.state, self.settings.corpus))
        self._gate = Gate()
        weakref.finalize(self, self._gate.close)  # at the end of the process too

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Answer nothing more, and wait for what is being answered."""
        self._gate.close()

    @classmethod
    def load(cls, index: Path | None = None, *, settings: Settings | None = None) -> Self:
        """Open the index that ``index``, ``SCO_QA_INDEX`` or the default names.

        Raises:
            IndexMissing: Nothing has been built there; run ``sco-qa build``.
            IndexDamaged: A file of it is not the one that was written.
        """
        if settings is None:
            settings = Settings.from_environment(index=index)
        elif index is not None:
            settings = replace(settings, index=index)
        opened = cls._opened(settings)
        reader = SpanReader.load(threads=settings.threads)
        return cls(
            opened,
            opened.encoder(threads=settings.threads),
            reader,
            settings=settings,
            terms=opened.terms(is_english=reader.knows),
        )

    @staticmethod
    def _opened(settings: Settings) -> FaissIndex | MilvusIndex:
        if not settings.milvus_uri:
            return FaissIndex.load(settings.index)
        from sco_qa.milvus import MilvusIndex, Tables

        return MilvusIndex.load(Tables.of(settings))

    def ask(self, question: str, history: Sequence[str] = ()) -> Reply:
        """Answer a question, understood after the earlier questions in ``history`` (oldest first).

        Raises:
            UsageError: The question is blank or too long.
        """
        if not self.settings.repeated or not isinstance(self.index, FaissIndex):  # another may change meanwhile
            return self.trace(question, history).reply
        with self._gate.passed():
            reply = self._replies.find(question, history)
            if reply is None:
                reply = self._trace(question, history).reply
                self._replies.keep(question, history, reply)
        return reply

    def trace(self, question: str, history: Sequence[str] = ()) -> Trace:
        """Answer a question and return what every stage made of it."""
        with self._gate.passed():
            return self._trace(question, history)

    def _trace(self, question: str, history: Sequence[str]) -> Trace:
        clock = _Clock()
        question = checked(question, self.settings)
        history = [checked(earlier, self.settings) for earlier in history if clean(earlier)]
        unreadable = unread(question)
        if unreadable is not None:
            return Trace(Reply(question, None, Status.NO_ANSWER, unreadable, 0.0, (), None, (), clock.stop()))
        understood = self._understood(question, history)
        wordings = self._wordings(understood.searched)
        with clock.stage("encode"):
            vector = self._retriever.encode(*wordings)
        with clock.stage("retrieve"):
            matches = self._retriever.match(wordings[0], vector, *wordings[1:])
            hits = self._retriever.rank(wordings[0], matches, self.settings.retrieved)
        with clock.stage("read"):
            candidates = self._read(understood.read, hits[: self.settings.read])
        states: dict[str, State] = {}
        groups = group(candidates, MOST_ANSWERS)  # even if fewer are wanted: a rival lowers confidence, shown or not
        answers = self._answers(groups, states)
        best = answers[0].confidence if answers else 0.0
        answered = bool(answers) and best >= self.settings.threshold
        reply = Reply(
            question=question,
            read_as=understood.read_as,
            status=Status.ANSWERED if answered else Status.NO_ANSWER,
            reason=None if answered else self._reason(matches),
            confidence=best,
            answers=answers,
            disagreement=self._disagreement(understood.read, groups, answers) if answered else None,
            nearest=() if answered else self._nearest(hits, states),
            timings_ms=clock.stop(),
        )
        if understood.read == understood.searched:
            self._earlier.remember(understood.read, reply)
        return Trace(reply, matches, tuple(hits), tuple(candidates))

    def _reason(self, matches: Matches) -> str:
        """Say why there is no answer: nothing is about what was asked, or what is about it does not say."""
        return NOT_STATED if matches.dense.max(initial=-1.0) >= self.settings.close else NOTHING_CLOSE

    def _understood(self, question: str, history: Sequence[str]) -> Understood:
        """Mend slips of the keyboard, and take a question that goes on from others after them."""
        spelled = self._spelled(question)
        earlier = [self._spelled(asked) for asked in history] if self.settings.follow_ups else []
        understood = conversation.understand(spelled, earlier, self._earlier)
        if understood.read_as is None and spelled != question:
            return replace(understood, read_as=spelled)
        return understood

    def _spelled(self, question: str) -> str:
        return self._terms.corrected(question) if self.settings.spelling else question

    def _wordings(self, question: str) -> list[str]:
        reworded = self._terms.reworded(question) if self.settings.abbreviations else None
        return [question] if reworded is None else [question, reworded]

    def _read(self, question: str, hits: Sequence[Hit]) -> list[Candidate]:
        """Read the passages; rank the spans of all of them together."""
        candidates = []
        for hit, readings in zip(hits, self._reader.read(question, [h.passage for h in hits]), strict=True):
            begin = hit.passage.span.start
            for reading in readings:
                text = hit.passage.text[reading.span.start - begin : reading.span.end - begin]
                candidates.append(Candidate(hit, reading.span, text, reading.score, reading.score))
        return ranked(candidates, self.settings.retrieval_weight)

    def _answers(self, groups: Sequence[Sequence[Candidate]], states: dict[str, State]) -> tuple[Answer, ...]:
        answers = []
        for known, members in zip(features(groups), groups, strict=True):
            citation, *also_in = (self._cite(c.hit.passage, c.span, c.text, states) for c in members)
            answers.append(Answer(citation.quote, self._confidence.probability(known), citation, tuple(also_in)))
        return tuple(answers[: self.settings.top])

    def _disagreement(
        self, question: str, groups: Sequence[Sequence[Candidate]], answers: Sequence[Answer]
    ) -> Disagreement | None:
        if self._alarm is None:
            return None
        best = [members[0] for members in groups[: len(answers)]]
        return self._alarm.find(question, best, [a.citation for a in answers], self.settings.disagreement_threshold)

    def _nearest(self, hits: Sequence[Hit], states: dict[str, State]) -> tuple[Citation, ...]:
        """Cite the passages that came closest."""
        closest = apart(hits, _NEAREST)
        return tuple(self._cite(hit.passage, hit.passage.span, hit.passage.text, states) for hit in closest)

    def _cite(self, passage: Passage, span: Span, quote: str, states: dict[str, State]) -> Citation:
        """Cite a place; ``states`` are those of the files that this question has looked at already."""
        source = self.index.sources[passage.source]
        if source.id not in states:
            states[source.id] = corpus.state(self.settings.corpus, source)
        return Citation(
            source=source,
            span=span,
            quote=quote,
            sentence=passage.sentences_around(span),
            state=states[source.id],
        )


class _Earlier:
    """What was answered before, for questions that go on from it; what is not remembered is asked again."""

    def __init__(self, ask: Callable[[str], Reply], encoder: Encoder) -> None:
        self._ask = ask
        self._encoder = encoder
        self._answers: dict[str, str | None] = {}

    def answer(self, question: str) -> str | None:
        """Give the first answer to a question, or None if the sources do not say."""
        if question not in self._answers:
            self.remember(question, self._ask(question))
        return self._answers.get(question)

    def remember(self, question: str, reply: Reply) -> None:
        """Keep what was answered; what was answered longest ago is forgotten."""
        while len(self._answers) >= _REMEMBERED:
            self._answers.pop(next(iter(self._answers)), None)
        self._answers[question] = reply.shown[0].text if reply.shown else None

    def nearest(self, words: str, others: Sequence[str]) -> int:
        """Give the place of that one of ``others`` which is most like ``words``, by their vectors."""
        vectors = self._encoder.encode([words, *others])
        return int(np.argmax(vectors[1:] @ vectors[0]))


@dataclass(slots=True)
class _Clock:
    """Times the stages of one question, in milliseconds."""

    started: float = field(default_factory=time.perf_counter)
    stages: dict[str, float] = field(default_factory=lambda: {"encode": 0.0, "retrieve": 0.0, "read": 0.0})

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        before = time.perf_counter()
        yield
        self.stages[name] = (time.perf_counter() - before) * 1000

    def stop(self) -> dict[str, float]:
        return {**self.stages, "total": (time.perf_counter() - self.started) * 1000}
