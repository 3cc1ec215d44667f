"""Questions to begin with, made of the collection's own sentences, kept only if the system answers them as those do."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sco_qa.conversation import depends
from sco_qa.errors import ScoQaError
from sco_qa.reply import Reply, Status
from sco_qa.text import normalize_answer
from sco_qa.types import Passage
from sco_qa.web.desk import Desk

_MOST = 4
_TRIED = 32  # at about 0.1 s each, in the background
_LOOKED_AT = 400  # passages, spread over the whole collection: a million must not be read for four questions
_PATIENCE_S = 20.0
# An example should be right: besides saying what its own sentence says, more likely than not.
_LEAST = 0.5

_NAME = r"[A-Z][\w’'-]+(?: (?:(?:of|for|the|and) ){0,2}[A-Z][\w’'-]+){0,6}"
_BEGUN = "founded|established|created|set up|launched|formed|built|opened|signed|adopted|published|introduced"
_PLACED = "based|headquartered|located|held|set up|born|built|opened"
_DID = r"[a-z]+ed|began|became|brought|built|chose|gave|held|led|made|met|took|won|wrote"
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_COUNT = r"\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
# What begins a sentence or a clause, and is no name.
_OPENING = re.compile(
    r"^(?:A|After|All|Also|An|And|Any|As|At|Before|Both|But|By|During|For|From|He|Her|His|However|If|In|It|Its|Many|"
    r"Most|No|Of|On|One|Or|Our|She|Since|So|Some|Such|That|The|Their|There|These|They|This|Those|Though|To|Under|Until|"
    r"We|What|When|Where|Which|While|Who|With|You|Your)\b"
)


@dataclass(frozen=True, slots=True)
class Example:
    """A question, and the words that answer it in the sentence that it was made of."""

    question: str
    words: str


def _kind(pattern: str, question: str, words: str) -> tuple[re.Pattern[str], str, str]:
    return re.compile(pattern), question, words


# Sentences of general English: a pattern, the question it makes, and the part of the sentence that answers it.
_KINDS = (
    _kind(
        rf"\b(?P<the>[Tt]he )?(?P<name>{_NAME}) (?P<was>was|were) (?P<verb>{_BEGUN})\b[^.;,]{{0,40}}? "
        rf"(?:in|on) (?P<date>(?:\d{{1,2}} )?(?:(?:{_MONTHS}) )?(?:\d{{1,2}}, )?\d{{4}})",
        "When {was} {the}{name} {verb}?",
        "date",
    ),
    _kind(
        rf"(?:^|, )(?P<the>[Tt]he )?(?P<name>{_NAME})(?: has| had| also)? (?P<verb>{_DID}) (?:that )?"
        rf"(?P<what>(?!to |that |in |by |on |from |with )[^.;,:()]{{8,70}}?)[.;,]",
        "Who {verb} {what}?",
        "name",
    ),
    _kind(
        rf"\b(?P<the>[Tt]he )?(?P<name>{_NAME}) (?P<is>is|was) (?P<verb>{_PLACED}) in (?P<place>{_NAME})",
        "Where {is} {the}{name} {verb}?",
        "place",
    ),
    _kind(rf"(?:[Tt]he )?(?P<name>{_NAME}) \((?P<short>[A-Z]{{2,8}})\)", "What does {short} stand for?", "name"),
    _kind(
        rf"(?P<name>{_NAME}), (?P<what>the [a-z][^.;,:()]{{8,60}}|(?:an?|one of) [a-z][^.;,:()]{{8,60}}),",
        "Who is {what}?",
        "name",
    ),
    _kind(
        rf"\b(?P<the>[Tt]he )?(?P<name>{_NAME}) (?:has|consists of|includes|comprises) (?P<count>{_COUNT}) "
        r"(?P<what>[a-z]+(?: [a-z]+)?)",
        "How many {what} does {the}{name} have?",
        "count",
    ),
    _kind(
        rf"\b(?P<the>[Tt]he )?(?P<name>{_NAME}) (?:was|were) (?P<verb>[a-z]+ed) by (?:the )?(?P<who>{_NAME})",
        "Who {verb} {the}{name}?",
        "who",
    ),
    _kind(
        rf"\b(?P<the>[Tt]he )(?P<name>{_NAME}) (?P<is>is|was) (?P<what>(?:a|an|the|one of) [^.;:()]{{8,80}})",
        "What {is} {the}{name}?",
        "what",
    ),
)


class Suggestions:
    """Finds its questions in the background."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._found: list[tuple[float, str]] = []
        self._done = threading.Event()
        threading.Thread(target=self._find, name="suggestions").start()

    def found(self) -> tuple[str, ...]:
        """Wait until all are found, but not for long; give those found so far, the surest first."""
        self._done.wait(_PATIENCE_S)
        return tuple(question for _, question in sorted(self._found, reverse=True))

    def _find(self) -> None:
        try:
            answers: set[str] = set()
            for tried, example in enumerate(examples(self._desk.assistant.index.passages)):
                if tried == _TRIED or len(self._found) == _MOST:
                    return
                # by the assistant itself: no seat at the desk is taken from somebody who asks
                reply = self._desk.assistant.ask(example.question)
                words = reply.answers[0].text if reply.answers else ""
                if reply.confidence >= _LEAST and words not in answers and answers_from(example, reply):
                    answers.add(words)
                    self._found.append((reply.confidence, example.question))
        except ScoQaError:
            return  # the page does without examples, or is being closed
        finally:
            self._done.set()


def answers_from(example: Example, reply: Reply) -> bool:
    """Tell whether the reply is what the question's own sentence says, or a part of it, or holds it."""
    if reply.status is not Status.ANSWERED:
        return False
    said, expected = (normalize_answer(text) for text in (reply.answers[0].text, example.words))
    return f" {said} " in f" {expected} " or f" {expected} " in f" {said} "


def examples(passages: Sequence[Passage]) -> Iterator[Example]:
    """Give questions of several kinds in turn, made of sentences from all over the collection."""
    kinds: list[list[Example]] = [[] for _ in _KINDS]
    asked: set[str] = set()
    for place in range(0, len(passages), -(-len(passages) // _LOOKED_AT) or 1):
        passage = passages[place]
        for sentence in passage.sentences:
            text = passage.text[sentence.start - passage.span.start : sentence.end - passage.span.start]
            line = " ".join(text.split())
            for kind, (pattern, form, answer) in zip(kinds, _KINDS, strict=True):
                for found in pattern.finditer(line):
                    parts = found.groupdict()
                    question = form.format_map({**parts, "the": "the " if parts.get("the") else ""})
                    if question not in asked and not _OPENING.match(parts["name"]) and not depends(question):
                        asked.add(question)
                        kind.append(Example(question, parts[answer]))
    for turn in range(max(map(len, kinds), default=0)):
        yield from (kind[turn] for kind in kinds if turn < len(kind))
