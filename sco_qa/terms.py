"""What the collection calls things: its abbreviations and its words, learned when an index is built.

Abbreviations are found as Schwartz & Hearst (2003, "A simple algorithm for identifying abbreviation definitions in
biomedical text") find them: "Long Form (LF)" or "LF (Long Form)" in one line, where the letters of the short form
occur in the long one in their order and its first letter begins a word. The words tell a slip of the keyboard from
what the collection, or English, knows.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

MOST_WORDS = 50_000
"""Words kept, the most frequent ones: reading more would take longer than they are worth."""

_WORD = re.compile(r"[^\W\d_]+")
_TOKEN = re.compile(r"\w+")
_PARENTHESIS = re.compile(r"\(\s*([^()\n]{2,80}?)\s*\)")
_SHORT = re.compile(r"[^\W_][\w.&/-]{1,9}")
_SHORTEST = 4
"""Letters of a word that may be a slip: shorter ones are too near to one another."""
_LONGEST = 12
"""Words of a long form, at most; Schwartz & Hearst allow a short form of 10 letters no more than 15."""
_ENDINGS = ("s", "es", "d", "ed", "ing", "ly", "er", "ers", "al", "n", "an", "ian")


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A short form and what it stands for, as the collection writes them."""

    short: str
    long: str


class Terms:
    """Abbreviations and words of a collection."""

    def __init__(
        self,
        abbreviations: Sequence[Abbreviation] = (),
        words: Sequence[str] = (),
        *,
        is_english: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Take the words as they are mostly written, the most frequent first.

        ``is_english`` tells of a word without case and accents whether it is one anywhere: such a word is never
        taken for a slip.
        """
        self.abbreviations = tuple(abbreviations)
        self.words = tuple(words)
        self._is_english = is_english
        self._written: Mapping[str, str] = {fold(word): word for word in reversed(self.words)}
        self._rank = {fold(word): rank for rank, word in reversed(list(enumerate(self.words)))}
        self._others: dict[tuple[str, ...], str] = {}
        for abbreviation in self.abbreviations:
            self._others.setdefault(_tokens(abbreviation.short), abbreviation.long)
            self._others.setdefault(_tokens(abbreviation.long), abbreviation.short)

    @classmethod
    def learn(cls, texts: Iterable[str], *, is_english: Callable[[str], bool] = lambda _: False) -> Self:
        """Learn from the texts of a collection; the same texts give the same terms."""
        found: Counter[Abbreviation] = Counter()
        written: Counter[str] = Counter()
        for text in texts:
            found.update(_definitions(text))
            written.update(_WORD.findall(text))
        commonest: dict[str, Abbreviation] = {}
        for abbreviation in sorted(found, key=lambda a: (-found[a], a.short, a.long)):
            commonest.setdefault(abbreviation.short, abbreviation)
        counts: Counter[str] = Counter()
        mostly: dict[str, str] = {}
        for word in sorted(written, key=lambda w: (-written[w], w)):
            counts[word.lower()] += written[word]
            mostly.setdefault(word.lower(), word)
        frequent = sorted(counts, key=lambda word: (-counts[word], word))[:MOST_WORDS]
        return cls(
            [commonest[short] for short in sorted(commonest)], [mostly[w] for w in frequent], is_english=is_english
        )

    @classmethod
    def load(cls, path: Path, *, is_english: Callable[[str], bool] = lambda _: False) -> Self:
        """Open what :meth:`save` wrote."""
        stored = json.loads(path.read_text(encoding="utf-8"))
        abbreviations = [Abbreviation(short, long) for short, long in stored["abbreviations"]]
        return cls(abbreviations, stored["words"], is_english=is_english)

    def save(self, path: Path) -> None:
        """Write the terms as one JSON file."""
        stored = {"abbreviations": [[a.short, a.long] for a in self.abbreviations], "words": self.words}
        path.write_text(json.dumps(stored, ensure_ascii=False) + "\n", encoding="utf-8")

    def reworded(self, question: str) -> str | None:
        """Give the question with short forms where it has long ones and the other way round; None if it has neither.

        What it calls by both stays as it is.
        """
        tokens = list(_TOKEN.finditer(question))
        folded = [fold(token[0]) for token in tokens]
        said = {
            tuple(folded[i:j]) for i in range(len(folded)) for j in range(i + 1, min(i + _LONGEST, len(folded)) + 1)
        }
        parts, place, end = [], 0, 0
        while place < len(tokens):
            for count in range(min(_LONGEST, len(tokens) - place), 0, -1):
                other = self._others.get(tuple(folded[place : place + count]))
                if other is not None and _tokens(other) not in said:
                    parts += [question[end : tokens[place].start()], other]
                    end = tokens[place + count - 1].end()
                    place += count
                    break
            else:
                place += 1
        return "".join([*parts, question[end:]]) if parts else None

    def corrected(self, question: str) -> str:
        """Mend slips of the keyboard: a word that nobody knows becomes the collection's that is one slip away.

        A slip is a letter too many, too few, wrong, or changed places with its neighbour, which 80% of misspellings
        are (Damerau 1964); never the first letter (Pollock & Zamora 1984). Among several the most frequent word is
        taken. What is written as a name, with a capital, is only taken for a name; an abbreviation for none.
        """
        return _WORD.sub(lambda match: self._corrected(match[0]), question)

    def _corrected(self, word: str) -> str:
        folded = fold(word)
        if folded in self._written:  # perhaps but for its accents
            written = self._written[folded]
            return _cased(written, word) if folded == word.lower() != written.lower() else word
        if len(folded) < _SHORTEST or word.isupper() or self._is_known(folded):
            return word
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import extract

        choices = [
            other
            for other, written in self._written.items()
            if other[0] == folded[0] and len(other) >= _SHORTEST and (word.islower() or not written.islower())
        ]
        near = [other for other, _, _ in extract(folded, choices, scorer=OSA.distance, score_cutoff=1, limit=None)]
        if not near or _stem(folded) in map(_stem, near):  # another form of the word, which BM25 knows
            return word
        return _cased(self._written[min(near, key=lambda other: self._rank[other])], word)

    def _is_known(self, folded: str) -> bool:
        """Tell whether a word is English or the collection's own, as it stands or but for an ending."""
        bases = [folded]
        for ending in _ENDINGS:
            base = folded.removesuffix(ending)
            if base != folded and len(base) > 2:
                bases += [base, base + "e"]
        return any(base in self._written or self._is_english(base) for base in bases)


def fold(text: str) -> str:
    """Give the text without case and accents, for comparing."""
    if text.isascii():  # nearly every word of 50,000 that are folded whenever an index is opened
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def _tokens(text: str) -> tuple[str, ...]:
    """Give the words that two ways of writing a term share: no case, accents, hyphens or leading article."""
    tokens = tuple(_TOKEN.findall(fold(text)))
    return tokens[1:] if len(tokens) > 1 and tokens[0] in {"the", "a", "an"} else tokens


def _cased(written: str, word: str) -> str:
    """Give the collection's word in the letters that the question's has, if they are all small or all large."""
    return written.lower() if word.islower() else written.upper() if word.isupper() else written


@cache
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


def _stem(word: str) -> str:
    stem: str = _stemmer().stemWord(word)
    return stem


def _definitions(text: str) -> Iterator[Abbreviation]:
    """Find each abbreviation that the text explains where it stands."""
    for match in _PARENTHESIS.finditer(text):
        inside, before = match[1], text[max(0, match.start() - 160) : match.start()].rstrip()
        before = re.split(r"[\n\r]|[.;:!?]\s", before)[-1]
        if _is_short(inside):
            long = _long_form(inside, before)
            if long is not None:
                yield Abbreviation(inside, long)
        elif (last := re.search(r"[\w.&/-]+$", before)) is not None and _is_short(last[0]):
            long = _long_form(last[0], inside)
            if long == inside:
                yield Abbreviation(last[0], inside)


def _is_short(text: str) -> bool:
    """Tell whether this may be a short form: one word with at least two capitals or a capital and a digit."""
    capitals = sum(c.isupper() for c in text)
    return _SHORT.fullmatch(text) is not None and capitals >= 2 and not text.isdigit()


def _long_form(short: str, before: str) -> str | None:
    """Find the shortest end of ``before`` that ``short`` abbreviates, or None."""
    letters = [c for c in fold(short) if c.isalnum()]
    most = min(len(letters) + 5, len(letters) * 2, _LONGEST)
    words = list(re.finditer(r"\S+", before))[-most:]
    if not words:
        return None
    text, place = before[words[0].start() :], len(before) - words[0].start()
    for number in range(len(letters) - 1, -1, -1):
        place -= 1
        while place >= 0 and not (
            fold(text[place]) == letters[number] and (number > 0 or place == 0 or not text[place - 1].isalnum())
        ):
            place -= 1
        if place < 0:
            return None
    long = text[place:].strip(" \"'“”‘’,")
    # what is no longer than its short form, or holds it, explains nothing
    holds = _tokens(short)[0] in _tokens(long) if _tokens(long) else True
    return None if holds or len(long.split()) < 2 or len(long) <= len(short) else long
