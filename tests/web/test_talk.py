"""The steps of a conversation, what a browser may give back, and what is exported."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from sco_qa import corpus
from sco_qa.evaluation import gold
from sco_qa.types import Passage
from sco_qa.web import contract, export
from sco_qa.web.desk import Desk
from sco_qa.web.suggestions import Suggestions, examples
from sco_qa.web.talk import Talk
from tests.conftest import run, write_corpus
from tests.web.conftest import SCRIPT, fake_desk

TEXT = "The Small Bank (SB) was blocked by Russia.\n\nThe Small Bank (SB) was founded in Rome.\n\nWhat was it for?\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    folder = write_corpus(tmp_path / "documents", {"bank.txt": TEXT})
    return fake_desk(folder, {"Russia": 5.0, "Rome": 3.0}, feedback_file=tmp_path / "feedback.jsonl")


@pytest.fixture
def talk(desk: Desk) -> Talk:
    return Talk(desk, Suggestions(desk))


def pressed(**data: str) -> gr.EventData:
    return gr.EventData(None, data)


def test_ask_undo_retry_clear(talk: Talk) -> None:
    kept, shown, notice, typed = talk.ask("Who blocked the bank?", [])
    assert (len(kept), notice, typed) == (1, "", "")
    assert "<mark>Russia</mark>" in shown
    assert talk.retry("half typed", kept)[3] == "half typed"
    assert talk.ask("   ", kept)[0] == kept
    back, shown, _, typed = talk.undo("", kept)
    assert (back, typed) == ([], "Who blocked the bank?")
    assert "welcome" in shown
    assert talk.clear()[0] == []


def test_what_cannot_be_asked_stays_in_its_field(talk: Talk) -> None:
    kept, _, notice, typed = talk.ask("x" * 1_001, [])
    assert (kept, typed) == ([], "x" * 1_001)
    assert "at most 1,000" in notice


def test_who_comes_when_all_places_are_taken_reads_that(desk: Desk, talk: Talk) -> None:
    taken = [desk.seat() for _ in range(desk.settings.requests)]
    kept, _, notice, typed = talk.ask("Who blocked the bank?", [])
    assert (kept, typed) == ([], "Who blocked the bank?")
    assert "busy: 16 questions are being answered already; try again in a moment" in notice
    desk.leave(taken[0])
    assert len(talk.ask("Who blocked the bank?", [])[0]) == 1


def test_follow_up_alone_and_together(talk: Talk) -> None:
    kept = talk.ask("Who blocked the bank?", [])[0]
    kept = talk.ask("When was it founded?", kept)[0]
    assert "the bank" in kept[1]["reply"]["read_as"]
    assert "Ask it by itself" in talk.shown(contract.turns(kept))
    kept = talk.pressed("", kept, pressed(action="alone", turn="1"))[0]
    assert (kept[1]["alone"], kept[1]["reply"]["read_as"]) == (True, None)
    assert "Asked by itself" in talk.shown(contract.turns(kept))
    kept = talk.pressed("", kept, pressed(action="together", turn="1"))[0]
    assert (kept[1]["alone"], kept[1]["reply"]["read_as"] is None) == (False, False)
    for nonsense in ({"action": "alone", "turn": "9"}, {"action": "alone", "turn": "-1"}, {"action": "x"}, {}):
        assert talk.pressed("typed", kept, pressed(**nonsense)) == (kept, talk.shown(contract.turns(kept)), "", "typed")


@pytest.mark.parametrize("kept", [None, 7, "x", {"a": 1}, [{}], [{"reply": {"question": SCRIPT}}], [None], [[["x"]]]])
def test_a_damaged_conversation_counts_as_none(talk: Talk, kept: Any) -> None:
    assert len(talk.ask("Who blocked the bank?", kept)[0]) == 1


def test_a_forged_quote_counts_as_none(talk: Talk) -> None:
    kept = talk.ask("Who blocked the bank?", [])[0]
    kept[0]["reply"]["answers"][0]["citation"]["quote"] = "Nobody"
    assert contract.turns(kept) == []


def test_what_is_hardly_likely_is_not_shown(talk: Talk) -> None:
    kept = talk.ask("Who blocked the bank?", [])[0]
    reply = kept[0]["reply"]
    assert len(contract.turns(kept)[0].reply.shown) == len(reply["answers"]) == 2
    reply["answers"][1]["confidence"] = reply["confidence"] / 11
    assert len(contract.turns(kept)[0].reply.shown) == 1
    assert "other candidate" not in talk.shown(contract.turns(kept))
    assert "Rome" not in export.markdown(contract.turns(kept), "")
    reply["disagreement"] = {"kind": "time", "answers": [1, 0]}
    assert len(contract.turns(kept)[0].reply.shown) == 2


def test_only_the_latest_turns_are_kept(talk: Talk) -> None:
    turn = talk.ask("Who blocked the bank?", [])[0]
    assert len(talk.ask("Who founded the bank?", turn * 50)[0]) == contract.KEPT


def test_export(talk: Talk) -> None:
    kept = talk.ask("Who *blocked* the <b>bank</b>?", [])[0]
    kept = talk.ask("Кто?", kept)[0]
    turns = contract.turns(kept)
    markdown = export.markdown(turns, "http://here")
    assert markdown.startswith(r"## Who \*blocked\* the \<b\>bank\</b\>?")
    assert "**Russia**" in markdown
    assert r"The Small Bank \(SB\) was blocked by **Russia**\." in markdown
    assert "](<http://here/source/bank?start=35&end=41&sha256=" in markdown
    assert "**The sources do not say:**" in markdown
    html = export.html(turns, "http://here")
    assert "<mark>Russia</mark>" in html
    assert "&lt;b&gt;bank&lt;/b&gt;" in html
    assert "<script" not in html
    assert 'href="http://here/source/bank?start=35&amp;end=41' in html


def test_feedback_becomes_gold(desk: Desk, talk: Talk, tmp_path: Path) -> None:
    kept = talk.ask("Who blocked the bank?", [])[0]
    kept = talk.ask("Кто?", kept)[0]
    kept = talk.ask("Where was the bank founded?", kept)[0]
    for place in ("0", "1"):
        kept = talk.pressed("", kept, pressed(action="thumb", turn=place, thumb="up"))[0]
    kept = talk.pressed("", kept, pressed(action="thumb", turn="2", thumb="down"))[0]
    kept = talk.pressed("", kept, pressed(action="correct", turn="2", correction="in Rome"))[0]
    talk.pressed("", kept, pressed(action="correct", turn="2", correction="nowhere in the sources"))
    assert [turn["thumb"] for turn in kept] == ["up", "up", "corrected"]

    folder, file = str(desk.settings.corpus), str(desk.settings.feedback_file)
    made = run("feedback", "to-gold", "--file", file, "--corpus", folder)
    assert (made.status, made.err) == (0, "sco-qa: 3 questions to review\n")
    facts = [
        [(e["answers"], e["evidence"][0]["quote"]) for e in json.loads(q)["expected"]] for q in made.out.splitlines()
    ]
    assert facts == [
        [(["Russia"], "The Small Bank (SB) was blocked by Russia.")],
        [],
        [(["in Rome"], "in Rome")],
    ]
    review = tmp_path / "review.jsonl"
    review.write_text(made.out)
    assert len(gold.load(review, list(corpus.load(desk.settings.corpus)))) == 3


def test_feedback_that_cannot_be(tmp_path: Path, desk: Desk) -> None:
    folder = str(desk.settings.corpus)
    for name, content, problem in (("none", None, "cannot read"), ("bad", "{}\n", "line 1, is no feedback")):
        if content is not None:
            (tmp_path / name).write_text(content)
        ran = run("feedback", "to-gold", "--file", str(tmp_path / name), "--corpus", folder)
        assert problem in ran.problem


def test_feedback_is_off_by_a_setting(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path / "documents", {"bank.txt": TEXT})
    desk = fake_desk(folder, {"Russia": 5.0}, feedback=False, feedback_file=tmp_path / "feedback.jsonl")
    talk = Talk(desk, Suggestions(desk))
    kept, shown, *_ = talk.ask("Who blocked the bank?", [])
    assert "thumb" not in shown
    talk.pressed("", kept, pressed(action="thumb", turn="0", thumb="up"))
    assert not desk.settings.feedback_file.exists()


SENTENCES = """The Small Bank (SB) is closed. The Grand House was founded by the Prince of Rome.
The Small Bank was founded with much noise in May 1901.
On Monday, Anna Lee closed the last branch of the bank, a sad day. It closed the door. She was born in Rome.
Its seat: the Grand House is located in Rome. The Small Bank has twelve branches left.
"""


def test_suggestions_are_made_of_sentences(tmp_path: Path) -> None:
    desk = fake_desk(write_corpus(tmp_path / "documents", {"bank.txt": SENTENCES}), {})
    assert {(c.question, c.words) for c in examples(desk.assistant.index.passages)} == {
        ("What does SB stand for?", "Small Bank"),
        ("Who founded the Grand House?", "Prince of Rome"),
        ("When was the Small Bank founded?", "May 1901"),
        ("Who closed the last branch of the bank?", "Anna Lee"),
        ("Where is the Grand House located?", "Rome"),
        ("How many branches left does the Small Bank have?", "twelve"),
    }


def test_suggestions_are_those_that_are_answered_as_their_sentence_does(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path / "documents", {"bank.txt": SENTENCES})
    assert Suggestions(fake_desk(folder, {"the Grand House is located in Rome": 9.0})).found() == (
        "Where is the Grand House located?",
    )
    assert Suggestions(fake_desk(folder, {"the Grand House": 9.0})).found() == ()


def test_only_a_part_of_a_large_collection_is_looked_at(tmp_path: Path) -> None:
    passages = fake_desk(
        write_corpus(tmp_path / "documents", {"bank.txt": SENTENCES * 60}), {}
    ).assistant.index.passages
    looked: list[int] = []

    class Watched(Sequence[Passage]):
        def __len__(self) -> int:
            return 1_000_000

        def __getitem__(self, place: Any) -> Any:
            looked.append(place)
            return passages[place % len(passages)]

    assert len(list(examples(Watched()))) == 6
    assert (len(looked), looked[0], looked[-1]) == (400, 0, 997_500)
