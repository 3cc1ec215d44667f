"""What several commands share: settings from options, and an index that is there and fresh."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sco_qa import corpus
from sco_qa.errors import IndexMissing, IndexOutdated, IndexStale
from sco_qa.index import FaissIndex, Progress, require_fresh
from sco_qa.settings import Settings


def settings(chosen: Namespace, **more: Any) -> Settings:
    """Take the settings from the command's options, then from the environment."""
    return Settings.from_environment(corpus=chosen.corpus, index=chosen.index, **more)


def ensure_index(settings: Settings) -> None:
    """Build the index if there is none that fits the documents, the settings and this version; say so."""
    sources = corpus.load(settings.corpus)
    try:
        require_fresh(settings.index, sources, settings)
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
            FaissIndex.build(sources, settings, progress=progress)


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
