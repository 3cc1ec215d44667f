from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from sco_qa.errors import UsageError
from sco_qa.gate import Gate
from sco_qa.settings import Settings

ENDS_WHILE_READING = """
import sys, threading, time
from sco_qa import Assistant
assistant, asked = Assistant.load(), threading.Event()
def ask():
    for _ in range(1_000):
        asked.set()
        assistant.ask("Who blocked the bank?")
sys.stderr = None  # the thread is told that the assistant is closed
threading.Thread(target=ask, daemon=True).start()
asked.wait()
time.sleep(0.05)
"""


def test_closing_waits_for_who_is_inside_and_lets_nobody_in() -> None:
    gate, inside, leave, closed = Gate(), threading.Event(), threading.Event(), threading.Event()

    def visit() -> None:
        with gate.passed():
            inside.set()
            leave.wait(10)

    def close() -> None:
        gate.close()
        closed.set()

    threads = [threading.Thread(target=visit), threading.Thread(target=close)]
    threads[0].start()
    assert inside.wait(10)
    threads[1].start()
    assert not closed.wait(0.05)
    leave.set()
    assert closed.wait(10)
    with (
        pytest.raises(UsageError, match=r"the assistant is closed; load another one: Assistant.load\(\)"),
        gate.passed(),
    ):
        pass
    gate.close()  # once more is once
    for thread in threads:
        thread.join()


def test_a_process_may_end_while_a_question_is_read(real_index: Settings) -> None:
    """ONNX Runtime aborts a process that ends while one of its threads is at work."""
    command = [sys.executable, "-c", ENDS_WHILE_READING]
    ended = [subprocess.run(command, env=real_index.environment(), check=False).returncode for _ in range(2)]  # noqa: S603 - our own
    assert ended == [0, 0]
