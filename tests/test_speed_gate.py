from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.conftest import REPOSITORY

START_S, WARM_MS, MEMORY_MB = 0.5, 100.0, 200.0


@pytest.fixture
def speed(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(REPOSITORY / "evals" / "bench")
    return importlib.import_module("speed")


def measured(speed: Any, *, start: float = 1, warm: float = 1, memory: float = 1) -> dict[str, float]:
    """Compare a system that is so many times slower or larger, on a machine whose speed changes from round to round."""

    def system(name: str, start_s: float, warm_ms: float, memory_mb: float, busy: Sequence[float]) -> Any:
        rounds = iter(busy)

        def run(_: Sequence[str], questions: str) -> tuple[list[dict[str, Any]], float, float]:
            slowed = next(rounds)
            count = len(questions.splitlines())
            lines = [{"ms": 1000 * start_s}] + [{"ms": slowed * warm_ms}] * (count - 1)
            return lines, slowed * (start_s + (count - 1) * warm_ms / 1000), memory_mb

        return speed.System(name, [], "", [], ["One?", "Two?", "Three?"], run)

    ours = system("ours", start * START_S, warm * WARM_MS, memory * MEMORY_MB, [1, 4, 2])
    tutorial = system("tutorial", 5.0, 10.0, 500.0, [1, 4.4, 0.5])  # somebody else's work fell between the last two
    found: dict[str, float] = speed.compare(ours, tutorial, 3)
    return found


def test_ratios_are_medians_of_rounds_in_turn(speed: Any) -> None:
    assert measured(speed) == {"cold start": 0.1, "warm p50": 10.0, "memory": 0.4}


@pytest.mark.parametrize(
    ("grown", "said"),
    [
        ({"start": 2}, "cold start 0.200, accepted 0.100"),
        ({"warm": 2}, "warm p50 20.000, accepted 10.000"),
        ({"memory": 2}, "memory 0.800, accepted 0.400"),
        ({"start": 2, "memory": 2}, "cold start 0.200, accepted 0.100; memory 0.800, accepted 0.400"),
    ],
)
def test_what_doubles_turns_the_gate_red(speed: Any, grown: dict[str, float], said: str) -> None:
    with pytest.raises(SystemExit) as ended:
        speed.hold(measured(speed, **grown), measured(speed))
    assert str(ended.value) == f"slower or larger beside the tutorial pipeline: {said}"


def test_what_differs_from_run_to_run_does_not(speed: Any) -> None:
    speed.hold(measured(speed, start=1.4, warm=1.4, memory=1.4), measured(speed))
    speed.hold(measured(speed, start=0.1), measured(speed))


def test_every_accepted_ratio_is_held(speed: Any) -> None:
    """What is in the repository names the figures that a run gives."""
    accepted = json.loads((REPOSITORY / speed.ACCEPTED).read_text(encoding="utf-8"))
    assert accepted.keys() == measured(speed).keys()


def test_a_page_keeps_what_other_processors_gave(speed: Any) -> None:
    page = "# Speed\n\nHow.\n\n## one\n\n| 1 |\n\n## two\n\n| 2 |\n"
    assert speed.with_part(page, "one\n\n| 3 |\n") == page.replace("| 1 |", "| 3 |")
    assert speed.with_part(page, "three\n\n| 3 |\n") == page + "\n## three\n\n| 3 |\n"


def test_the_page_is_made_of_such_parts(speed: Any) -> None:
    page = (REPOSITORY / speed.PAGE).read_text(encoding="utf-8")
    parts = page.split(speed.HEADING)[1:]
    assert len(parts) >= 2
    assert speed.with_part(page, parts[0]) == page
