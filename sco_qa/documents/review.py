"""Furniture for a person to look over: what was found in a folder's documents, as entries of ``sources.toml``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sco_qa.documents import furniture
from sco_qa.documents.extraction import extract
from sco_qa.documents.furniture import Found
from sco_qa.documents.members import Member, members
from sco_qa.errors import CorpusError, DocumentError
from sco_qa.types import Span

_CATALOGUE = "sources.toml"
_MARKED = "marked by the document"
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A document, the furniture found in it, and what ``sources.toml`` says is furniture; None if it says nothing."""

    file: str
    text: str
    found: tuple[Found, ...]
    marked: tuple[Span, ...] | None


@dataclass(frozen=True, slots=True)
class Overlap:
    """Characters that are furniture by rule, by hand, and by both."""

    found: int
    marked: int
    both: int

    @property
    def precision(self) -> float:
        """How much of what was found is marked; 1 if nothing was found."""
        return self.both / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """How much of what is marked was found; 1 if nothing is."""
        return self.both / self.marked if self.marked else 1.0


def review(folder: Path) -> list[Reviewed]:
    """Look for furniture in every document of a folder; those that cannot be read are passed over."""
    catalogue = _read(folder)
    marked = {entry.get("file"): entry.get("furniture") for entry in catalogue.get("source", [])}
    documents = []
    for member in members(folder):
        if isinstance(member, Member):
            try:
                documents.append((member.name, extract(member.name, member.content)))
            except DocumentError:
                continue
    shared = furniture.across([document.text for _, document in documents])
    return [
        Reviewed(name, document.text, _together(document.text, document.furniture, more), _spans(marked.get(name)))
        for (name, document), more in zip(documents, shared, strict=True)
    ]


def compare(reviewed: Sequence[Reviewed]) -> Overlap:
    """Compare, character by character, what was found with what is marked, where anything is."""
    found = marked = both = 0
    for one in reviewed:
        if one.marked is not None:
            ours, theirs = _characters([f.span for f in one.found]), _characters(one.marked)
            found, marked, both = found + len(ours), marked + len(theirs), both + len(ours & theirs)
    return Overlap(found, marked, both)


def as_toml(reviewed: Sequence[Reviewed]) -> Iterator[str]:
    """Give the lines of entries for what is not marked yet, each piece with its words."""
    for one in reviewed:
        if one.marked is None and one.found:
            yield f"[[source]]\nfile = {json.dumps(one.file, ensure_ascii=False)}\nfurniture = ["
            for piece in one.found:
                words = " ".join(one.text[piece.span.start : piece.span.end].split())
                shown = words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"
                yield f'    {{ start = {piece.span.start}, end = {piece.span.end}, what = "{piece.what}" }},  # {shown}'
            yield "]\n"


def write(folder: Path, reviewed: Sequence[Reviewed]) -> int:
    """Put what is not marked yet into ``sources.toml``, all else in it left as it is; give how many entries changed."""
    import tomlkit

    catalogue = _read(folder)
    entries = {entry.get("file"): entry for entry in catalogue.get("source", [])}
    if "source" not in catalogue:
        catalogue["source"] = tomlkit.aot()
    changed = 0
    for one in reviewed:
        if one.marked is not None or not one.found:
            continue
        pieces = tomlkit.array().multiline(True)
        for piece in one.found:
            table = tomlkit.inline_table()
            table.update({"start": piece.span.start, "end": piece.span.end, "what": piece.what})
            pieces.append(table)
        if one.file in entries:
            entries[one.file]["furniture"] = pieces
        else:
            catalogue["source"].append(tomlkit.item({"file": one.file}))
            catalogue["source"][-1]["furniture"] = pieces
        changed += 1
    if changed:
        new = folder / f".{_CATALOGUE}.{os.getpid()}"
        new.write_bytes(tomlkit.dumps(catalogue).encode())
        new.replace(folder / _CATALOGUE)
    return changed


def _read(folder: Path) -> Any:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = folder / _CATALOGUE
    try:
        return tomlkit.parse(path.read_bytes() if path.exists() else b"")
    except (OSError, UnicodeDecodeError, TOMLKitError, RecursionError) as error:
        raise CorpusError(f"cannot parse {path}: {error}; mend that line") from None


def _together(text: str, marked: Sequence[Span], shared: Sequence[Found]) -> tuple[Found, ...]:
    """Put together what the document marks, what the rules find, and what several documents have in common."""
    reasons = {piece.span: piece.what for piece in (*shared, *furniture.find(text))}
    return tuple(
        Found(span, next((what for piece, what in reasons.items() if span.holds(piece)), _MARKED))
        for span in furniture.merged([*marked, *(piece.span for piece in shared)])
    )


def _spans(value: Any) -> tuple[Span, ...] | None:
    if value is None:
        return None
    pairs = [(v["start"], v["end"]) if isinstance(v, dict) else tuple(v) for v in value]
    return tuple(Span(start, end) for start, end in pairs)


def _characters(spans: Sequence[Span]) -> set[int]:
    return {place for span in spans for place in range(span.start, span.end)}
