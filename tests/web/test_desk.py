from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from sco_qa.assistant import Assistant
from sco_qa.errors import UsageError
from sco_qa.reply import Reply
from sco_qa.web.desk import Busy, Desk
from tests.web.conftest import fake_desk, serving


class Slow(Assistant):
    """Answers when it is let."""

    let = threading.Event()
    asked = threading.Semaphore(0)

    def ask(self, question: str, history: Sequence[str] = ()) -> Reply:
        self.asked.release()
        self.let.wait(10)
        return super().ask(question, history)


def test_too_many_are_told_so_at_once(hostile_folder: Path) -> None:
    desk = fake_desk(hostile_folder, requests=2)
    desk.assistant.__class__ = Slow
    with ThreadPoolExecutor(2) as people:
        waiting = [people.submit(desk.ask, "The script?") for _ in range(2)]
        for _ in waiting:
            assert Slow.asked.acquire(timeout=10)
        with pytest.raises(Busy, match="busy: 2 questions"):
            desk.ask("The image?")
        Slow.let.set()
        assert [w.result().question for w in waiting] == ["The script?"] * 2
    assert desk.ask("The image?").answers  # there is room again


def test_other_programs_are_told_at_once_with_429(hostile_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty questions at once over HTTP where two are let in: the others are told before they join Gradio's queue."""
    monkeypatch.setattr("sco_qa.web.desk._ABANDONED_S", 60.0)  # a machine with other work may take its time
    desk = fake_desk(hostile_folder, requests=2, base_path="/under/here")
    with serving(desk) as address, httpx.Client(base_url=f"{address}/gradio_api", timeout=20) as client:
        desk.assistant.__class__ = Slow
        Slow.let.clear()

        def post(number: int) -> httpx.Response:
            return client.post("/call/ask", json={"data": [f"Number {number}?", []]})

        with ThreadPoolExecutor(20) as people:
            answers = list(people.map(post, range(20)))
        refused = [answer for answer in answers if answer.status_code == 429]
        assert Counter(answer.status_code for answer in answers) == {200: 2, 429: 18}
        assert {answer.json()["detail"] for answer in refused} == {
            "busy: 2 questions are being answered already; try again in a moment"
        }
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        Slow.let.set()
        for answer in answers:
            if answer.status_code == 200:
                assert "event: complete" in client.get(f"/call/ask/{answer.json()['event_id']}").text
        assert post(21).status_code == 200  # there is room again


def test_a_seat_that_nobody_came_for_is_free_again(hostile_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = fake_desk(hostile_folder, requests=1)
    desk.seat()
    with pytest.raises(Busy):
        desk.seat()
    monkeypatch.setattr("sco_qa.web.desk._ABANDONED_S", 0.0)
    assert desk.ask("The image?").answers


def test_what_cannot_be_asked_takes_no_seat(hostile_folder: Path) -> None:
    desk = fake_desk(hostile_folder, requests=1, max_question=10)
    for _ in range(3):
        with pytest.raises(UsageError, match="at most 10"):
            desk.ask("Is this question too long?")
    assert desk.ask("The image?").answers


def test_user_and_password_guard_everything(hostile_folder: Path) -> None:
    desk = fake_desk(hostile_folder, user="ann", password="sécret")  # noqa: S106 - only here
    pages = "/", "/config", "/source/harm", "/web/look.css", "/gradio_api/info", "/theme.css", "/favicon.ico"
    with serving(desk) as address:
        for path in (*pages, "/mcp", "/scores", "/none"):
            for auth in (None, ("ann", "wrong"), ("eve", "sécret"), ("", "")):
                answer = httpx.get(f"{address}{path}", auth=auth)
                assert (answer.status_code, answer.text) == (401, "Give user and password.\n"), path
        for path in pages:
            assert httpx.get(f"{address}{path}", auth=("ann", "sécret")).status_code == 200, path
        assert httpx.post(f"{address}/gradio_api/queue/join", json={}).status_code == 401
        assert httpx.get(f"{address}/", headers={"authorization": "Basic ###"}).status_code == 401


def test_rebuilding_is_for_one_at_a_time(hostile_desk: Desk) -> None:
    with hostile_desk._rebuilding, pytest.raises(Busy):
        hostile_desk.rebuild(lambda *_: None)


def test_a_closed_desk_answers_nothing(hostile_folder: Path) -> None:
    desk = fake_desk(hostile_folder)
    desk.close()
    with pytest.raises(Busy, match="being closed"):
        desk.ask("The image?")
