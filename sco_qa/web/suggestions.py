"""Questions to begin with, made of what the collection itself names, kept only if it answers them."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator

from sco_qa.errors import ScoQaError
from sco_qa.types import Source, Status
from sco_qa.web.desk import Desk

_MOST = 4
_TRIED = 24  # at about 0.1 s each, in the background
_PATIENCE_S = 8.0
# An answer that is offered as an example should be one of those that are nearly always right.
_LEAST = 0.75

_HEADING = re.compile(r"(What|Who|When|Where|Why|How|Which)\b[^.?!]{3,80}\?")
_DEFINED = re.compile(
    r"\b((?:[A-Z][\w’'-]+ )(?:(?:of|the|for|and|in|on) |[A-Z][\w’'-]+ ){0,6}[A-Z][\w’'-]+),? \(([A-Z]{2,8})\)"
)
_NAME = re.compile(
    r"(?<![.!?“\"] )(?<!^)\b([A-Z][a-z’'-]+(?: (?:of|for) (?:the )?[A-Z][a-z’'-]+| [A-Z][a-z’'-]+){1,4})"
)


class Suggestions:
    """Finds its questions in the background."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._found: list[str] = []
        self._done = threading.Event()
        threading.Thread(target=self._find, name="suggestions").start()

    def found(self) -> tuple[str, ...]:
        """Wait until all are found, but not for long; give those found so far."""
        self._done.wait(_PATIENCE_S)
        return tuple(self._found)

    def _find(self) -> None:
        try:
            sources = list(self._desk.assistant.index.sources.values())
            seen: set[str] = set()
            for tried, question in enumerate(candidates(sources)):
                if len(self._found) == _MOST or tried == _TRIED:
                    return
                reply = self._desk.ask(question)
                words = reply.answers[0].text if reply.answers else ""
                if reply.status is Status.ANSWERED and reply.confidence >= _LEAST and words not in seen:
                    seen.add(words)
                    self._found.append(question)
        except ScoQaError:
            return  # the page does without examples, or is being closed
        finally:
            self._done.set()


def candidates(sources: list[Source]) -> Iterator[str]:
    """Give questions about what the sources name: their headings that ask, their definitions, their frequent names."""
    texts = [source.text for source in sources]
    short = Counter(m[2] for text in texts for m in _DEFINED.finditer(text))
    long = {m[2]: m[1] for text in texts for m in _DEFINED.finditer(text)}
    names = Counter(name for text in texts for m in _NAME.finditer(text) if (name := m[1]) not in long.values())
    common = [name for name, count in names.most_common(30) if count > 1]
    acronyms = [name for name, _ in short.most_common(6)]
    asked: set[str] = set()
    for question in _interleaved(
        [f"When was the {name} founded?" for name in acronyms],
        [_plain(m[0]) for text in texts for m in _HEADING.finditer(text)],
        [f"What is the {name}?" for name in common],
        [f"What does {name} stand for?" for name in acronyms],
        [f"Who founded the {name}?" for name in acronyms],
        [f"Where is the {name}?" for name in common],
    ):
        if question not in asked:
            asked.add(question)
            yield question


def _plain(text: str) -> str:
    return " ".join(text.split())


def _interleaved(*kinds: list[str]) -> Iterator[str]:
    for place in range(max(map(len, kinds), default=0)):
        for kind in kinds:
            if place < len(kind):
                yield kind[place]
