"""``sco-qa remove``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from sco_qa import corpus, holdings
from sco_qa.cli import common


def configure(parser: ArgumentParser) -> None:
    """Add the command's options."""
    parser.description = (
        "Move documents, and whatever holds the same, into the folder .removed/ of the corpus, then build the index "
        "without them. Moving a file back and building again undoes it."
    )
    parser.epilog = "example:\n  sco-qa remove report minutes/2024-03 --corpus my-documents"
    parser.add_argument("ids", nargs="+", metavar="ID", help="a document's id, or its file, as sco-qa sources has them")
    parser.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Put away, build, and say what was done."""
    settings = common.settings(chosen)
    for name in holdings.remove(chosen.ids, settings.corpus, megabytes=settings.document_megabytes):
        print(f"{name} is now in {settings.corpus / corpus.REMOVED}")
    return common.build_and_tell(settings)
