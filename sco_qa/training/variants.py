"""What an example is turned into: a question without an answer, a question as people type it, a shorter text."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from functools import cache

from sco_qa import sentences
from sco_qa.text import normalize_answer
from sco_qa.training.examples import Example
from sco_qa.types import Span

STOP = frozenset(
    "a an the is are was were be been do does did of in on at to for by with from and or that this it its as "
    "has have had what which who whom whose when where why how".split()
)
"""Words of a question that say nothing of what it is about."""
LONG, SHORT = 560, 480
"""Characters above which a text is shortened, and to how many at most: about a passage of the index."""
_NAME = re.compile(r"(?:[A-Z][\w'’.-]*\w)(?: (?:of |the |and )?[A-Z][\w'’.-]*\w)*")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_PAIRS = """
able unable, above below, absorb emit, accept reject, accepted rejected, added removed, advantage disadvantage,
advantages disadvantages, agree disagree, agreed disagreed, allow forbid, allowed forbidden, always never,
ancestor descendant, ancient modern, appeared disappeared, appoint dismiss, appointed dismissed, approve reject,
approved rejected, arrive depart, arrived departed, attack defend, attacked defended, attract repel, before after,
began ended, best worst, birth death, born died, borrow lend, bought sold, boys girls, brother sister, build demolish,
built demolished, buy sell, buyer seller, causes prevents, common rare, create destroy, created destroyed,
deepest shallowest, difficult easy, domestic foreign, earlier later, earliest latest, early late, eastern western,
encourage discourage, encouraged discouraged, enter leave, entered left, expanded shrank, export import,
exports imports, failed succeeded, fast slow, faster slower, father mother, female male, first last, gain lose,
gained lost, greater smaller, hated loved, heaviest lightest, high low, higher lower, highest lowest, hot cold,
husband wife, improve worsen, improved worsened, included excluded, increase decrease, increased decreased,
inside outside, internal external, joined left, king queen, largest smallest, legal illegal, liberal conservative,
longest shortest, maximum minimum, majority minority, major minor, man woman, married divorced, men women, more less,
more fewer, most least, natural artificial, north south, northern southern, east west, oldest youngest, older younger,
opened closed, permitted prohibited, popular unpopular, positive negative, possible impossible, praised criticized,
predecessor successor, primary secondary, private public, rich poor, rise fall, rose fell, rural urban, safe dangerous,
simple complex, son daughter, started stopped, strengthen weaken, strong weak, stronger weaker, student teacher,
successful unsuccessful, summer winter, support oppose, supported opposed, thick thin, top bottom, upper lower,
victory defeat, warm cool, wealthy poor, wide narrow, won lost, winner loser, with without"""
_WORD = re.compile(r"\b[a-z]+\b")


@cache
def _opposites() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair in _PAIRS.split(","):
        one, other = pair.split()
        found.setdefault(one, []).append(other)
        found.setdefault(other, []).append(one)
    del found["with"]  # "with whom" and "compliant with" have no opposite
    return found


def swapped(example: Example, rng: random.Random) -> Example | None:
    """Make an answerable question unanswerable: put another name or number of the text for one that it holds.

    The other one stands away from the answer, so that the question now asks about something else; now and then the
    text answers that too.
    """
    if example.answer is None:
        return None
    start, end = example.answer.start, example.answer.end
    for pattern in rng.sample([_NAME, _NUMBER], 2):
        places = [m for m in pattern.finditer(example.question) if m.start() > 0 and m.group() in example.text]
        if not places:
            continue
        place = rng.choice(places)
        others = sorted(
            {
                m.group()
                for m in pattern.finditer(example.text)
                if (m.end() < start - 60 or m.start() > end + 60)
                and len(m.group().split()) == len(place.group().split())
                and (pattern is _NAME or len(m.group()) == len(place.group()))
                and m.group().lower() not in example.question.lower()
                and m.group() not in example.words
                and not (m.start() == 0 or example.text[m.start() - 2 : m.start() - 1] in ".!?")
            }
        )
        if others:
            return _unanswered(example, place, rng.choice(others), "swap")
    return None


def opposite(example: Example, rng: random.Random) -> Example | None:
    """Make an answerable question unanswerable: put a word's opposite for it (Gautam et al. 2023).

    Not where the text has the opposite near the answer.
    """
    places = [m for m in _WORD.finditer(example.question) if m.group() in _opposites()]
    if example.answer is None or not places:
        return None
    place = rng.choice(places)
    other = rng.choice(_opposites()[place.group()])
    near = example.text[max(0, example.answer.start - 150) : example.answer.end + 150]
    return None if other in near.lower() else _unanswered(example, place, other, "opposite")


def _unanswered(example: Example, place: re.Match[str], other: str, kind: str) -> Example:
    question = example.question[: place.start()] + other + example.question[place.end() :]
    return replace(example, question=question, answer=None, source=f"{example.source}/{kind}")


def varied(example: Example, rng: random.Random) -> Example:
    """Ask as people do in a search box, now and then: in lower case, by keywords, with two letters swapped."""
    draw, question = rng.random(), example.question
    if draw < 0.12:
        question = question.lower().rstrip("? ")
    elif draw < 0.17:
        kept = [w for w in question.lower().rstrip("? ").split() if w not in STOP]
        question = " ".join(kept) if len(kept) > 2 else question
    elif draw < 0.22 and len(question) > 8:
        i = rng.randrange(1, len(question) - 2)
        if question[i : i + 2].isalpha():
            question = question[:i] + question[i + 1] + question[i] + question[i + 2 :]
    return replace(example, question=question)


def shortened(example: Example, rng: random.Random) -> Example:
    """Leave some sentences of a long text: around the answer, or around the sentence most like the question."""
    split = sentences.split(example.text, Span(0, len(example.text)))
    if len(example.text) <= LONG or len(split) < 2:
        return example
    if example.answer is not None:
        inside = [i for i, sentence in enumerate(split) if sentence.overlap(example.answer)]
        first, last = inside[0], inside[-1]
    else:
        asked = set(normalize_answer(example.question).split()) - STOP
        shared = [len(asked & set(normalize_answer(example.text[s.start : s.end]).split())) for s in split]
        first = last = rng.choice([i for i, count in enumerate(shared) if count == max(shared)])
    while True:
        wider = [(first - 1, last)] if first > 0 else []
        wider += [(first, last + 1)] if last + 1 < len(split) else []
        wider = [(i, j) for i, j in wider if split[j].end - split[i].start <= SHORT]
        if not wider:
            break
        first, last = rng.choice(wider)
    start, end, answer = split[first].start, split[last].end, example.answer
    if answer is not None:
        start, end = min(start, answer.start), max(end, answer.end)
        answer = Span(answer.start - start, answer.end - start)
    return replace(example, text=example.text[start:end], answer=answer)
