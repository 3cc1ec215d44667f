"""Passages: windows of whole sentences, each one contiguous span of its source without furniture inside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from sco_qa import sentences as splitter
from sco_qa.types import Passage, Source, Span

_LINE = re.compile(r"[^\r\n]+")
_PARAGRAPH = re.compile(r"(?:[^\r\n]|\r?\n(?![^\S\r\n]*(?:\r?\n|\Z)))+")
_WRAPPED_AT = 100  # hard-wrapped text is set at 60 to 80 characters; a paragraph in one line is far longer


def split(sources: Iterable[Source], *, words: int, overlap: int) -> list[Passage]:
    """Split the sources into passages of about ``words`` words, numbered from 0.

    A passage never crosses a section's border or furniture. The sentences of up to ``overlap`` words at the end of
    one stand again at the beginning of the next, so that no pair of neighbours is torn apart everywhere. Together
    the passages hold every character that is neither blank nor furniture.
    """
    found: list[Passage] = []
    for source in sources:
        found += of(source, words=words, overlap=overlap, first=len(found))
    return found


def of(source: Source, *, words: int, overlap: int, first: int = 0) -> list[Passage]:
    """Split one source, as :func:`split` does; the first passage gets the id ``first``."""
    found: list[Passage] = []
    paragraph = _paragraphs(source.text)
    for run in _runs(source):
        for window in _windows(source.text, _sentences(source.text, run, paragraph), words, overlap):
            found.append(at(source, first + len(found), tuple(window)))
    return found


def at(source: Source, id_: int, sentences: tuple[Span, ...]) -> Passage:
    """Make the passage of ``source`` that these neighbouring sentences are."""
    span = Span(sentences[0].start, sentences[-1].end)
    section = source.section_of(span)
    heading = None if section is None else source.slice(section.heading)
    return Passage(id_, source.id, span, source.text[span.start : span.end], sentences, heading)


def in_context(passage: Passage, source: Source, *, named: bool = True) -> str:
    """Give the passage behind its source's title and its section's heading.

    Without ``named``, a title that only repeats the file's name is left out.
    """
    context = [source.title] if named or not source.named_for_file else []
    if passage.heading is not None and not passage.text.startswith(passage.heading):
        context.append(passage.heading)
    return "\n".join([*context, passage.text])


def to_index(passage: Passage, source: Source, *, context: bool) -> tuple[str, str]:
    """Give the text that is encoded, and the one whose words are indexed.

    A file's name counts among the words only: so a renamed file's passages keep their vectors.
    """
    if not context:
        return passage.text, passage.text
    return in_context(passage, source, named=False), in_context(passage, source)


def _runs(source: Source) -> Iterator[Span]:
    """Cut a source at its sections' borders and around its furniture."""
    borders = {0, len(source.text)}
    for section in source.sections:
        borders |= {section.span.start, section.span.end}
    for furniture in source.furniture:
        borders |= {furniture.start, furniture.end}
    places = sorted(borders)
    for start, end in pairwise(places):
        run = Span(start, end)
        if not any(f.holds(run) for f in source.furniture):
            yield run


def _paragraphs(text: str) -> re.Pattern[str]:
    """Give what a paragraph is in this text: a line, or where those are hard-wrapped, what is between blank lines."""
    wrapped = all(len(line) <= _WRAPPED_AT for line in text.splitlines())
    return _PARAGRAPH if wrapped else _LINE


def _sentences(text: str, run: Span, paragraph: re.Pattern[str]) -> list[Span]:
    """List the sentences of a run; a paragraph's end, and so a heading's, ends a sentence too."""
    return [
        sentence
        for match in paragraph.finditer(text[run.start : run.end])
        for sentence in splitter.split(text, Span(run.start + match.start(), run.start + match.end()))
    ]


def _windows(text: str, found: list[Span], words: int, overlap: int) -> Iterator[list[Span]]:
    lengths = [len(text[s.start : s.end].split()) for s in found]
    first = 0
    while first < len(found):
        last, total = first, lengths[first]
        while total < words and last + 1 < len(found):
            last += 1
            total += lengths[last]
        yield found[first : last + 1]
        if last + 1 == len(found):
            return
        following, repeated = last + 1, 0
        while following > first + 1 and repeated + lengths[following - 1] <= overlap:
            following -= 1
            repeated += lengths[following]
        first = following
