"""What several commands share: settings from options, and an index that is there and fresh."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sco_qa import corpus
from sco_qa.builder import build
from sco_qa.cache import Hashes
from sco_qa.corpus import Duplicate, Skipped
from sco_qa.errors import IndexMissing, IndexOutdated, IndexStale
from sco_qa.index import Progress
from sco_qa.settings import Settings
from sco_qa.staleness import require_fresh

_PATIENCE_S = 2.0
_HASHES = ".hashes"


def settings(chosen: Namespace, **more: Any) -> Settings:
    """Take the settings from the command's options, then from the environment."""
    return Settings.from_environment(corpus=chosen.corpus, index=chosen.index, **more)


def ensure_index(settings: Settings) -> None:
    """Build the index if there is none that fits the documents, the settings and this version; say so.

    One in Milvus is brought up to date where its documents are, by the commands that build, and only asked here.
    """
    if settings.milvus_uri:
        return
    hashes = Hashes(settings.index / _HASHES)
    documents = corpus.load(settings.corpus, megabytes=settings.document_megabytes, digest=hashes)
    try:
        require_fresh(settings.index, documents, settings)
        hashes.keep()
    except (IndexMissing, IndexOutdated, IndexStale) as reason:
        match reason:
            case IndexStale():
                why = reason.summary
            case IndexOutdated():
                why = "another version built the index"
            case _:
                why = "there is no index yet"
        print(f"sco-qa: {why}; building the index …", file=sys.stderr)
        with progress_bar() as progress:
            built = build(settings, progress=progress)
        tell_skipped(built.duplicates, built.skipped)


def tell_skipped(duplicates: Sequence[Duplicate], skipped: Sequence[Skipped]) -> None:
    """Name on standard error what is not in the index, a line each."""
    for duplicate in duplicates:
        print(f"sco-qa: {duplicate.file} holds the same as {duplicate.of}, which is read once", file=sys.stderr)
    for file in skipped:
        print(f"sco-qa: skipped {file.reason}", file=sys.stderr)


def build_and_tell(settings: Settings, *, duplicates: Sequence[Duplicate] = (), skipped: Sequence[Skipped] = ()) -> int:
    """Build and say what was done, in numbers; give the exit status: 2 if something was skipped.

    ``duplicates`` and ``skipped`` are files that were never copied into the corpus.
    """
    with progress_bar() as progress:
        built = build(settings, progress=progress)
    duplicates, skipped = (*duplicates, *built.duplicates), (*skipped, *built.skipped)
    counts = {
        "added": built.added,
        "changed": built.changed,
        "renamed": built.renamed,
        "removed": built.removed,
        "unchanged": built.unchanged,
        "duplicates": len(duplicates),
        "skipped": len(skipped),
    }
    index = built.index
    print(", ".join(f"{name} {count:,}" for name, count in counts.items()))
    print(
        f"{len(index.sources):,} documents, {len(index.passages):,} passages ({built.encoded:,} encoded), "
        f"{index.size / 1e6:.1f} MB in {index.folder}"
    )
    tell_skipped(duplicates, skipped)
    return 2 if skipped else 0


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show how far a build is and how long it will take, on a terminal, once it has taken two seconds."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    bars = Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal)
    begun = time.monotonic()
    tasks: dict[str, Any] = {}

    def told(what: str, done: int, total: int) -> None:
        if what not in tasks:  # each has a time of its own
            for task in tasks.values():
                bars.update(task, visible=False)
            tasks[what] = bars.add_task(what, total=total)
        bars.update(tasks[what], completed=done, total=total)
        if time.monotonic() - begun > _PATIENCE_S:
            bars.start()

    try:
        yield told
    finally:
        bars.stop()


def visible(text: str) -> str:
    """Drop what would steer a terminal; a document may hold anything."""
    return "".join(c for c in text if c.isprintable() or c.isspace())


def json_line(value: dict[str, Any]) -> str:
    """Write one line of JSON, with escapes where standard output cannot take a character."""
    line = json.dumps(value, ensure_ascii=False)
    try:
        line.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value)
    return line
