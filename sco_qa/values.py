"""What answers say, for comparing them: numbers, dates and names however they are written. Quotes stay as they are.

Numbers in words are read by text2num, dates by dateutil.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from sco_qa.text import normalize_answer


class Kind(StrEnum):
    """What an answer is, as far as its form tells."""

    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Value:
    """An answer in one form for all ways of writing it.

    ``key`` is the number, the ISO date (as exact as it was given) or the words; ``unit`` what a number counts.
    """

    kind: Kind
    key: str
    unit: str = ""


_MONTH = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b\.?", re.IGNORECASE)
_ISO = re.compile(r"\d{4}-\d\d(?:-\d\d)?")
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_BEFORE_DATE = re.compile(r"^(?:on|in|since|by|until|from|of|the|about|around)\b\s*", re.IGNORECASE)
_ORDINAL_DAY = re.compile(r"(\d)(?:st|nd|rd|th)\b( of)?", re.IGNORECASE)
_ROUGHLY = frozenset("about around roughly approximately some nearly almost only just exactly all the a an".split())
_UNITS = {"%": "percent", "pc": "percent", "cent": "percent", "$": "dollar", "us": "", "usd": "dollar", "€": "euro"}
_HONORIFIC = frozenset("mr mrs ms miss dr prof professor sir madam lady lord captain president".split())


@lru_cache(maxsize=4_096)
def value(text: str) -> Value:
    """Read what an answer says."""
    date = _date(text)
    if date is not None:
        return Value(Kind.DATE, date)
    counted = _number(text)
    if counted is not None:
        return counted
    words = normalize_answer(text).split()
    named = [word for word in words if word not in _HONORIFIC]
    letters = re.findall(r"[^\W\d_]+", text)
    is_name = (
        len(words) <= 6
        and any(word[0].isupper() for word in letters)
        and all(word[0].isupper() for word in letters if len(word) > 3)
    )
    return Value(Kind.NAME, " ".join(named or words)) if is_name else Value(Kind.WORDS, " ".join(words))


def same(one: str, other: str) -> bool:
    """Tell whether two answers say the same: the same number, date or words, however they are written.

    A number alone says what it says with its unit, and a place or name alone what it says with what it lies in or is.
    """
    a, b = value(one), value(other)
    if a.kind is not b.kind:
        return False
    if a.kind is Kind.NUMBER:
        return a.key == b.key and (not a.unit or not b.unit or a.unit == b.unit)
    placed = (x.count(",") == 1 and x.startswith(f"{y},") for x, y in ((one, other), (other, one)))
    return a.key == b.key or (a.kind is Kind.NAME and any(placed))


def _date(text: str) -> str | None:
    stripped = text.strip(" .,;:")
    while (shorter := _BEFORE_DATE.sub("", stripped)) != stripped:
        stripped = shorter
    if _YEAR.fullmatch(stripped):
        return stripped
    if len(stripped.split()) > 5 or not (
        _ISO.fullmatch(stripped) or (_MONTH.search(stripped) and _NUMBER.search(stripped))
    ):
        return None
    from dateutil import parser

    plain = _ORDINAL_DAY.sub(r"\1", stripped)
    try:
        # what is not said comes from the default; where two of them give two values, it was not said
        first, second = (parser.parse(plain, default=default) for default in (datetime(1, 1, 1), datetime(4, 2, 2)))
    except (ValueError, OverflowError):
        return None
    parts = [f"{first.year:04}" if first.year == second.year else None]
    parts.append(f"{first.month:02}" if first.month == second.month else None)
    parts.append(f"{first.day:02}" if first.day == second.day else None)
    return "-".join(part if part is not None else "?" for part in parts).removesuffix("-?")


def _number(text: str) -> Value | None:
    """Read an answer that is one number, with what it counts."""
    from text_to_num import alpha2digit

    digits = alpha2digit(re.sub(r"(?<=\d),(?=\d{3}\b)", "", text.lower().replace("per cent", "percent")), "en")
    digits = re.sub(r"^\W*one\b", "1", digits)
    found = list(_NUMBER.finditer(digits))
    if not found:
        return None
    amount, end = float(found[0][0].replace(",", ".")) if found[0][0].count(".") <= 1 else None, found[0].end()
    if amount is None:
        return None
    rest = digits[end:]
    scale = re.match(r"\s*(1000000000|1000000|1000|bn|billion|m|million|thousand)\b", rest)
    if scale is not None:
        names = {"bn": 1e9, "billion": 1e9, "m": 1e6, "million": 1e6, "thousand": 1e3}
        amount *= names[scale[1]] if scale[1] in names else float(scale[1])
        rest = rest[scale.end() :]
    if _NUMBER.search(rest):  # a score, a range, two numbers
        return None
    before = [w for w in re.findall(r"[^\W\d_]+|[$€£%]", digits[: found[0].start()]) if w not in _ROUGHLY]
    behind = [w for w in re.findall(r"[^\W\d_]+|[$€£%]", rest) if w not in _ROUGHLY]
    if len(before) > 1 or len(behind) > 4:
        return None
    unit = " ".join(filter(None, (_UNITS.get(w, w.removesuffix("s")) for w in (*before, *behind))))
    return Value(Kind.NUMBER, f"{amount:.12g}", unit)
