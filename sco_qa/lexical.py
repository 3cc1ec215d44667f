"""BM25 over the passages: bm25s, with Snowball's English stemmer and its short list of stop words."""

from __future__ import annotations

import errno
import os
from array import array
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 1_000
"""Texts that are split into words in one call."""


class Bm25:
    """Scores of Robertson & Zaragoza (2009) as Lucene computes them: k1 = 1.5, b = 0.75. Larger is better."""

    def __init__(self, model: Any) -> None:
        self._model = model

    @classmethod
    def build(cls, texts: Iterable[str]) -> Self:
        """Index the texts as they come; the same texts give the same files.

        Only the words' numbers are held in memory, four bytes each; bm25s needs those of all texts at once.
        """
        import bm25s

        numbers: dict[str, int] = {}
        held: list[array[int]] = []
        texts = iter(texts)
        while block := list(islice(texts, _AT_ONCE)):
            held += (array("i", (numbers.setdefault(t, len(numbers)) for t in tokens)) for tokens in tokens_of(block))
        # "" stands for no word, so that there is a vocabulary even where all words are stop words.
        vocabulary = {token: i for i, token in enumerate(["", *sorted(numbers)])}
        sorted_ = [vocabulary[token] for token in numbers]
        for i, text in enumerate(held):
            held[i] = array("i", (sorted_[number] for number in text))
        model = bm25s.BM25()
        with np.errstate(invalid="ignore"):  # in that case it divides by a mean length of 0, for no score
            model.index((held, vocabulary), show_progress=False)
        return cls(model)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote: JSON, and arrays without pickled objects, which are mapped and not read."""
        import bm25s

        return cls(bm25s.BM25.load(folder, mmap=True, allow_pickle=False))

    def save(self, folder: Path) -> None:
        """Write the index as a folder."""
        self._model.save(folder, show_progress=False)
        try:
            self.load(folder)
        except ValueError:  # NumPy does not tell that the end of a file could not be written
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from None

    def scores(self, question: str) -> NDArray[np.float32]:
        """Score every text for the question, ``(texts,)``; 0 where no word is shared."""
        (tokens,) = tokens_of([question])
        known = [t for t in tokens if t in self._model.vocab_dict]
        if not known:
            return np.zeros(int(self._model.scores["num_docs"]), np.float32)
        found: NDArray[np.float32] = self._model.get_scores(known)
        return found


def tokens_of(texts: Sequence[str]) -> list[list[str]]:
    """Give the words of each text that count: stems, in lower case, without stop words."""
    import bm25s
    import Stemmer

    found: list[list[str]] = bm25s.tokenize(
        list(texts), stopwords="en", stemmer=Stemmer.Stemmer("english"), return_ids=False, show_progress=False
    )
    return found
