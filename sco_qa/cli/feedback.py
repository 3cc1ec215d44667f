"""``sco-qa feedback``."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from sco_qa import corpus, feedback
from sco_qa.cli import common


def configure(parser: ArgumentParser) -> None:
    """Add the command's options."""
    parser.description = (
        "Turn what readers thought of replies into gold questions, one JSON object a line, for somebody to review: a "
        "thumb up confirms the answer, a correction replaces it if the sources hold its words."
    )
    parser.epilog = "example:\n  sco-qa feedback to-gold > to-review.jsonl"
    parser.add_argument("action", choices=["to-gold"], help="what to do with it")
    parser.add_argument("--file", type=Path, metavar="FILE", help="the feedback (SCO_QA_FEEDBACK_FILE, feedback.jsonl)")
    parser.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Print the gold questions, and say on standard error how many there are."""
    settings = common.settings(chosen, feedback_file=chosen.file)
    questions = list(feedback.to_gold(settings.feedback_file, list(corpus.load(settings.corpus))))
    for question in questions:
        print(json.dumps(question, ensure_ascii=False))
    print(f"sco-qa: {len(questions)} questions to review", file=sys.stderr)
    return 0
