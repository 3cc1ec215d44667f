"""Reference: which words of a question stand for something said before, and for what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from sco_qa.text import YEAR

_CAPITAL = "[A-ZÀ-ÖØ-Þ]"
_NAME = re.compile(
    rf"(?:\b[Tt]he )?{_CAPITAL}[\w’'-]*"
    rf"(?: (?:(?:of|the|for|and|de|du|del|da|la|le|von|van) ){{0,2}}{_CAPITAL}[\w’'-]*)*"
)
AUXILIARY = "(?:am|is|are|was|were|did|does|do|has|have|had|will|would|can|could|shall|should|may|might|must)"
PREPOSITION = (
    "(?:about|after|against|around|at|before|behind|beside|between|beyond|by|despite|during|for|from|in|into|like|of|"
    "off|on|over|since|than|through|to|towards?|under|until|upon|with|without|within)"
)
# Where a clause begins, a pronoun may stand for what the clause before named: "Why did Chile go when it won?"
_CLAUSE = re.compile(
    r"\b(?:after|although|as|because|before|but|if|once|said|say|says|since|that|until|when|where|whether|while|who|"
    r"and|to)\b",
    re.IGNORECASE,
)
_OBJECT = {"it", "them", "him", "her", "hers", "theirs"}
_PERSON = {"he", "him", "his", "she", "her", "hers"}
_PEOPLE_OR_THINGS = {"they", "them", "their", "theirs"}
_POSSESSIVE = {"its", "their", "his"}
_PRONOUN = re.compile(r"\b(it|its|they|them|their|theirs|he|him|his|she|her|hers)\b", re.IGNORECASE)
# "it" that stands for nothing: "what does it cost to …", "is it true that …", "who was it"
_EXPLETIVE = re.compile(
    rf"\bit (?:cost|costs|take|takes|took|mean|means|matter|matters) (?:\w+ )?(?:to|for|that|if|when)\b"
    rf"|\b{AUXILIARY} it (?:(?:ever|not|been|be) )*(?:called|known|said|thought|believed|suggested|shown|true|possible|"
    r"necessary|important|hard|easy|difficult|likely|better|legal|illegal|a|an)\b"
    r"|\b(?:make|makes|made|find|found|finds|consider|considers|considered) it \w+ (?:to|for|that)\b"
    r"|\bidea (?:is|was) it\b|\bwho (?:is|was) it(?=\W*$)|^it (?:is|was)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    rf"^\W*(?:{AUXILIARY}|{PREPOSITION}|who|whom|whose|what|which|when|where|why|how|and|but|so|or|also|then|name|list|"
    r"tell|give|show|describe|explain|say|that|this|these|those|there|it|its|they|their|he|his|she|her)\b",
    re.IGNORECASE,
)
_KINDS = "(?:year|time|day|month|week|date|place|person|man|woman|country|state|city|decision|event|meeting|case|one)"
# "that" points back where nothing goes on from it ("the year that …", "said that …"): at a clause's end or behind
# what takes an object. "there" does so unless it only says that something is ("is there a …").
_POINTING = re.compile(
    rf"\bthis\b(?! (?:year|week|month|day|century)\b)|\bthese\b|\bthose\b(?! (?:who|that|which|of|in|with|\w+ed)\b)"
    rf"|\bthe (?:former|latter)\b(?=\W*$| {AUXILIARY}\b)|\bthat(?=\W*$)|^{AUXILIARY} that\b|\bthat {_KINDS}(?=\W*$)"
    rf"|\b{PREPOSITION} that(?=\W*$|,| \w+\W*$| {_KINDS}\b)"
    rf"|(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )(?<!\bbeen )\bthere\b(?! {AUXILIARY}\b)"
    r"|(?<!\buntil )(?<!\bsince )(?<!\bby )\bthen(?=\W*$)",
    re.IGNORECASE,
)
_WHO = re.compile(r"^\W*(?:\w+ )?(?:who|whom)\b", re.IGNORECASE)
_WHERE = re.compile(r"^\W*(?:where|(?:in|to|from|at) (?:which|what) \w+)\b", re.IGNORECASE)
_WHEN = re.compile(r"^\W*(?:when|(?:in|since|until|on) (?:which|what) (?:year|month|date|day))\b", re.IGNORECASE)
_FOLLOWED = re.compile(r" [^\W\d_]")
_SUBJECT = re.compile(rf"(?:^|\b{AUXILIARY} |\b(?:when|if|that|because|why|where|how) )$", re.IGNORECASE)
_THERE = re.compile(r"\bthere\b", re.IGNORECASE)
_THAT_PERSON = re.compile(r"\bthat (?:person|man|woman)\b", re.IGNORECASE)
_THAT_YEAR = re.compile(r"\b(?:in )?(?:that year|then)(?=\W*$)", re.IGNORECASE)


class Earlier(Protocol):
    """What an assistant knows of what was asked before."""

    def answer(self, question: str) -> str | None:
        """Give the answer to an earlier question in the sources' words, or None if they do not say."""
        ...

    def nearest(self, words: str, others: Sequence[str]) -> int:
        """Give the place of that one of ``others`` which is most like ``words``."""
        ...


def refers(question: str) -> bool:
    """Tell whether a word of the question stands for something that the question does not name itself."""
    return _POINTING.search(question) is not None or any(
        not _named_before(question, pronoun) for pronoun in _PRONOUN.finditer(question)
    )


def names(text: str) -> list[re.Match[str]]:
    """Find the names in a question, each with its article; the first word is none, whatever its letters."""
    first = re.match(r"\W*\w+", text)
    return list(_NAME.finditer(text, 0 if first is None else first.end()))


def subject(question: str) -> str | None:
    """Give the name that the question is about: the one behind its auxiliary, or the only one."""
    found = names(question)
    for name in found:
        if re.search(rf"\b{AUXILIARY} $", question[: name.start()], re.IGNORECASE):
            return name[0]
    return found[0][0] if len(found) == 1 else None


def resolved(question: str, topic: str, earlier: Earlier) -> str:
    """Put what they stand for in the place of the first pronoun, "there" and "that year", where that is plain.

    A person is the answer to the topic if that asks who, and else the topic's subject; a thing is its subject. An
    object that is no person stays: "it" is as often what was done as who did it.
    """

    def put(match: re.Match[str]) -> str:
        word, before, behind = match[1].lower(), question[: match.start()], question[match.end() :]
        is_possessive = word in _POSSESSIVE or (word == "her" and _FOLLOWED.match(behind) is not None)
        is_object = not is_possessive and (word in _OBJECT - {"it"} or (word == "it" and not _SUBJECT.search(before)))
        if _named_before(question, match) or (is_object and word not in _PERSON):
            return match[0]
        name = _answer(topic, earlier) if word in _PERSON and _WHO.search(topic) else subject(topic)
        if name is None:
            return match[0]
        return f"{name}’s" if is_possessive else name

    text = _PRONOUN.sub(put, question, count=1)
    if _WHERE.search(topic) and _THERE.search(text) and (place := _answer(topic, earlier)) is not None:
        text = _THERE.sub(lambda _: f"in {place}", text, count=1)
    if _WHO.search(topic) and _THAT_PERSON.search(text) and (who := _answer(topic, earlier)) is not None:
        text = _THAT_PERSON.sub(lambda _: who, text, count=1)
    if _THAT_YEAR.search(text):
        years = YEAR.findall(topic)
        when = earlier.answer(topic) if _WHEN.search(topic) else years[-1] if years else None
        if when is not None:
            text = _THAT_YEAR.sub(lambda _: f"in {when}", text, count=1)
    return text


def _answer(topic: str, earlier: Earlier) -> str | None:
    """Give who or what answers the topic, by name alone; None if it only says again what the topic says."""
    answer = earlier.answer(topic)
    name = None if answer is None else re.split(r"[,;(]", answer)[0].strip()
    if not name or any(word in topic for word in re.findall(rf"{_CAPITAL}[\w’'-]+", name)):
        return None
    return name


def _named_before(question: str, pronoun: re.Match[str]) -> bool:
    """Tell whether the question itself names, before a pronoun, what the pronoun can stand for."""
    word, before, follows = pronoun[1].lower(), question[: pronoun.start()], question[pronoun.end() :]
    if _EXPLETIVE.search(question) and word == "it":
        return True
    if not _OPENING.search(question):  # in a search box the topic comes first: "halvard fire what caused it"
        return len(before.split()) > 1
    found = names(before)
    if not found and not _could_mean(word, before):
        return False
    is_possessive = word in _POSSESSIVE or (word == "her" and _FOLLOWED.match(follows))
    is_object = (
        word in _OBJECT and not is_possessive and not re.match(rf" (?:{AUXILIARY}\b|[^\W\d_]{{3,}}(?:s|ed)\b)", follows)
    )
    if not is_object:
        return True
    # Within one clause an object is somebody else than the subject (Chomsky 1981): "What did the council do about it?"
    first = found[0].end() if found else len(before) - len(before.lstrip().partition(" ")[2])
    return _CLAUSE.search(before, first, len(before.rstrip().rpartition(" ")[0])) is not None


def _could_mean(word: str, before: str) -> bool:
    """Tell whether something without a name comes before a pronoun that it can mean, as far as its form tells."""
    if re.search(
        rf"^\W*(?:{PREPOSITION} )?(?:what|which|how|when|where|why)\b[^,]*\b{AUXILIARY} $", before, re.I
    ) and not (re.search(r"\b(?:the|a|an) [^\W\d_]+", before, re.IGNORECASE)):
        return False  # "Which members did it …": what is asked for is not who did it
    if re.search(r"\b(?:the|a|an|every|each|no) [^\W\d_]+", before, re.IGNORECASE):
        return True
    if word in _PERSON | _PEOPLE_OR_THINGS and re.search(rf"\bwho\b(?! {AUXILIARY}\b)", before, re.IGNORECASE):
        return True  # "Who put his name to it?"
    if word in _PEOPLE_OR_THINGS:
        return re.search(r"\b(?!was\b|does\b|has\b|this\b)[^\W\d_]{3,}s\b", before) is not None
    one = re.search(r"^\W*(?:what|which)(?: of [^\W\d_]+)? (?!(?:year|day|date|time|way)\b)([^\W\d_]+)", before, re.I)
    return one is not None and not re.fullmatch(AUXILIARY, one[1], re.IGNORECASE) and not one[1].endswith("s")
