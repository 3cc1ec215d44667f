"""``sco-qa build``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from sco_qa import builder
from sco_qa.cli import common


def configure(parser: ArgumentParser) -> None:
    """Add the command's options."""
    parser.description = "Split the documents into passages, encode them, and write the index."
    parser.epilog = "example:\n  sco-qa build --corpus my-documents --index my-index"
    parser.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Build the index and say what is in it."""
    settings = common.settings(chosen)
    with common.progress_bar() as progress:
        built = builder.build(settings, progress=progress)
    return common.tell(built)
