from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from sco_qa.assistant import Assistant
from sco_qa.errors import IndexProblem
from sco_qa.settings import Settings
from sco_qa.web.builder import Builder


def test_it_builds_and_says_how_far_it_is(place: Path) -> None:
    (place / "documents" / "new.txt").write_text("The new ship was built in 1999.\n")
    said: list[tuple[Any, ...]] = []
    settings = Settings.from_environment()
    (place / "documents" / "bad.txt").write_bytes(b"")
    skipped = Builder().build(settings, lambda *doing: said.append(doing))
    assert skipped == ("bad.txt is empty; fill or remove it",)
    assert said[0] == ("reading documents", 0, 4)
    assert [doing[1:] for doing in said if doing[0] == "encoding passages"][-1] == (1, 1)
    assert set(Assistant.load(settings=settings).index.sources) == {"bears", "new", "ships"}


def test_what_hinders_it_is_said_and_the_old_index_stays(place: Path) -> None:
    (place / "documents" / "ships.txt").unlink()
    (place / "documents" / "bears.txt").unlink()
    settings = Settings.from_environment()
    with pytest.raises(IndexProblem, match="put documents there"):
        Builder().build(settings, lambda *_: None)
    builder = Builder()
    builder.stop()
    with pytest.raises(IndexProblem, match="the build was ended before it was finished"):
        builder.build(settings, lambda *_: None)
    assert set(Assistant.load(settings=settings).index.sources) == {"bears", "ships"}


def builder_of(pid: int) -> int:
    """Wait for the process that builds; any thread may have begun it."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                return int(child)
        time.sleep(0.01)
    raise AssertionError("nothing is being built")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="it looks for a process as Linux shows them")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_page_ends_promptly_while_it_rebuilds(place: Path, how: signal.Signals) -> None:
    command = [sys.executable, "-m", "sco_qa", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:  # noqa: S603
        assert serving.stdout is not None
        address = serving.stdout.readline().split()[-1].rstrip("/")
        (place / "documents" / "new.txt").write_text("The new ship was built in 1999.\n")
        config = httpx.get(f"{address}/config").json()
        (button,) = [part["id"] for part in config["components"] if part["props"].get("elem_id") == "rebuild"]
        (pressed,) = [step["id"] for step in config["dependencies"] if [button, "click"] in step["targets"]]
        step = {"data": [], "fn_index": pressed, "session_hash": "test"}
        httpx.post(f"{address}/gradio_api/queue/join", json=step).raise_for_status()
        building = builder_of(serving.pid)
        told = time.monotonic()
        serving.send_signal(how)
        assert (serving.communicate(timeout=30), serving.returncode) == (("", ""), 0)
        assert time.monotonic() - told < 10  # about one second, but for what else the machine does
    assert not Path(f"/proc/{building}").exists()
    assistant = Assistant.load(settings=Settings.from_environment())
    assert set(assistant.index.sources) == {"bears", "ships"}
    assert assistant.ask("Where does the polar bear live?").answers
