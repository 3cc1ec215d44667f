from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from sco_qa.errors import UsageError
from sco_qa.gate import Gate

ENDS_WHILE_ASKED = """
import os, threading, time
from sco_qa.assistant import Assistant
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder, FakeReader
from sco_qa.types import Source

class SlowReader(FakeReader):
    def read(self, question, passages):
        reading.set()
        time.sleep(0.3)
        os.write(1, b"read")
        return super().read(question, passages)

reading, encoder, settings = threading.Event(), FakeEncoder(), Settings()
index = FaissIndex.of([Source("a", "a.txt", "The bank was blocked.", "A")], settings, encoder)
assistant = Assistant(index, encoder, SlowReader({}), settings=settings)
threading.Thread(target=assistant.ask, args=["Who blocked the bank?"], daemon=True).start()
reading.wait()
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


def test_a_process_ends_when_its_question_is_answered() -> None:
    """Else ONNX Runtime aborts it: "terminate called without an active exception"."""
    ended = subprocess.run([sys.executable, "-c", ENDS_WHILE_ASKED], check=False, capture_output=True)  # noqa: S603 - our own
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"read", b"")
