"""Stand-ins for the models, for tests of whatever is built on this package: small, exact, and known beforehand.

For instance, an assistant over ``sources`` that never loads a model::

    encoder = FakeEncoder()
    index = FaissIndex.of(sources, settings, encoder)
    assistant = Assistant(index, encoder, FakeReader({"Captain Lee": 5.0}), settings=settings)
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sco_qa.reader.base import Reading
from sco_qa.types import Passage, Span

_WORD = re.compile(r"\w+")


class FakeEncoder:
    """Encodes a text by the words that it holds: the more words two texts share, the nearer they are.

    Each word counts in one place of the vector, chosen by its hash; a text without words points along the first.
    """

    def __init__(self, dimension: int = 64) -> None:
        self._dimension = dimension

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        return self._dimension

    def encode(self, texts: Sequence[str], *, progress: Callable[[int], None] = lambda _: None) -> NDArray[np.float32]:
        """Encode texts as rows of unit length, ``(len(texts), dimension)``, calling ``progress`` with counts."""
        vectors = np.zeros((len(texts), self._dimension), np.float32)
        for row, text in enumerate(texts):
            for word in _WORD.findall(text.lower()) or [""]:
                digest = hashlib.sha256(word.encode()).digest() if word else bytes(8)
                vectors[row, int.from_bytes(digest[:8], "big") % self._dimension] += 1
            progress(1)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def export(self, folder: Path) -> None:
        """Write what stands for the encoder of questions in an index; nothing can be loaded from it."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps({"dimension": self._dimension}), encoding="utf-8")


class FakeReader:
    """Finds fixed words, whatever is asked: each place where a passage holds one of them, with the score given for it.

    Scores are logits as in :class:`sco_qa.reader.Reading`: above 0 the reader prefers the words to "no answer here".
    """

    def __init__(self, answers: Mapping[str, float]) -> None:
        self._answers = answers

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Reading]]:  # noqa: ARG002 - a reader's form
        """Give for each passage its readings, best first, like a real reader none across a sentence's border."""
        return [self._read(passage) for passage in passages]

    def _read(self, passage: Passage) -> list[Reading]:
        begin = passage.span.start
        found = [
            Reading(Span(begin + match.start(), begin + match.end()), score)
            for words, score in self._answers.items()
            for match in re.finditer(re.escape(words), passage.text)
        ]
        whole = [r for r in found if any(sentence.holds(r.span) for sentence in passage.sentences)]
        return sorted(whole, key=lambda reading: (-reading.score, reading.span))
