from __future__ import annotations

import io

from rich.console import Console

from sco_qa.disagreement import Alarm
from sco_qa.evaluation.gold import Evidence, Expected, Question
from sco_qa.training import alarm
from sco_qa.training.alarm import Answered
from sco_qa.types import Candidate, Hit, Passage, Span


def candidate(words: str, source: str, read: float) -> Candidate:
    passage = Passage(0, source, Span(0, len(words)), words, (Span(0, len(words)),))
    return Candidate(Hit(passage, 0.5, 0.5, 1.0), Span(0, len(words)), words, read, read)


def asked(world: int, number: int, *sides: str) -> Answered:
    """Ask how many; the first answer is right, the second, of another source, only if it is a side of its own."""
    expected = tuple(
        Expected((words,), (Evidence(source, Span(0, len(words))),)) for words, source in zip(sides, "ab", strict=False)
    )
    answers = [candidate("six", "a", 5.0), candidate("eight", "b", 5.0 if len(sides) > 1 else -5.0)]
    return Answered(Question(f"w{world}-{number:02}", "conflict", "How many are there?", expected), answers)


def fitted(questions: list[Answered]) -> tuple[Alarm, str]:
    out = io.StringIO()
    return alarm.fit(questions, Console(file=out, width=1_000)), out.getvalue()


def test_where_the_reader_tells_sides_from_wrong_answers_a_threshold_is_found() -> None:
    found, said = fitted([asked(w, n, *(["six", "eight"] if n else ["six"])) for w in range(8) for n in range(2)])
    assert found.weights["second"] > 0 == found.weights["number"]
    assert "8 questions with several sides, 8 pairs that disagree among 16" in said
    assert "best: disagreement_threshold" in said
    assert "8 of 8 right" in said


def test_where_it_does_not_the_alarm_is_to_stay_off() -> None:
    wrong = [asked(w, n, "six", "eight") for w in range(8) for n in range(1)]
    right = [Answered(asked(w, n, "six").question, wrong[w].answers) for w in range(8) for n in range(1, 5)]
    _, said = fitted([*wrong, *right])
    assert "no threshold reaches precision 0.8" in said


def test_where_nothing_disagrees_the_alarm_stays_as_it_was() -> None:
    found, said = fitted([asked(w, 0, "six") for w in range(8)])
    assert found == Alarm.load()
    assert said == "too few pairs that disagree to fit the alarm; it stays as it was\n"
