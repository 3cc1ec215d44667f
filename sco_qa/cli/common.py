"""What several commands share: settings from options, and an index that is there and fresh."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sco_qa import corpus
from sco_qa.builder import Built, build
from sco_qa.errors import IndexMissing, IndexOutdated, IndexStale
from sco_qa.index import Progress
from sco_qa.settings import Settings
from sco_qa.staleness import require_fresh


def settings(chosen: Namespace, **more: Any) -> Settings:
    """Take the settings from the command's options, then from the environment."""
    return Settings.from_environment(corpus=chosen.corpus, index=chosen.index, **more)


def ensure_index(settings: Settings) -> None:
    """Build the index if there is none that fits the documents, the settings and this version; say so.

    One in Milvus is brought up to date where its documents are, by the commands that build, and only asked here.
    """
    if settings.milvus_uri:
        return
    documents = corpus.load(settings.corpus, megabytes=settings.document_megabytes)
    try:
        require_fresh(settings.index, documents, settings)
    except (IndexMissing, IndexOutdated, IndexStale) as reason:
        match reason:
            case IndexStale():
                why = "; ".join(reason.changes)
            case IndexOutdated():
                why = "another version built the index"
            case _:
                why = "there is no index yet"
        print(f"sco-qa: {why}; building the index …", file=sys.stderr)
        with progress_bar() as progress:
            built = build(settings, progress=progress)
        tell_skipped(built)


def tell_skipped(built: Built) -> None:
    """Name on standard error what is not in the index, a line each."""
    for duplicate in built.duplicates:
        print(f"sco-qa: {duplicate.file} holds the same as {duplicate.of}, which is read once", file=sys.stderr)
    for skipped in built.skipped:
        print(f"sco-qa: skipped {skipped.reason}", file=sys.stderr)


def tell(built: Built) -> int:
    """Say what a build did, in numbers; give the exit status: 2 if something was skipped."""
    counts = {
        "added": built.added,
        "changed": built.changed,
        "renamed": built.renamed,
        "removed": built.removed,
        "unchanged": built.unchanged,
        "duplicates": len(built.duplicates),
        "skipped": len(built.skipped),
    }
    index = built.index
    print(", ".join(f"{name} {count:,}" for name, count in counts.items()))
    print(
        f"{len(index.sources):,} documents, {len(index.passages):,} passages ({built.encoded:,} encoded), "
        f"{index.size / 1e6:.1f} MB in {index.folder}"
    )
    tell_skipped(built)
    return 2 if built.skipped else 0


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show how far a build is, on standard error and only on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task("starting", total=1)
        yield lambda what, done, total: bars.update(task, description=what, completed=done, total=total)
