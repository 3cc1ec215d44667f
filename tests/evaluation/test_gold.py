from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sco_qa import corpus
from sco_qa.errors import GoldError
from sco_qa.evaluation import gold
from sco_qa.types import Source, Span
from tests.conftest import REPOSITORY, SHIPS, run

START = SHIPS.index("Captain Lee")
GOOD: dict[str, Any] = {
    "id": "q1",
    "kind": "lookup",
    "question": "Who steered?",
    "expected": [
        {
            "answers": ["Captain Lee", "Lee"],
            "evidence": [{"file": "ships.txt", "start": START, "end": START + 11, "quote": "Captain Lee"}],
        }
    ],
}


def changed(path: str, value: object) -> dict[str, Any]:
    """Copy the good line with one value changed; ``path`` names it with dots."""
    entry = json.loads(json.dumps(GOOD))
    *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    place = entry
    for key in parents:
        place = place[key]
    place[last] = value
    return dict(entry)


def write(folder: Path, *entries: object) -> Path:
    path = folder / "gold.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path


def test_a_good_line_is_read_whole(sources: list[Source], tmp_path: Path) -> None:
    (question,) = gold.load(write(tmp_path, GOOD), sources)
    place = gold.Evidence("ships", Span(START, START + 11))
    expected = (gold.Expected(("Captain Lee", "Lee"), (place,)),)
    assert question == gold.Question("q1", "lookup", "Who steered?", expected)
    assert (question.answerable, question.answers, question.evidence) == (True, ["Captain Lee", "Lee"], [place])


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (changed("question", " "), "question: ' ' does not match"),
        (changed("kind", 3), "kind: 3 is not of type 'string'"),
        (changed("colour", "red"), "Additional properties are not allowed ('colour' was unexpected)"),
        (changed("expected.0.answers", []), "expected/0/answers: [] should be non-empty"),
        (changed("expected.0.answers.0", "Captain Bligh"), "'Captain Bligh' stands in none of its quotes"),
        (changed("expected.0.evidence.0.file", "boats.txt"), "there is no 'boats.txt' in the corpus"),
        (changed("expected.0.evidence.0.start", START + 1), f"it stands at [{START}, {START + 11})"),
        (changed("expected.0.evidence.0.quote", "Captain Nemo"), "it stands nowhere in the file"),
        (changed("disagreement", "time"), "a disagreement needs two facts or more"),
        ({"id": "q1"}, "the object: 'kind' is a required property"),
        ([1], "[1] is not of type 'object'"),
    ],
)
def test_a_wrong_line_is_named_with_its_fault(entry: object, says: str, sources: list[Source], tmp_path: Path) -> None:
    path = write(tmp_path, changed("id", "q0"), entry)
    questions, wrong = gold.check(path, sources)
    assert [q.id for q in questions] == ["q0"]
    assert len(wrong) == 1
    assert wrong[0].startswith(f"{path}, line 2: ")
    assert says in wrong[0]
    with pytest.raises(GoldError, match="line 2"):
        gold.load(path, sources)


def test_an_id_may_be_used_once(sources: list[Source], tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, GOOD)
    assert gold.check(path, sources)[1] == [f"{path}, line 2: the id 'q1' was used before; give it another"]


def test_what_is_no_json_or_holds_nothing_is_said(sources: list[Source], tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text("{\n", encoding="utf-8")
    assert gold.check(path, sources)[1][0].startswith(f"{path}, line 1: not JSON")
    path.write_text("\n\n", encoding="utf-8")
    assert gold.check(path, sources)[1] == [f"{path} holds no questions; add some, one JSON object a line"]
    with pytest.raises(GoldError, match="cannot read"):
        gold.check(tmp_path / "none.jsonl", sources)


def test_the_shipped_questions_are_valid_and_of_every_kind() -> None:
    questions, wrong = gold.check(REPOSITORY / "evals" / "gold.jsonl", list(corpus.load(REPOSITORY / "corpus")))
    assert wrong == []
    assert len(questions) >= 160
    kinds = Counter(question.kind for question in questions)
    assert set(kinds) == {
        "lookup", "paraphrase", "list", "reason", "temporal", "conflict", "attribution", "yesno", "followup", "noisy",
        "none", "offtopic",
    }  # fmt: skip
    assert min(kinds.values()) >= 5
    assert sum(not question.answerable for question in questions) >= 35
    cited = {place.source for question in questions for place in question.evidence}
    assert cited == {source.id for source in corpus.load(REPOSITORY / "corpus")}
    assert all(question.history for question in questions if question.kind == "followup")
    assert all(question.disagreement for question in questions if question.kind == "conflict")


def test_the_command_checks_a_set_and_names_every_wrong_line(folder: Path, tmp_path: Path) -> None:
    good = write(tmp_path, GOOD)
    ran = run("eval", "--check", str(good), "--corpus", str(folder))
    assert (ran.status, ran.out) == (0, "1 questions, every quote stands where it is said to stand\n")
    bad = write(tmp_path, GOOD, changed("kind", 3), {"id": "x"})
    ran = run("eval", "--check", str(bad), "--corpus", str(folder))
    assert ran.status == 2
    assert [line.split(": ")[0] for line in ran.out.splitlines()] == [f"{bad}, line 2", f"{bad}, line 3"]
    assert ran.err == f"sco-qa: 2 of 3 lines of {bad} are wrong; mend them\n"
