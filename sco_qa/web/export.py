"""A conversation to keep: Markdown or one HTML file, with every citation's words, place and address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sco_qa.reply import Status
from sco_qa.web import citations
from sco_qa.web.contract import AnswerView, CitationView, Turn
from sco_qa.web.markup import address, render, sure


def markdown(turns: Sequence[Turn], origin: str) -> str:
    """Give the conversation as Markdown; ``origin`` begins the addresses of the sources."""
    return "\n".join(line for turn in turns for line in _turn(turn, origin)) + "\n"


def html(turns: Sequence[Turn], origin: str) -> str:
    """Give the conversation as a page that needs nothing else."""
    return render("export.html", turns=turns, origin=origin)


def _turn(turn: Turn, origin: str) -> Iterator[str]:
    reply = turn.reply
    yield f"## {_text(reply.question)}\n"
    if reply.read_as is not None:
        yield f"*Read as:* {_text(reply.read_as)}\n"
    if reply.status is Status.NO_ANSWER:
        yield f"**The sources do not say:** {_text(reply.reason or '')}.\n"
        if reply.nearest:
            yield "What came closest, which is no answer:\n"
        for passage in reply.nearest:
            yield f"{_cited(passage, origin)}\n"
        return
    if reply.disagreement is not None:
        over_time = " over time" if reply.disagreement.kind == "time" else ""
        yield f"*The sources differ{over_time}: see {_listed([i + 1 for i in reply.disagreement.answers])}.*\n"
    for number, answer in enumerate(reply.shown, 1):
        yield from _answer(number, answer, origin)


def _answer(number: int, answer: AnswerView, origin: str) -> Iterator[str]:
    yield f"{number}. **{_text(answer.text)}** ({sure(answer.confidence)}, {answer.confidence:.2f})\n"
    for place in (answer.citation, *answer.also_in):
        yield "\n".join(f"   {line}" for line in _cited(place, origin).split("\n")) + "\n"


def _cited(citation: CitationView, origin: str) -> str:
    """Give the citation with its whole sentence, the quoted words in bold."""
    sentence = f"{_text(citation.before)}**{_text(citation.quote)}**{_text(citation.after)}"
    whole = citation.quote == citation.sentence.text
    quote, _, where = citations.markdown(citation, address(origin, citation)).partition("\n")
    return f"{quote if whole else f'> {sentence.strip()}'}\n{where}"


def _text(text: str) -> str:
    outside = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    before, after = (" " if blank else "" for blank in outside)
    return f"{before}{citations.escape_markdown(' '.join(text.split()))}{after}" if text.strip() else before


def _listed(numbers: Sequence[int]) -> str:
    return " and ".join(str(number) for number in numbers)
