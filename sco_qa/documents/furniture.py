"""Furniture: lines of a document that are not its text (menus, links to share, headers), found by general rules.

Each rule looks at lines and at their shape. None knows a collection. A line that ends as a sentence does is text,
and what is in doubt is text: a line too many is read in vain, one too few can never be quoted.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from sco_qa.types import Span

_LINE = re.compile(r"[^\s\r\n](?:[^\r\n]*[^\s\r\n])?")
_SENTENCE = re.compile(r"[.!?…:;,]['\"’”)\]]*$")
_SHORT = 8  # words; a label or a link, rather than a statement
_OFTEN = 3  # times that a short line is repeated before it is no accident
_LONGEST = 200  # characters of a line that may be a label or a link; the patterns would be slow on endless ones
_EDGE = 3  # lines at the beginning and at the end of a document

# What the buttons and links of web pages say in English, wherever they stand.
_LINKS = re.compile(
    r"""(?:(?:read|see|show|view|load|learn|find\ out)\ (?:more|all|less|full\ (?:story|article|text))\b.*
    | (?:continue|keep)\ reading\b.*
    | click\ (?:here|to)\b.*
    | (?:share|tweet|pin|like|e-?mail|print|save|bookmark|download|cite|copy|listen\ to|republish)
      (?:\ (?:this|the|it|us|via|on|to|by|with|now|link|pdf|article|page|story|post|facebook|twitter|x|linkedin|whatsapp
      |telegram|reddit|pinterest|e-?mail|print|friend|a|as|or|and)\b)*[\s\d()]*
    | (?:follow|like|find|join|contact|visit)\ us\b.*
    | (?:subscribe|sign\ ?(?:up|in)|log\ ?(?:in|out)|register|join|donate|unsubscribe)
      (?:\ (?:to|for|now|here|today|by|with|via|free|in|or|and|&|our|us|the\ (?:newsletter|mailing\ list))\b.*)?
    | (?:join|get|receive)\b.*\b(?:newsletter|mailing\ list|e-?mails?|updates|inbox)\b.*
    | (?:.*\b)?(?:newsletter|mailing\ list)(?:\ (?:sign-?up|signup|subscription|archive))?
    | (?:leave|post|add|write)\ (?:a|your)\ (?:comment|reply|review)s?\b.*
    | (?:no|\d+|be\ the\ first\ to)\ (?:comments?|replies|repl(?:y|ies)|shares?|likes?|views?)\b.*
    | comments?\ (?:\(\d+\)|are\ closed|off)\b.* | reply | likes? | comments | permalink | trackbacks?
    | (?:previous|next|older|newer|prev)(?:\ (?:post|posts|article|articles|page|story|entry|entries))?
    | (?:related|recent|latest|popular|most\ (?:read|popular|viewed|shared)|more|other|similar|recommended|trending)
      \ (?:posts?|articles?|stories|news|reading|topics|links|content|from\b.*|in\b.*|on\b.*|about\b.*)
    | (?:you\ (?:may|might)\ (?:also\ )?(?:like|enjoy)|see\ also|don['’]t\ miss)\b.*
    | editor['’]s?['’]?\ (?:picks?|choice)\b.*
    | (?:skip|jump|back|go)\ to\ (?:the\ )?(?:main\ )?(?:content|navigation|top|menu|search|home|homepage|page)\b.*
    | (?:site\ ?map|menu|search|navigation|toggle\ navigation|open\ menu|close|breadcrumbs?|(?:table\ of\ )?contents)
    | (?:about\ us|contact(?:\ us)?|privacy(?:\ policy|\ notice)?|cookies?(?:\ policy|\ settings)?|legal(?:\ notice)?
      |terms(?:\ (?:of\ (?:use|service)|and\ conditions|&\ conditions))?|imprint|impressum|accessibility|disclaimer
      |faq|help|careers|advertise(?:\ with\ us)?|rss(?:\ feed)?)
    | (?:advertisement|advertising|advert|sponsored(?:\ (?:content|post))?|promoted|ad)
    | (?:we|this\ (?:site|website|page))\ uses?\ cookies\b.* | accept(?:\ all)?(?:\ cookies)?
    | (?:copyright|©|\(c\)).* | .*\ball\ rights\ reserved | powered\ by\b.*
    | (?:filed\ under|posted\ in|tagged(?:\ with)?|tags?|categor(?:y|ies)|labels?)\ ?:.*
    | (?:by|author|posted\ by|written\ by|published|date|source|photo|image|credit|share|tags?)\ ?[:|-]?
    | page\ \d+(?:\ (?:of|/)\ \d+)? | -\ ?\d+\ ?-
    | (?:buy|order|get)\ (?:it\ |now\ |this\ |the\ )?(?:now|here|book|today|your\ copy|online|on\ amazon)\b.*
    )[\s»›>→…\d|.]*""",
    re.IGNORECASE | re.VERBOSE,
)
_CLOSED = re.compile(r"comments are closed|.*\ball rights reserved|no comments yet|reply", re.IGNORECASE)
_TAIL = re.compile(r"[.!?…\"'”’)\]][^\S\r\n]+(\S+(?:[^\S\r\n]\S+){0,3})$")  # a few words behind a sentence's end
_ACTION = re.compile(r".*\s[-–—|:»]\s+(\S.*)")
# Words that stand alone for a button or a player, and head no text.
_BUTTONS = frozenset(
    "home menu search login logout register archive archives video videos audio photo photos gallery galleries podcast "
    "rss newsletter top back next previous prev share print tweet email reply close cart subscribe donate comments "
    "permalink advertisement".split()
)
_MENU = _BUTTONS | frozenset(
    "home news about contact search menu login logout register archive archives blog blogs video videos photos gallery "
    "galleries podcast podcasts opinion opinions politics business economy sports sport culture world local "
    "science technology tech health travel lifestyle entertainment arts events calendar shop store cart account "
    "profile services products resources publications projects team jobs careers press media faq help support donate "
    "forum index english languages rss newsletter top back next previous prev weather features editorial "
    "editorials comment analysis reports magazine latest trending popular topics regions multimedia subscribe".split()
)
_PARTS = re.compile(r"\s*(?:[|»›>•·→]|::)\s*")
_LEADERS = re.compile(r"(?:\.\s?){5,}\s*(?:\d{1,4}|[ivxlc]{1,6})$")  # of a table of contents: a name, dots, a page
_HEADED = re.compile(
    r"(?:related|recent|latest|popular|most \w+|more|other|similar|recommended|trending|further)\b.{0,40}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text without its blanks."""

    span: Span
    text: str
    opens: bool = True
    """Whether there is a blank line before it."""

    @property
    def words(self) -> int:
        """How many words it has; a line that is too long for a label has too many."""
        return len(self.text.split()) if len(self.text) <= _LONGEST else len(self.text)

    @property
    def is_label(self) -> bool:
        """Whether it is short and does not end as a sentence does."""
        return self.words <= _SHORT and not _SENTENCE.search(self.text)


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A line or a run of lines that is furniture, and why."""

    span: Span
    what: str


def find(text: str) -> tuple[Found, ...]:
    """Find the furniture of a text, in order, without overlaps; lines below each other for one reason are one piece."""
    lines = _lines(text)
    reasons: dict[Line, str] = {}
    for rule in (_links, _contents, _menus, _repeated, _framing, _lists_of_others, _another_script):
        for line, what in rule(lines):
            reasons.setdefault(line, what)
    if reasons.keys() >= set(lines):  # a document of nothing else is one that we misjudge
        return ()
    found: list[Found] = []
    for line in sorted(reasons, key=lambda line: line.span):
        last = found[-1] if found else None
        if last is not None and last.span.holds(line.span):  # a link at the end of a line that is furniture anyway
            continue
        if (
            last is not None
            and last.what == reasons[line]
            and not text[last.span.end : line.span.start].strip(" \t\r\n")
        ):
            found[-1] = Found(Span(last.span.start, line.span.end), last.what)
        else:
            found.append(Found(line.span, reasons[line]))
    return tuple(found)


def across(texts: Sequence[str]) -> list[tuple[Found, ...]]:
    """Find, text by text, the labels at the edges that several documents of a collection have in common."""
    edges = [[line for line in _edges(_lines(text)) if line.is_label] for text in texts]
    seen = Counter(key for lines in edges for key in {line.text.casefold() for line in lines})
    return [
        tuple(
            Found(line.span, "stands in several documents")
            for line in sorted(lines, key=lambda line: line.span)
            if seen[line.text.casefold()] >= _OFTEN
        )
        for lines in edges
    ]


def merged(found: Iterable[Span]) -> tuple[Span, ...]:
    """Put spans in order, and those that overlap together."""
    result: list[Span] = []
    for span in sorted(found):
        if result and span.start < result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return tuple(result)


def _lines(text: str) -> list[Line]:
    lines: list[Line] = []
    end = 0
    for match in _LINE.finditer(text):
        between = text[end : match.start()]
        lines.append(Line(Span(*match.span()), match[0], max(between.count("\n"), between.count("\r")) > 1))
        end = match.end()
    return lines


def _edges(lines: Sequence[Line]) -> list[Line]:
    return list(dict.fromkeys([*lines[:_EDGE], *lines[-_EDGE:]]))


def _links(lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
    """What links and buttons say, alone on a line, at the end of an advertisement, or behind a sentence."""
    for line in lines:
        tail = _TAIL.search(line.text[-_LONGEST:])
        if tail is not None and _LINKS.fullmatch(tail[1]):
            yield Line(Span(line.span.end - len(tail[1]), line.span.end), tail[1]), "link"
        if len(line.text) > _LONGEST:
            continue
        said = line.text.rstrip("!:")
        action = _ACTION.fullmatch(line.text)
        is_link = line.words <= 2 * _SHORT and not said.endswith((".", "?")) and _LINKS.fullmatch(said)
        if is_link or said.casefold() in _BUTTONS or _CLOSED.fullmatch(line.text.rstrip(".")):
            yield line, "link"
        elif action is not None and line.words <= 2 * _SHORT and not said.endswith(".") and _LINKS.fullmatch(action[1]):
            yield line, "advertisement"


def _contents(lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
    """The lines of a table of contents."""
    for line in lines:
        if _LEADERS.search(line.text[-_LONGEST:]):
            yield line, "table of contents"


def _menus(lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
    """Menus on one line, or one word a line: most of what they list are the usual words of menus."""
    for line in lines:
        parts = [part for part in _PARTS.split(line.text) if part] if len(line.text) <= _LONGEST else []
        if len(parts) >= 3 and max(len(part.split()) for part in parts) <= 3 and _is_menu(parts):
            yield line, "navigation"
    for short, group in groupby(lines, key=lambda line: line.words <= 2 and line.is_label):
        run = list(group)
        if short and len(run) >= 2 and _is_menu([line.text for line in run]):
            yield from ((line, "navigation") for line in run)
    for line in _edges(lines):
        if line.text.casefold() in _MENU and len(lines) > 2 * _EDGE:
            yield line, "navigation"


def _is_menu(parts: Sequence[str]) -> bool:
    return sum(part.casefold().strip(" .:|") in _MENU or bool(_LINKS.fullmatch(part)) for part in parts) * 2 >= len(
        parts
    )


def _repeated(lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
    """Labels that stand again and again on lines of their own."""
    seen = Counter(line.text.casefold() for line in lines if line.is_label)
    for line in lines:
        if seen[line.text.casefold()] >= _OFTEN and re.search(r"[^\W\d_]{2}", line.text):
            yield line, "repeated"


def _framing(lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
    """A label that stands both at the beginning and at the end of a document."""
    if len(lines) <= 2 * _EDGE:
        return
    first = {line.text.casefold() for line in lines[:_EDGE] if line.is_label}
    last = {line.text.casefold() for line in lines[-_EDGE:] if line.is_label}
    for line in _edges(lines):
        if line.text.casefold() in first & last:
            yield line, "header and footer"


def _lists_of_others(lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
    """The list at a document's end that its heading calls one of other posts."""
    last = len(lines)
    while last and not _SENTENCE.search(lines[last - 1].text):
        last -= 1
    for place in range(last, len(lines) - 2):
        if lines[place].is_label and _HEADED.fullmatch(lines[place].text) and _LINKS.fullmatch(lines[place].text):
            yield from ((line, "list of other posts") for line in lines[place:])
            return


def _another_script(lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
    """Blocks, between blank lines or of one line, that are mostly in another script than the document."""
    scripts = {line: script for line in lines if (script := _script(line.text)) is not None}
    letters: Counter[str] = Counter()
    for line, script in scripts.items():
        letters[script] += len(line.text)
    if len(letters) < 2:
        return
    usual = max(letters, key=lambda script: (letters[script], script))
    for block in _blocks(lines):
        others = [line for line in block if scripts.get(line, usual) != usual]
        if len(others) * 2 >= len(block):
            yield from ((line, "another script") for line in block)


def _blocks(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Put lines without a blank one between them together."""
    block: list[Line] = []
    for line in lines:
        if block and line.opens:
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _script(text: str) -> str | None:
    """Give the script of most letters, by the first word of their names (``LATIN``, ``CYRILLIC``, ``CJK``)."""
    names = Counter(unicodedata.name(c, "").partition(" ")[0].partition("-")[0] for c in text[:400] if c.isalpha())
    names["CJK"] += names.pop("HIRAGANA", 0) + names.pop("KATAKANA", 0)  # Japanese writes with all three
    name, count = names.most_common(1)[0]
    return name if count >= 3 and count * 2 > names.total() else None
