"""Addresses of cited places: what a permalink says, checked against the source that it names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, urlencode

from sco_qa.types import Source, Span, State

_PLACE = re.compile(r"(.{1,200})~(\d{1,9})~(\d{1,9})~([0-9a-f]{64})")
_MOST = 40


@dataclass(frozen=True, slots=True)
class Permalink:
    """A span of a source, and the hash of the text that it was cited from."""

    source: str
    span: Span
    sha256: str | None = None

    @classmethod
    def parse(cls, text: str) -> Permalink | None:
        """Read one of the other places in an address; None for what is none."""
        found = _PLACE.fullmatch(text)
        if found is None or int(found[2]) >= int(found[3]):
            return None
        return cls(found[1], Span(int(found[2]), int(found[3])), found[4])

    def address(self, base: str = "", others: Sequence[Permalink] = ()) -> str:
        """Give the address of this place; with ``others``, one that leads on to them."""
        query = [("start", str(self.span.start)), ("end", str(self.span.end))]
        query += [] if self.sha256 is None else [("sha256", self.sha256)]
        query += [("with", f"{o.source}~{o.span.start}~{o.span.end}~{o.sha256}") for o in others]
        return f"{base}/source/{quote(self.source, safe='')}?{urlencode(query)}#cited"


class Shown(StrEnum):
    """How the text that is shown stands to the one that was cited."""

    WHOLE = "whole"  # no place was asked for
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"  # the address does not say which text it means
    EDITED = "edited"  # the text as cited is shown, its file is another now
    GONE = "gone"  # the text as cited is shown, its file is no longer there
    CHANGED = "changed"  # the text that was cited is no longer indexed
    NOWHERE = "nowhere"  # there is no such place


def shown(source: Source, state: State, place: Permalink | None) -> Shown:
    """Compare what an address says with the source as it is."""
    if place is not None and place.sha256 is not None and place.sha256 != source.sha256:
        return Shown.CHANGED
    if place is not None and place.span.end > len(source.text):
        return Shown.NOWHERE
    if state is not State.FRESH:
        return Shown.EDITED if state is State.CHANGED else Shown.GONE
    if place is None:
        return Shown.WHOLE
    return Shown.UNKNOWN if place.sha256 is None else Shown.UNCHANGED


def others(given: Sequence[str]) -> tuple[Permalink, ...]:
    """Read the other places of an address; what is none is left out, and so is what no reply has room for."""
    parsed = (Permalink.parse(text) for text in given[:_MOST])
    return tuple(place for place in parsed if place is not None)
