"""``sco-qa sources``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict

from sco_qa import inventory
from sco_qa.cli import common
from sco_qa.inventory import Entry

_LONGEST = 48


def configure(parser: ArgumentParser) -> None:
    """Add the command's options."""
    parser.description = (
        "List the documents: id, title, date, size, passages in the index, and state: fresh, changed or missing since "
        "they were indexed, not indexed yet, a duplicate, or skipped and why."
    )
    parser.epilog = "examples:\n  sco-qa sources\n  sco-qa sources --json --corpus my-documents"
    parser.add_argument("--json", action="store_true", help="print one JSON object (docs/contracts.md)")
    parser.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """List the documents."""
    entries = inventory.take(common.settings(chosen))
    if chosen.json:
        print(common.json_line({"schema": 1, "sources": [_described(entry) for entry in entries]}))
    else:
        print("\n".join(_table(entries)))
    return 0


def _described(entry: Entry) -> dict[str, object]:
    described = asdict(entry)
    described["state"] = described.pop("standing").value
    return described


def _table(entries: Sequence[Entry]) -> list[str]:
    rows = [("ID", "TITLE", "DATE", "SIZE", "PASSAGES", "STATE")]
    for entry in entries:
        size = "" if entry.size is None else f"{entry.size:,}"
        state = entry.standing.value if entry.why is None else f"{entry.standing.value}: {entry.why}"
        title = "" if entry.title is None else common.visible(entry.title)
        title = title if len(title) <= _LONGEST else title[: _LONGEST - 1] + "…"
        passages = f"{entry.passages:,}" if entry.passages else ""
        rows.append((entry.id or entry.file, title, entry.date or "", size, passages, state))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    return [
        "  ".join(
            [
                *(cell.ljust(width) for cell, width in zip(row[:3], widths[:3], strict=True)),
                *(cell.rjust(width) for cell, width in zip(row[3:5], widths[3:], strict=True)),
                row[5],
            ]
        )
        for row in rows
    ]
