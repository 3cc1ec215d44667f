"""``sco-qa add``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from sco_qa import builder, corpus, holdings
from sco_qa.cli import common


def configure(parser: ArgumentParser) -> None:
    """Add the command's options."""
    parser.description = (
        "Copy files, and the documents of folders and zip archives, into the corpus folder, then build the index. What "
        "the corpus holds already is not copied again; a file of the same name takes the older one's place, which is "
        "kept in .removed/. What cannot be read is named and left out; the exit status is then 2."
    )
    parser.epilog = "examples:\n  sco-qa add report.pdf minutes/ --corpus my-documents\n  sco-qa add archive.zip"
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, a folder or a zip archive")
    parser.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Copy, build, and say what was done."""
    settings = common.settings(chosen)
    with common.progress_bar() as progress:
        done = 0

        def count(more: int) -> None:
            nonlocal done
            done += more
            progress("copying documents", done, done + 1)

        added = holdings.add(
            chosen.paths,
            settings.corpus,
            extractor=builder.extractor(settings),
            megabytes=settings.document_megabytes,
            progress=count,
        )
    for name in added.replaced:
        print(f"{name} takes the place of an older version, which is in {settings.corpus / corpus.REMOVED}")
    return common.build_and_tell(settings, duplicates=added.duplicates, skipped=added.skipped)
