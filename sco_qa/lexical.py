"""BM25 over the passages, with Snowball's English stemmer and Lucene's short list of stop words.

    words.txt           the stems, sorted, one behind the other in UTF-8
    words.i64           (words + 1, 2): where each ends in that file, in bytes, and where its postings end; the last
                        row says how many texts and how many postings there are
    texts.i32           (postings, 1): the number of a text that holds the word, ascending for each word
    scores.f32          (postings, 1): what it adds to that text's score

Scores are worked out when the index is written (Lù 2024, "BM25S"), so that a question adds up a few runs of numbers
in place. Writing sorts postings in runs of bounded size, and asking maps the files: neither needs what all texts take.
"""

from __future__ import annotations

import re
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sco_qa import store
from sco_qa.archive import Table
from sco_qa.store import Mapped

K1, B = 1.5, 0.75
STOP_WORDS = frozenset(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this "
    "to was will with".split()
)
_WORD = re.compile(r"\b\w\w+\b")
_WORDS, _ENDS, _TEXTS, _SCORES = "words.txt", "words.i64", "texts.i32", "scores.f32"
_AT_ONCE = 4_000_000
"""Postings sorted in memory, about 30 bytes each while they are."""


class Bm25:
    """Scores of Robertson & Zaragoza (2009) as Lucene computes them: k1 = 1.5, b = 0.75. Larger is better."""

    def __init__(self, file: Callable[[str], Mapped]) -> None:
        """Open what :func:`write` wrote, each file by its name; postings are mapped, not read."""
        self._words = file(_WORDS)
        self._ends = Table(file(_ENDS), "<i8", 2)
        self._texts, self._scores = Table(file(_TEXTS), "<i4", 1), Table(file(_SCORES), "<f4", 1)
        self._vocabulary = len(self._ends) - 1
        self._count = int(self._ends.rows(self._vocabulary, self._vocabulary + 1)[0, 0])

    def __len__(self) -> int:
        """Count the texts."""
        return self._count

    @classmethod
    def build(cls, texts: Iterable[str]) -> Self:
        """Index texts for this process alone."""
        with tempfile.TemporaryDirectory() as scratch:  # mapped files outlive their names
            write(texts, Path(scratch))
            return cls(lambda name: store.mapped(Path(scratch) / name))

    def scores(self, question: str) -> NDArray[np.float32]:
        """Score every text for the question, ``(texts,)``; 0 where no word is shared."""
        scores = np.zeros(self._count, np.float32)
        for word in tokens_of([question])[0]:
            first, behind = self._postings(word)
            scores[self._texts.rows(first, behind)[:, 0]] += self._scores.rows(first, behind)[:, 0]
        return scores

    def _postings(self, word: str) -> tuple[int, int]:
        """Find where a word's postings lie, by halving."""
        wanted = word.encode()
        low, high = 0, self._vocabulary
        while low < high:
            middle = (low + high) // 2
            (start, first), (end, behind) = self._around(middle)
            found = bytes(self._words.read(start, end))
            if found == wanted:
                return first, behind
            low, high = (middle + 1, high) if found < wanted else (low, middle)
        return 0, 0

    def _around(self, number: int) -> list[list[int]]:
        """Give where a word and its postings begin, and where they end."""
        rows: list[list[int]] = self._ends.rows(max(number - 1, 0), number + 1).tolist()
        return rows if number else [[0, 0], *rows]


def write(texts: Iterable[str], folder: Path, *, at_once: int = _AT_ONCE) -> None:
    """Index the texts as they come, as files in ``folder``; the same texts give the same files."""
    numbers: dict[str, int] = {}
    lengths, runs = array("i"), list[Path]()
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        words, places, counts = array("i"), array("i"), array("i")

        def flush() -> None:
            columns = np.array([words, places, counts], np.int32)
            runs.append(Path(scratch) / str(len(runs)))
            runs[-1].write_bytes(columns[:, np.argsort(columns[0], kind="stable")].tobytes())
            del words[:], places[:], counts[:]

        for place, found in enumerate(_tokens_in_turn(texts)):
            lengths.append(len(found))
            for word, count in Counter(found).items():
                words.append(numbers.setdefault(word, len(numbers)))
                places.append(place)
                counts.append(count)
            if len(words) >= at_once:
                flush()
        flush()
        _merge(runs, sorted(numbers), numbers, np.array(lengths, "<i4"), folder)


def _merge(
    runs: Sequence[Path], words: Sequence[str], numbers: dict[str, int], lengths: NDArray[np.int32], folder: Path
) -> None:
    """Write the postings of all runs, word by word; within a word they are in order already, run after run."""
    held = np.zeros(len(words), np.int64)  # texts that hold a word, by its number
    for run in runs:
        held += np.bincount(_run(run)[0], minlength=len(words))
    order = np.array([numbers[word] for word in words], np.int64)
    ends = np.cumsum(held[order])
    encoded = [word.encode() for word in words]
    (folder / _WORDS).write_bytes(b"".join(encoded))
    word_ends = np.cumsum([len(word) for word in encoded], dtype=np.int64)
    total = int(held.sum())
    table = np.array([[*word_ends, len(lengths)], [*ends, total]], "<i8").T
    (folder / _ENDS).write_bytes(table.tobytes())
    rarity = np.log1p((len(lengths) - held + 0.5) / (held + 0.5))
    norm = K1 * (1 - B + B * lengths / max(lengths.mean(), 1)) if total else np.zeros(0)
    texts, scores = (_column(folder / name, kind, total) for name, kind in ((_TEXTS, "<i4"), (_SCORES, "<f4")))
    free = np.empty(len(words), np.int64)  # where the next posting of a word goes
    free[order] = ends - held[order]
    for run in runs:
        numbers_, places, counts = _run(run)
        many = np.bincount(numbers_, minlength=len(words))
        rank = np.arange(len(numbers_)) - (np.cumsum(many) - many)[numbers_]
        target = free[numbers_] + rank
        texts[target] = places
        scores[target] = rarity[numbers_] * counts / (counts + norm[places])
        free += many


def _run(path: Path) -> NDArray[np.int32]:
    """Read a run: the numbers of words, ascending, the places of texts, and how often they stand there."""
    return np.fromfile(path, np.int32).reshape(3, -1)


def _column(path: Path, kind: str, count: int) -> NDArray[Any]:
    """Make a file of numbers and map it for writing, all its room taken first: a full disk is an error only then."""
    zeros = bytes(1 << 20)
    size = count * np.dtype(kind).itemsize
    with path.open("wb") as file:
        for start in range(0, size, len(zeros)):
            file.write(zeros[: size - start])
    return np.memmap(path, kind, "r+", shape=(count,)) if count else np.zeros(0, kind)


def tokens_of(texts: Sequence[str]) -> list[list[str]]:
    """Give the words of each text that count: stems, in lower case, without stop words."""
    import Stemmer

    stems = Stemmer.Stemmer("english").stemWords  # one for each call: threads must not share it
    return [stems([word for word in _WORD.findall(text.lower()) if word not in STOP_WORDS]) for text in texts]


def _tokens_in_turn(texts: Iterable[str]) -> Iterator[list[str]]:
    texts = iter(texts)
    while block := list(islice(texts, 1_000)):
        yield from tokens_of(block)
