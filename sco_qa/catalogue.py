"""``sources.toml`` beside the documents: what they do not say in a form that a program can read.

It is optional, and so is every key of an entry but ``file``::

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

Positions are code points from the beginning of the text: of a text file's own, of what is extracted from another. What
an entry gives takes the place of what the document says of itself.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from sco_qa.errors import CorpusError
from sco_qa.types import Section, Span

NAME = "sources.toml"
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_SOURCE_KEYS = {"id", "file", "title", "author", "publisher", "date", "date_basis", "furniture", "section"}
_SECTION_KEYS = {"start", "end", "heading", "byline", "date"}


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Give the entries of a folder's catalogue by the files that they are about; none where there is no catalogue.

    Raises:
        CorpusError: It cannot be parsed.
    """
    path = folder / NAME
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


def known(entry: Mapping[str, Any], length: int, where: str) -> dict[str, Any]:
    """Give what an entry says of its source, a text of ``length`` characters, as the source's fields.

    Raises:
        CorpusError: Something in it is wrong; the message says ``where``.
    """
    _known(entry, _SOURCE_KEYS, where)
    fields: dict[str, Any] = {
        name: _string(entry, name, where) for name in ("id", "title", "author", "publisher", "date_basis")
    }
    fields["date"] = _date(entry, where)
    if "furniture" in entry:
        furniture = sorted(_span(item, length, where) for item in _list(entry, "furniture", where))
        for before, after in pairwise(furniture):
            if before.overlap(after):
                raise CorpusError(f"{where}: furniture {_show(before)} and {_show(after)} overlap; mend one")
        fields["furniture"] = tuple(furniture)
    if "section" in entry:
        fields["sections"] = _sections(_list(entry, "section", where), length, where)
    return {name: value for name, value in fields.items() if value is not None}


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
