"""``sco-qa watch``."""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from pathlib import Path
from threading import Event
from types import FrameType

from sco_qa import corpus
from sco_qa.cli import common
from sco_qa.errors import ScoQaError
from sco_qa.settings import Settings

_SETTLED_MS = 1_000
"""Changes are taken together until none has come for so long: a copy of many files is one change."""
_AT_MOST_MS = 60_000


def configure(parser: ArgumentParser) -> None:
    """Add the command's options."""
    parser.description = (
        "Bring the index up to date now, and whenever documents change, until interrupted. What hinders a build is "
        "said, and the next change tried."
    )
    parser.epilog = "example:\n  sco-qa watch --corpus my-documents"
    parser.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Watch until interrupted."""
    from watchfiles import watch

    settings = common.settings(chosen)
    corpus.require_folder(settings.corpus)
    interrupted = Event()

    def interrupt(signum: int, frame: FrameType | None) -> None:
        interrupted.set()  # the exception may come where it is ignored, as while an object is being deleted
        signal.default_int_handler(signum, frame)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    with suppress(KeyboardInterrupt):  # how it is meant to be stopped
        changes = watch(
            settings.corpus,
            watch_filter=lambda _, path: _counts(settings.corpus, path),
            step=_SETTLED_MS,
            debounce=_AT_MOST_MS,
            yield_on_timeout=True,  # so that it watches already when the first build looks at the folder
            rust_timeout=_SETTLED_MS,
            stop_event=interrupted,
        )
        next(changes)
        _build(settings)
        print(f"watching {settings.corpus}; Ctrl-C ends it", flush=True)
        for changed in changes:
            if changed:
                _build(settings)
    return 0


def _build(settings: Settings) -> None:
    try:
        common.build_and_tell(settings)
    except (ScoQaError, OSError) as error:
        print(f"sco-qa: {' '.join(str(error).split())}", file=sys.stderr)
    sys.stdout.flush()


def _counts(folder: Path, path: str) -> bool:
    """Tell whether a change is one of documents: the index itself may lie in a hidden folder among them."""
    parts = Path(path).resolve().relative_to(folder.resolve()).parts
    return not any(part.startswith(".") for part in parts)
