"""What is quoted from, on disk: texts, what is known of their sources, and passages. It is opened, not loaded.

    texts.txt           every text in UTF-8, one behind the other
    sources.jsonl       what is known of each source, a line each
    sources.i64         (sources, 2): where its text and where its line end, in bytes
    ids.json            the sources' ids, in the same order
    passages.i32        (passages, 3): the number of its source, its first sentence, and the one behind its last
    sentences.i32       (sentences, 2): start and end in the source's text, in code points

Numbers are little-endian, row by row. Files are written from beginning to end, one source after another, so that a
build holds no more than one in memory; a source is decoded when it is asked for, and a passage made of it.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from sco_qa import passages as splitting
from sco_qa.errors import IndexDamaged
from sco_qa.store import Generation, Mapped
from sco_qa.types import Passage, Source, Span

_TEXTS, _LINES, _ENDS, _IDS = "texts.txt", "sources.jsonl", "sources.i64", "ids.json"
_PASSAGES, _SENTENCES = "passages.i32", "sentences.i32"
_KEPT = 32_000_000
"""Characters of decoded sources that are kept: a question's passages come from a few sources, again and again."""


class Writer:
    """Writes sources and their passages as they come, in a ``with`` block, at whose end the files are whole."""

    def __init__(self, folder: Path) -> None:
        self._open = ExitStack()
        self._files = {
            name: self._open.enter_context((folder / name).open("wb"))
            for name in (_TEXTS, _LINES, _ENDS, _PASSAGES, _SENTENCES)
        }
        self._ids_path = folder / _IDS
        self._ids: list[str] = []
        self._sentences = 0
        self.passages = 0
        """How many have been written."""

    def add(self, source: Source, passages: Sequence[Passage]) -> None:
        """Write a source and its passages, in order."""
        line = json.dumps(source.described(), ensure_ascii=False, sort_keys=True) + "\n"
        self._files[_TEXTS].write(source.text.encode())
        self._files[_LINES].write(line.encode())
        _write(self._files[_ENDS], np.array([self._files[n].tell() for n in (_TEXTS, _LINES)], "<i8"))
        numbers: dict[Span, int] = {}  # a sentence at the end of one passage may begin the next
        rows = []
        for passage in passages:
            for sentence in passage.sentences:
                numbers.setdefault(sentence, self._sentences + len(numbers))
            rows.append((len(self._ids), numbers[passage.sentences[0]], numbers[passage.sentences[-1]] + 1))
        _write(self._files[_PASSAGES], np.array(rows, "<i4"))
        _write(self._files[_SENTENCES], np.array([(s.start, s.end) for s in numbers], "<i4"))
        self._sentences += len(numbers)
        self._ids.append(source.id)
        self.passages += len(passages)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()
        self._ids_path.write_text(json.dumps(self._ids, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


class Sources(Mapping[str, Source]):
    """The sources of a generation by their ids, in their order; each is decoded when it is asked for."""

    def __init__(self, generation: Generation) -> None:
        self._texts, self._lines = generation.map(_TEXTS), generation.map(_LINES)
        self._ends = Table(generation.map(_ENDS), "<i8", 2)
        self._ids_file = generation.map(_IDS)
        self._kept: OrderedDict[int, Source] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._numbers

    def __getitem__(self, id_: str) -> Source:
        return self.at(self._numbers[id_])

    @cached_property
    def _numbers(self) -> dict[str, int]:
        ids = json.loads(bytes(self._ids_file.read(0, self._ids_file.size)))
        return {id_: number for number, id_ in enumerate(ids)}

    def at(self, number: int) -> Source:
        """Give a source by its place.

        Raises:
            IndexDamaged: Its text is not the one that was written.
        """
        with self._lock:
            source = self._kept.get(number)
            if source is None:
                source = self._read(number)
                self._size += len(source.text)
            self._kept[number] = source
            self._kept.move_to_end(number)
            while self._size > _KEPT and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._size -= len(dropped.text)
        return source

    def described(self, id_: str) -> dict[str, Any]:
        """Give what is known of a source, as :meth:`Source.described` gives it, without its text."""
        return self._described(self._numbers[id_])[0]

    def _read(self, number: int) -> Source:
        described, start, end = self._described(number)
        damaged = IndexDamaged(f"{self._texts.path} is not the file that was written; run: sco-qa build")
        try:  # the text's own hash tells whether it is right
            text = str(self._texts.unverified(start, end), "utf-8")
        except UnicodeDecodeError:
            raise damaged from None
        source = Source.from_described(described, text)
        if source.sha256 != described["sha256"]:
            raise damaged
        return source

    def _described(self, number: int) -> tuple[dict[str, Any], int, int]:
        """Give what is known of a source, and where its text begins and ends."""
        ends = self._ends.rows(max(number - 1, 0), number + 1).tolist()
        (text_start, line_start), (text_end, line_end) = ends if number else ([0, 0], *ends)
        return json.loads(bytes(self._lines.read(line_start, line_end))), text_start, text_end


class Passages(Sequence[Passage]):
    """The passages of a generation, each made when it is asked for."""

    def __init__(self, generation: Generation, sources: Sources) -> None:
        self._rows = Table(generation.map(_PASSAGES), "<i4", 3)
        self._sentences = Table(generation.map(_SENTENCES), "<i4", 2)
        self._sources = sources

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> Passage: ...
    @overload
    def __getitem__(self, place: slice) -> list[Passage]: ...
    def __getitem__(self, place: int | slice) -> Passage | list[Passage]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        number = range(len(self))[place]  # an IndexError for what is not there
        source, first, behind = self._rows.rows(number, number + 1)[0].tolist()
        sentences = tuple(Span(*pair) for pair in self._sentences.rows(first, behind).tolist())
        return splitting.at(self._sources.at(source), number, sentences)

    def by_source(self) -> dict[str, int]:
        """Count the passages of each source; none of them is made for that."""
        counts = np.bincount(self._rows.rows(0, len(self._rows))[:, 0], minlength=len(self._sources))
        return dict(zip(self._sources, counts.tolist(), strict=True))


class Table:
    """Rows of numbers in a mapped file."""

    def __init__(self, mapped: Mapped, kind: str, width: int) -> None:
        self._mapped = mapped
        self._kind = np.dtype(kind)
        self._width = width
        self._row = self._kind.itemsize * width

    def __len__(self) -> int:
        return self._mapped.size // self._row

    def rows(self, first: int, behind: int) -> NDArray[Any]:
        """Give some rows, ``(behind - first, width)``, verified and still in place."""
        content = self._mapped.read(first * self._row, behind * self._row)
        return np.frombuffer(content, self._kind).reshape(-1, self._width)


def _write(file: Any, rows: NDArray[Any]) -> None:
    file.write(rows.tobytes())
