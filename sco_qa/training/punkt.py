"""Train the sentence splitter: ``python -m sco_qa.training.punkt DATA`` writes ``sco_qa/punkt.json``."""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

from sco_qa import sentences

_EDITED = {"squad1", "squad2", "new_wiki"}
"""Edited prose, as it is printed; reviews and posts teach Punkt that "lol" is an abbreviation."""


def main() -> None:
    """Train on every paragraph of edited prose in the training data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with reader_train.jsonl.gz")
    data = parser.parse_args().data
    with gzip.open(data / "reader_train.jsonl.gz", "rt", encoding="utf-8") as file:
        entries = [json.loads(line) for line in file]
    paragraphs = dict.fromkeys(entry["context"] for entry in entries if entry["dataset"] in _EDITED)
    parameters = sentences.train(paragraphs)
    written = json.dumps(parameters, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"
    (Path(sentences.__file__).parent / "punkt.json").write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
