from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import fuzz

SLOW = {"DOCX", "PDF"}
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 30), st.binary(max_size=8) | st.sampled_from(fuzz.NASTY)), max_size=6
)


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_whatever_is_sent_ends_in_a_result_or_in_one_line(name: str) -> None:
    target, whole = fuzz.TARGETS[name]

    @settings(max_examples=20 if name in SLOW else 40)
    @given(EDITS)
    def send(edits: list[tuple[float, int, bytes]]) -> None:
        with fuzz.in_this_process():
            assert fuzz.outcome(target, fuzz.edited(whole, edits)) in {fuzz.READ, fuzz.ONE_LINE}

    send()


def test_the_longer_run_prints_its_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["33", "7"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in fuzz.TARGETS)
    assert "33 inputs, 0 wrong; " in printed


def test_the_longer_run_sees_a_traceback(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(content: bytes) -> None:
        if content != b"whole":
            raise KeyError("a bug")

    monkeypatch.setattr(fuzz, "TARGETS", {"broken": (broken, b"whole")})
    assert fuzz.main(["5", "0"]) == 1
    printed = capsys.readouterr()
    assert "5 tracebacks" in printed.out
    assert "KeyError: 'a bug'" in printed.err
