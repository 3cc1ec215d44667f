"""``sco-qa build``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from sco_qa import corpus
from sco_qa.cli import common
from sco_qa.index import FaissIndex


def configure(parser: ArgumentParser) -> None:
    """Add the command's options."""
    parser.description = "Split the documents into passages, encode them, and write the index."
    parser.epilog = "example:\n  sco-qa build --corpus my-documents --index my-index"
    parser.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Build the index and say what is in it."""
    settings = common.settings(chosen)
    sources = corpus.load(settings.corpus)
    with common.progress_bar() as progress:
        index = FaissIndex.build(sources, settings, progress=progress)
    print(f"{len(sources)} sources, {len(index.passages)} passages, {index.size / 1e6:.1f} MB in {index.folder}")
    return 0
