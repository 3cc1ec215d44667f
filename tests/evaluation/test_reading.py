from __future__ import annotations

import gzip
import json
from pathlib import Path

from sco_qa.evaluation.reading import Scored, row, score
from sco_qa.testing import FakeReader


def test_each_question_is_read_against_its_own_paragraph(tmp_path: Path) -> None:
    asked = [
        {"question": "Who?", "answers": [{"start": 0, "text": "Captain Lee"}, {"start": 8, "text": "Lee"}]},
        {"question": "Why?", "answers": []},
    ]
    entries = [{"context": "Captain Lee steered.", "qas": asked}, {"context": "Nothing here.", "qas": asked[1:]}]
    with gzip.open(tmp_path / "set.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)
    assert list(score(FakeReader({"Lee": 2.0, "Captain": -1.0}), tmp_path / "set.jsonl.gz")) == [
        Scored("Lee", 2.0, ("Captain Lee", "Lee")),
        Scored("Lee", 2.0, ()),
        Scored("", 0.0, ()),
    ]


def test_a_row_counts_abstaining_as_an_answer() -> None:
    scored = [
        Scored("Captain Lee", 2.0, ("Lee",)),
        Scored("Lee", -1.0, ("Lee",)),
        Scored("Lee", 1.0, ()),
        Scored("", 0.0, ()),
    ]
    # said: 2/3 of the first, nothing for the second, a wrong third, a right fourth; forced: 2/3 and all of two
    assert row("set", scored) == "| set | 4 | 25.0 | 41.7 | 50.0 | 50.0 | 83.3 |"
    assert row("set", scored[:2]) == "| set | 2 | 0.0 | 33.3 | – | 50.0 | 83.3 |"
