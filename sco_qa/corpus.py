"""A folder of documents, read as sources.

``sources.toml`` beside the documents gives what the texts do not say in a form that a program can read; it is
optional, and so is every key of an entry but ``file``::

    [[source]]
    id = "annual-report"                    # the file's name without its ending, if not given
    file = "annual-report.txt"
    title = "Annual Report"
    author = "A. Writer"
    publisher = "Some Press"
    date = "2018-06"                        # as exact as is known
    date_basis = "the last line"            # what the date rests on
    furniture = [{ start = 0, end = 88, what = "banner" }]      # never read, never quoted

    [[source.section]]                      # from its start to the next section's start, or to its own end
    start = 90
    heading = [90, 113]
    byline = [115, 130]
    date = "2018-05"

Positions are code points from the beginning of the file.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from sco_qa.errors import CorpusError
from sco_qa.types import Section, Source, Span, State

CATALOGUE = "sources.toml"
_ENDING = ".txt"
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_SOURCE_KEYS = {"id", "file", "title", "author", "publisher", "date", "date_basis", "furniture", "section"}
_SECTION_KEYS = {"start", "end", "heading", "byline", "date"}


def load(folder: Path) -> list[Source]:
    """Read every text file of ``folder``, in the order of their names.

    Raises:
        CorpusError: The folder, a document or the catalogue cannot be used; the message says which and why.
    """
    try:
        names = sorted(p.name for p in folder.iterdir() if p.suffix == _ENDING and p.is_file())
    except OSError as error:
        raise CorpusError(
            f"cannot read the corpus folder {folder} ({error.strerror}); choose one with --corpus or SCO_QA_CORPUS"
        ) from None
    for name in names:
        if not name.isprintable():
            raise CorpusError(f"the file name {name!r} in {folder} cannot be cited; rename it with plain characters")
    entries = _catalogue(folder)
    for name in entries:
        if name not in names:
            raise CorpusError(f"{folder / CATALOGUE} names {name}, which is not in {folder}; add it or drop the entry")
    if not names:
        raise CorpusError(f"there is no {_ENDING} file in {folder}; put the documents there")
    sources = [_source(name, read(folder / name), entries.get(name, {})) for name in names]
    seen: dict[str, str] = {}
    for source in sources:
        if source.id in seen:
            raise CorpusError(f"{seen[source.id]} and {source.file} have the same id {source.id!r}; rename one")
        seen[source.id] = source.file
    return sources


def read(path: Path) -> str:
    """Read one document exactly as it is: no line end is changed.

    Raises:
        CorpusError: It cannot be read, is not UTF-8, or holds nothing but blanks.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise CorpusError(f"cannot read {path} ({error.strerror}); mend or remove it") from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8 or remove it") from None
    if not text.removeprefix("\ufeff").strip():  # a byte order mark alone is no text
        raise CorpusError(f"{path} is empty; fill or remove it")
    return text


def state(folder: Path, source: Source) -> State:
    """Tell whether the file of ``source`` still is what was indexed."""
    try:
        content = (folder / source.file).read_bytes()
    except OSError:
        return State.MISSING
    return State.FRESH if hashlib.sha256(content).hexdigest() == source.sha256 else State.CHANGED


def _catalogue(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / CATALOGUE
    if not path.exists():
        return {}
    try:
        content = tomllib.loads(path.read_bytes().decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise CorpusError(f"cannot parse {path}: {error}; mend that line") from None
    entries = content.get("source", [])
    if not isinstance(entries, list) or set(content) - {"source"}:
        raise CorpusError(f"{path} may hold [[source]] entries only")
    result: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
            raise CorpusError(f'an entry of {path} names no file; give it one: file = "…"')
        if entry["file"] in result:
            raise CorpusError(f"{path} has two entries for {entry['file']}; drop one")
        result[entry["file"]] = entry
    return result


def _source(name: str, text: str, entry: Mapping[str, Any]) -> Source:
    where = f"the entry of {name} in {CATALOGUE}"
    _known(entry, _SOURCE_KEYS, where)
    stem = Path(name).stem
    furniture = sorted(_span(item, len(text), where) for item in _list(entry, "furniture", where))
    for before, after in pairwise(furniture):
        if before.overlap(after):
            raise CorpusError(f"{where}: furniture {_show(before)} and {_show(after)} overlap; mend one")
    return Source(
        id=_string(entry, "id", where) or stem,
        file=name,
        text=text,
        title=_string(entry, "title", where) or stem.replace("-", " ").replace("_", " "),
        author=_string(entry, "author", where),
        publisher=_string(entry, "publisher", where),
        date=_date(entry, where),
        date_basis=_string(entry, "date_basis", where),
        furniture=tuple(furniture),
        sections=_sections(_list(entry, "section", where), len(text), where),
    )


def _sections(items: list[Any], length: int, where: str) -> tuple[Section, ...]:
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("start"), int):
            raise CorpusError(f"{where}: a section needs a start; give it one: start = 0")
        _known(item, _SECTION_KEYS, where)
    items = sorted(items, key=lambda item: int(item["start"]))
    ends = [item["start"] for item in items[1:]] + [length]
    sections = []
    for item, limit in zip(items, ends, strict=False):  # without sections the text's end limits none
        span = _span({"start": item["start"], "end": item.get("end", limit)}, limit, where)
        parts = {key: _span(item[key], length, where) for key in ("heading", "byline") if key in item}
        for key, part in parts.items():
            if not span.holds(part):
                raise CorpusError(f"{where}: the {key} {_show(part)} is outside its section {_show(span)}; mend it")
        sections.append(Section(span, parts.get("heading"), parts.get("byline"), _date(item, where)))
    return tuple(sections)


def _span(value: Any, length: int, where: str) -> Span:
    pair = [value.get("start"), value.get("end")] if isinstance(value, dict) else value
    match pair:
        case [int(start), int(end)] if 0 <= start < end <= length:
            return Span(start, end)
    raise CorpusError(f"{where}: {pair} is no span within [0, {length}); give 0 <= start < end <= {length}")


def _show(span: Span) -> str:
    return f"[{span.start}, {span.end})"


def _known(entry: Mapping[str, Any], keys: set[str], where: str) -> None:
    if unknown := sorted(set(entry) - keys):
        raise CorpusError(f"{where} has the unknown key {unknown[0]!r}; known are: {', '.join(sorted(keys))}")


def _list(entry: Mapping[str, Any], key: str, where: str) -> list[Any]:
    value = entry.get(key, [])
    if not isinstance(value, list):
        raise CorpusError(f"{where}: {key} must be a list")
    return value


def _string(entry: Mapping[str, Any], key: str, where: str) -> str | None:
    value = entry.get(key)
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise CorpusError(f"{where}: {key} must be text, not {value!r}")
    return value


def _date(entry: Mapping[str, Any], where: str) -> str | None:
    value = entry.get("date")
    if value is not None and not (isinstance(value, str) and _DATE.fullmatch(value)):
        raise CorpusError(f'{where}: date must be like "2018", "2018-06" or "2018-06-20", not {value!r}')
    return value
