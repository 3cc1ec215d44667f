from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import pytest

from sco_qa.errors import UsageError
from sco_qa.settings import Settings


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_environment({}) == Settings()
    assert Settings.from_environment({"SCO_QA_TOP": ""}) == Settings()


def test_every_setting_can_be_chosen_in_the_environment() -> None:
    others: dict[type, Any] = {int: 2, float: 0.125, bool: False, str: "/x", type(Path()): Path("elsewhere")}
    chosen = Settings(
        **{entry.name: others[type(getattr(Settings(), entry.name))] for entry in fields(Settings)}
        | {"passage_words": 50, "milvus_collection": "x"}
    )
    unchanged = [e.name for e in fields(Settings) if getattr(chosen, e.name) == getattr(Settings(), e.name)]
    assert unchanged == []
    assert Settings.from_environment(chosen.environment()) == chosen


@pytest.mark.parametrize("name", ["", "my index", "../x", "1st", "é"])
def test_a_milvus_collection_has_a_plain_name(name: str) -> None:
    with pytest.raises(UsageError, match="milvus_collection"):
        Settings(milvus_collection=name)


def test_an_option_comes_before_the_environment() -> None:
    chosen = Settings.from_environment({"SCO_QA_TOP": "2", "SCO_QA_THRESHOLD": "0.9"}, top=3, threshold=None)
    assert chosen == Settings(top=3, threshold=0.9)


def test_an_option_of_zero_is_an_option() -> None:
    assert Settings.from_environment({"SCO_QA_THRESHOLD": "0.9"}, threshold=0.0).threshold == 0.0


@pytest.mark.parametrize(
    ("text", "value"), [("0", False), ("no", False), ("False", False), ("1", True), ("YES", True), ("true", True)]
)
def test_a_switch_is_read(text: str, *, value: bool) -> None:
    assert Settings.from_environment({"SCO_QA_CONTEXT": text}).context is value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("TOP", "abc", "SCO_QA_TOP must be a number, not 'abc'"),
        ("TOP", "2.5", "SCO_QA_TOP must be a number, not '2.5'"),
        ("THRESHOLD", "high", "SCO_QA_THRESHOLD must be a number, not 'high'"),
        ("CONTEXT", "maybe", "SCO_QA_CONTEXT must be 0 or 1, not 'maybe'"),
        ("TOP", "9", "the setting top must be between 1 and 5, not 9"),
        ("TOP", "0", "the setting top must be between 1 and 5, not 0"),
        ("THRESHOLD", "nan", "the setting threshold must be between 0.0 and 1.0, not nan"),
        ("THRESHOLD", "inf", "the setting threshold must be between 0.0 and 1.0, not inf"),
        ("PASSAGE_WORDS", "9", "the setting passage_words must be between 10 and 2000, not 9"),
        ("OVERLAP_WORDS", "100", "the setting overlap_words must be between 0 and 99, not 100"),
        ("RETRIEVED", "0", "the setting retrieved must be between 1 and 100, not 0"),
        ("READ", "101", "the setting read must be between 1 and 100, not 101"),
        ("DENSE_WEIGHT", "1.1", "the setting dense_weight must be between 0.0 and 1.0, not 1.1"),
        ("RETRIEVAL_WEIGHT", "-1", "the setting retrieval_weight must be between 0.0 and 1000.0, not -1.0"),
        ("MAX_QUESTION", "0", "the setting max_question must be between 1 and 1000000, not 0"),
        ("THREADS", "-1", "the setting threads must be between 0 and 1024, not -1"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_its_bounds(name: str, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Settings.from_environment({f"SCO_QA_{name}": text})
    assert str(caught.value) == message


def test_what_decides_on_the_index() -> None:
    assert Settings().for_index() == {
        "encoder": "all-MiniLM-L6-v2",
        "passage_words": 100,
        "overlap_words": 40,
        "context": True,
    }


def test_what_decides_on_the_ranking_holds_what_decides_on_the_index() -> None:
    chosen = Settings()
    assert chosen.for_ranking() == {
        **chosen.for_index(),
        "retrieved": 20,
        "read": 10,
        "dense_weight": 0.25,
        "year_weight": 0.1,
        "retrieval_weight": 80.0,
    }


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().top = 3  # type: ignore[misc]


def test_another_folder_of_documents_has_an_index_of_its_own() -> None:
    other = Path("minutes")
    assert Settings.from_environment({}).index == Path("index")
    assert Settings.from_environment({"SCO_QA_CORPUS": "corpus"}).index == Path("index")
    assert Settings.from_environment({}, corpus=other).index == other / ".index"
    assert Settings.from_environment({"SCO_QA_CORPUS": "minutes"}, index=None).index == other / ".index"
    assert Settings.from_environment({"SCO_QA_INDEX": "x"}, corpus=other).index == Path("x")
    assert Settings.from_environment({}, corpus=other, index=Path("x")).index == Path("x")
