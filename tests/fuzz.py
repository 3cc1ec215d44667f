"""Inputs that nobody would send in good faith, to everything that reads what a user gives.

``python -m tests.fuzz 10000 [SEED]`` edits small whole inputs of every kind at random places and prints what became of
them; the exit status is 1 if any ended in something else than a result or one line. ``python -m tests.fuzz --guided
TARGET RUNS`` lets atheris search for inputs that reach new code, if it is installed (pip install atheris).
"""

from __future__ import annotations

import faulthandler
import importlib
import io
import json
import random
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sco_qa import corpus
from sco_qa.assistant import Assistant
from sco_qa.cli.ask import answer_line
from sco_qa.documents import Document, Member, extract, members
from sco_qa.errors import DocumentError, ScoQaError
from sco_qa.index import FaissIndex
from sco_qa.passages import split
from sco_qa.reply import Citation
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder, FakeReader
from sco_qa.types import Source
from tests.documents import samples

PROSE = "Bears\n\nThe brown bear lives in forests. It eats fish.\n\nREAD MORE\n\nPolar bears\n\nThey hunt seals.\n"
PAGE = (
    '<html><head><meta charset="utf-8"><title>Bears</title></head><body><nav>Home</nav><h1>Bears</h1>'
    "<p>The <b>brown</b> bear.<br>It eats fish.<ul><li>One<li>Two</ul><table><tr><td>a<td>b</table>"
    "<pre>x\n y</pre><h2>Polar</h2>&amp;&#x41;<!-- c --></body></html>"
)
MARKS = (
    "---\ntitle: Bears\ndate: 2018\n---\n# Bears\n\nThe *brown* [bear](x).\n\n"
    "> 1. - a\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
)
CATALOGUE = (
    '[[source]]\nid = "one"\nfile = "a.txt"\ntitle = "A"\ndate = "2018-06"\n'
    "furniture = [[0, 5], {start = 6, end = 9}]\n"
    "[[source.section]]\nstart = 10\nend = 40\nheading = [10, 15]\nbyline = [16, 20]\ndate = '2018'\n"
)
LINE = '{"id": 1, "question": "Where does the brown bear live?", "history": ["What is a bear?"]}'
PDF = samples.pdf(
    [
        [
            (60, 570, 9, "Head 1"),
            (60, 500, 18, "Bears"),
            (60, 470, 10, "The brown bear lives in for-"),
            (60, 458, 10, "ests."),
        ]
    ]
    * 2,
    info="/Title (Bears) /CreationDate (D:20180620)",
)
DOCX = samples.docx(
    samples.paragraph("Bears", "H1") + f"<w:tbl><w:tr><w:tc>{samples.paragraph('a')}</w:tc></w:tr></w:tbl>",
    samples.CORE,
)
EPUB = samples.epub({"a.xhtml": PAGE, "b/c.xhtml": "<p>End."}, "<dc:title>Bears</dc:title><dc:date>2018</dc:date>")
ZIP = samples.zipped({"a.txt": PROSE, "b/c.html": PAGE, "../up.txt": "x", "d.zip": b"PK", "e.md": MARKS})

NASTY = (
    b"\0", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\x1b[2J", b"\xed\xa0\x80", b"\xf0\x9f\x91\xa9", b"<", b">",
    b"[" * 99, b"<div>" * 300, b"> " * 99, b"%s", b"../", b"'", b'"', b"\\", b"{", b"}", b"-1", b"1e999", b"7" * 12,
    b"NaN", b"]", b"\xe2\x80\xae", b"\xcc\x81" * 50, b" " * 999, b"\n" * 99, b"a" * 9_999, b"PK\x05\x06", b"&lol;",
    b"3", b"0",
)  # fmt: skip
READ, ONE_LINE, SEVERAL, TRACEBACKS = "read", "refused in one line", "refused in several", "tracebacks"
PATIENCE = 20  # seconds; an input that takes longer counts as one that hangs


def sound(document: Document) -> None:
    """Check that every span of a document is of its text, and that what is made of it can be cited."""
    for before, after in pairwise(document.furniture):
        assert before.end <= after.start, document.furniture
    starts = [place.start for place in document.places]
    assert starts == sorted(set(starts)), document.places
    assert all(start < len(document.text) for start in starts), document.places
    for before_, after_ in pairwise(document.sections):
        assert before_.span.end <= after_.span.start, document.sections
    spans = (*document.furniture, *(section.span for section in document.sections))
    assert all(span.end <= len(document.text) for span in spans), spans
    source = Source(
        id="x", file="x", text=document.text, title=document.title or "x", furniture=document.furniture,
        sections=document.sections, places=document.places, original={"file": "x"},
    )  # fmt: skip
    for passage in split([source], words=20, overlap=5):
        json.dumps(Citation(source, passage.span, passage.text, passage.span).to_json())


def _document(name: str) -> Callable[[bytes], None]:
    def read(content: bytes) -> None:
        sound(extract(name, content, megabytes=8))

    return read


def _archive(content: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(content)
        file.flush()
        for member in members(Path(file.name), megabytes=8):
            if isinstance(member, Member):
                try:
                    sound(extract(member.name, member.content, megabytes=8))
                except DocumentError:
                    continue


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    (folder / "a.txt").write_text(PROSE, encoding="utf-8")
    return folder


def _catalogue(content: bytes) -> None:
    (_folder() / "sources.toml").write_bytes(content)
    list(corpus.load(_folder()))


@cache
def _assistant() -> Assistant:
    source = Source(id="a", file="a.txt", text=PROSE, title="Bears")
    settings = Settings(corpus=_folder())
    encoder = FakeEncoder()
    return Assistant(
        FaissIndex.of([source], settings, encoder), encoder, FakeReader({"in forests": 5.0}), settings=settings
    )


def _question(content: bytes) -> None:
    text = content.decode("utf-8", "surrogatepass" if content.isascii() else "replace")
    json.dumps(_assistant().ask(text, [text]).to_json())


def _line(content: bytes) -> None:
    json.dumps(answer_line(_assistant(), content.decode("utf-8", "replace")))


TARGETS: dict[str, tuple[Callable[[bytes], None], bytes]] = {
    "question": (_question, b"Where does the brown bear live, and what did it eat in 2018?"),
    "batch line": (_line, LINE.encode()),
    "sources.toml": (_catalogue, CATALOGUE.encode()),
    "text": (_document("a.txt"), PROSE.encode()),
    "legacy text": (_document("a.txt"), ("Größe, Länge und Straße über dem Fluß. " * 5).encode("cp1252")),
    "Markdown": (_document("a.md"), MARKS.encode()),
    "HTML": (_document("a.html"), PAGE.encode()),
    "PDF": (_document("a.pdf"), PDF),
    "DOCX": (_document("a.docx"), DOCX),
    "EPUB": (_document("a.epub"), EPUB),
    "zip": (_archive, ZIP),
}
"""What reads a user's bytes, by name, and a whole input to begin with."""


def edited(content: bytes, edits: Sequence[tuple[float, int, bytes]]) -> bytes:
    """Edit an input: at each place (a share of its length) so many bytes are replaced by others."""
    for place, count, put in edits:
        at = int(place * len(content))
        content = content[:at] + put + content[at + count :]
    return content


def drawn(random_: random.Random, content: bytes) -> bytes:
    """Draw an edited input: mostly a few small edits, now and then a cut, a piece twice, or nothing but noise."""
    kind = random_.random()
    if kind > 0.2 and zipfile.is_zipfile(io.BytesIO(content)):  # an edit of what is packed would break its sum
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        name = random_.choice(list(parts))
        return samples.zipped({**parts, name: drawn(random_, parts[name])})
    if kind < 0.03:
        return random_.randbytes(random_.randrange(200))
    if kind < 0.1:
        return content[: random_.randrange(len(content) + 1)]
    if kind < 0.15:
        one, two = sorted(random_.randrange(len(content) + 1) for _ in range(2))
        return content[:two] + content[one:two] * random_.randrange(1, 50) + content[two:]
    edits = []
    for _ in range(random_.choice([1, 1, 2, 3, 8])):
        count = random_.choice([0, 1, 1, 2, 20])
        put = random_.choice([b"", random_.choice(NASTY), random_.randbytes(random_.choice([1, 1, 4]))])
        edits.append((random_.random(), count, put))
    return edited(content, edits)


def outcome(target: Callable[[bytes], None], content: bytes) -> str:
    """Send an input, and say how it ended."""
    try:
        target(content)
    except ScoQaError as error:
        return ONE_LINE if len(str(error).splitlines()) == 1 else SEVERAL
    return READ


def _here(module: str, name: str, content: bytes, megabytes: int) -> dict[str, Any]:
    found: dict[str, Any] = importlib.import_module(module).inside(content, megabytes)
    if "problem" in found:
        raise DocumentError(f"{name} {found['problem']}")
    return found


@contextmanager
def in_this_process() -> Iterator[None]:
    """Read even what is read apart here, where its tracebacks can be seen; it also is a hundred times as fast."""
    with patch("sco_qa.documents.apart.inside", _here):
        yield


def main(arguments: Sequence[str]) -> int:
    """Send so many inputs to the targets, in turn, and print what became of them."""
    if arguments[:1] == ["--guided"]:
        return _guided(arguments[1], int(arguments[2]))
    count, seed = int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 0
    random_ = random.Random(seed)  # noqa: S311 - nothing secret
    ended: dict[str, Counter[str]] = {name: Counter() for name in TARGETS}
    slowest = (0.0, "")
    signal.signal(signal.SIGALRM, _hangs)
    with in_this_process():
        for target, whole in TARGETS.values():  # whose imports are nothing to be timed
            target(whole)
        for number in range(count):
            name = list(TARGETS)[number % len(TARGETS)]
            target, whole = TARGETS[name]
            content = drawn(random_, whole)
            begun = time.perf_counter()
            signal.alarm(PATIENCE)
            try:
                ended[name][outcome(target, content)] += 1
            except Exception:
                ended[name][TRACEBACKS] += 1
                sys.stderr.write(
                    f"{name}, input {number} of seed {seed}: {content[:200]!r}\n{traceback.format_exc()}\n"
                )
            finally:
                signal.alarm(0)
            slowest = max(slowest, (time.perf_counter() - begun, name))
    kinds = (READ, ONE_LINE, SEVERAL, TRACEBACKS)
    for name, counts in ended.items():
        sys.stdout.write(f"{name:14}" + "".join(f"{counts[kind]:7} {kind}" for kind in kinds) + "\n")
    wrong = sum(counts[kind] for counts in ended.values() for kind in kinds[2:])
    sys.stdout.write(f"{count} inputs, {wrong} wrong; the slowest took {slowest[0]:.2f} s ({slowest[1]})\n")
    return 1 if wrong else 0


def _hangs(*_: object) -> None:
    raise TimeoutError(f"it takes more than {PATIENCE} s")


def _guided(name: str, runs: int) -> int:
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

    target, whole = TARGETS[name]

    def one(content: bytes) -> None:
        try:
            target(content)
        except ScoQaError:
            return

    atheris.instrument_all()
    with in_this_process(), tempfile.TemporaryDirectory() as seeds:
        (Path(seeds) / "whole").write_bytes(whole)
        atheris.Setup([sys.argv[0], f"-runs={runs}", f"-timeout={PATIENCE}", "-verbosity=0", seeds], one)
        atheris.Fuzz()  # leaves the process itself
    return 0


if __name__ == "__main__":
    faulthandler.enable()  # a parser that crashes shall say where
    sys.exit(main(sys.argv[1:]))
