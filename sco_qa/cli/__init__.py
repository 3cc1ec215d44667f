"""The command line: it parses, calls the library, and turns what a user can mend into one line and exit status 2."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sco_qa.errors import ScoQaError
from sco_qa.version import __version__

COMMANDS = {
    "add": "copy documents into the corpus, and index them",
    "ask": "ask a question, get cited answers",
    "build": "build the index",
    "check": "verify everything in the index",
    "eval": "measure how good the answers are",
    "feedback": "make gold questions of what readers thought",
    "furniture": "list what in the documents is no text",
    "remove": "put documents away, and forget them",
    "serve": "open the chat page",
    "sources": "list the documents and their state",
    "watch": "index whatever changes, until interrupted",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    if sys.stdout is None:  # closed by whoever started this
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - for the life of the process
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows no curly quotes gets the answer all the same
    try:
        parser = _parser(sys.argv[1:] if arguments is None else arguments)
        chosen = parser.parse_args(arguments)
        status: int = chosen.run(chosen)
        sys.stdout.flush()
    except ScoQaError as error:
        print(f"sco-qa: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # whoever read our output has seen enough
            return 0
        print(f"sco-qa: {error}; mend that and try again", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("sco-qa: interrupted", file=sys.stderr)
        return 130
    return status


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="sco-qa",
        description="Ask a set of documents; get the exact words that answer, ranked and cited.",
        epilog='example: sco-qa ask "Who blocked the SCO development bank?"',
    )
    parser.add_argument("--version", action="version", version=f"sco-qa {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    named = next((a for a in arguments if not a.startswith("-")), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, formatter_class=argparse.RawDescriptionHelpFormatter)
        if name == named:  # the other commands' modules need not be loaded
            importlib.import_module(f"sco_qa.cli.{name}").configure(command)
            command.add_argument("--corpus", type=Path, metavar="FOLDER", help="the documents (SCO_QA_CORPUS, corpus)")
            command.add_argument("--index", type=Path, metavar="FOLDER", help="the index (SCO_QA_INDEX, index)")
    return parser


class _Parser(argparse.ArgumentParser):
    """Wrong options end in one line, like everything else a user can mend."""

    def error(self, message: str) -> None:  # type: ignore[override]  # argparse's never returns; neither does this
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")
