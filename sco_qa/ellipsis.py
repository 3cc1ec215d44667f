"""Ellipsis: questions that leave out what the one before said, "Why?", "And India?", "How many in 2018?"."""

from __future__ import annotations

import re

from sco_qa.reference import AUXILIARY, PREPOSITION, Earlier, names
from sco_qa.text import YEAR

_LEAD = re.compile(r"^\W*(?:and|but|so|or|also|then)\b,? *", re.IGNORECASE)
_ABOUT = re.compile(r"^\W*(?:what|how) about\b *", re.IGNORECASE)
_ELSE = re.compile(r"^\W*(?:what|who|where) else\b", re.IGNORECASE)
_WH = (
    "(?:since when|until when|by whom|with whom|to whom|how many|how much|how long|how often|how|why|when|where|who|"
    "whom|what|which)"
)
_BARE = re.compile(rf"^\W*(?:{_WH}|why not|how so|by how much|for how long)\W*$", re.IGNORECASE)
_ASKED = re.compile(rf"^\W*(?P<wh>(?:{PREPOSITION} )?\b{_WH}\b.*?) ?\b(?P<rest>{AUXILIARY} .*?)\W*$", re.IGNORECASE)
_QUANTITY = re.compile(rf"^{_WH} (?!of\b)(?={PREPOSITION}(?: [^ ]+){{1,4}}$)", re.IGNORECASE)
_ORDINAL = re.compile(r"\b(?:first|second|third|fourth|fifth|last|latest|next|previous)\b", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:him|her|it|them|that|this)\b", re.IGNORECASE)
_FRAGMENT_WORDS = 8


def goes_on(question: str) -> bool:
    """Tell whether a question begins as one that only goes on, or is nothing but a question word."""
    return any(pattern.search(question) for pattern in (_LEAD, _ABOUT, _ELSE, _BARE)) or (
        _QUANTITY.search(question.rstrip(" ?!.…")) is not None
    )


def bare(question: str) -> str:
    """Give the question without the word that ties it to the one before."""
    return _LEAD.sub("", question) or question


def completed(question: str, topic: str, earlier: Earlier) -> str | None:
    """Fill in what a question leaves out from the one before, or None where it leaves nothing out.

    A question word takes the place of the topic's; other words that of what they are like: a year, a number in a row,
    what stands behind the same preposition, a name.
    """
    about = _ABOUT.sub("", bare(question))
    words = about.strip(" ?!.…")
    if _BARE.search(about):
        return _asked_again(words, topic, earlier)
    said = _QUANTITY.sub("", words)
    if (
        (not goes_on(question) and said == words)
        or len(words.split()) > _FRAGMENT_WORDS
        or (said == words and re.match(rf"{_WH}\b", words, re.IGNORECASE))
        or (about == bare(question) and re.search(rf"\b{AUXILIARY}\b", words, re.IGNORECASE))
    ):
        return None
    return _replaced(said, topic, earlier)


def _asked_again(wh: str, topic: str, earlier: Earlier) -> str:
    """Ask the topic with another question word; who did it is known by then."""
    if re.match(rf"{AUXILIARY}\b", topic, re.IGNORECASE):  # "Did it leave?"
        return f"{wh} {topic[0].lower()}{topic[1:]}"
    match = _ASKED.match(topic)
    if match is None:  # "Who blocked it?": the question word is the subject
        subject_asked = re.match(r"^\W*(?:who|what|which [^\W\d_]+) (.*?)\W*$", topic, re.IGNORECASE)
        answer = earlier.answer(topic) if subject_asked else None
        if subject_asked is None or answer is None:
            return f"{wh}: {topic}"
        return f"{wh}: {answer} {subject_asked[1]}?"
    return f"{wh} {match['rest']}?"


def _replaced(words: str, topic: str, earlier: Earlier) -> str:
    end = topic.rstrip(" ?!.…")
    for pattern in (YEAR, _ORDINAL):
        new, old = pattern.search(words), list(pattern.finditer(end))
        if new is not None and old:
            return f"{end[: old[-1].start()]}{new[0]}{end[old[-1].end() :]}?"
    preposition = re.match(rf"({PREPOSITION})\b", words, re.IGNORECASE)
    if preposition is not None:
        if _PRONOUN.search(words) and (answer := earlier.answer(topic)) is not None:
            words = _PRONOUN.sub(lambda _: answer, words, count=1)
        same = list(re.finditer(rf"\b{re.escape(preposition[1])} [^,]*?(?= {PREPOSITION} |$)", end, re.IGNORECASE))
        return f"{end[: same[-1].start()]}{words}{end[same[-1].end() :]}?" if same else f"{end} {words}?"
    found = names(end)
    if not found:
        return f"{end}: {words}?"
    slot = found[earlier.nearest(words, [name[0] for name in found])]
    return f"{end[: slot.start()]}{words}{end[slot.end() :]}?"
