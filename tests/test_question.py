from __future__ import annotations

import pytest

from sco_qa.errors import UsageError
from sco_qa.question import checked, unread
from sco_qa.settings import Settings


def test_a_question_is_read_on_one_line_without_control_characters() -> None:
    assert checked("  Who\tfounded\n\u200bit?\x00 ", Settings()) == "Who founded it?"


def test_a_question_is_neither_empty_nor_too_long() -> None:
    assert checked("Who?", Settings(max_question=4)) == "Who?"
    with pytest.raises(UsageError, match="has 5 characters, at most 4 are read; shorten it"):
        checked("Who??", Settings(max_question=4))
    with pytest.raises(UsageError, match=r"^the question is empty; ask something"):
        checked(" \x00 ", Settings())


def test_what_cannot_be_read_is_told_from_what_can() -> None:
    assert unread("Who?") is None
    assert unread("2001?") is None
    assert unread("Кто основал организацию?") == "the collection is read in English; ask in English"
    assert unread("?!") == "the question holds no words"
