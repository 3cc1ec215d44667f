from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

BEARS = "The brown bear lives in forests. It eats fish and berries."
SHIPS = "The frigate left the harbour in 1901. Captain Lee steered it to China."
PARAGRAPHS: list[dict[str, Any]] = [
    {
        "dataset": "squad2",
        "title": "Bears",
        "context": BEARS,
        "qas": [
            {
                "question": "Where does the bear live?",
                "answers": [{"start": 21, "text": "in forests"}, *[{"start": 24, "text": "forests"}] * 2],
            },
            {"question": "When does the bear sleep?", "answers": []},
        ],
    },
    {
        "dataset": "written",
        "title": "Ships",
        "context": SHIPS,
        "qas": [{"question": "Who steered?", "kind": "para", "answers": [{"start": 38, "text": "Captain Lee"}]}],
    },
]
WORLD: dict[str, Any] = {
    "world": "w1",
    "documents": [{"id": "d1", "text": BEARS}, {"id": "d2", "text": SHIPS}],
    "questions": [
        {
            "question": "When did it leave?",
            "kind": "lookup",
            "history": [],
            "answers": [{"document": "d2", "start": 32, "text": "1901"}],
        },
        {"question": "Why?", "kind": "followup", "history": ["When did it leave?"], "answers": []},
    ],
}


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


@pytest.fixture
def tokenizer(tiny_encoder: Path) -> Any:
    return Tokenizer.from_file(str(tiny_encoder / "tokenizer.json"))
