"""``sco-qa build``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from sco_qa.cli import common


def configure(parser: ArgumentParser) -> None:
    """Add the command's options."""
    parser.description = (
        "Bring the index up to date with the documents: only what changed is read and encoded. A build that was "
        "interrupted goes on where it was. The exit status is 2 if a document was skipped."
    )
    parser.epilog = "example:\n  sco-qa build --corpus my-documents"
    parser.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Build the index and say what is in it."""
    return common.build_and_tell(common.settings(chosen))
