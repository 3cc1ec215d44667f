"""``sco-qa furniture``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from sco_qa import corpus
from sco_qa.cli import common
from sco_qa.documents import review


def configure(parser: ArgumentParser) -> None:
    """Add the command's options."""
    parser.description = (
        "List what was found to be furniture (menus, links to share, headers and footers) in documents for which "
        "sources.toml says nothing of it, as entries to look over. It is never read unless sources.toml says otherwise."
    )
    parser.epilog = (
        "examples:\n  sco-qa furniture --corpus minutes\n"
        "  sco-qa furniture --corpus minutes --write    (into minutes/sources.toml, to be mended there)\n"
        "  sco-qa furniture --compare                   (how much of what is marked by hand is found)"
    )
    parser.add_argument("--write", action="store_true", help="put the entries into sources.toml")
    parser.add_argument("--compare", action="store_true", help="precision and recall against sources.toml")
    parser.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """List the furniture, write it down, or compare it."""
    folder = common.settings(chosen).corpus
    corpus.load(folder)  # which says what is wrong with the folder, or with sources.toml
    reviewed = review.review(folder)
    if chosen.compare:
        marked = [one for one in reviewed if one.marked is not None]
        overlap = review.compare(marked)
        print(
            f"precision {overlap.precision:.2f}, recall {overlap.recall:.2f} of characters: "
            f"{overlap.found} found, {overlap.marked} marked in {len(marked)} documents, {overlap.both} both"
        )
    elif chosen.write:
        print(
            f"{review.write(folder, reviewed)} entries of {folder / 'sources.toml'} now list furniture; look them over"
        )
    else:
        print("\n".join(review.as_toml(reviewed)) or "nothing was found that sources.toml does not speak of")
    return 0
