from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest

from sco_qa import Assistant as PublicAssistant
from sco_qa.assistant import NOT_STATED, Assistant
from sco_qa.confidence import Confidence
from sco_qa.errors import IndexMissing, UsageError
from sco_qa.index import FaissIndex
from sco_qa.reply import Citation, Disagreement, Reply, Status
from sco_qa.settings import Settings
from sco_qa.terms import Abbreviation, Terms
from sco_qa.testing import FakeEncoder, FakeReader
from sco_qa.types import Source, Span, State
from tests.conftest import BEARS, SHIPS

READ_ALONE = Confidence(
    intercept=0.0, weights={"read": 1.0, "lead": 0.0, "retrieval": 0.0, "dense": 0.0, "agreement": 0.0}, fitted_for={}
)
"""Confidence above a half exactly where the reader prefers the words to no answer."""


def asking(index: FaissIndex, settings: Settings, answers: Mapping[str, float], **changes: object) -> Assistant:
    settings = dataclasses.replace(settings, **changes)  # type: ignore[arg-type]
    return Assistant(index, FakeEncoder(), FakeReader(answers), confidence=READ_ALONE, settings=settings)


def verified(reply: Reply) -> None:
    """Look every citation of a reply up in its source."""
    citations = [c for a in reply.answers for c in (a.citation, *a.also_in)] + list(reply.nearest)
    for citation in citations:
        assert citation.source.text[citation.span.start : citation.span.end] == citation.quote
        assert citation.sentence.holds(citation.span)
    for answer in reply.answers:
        assert answer.citation.quote == answer.text


def test_an_answer_is_cited_with_its_sentence(index: FaissIndex, settings: Settings) -> None:
    reply = asking(index, settings, {"on the ice": 3.0}).ask("Where does the polar bear live?")
    assert (reply.question, reply.read_as, reply.status, reply.reason) == (
        "Where does the polar bear live?",
        None,
        Status.ANSWERED,
        None,
    )
    place = BEARS.index("on the ice")
    sentence = BEARS.index("The polar bear lives")
    assert [dataclasses.replace(a, confidence=0) for a in reply.answers] == [
        dataclasses.replace(
            reply.answers[0],
            text="on the ice",
            confidence=0,
            citation=Citation(
                index.sources["bears"],
                Span(place, place + 10),
                "on the ice",
                Span(sentence, sentence + len("The polar bear lives on the ice.")),
                State.FRESH,
            ),
            also_in=(),
        )
    ]
    assert reply.confidence == reply.answers[0].confidence
    assert 0.5 < reply.confidence < 1
    assert (reply.disagreement, reply.nearest) == (None, ())
    assert sorted(reply.timings_ms) == ["encode", "read", "retrieve", "total"]
    assert reply.timings_ms["total"] >= sum(reply.timings_ms[s] for s in ("encode", "retrieve", "read"))


def test_a_closed_assistant_answers_nothing(index: FaissIndex, settings: Settings) -> None:
    with asking(index, settings, {"on the ice": 3.0}) as assistant:
        assert assistant.ask("Where does the polar bear live?").answers
    with pytest.raises(UsageError, match="the assistant is closed"):
        assistant.ask("Where does the polar bear live?")


def test_a_cited_file_is_read_once_a_question(
    index: FaissIndex, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def state(folder: Path, source: Source) -> State:
        looked.append(source.id)
        return State.FRESH

    monkeypatch.setattr("sco_qa.corpus.state", state)
    assistant = asking(index, settings, {"seals": 4.0, "berries": 3.0, "Captain Lee": 2.0}, retrieval_weight=0.0)
    assert len(assistant.ask("Who?").answers) == 3
    assert sorted(looked) == ["bears", "ships"]
    assistant.ask("Who?")
    assert len(looked) == 4  # but each time anew: a file may have changed


def test_answers_of_all_passages_are_ranked_together(index: FaissIndex, settings: Settings) -> None:
    answers = {"Captain Lee": 4.0, "seals": 3.0, "1901": 2.0}
    reply = asking(index, settings, answers, retrieval_weight=0.0).ask("Who?")
    assert [a.text for a in reply.answers] == ["Captain Lee", "seals", "1901"]
    verified(reply)


def test_retrieval_counts_as_much_as_it_is_weighed(index: FaissIndex, settings: Settings) -> None:
    answers = {"Captain Lee": 4.0, "seals": 3.0}
    question = "Does the polar bear hunt on the ice?"
    for weight, first in ((0.0, "Captain Lee"), (100.0, "seals")):
        reply = asking(index, settings, answers, retrieval_weight=weight).ask(question)
        assert reply.answers[0].text == first


def test_the_same_words_elsewhere_are_one_answer(index: FaissIndex, settings: Settings) -> None:
    reply = asking(index, settings, {"China": 2.0}).ask("Which country?")
    (answer,) = reply.answers
    places = {(c.source.id, c.span.start) for c in (answer.citation, *answer.also_in)}
    assert places == {("bears", BEARS.index("China")), ("ships", SHIPS.index("China"))}
    verified(reply)


def test_answers_that_differ_are_said_to_only_if_that_is_wanted(index: FaissIndex, settings: Settings) -> None:
    for threshold, expected in ((1.0, None), (0.0, Disagreement("sources", (1, 0)))):
        assistant = asking(
            index, settings, {"Captain Lee": 4.0, "China": 3.0}, disagreement_threshold=threshold, retrieval_weight=0.0
        )
        reply = assistant.ask("Who is it?")
        assert (reply.answers[0].citation.source.id, reply.answers[1].citation.source.id) == ("ships", "bears")
        assert reply.disagreement == expected


def test_what_overlaps_a_better_answer_is_that_answer(index: FaissIndex, settings: Settings) -> None:
    reply = asking(index, settings, {"Captain Lee": 4.0, "Lee": 3.0, "Captain": 2.0}).ask("Who?")
    assert [(a.text, len(a.also_in)) for a in reply.answers] == [("Captain Lee", 0)]


def test_words_that_cross_a_sentences_end_are_no_answer(index: FaissIndex, settings: Settings) -> None:
    reply = asking(index, settings, {"forests. It eats": 9.0, "fish": 1.0}).ask("What does it eat?", ["A bear?"])
    assert [a.text for a in reply.answers] == ["fish"]


def test_furniture_is_never_an_answer(index: FaissIndex, settings: Settings) -> None:
    reply = asking(index, settings, {"SIGN UP": 9.0}).ask("What can a reader do?")
    assert (reply.status, reply.answers) == (Status.NO_ANSWER, ())
    assert not any("SIGN UP" in citation.quote for citation in reply.nearest)


@pytest.mark.parametrize("top", [1, 3, 5])
def test_no_more_answers_than_asked_for(index: FaissIndex, settings: Settings, top: int) -> None:
    words = ["forests", "fish", "berries", "den", "seals", "bamboo", "hammocks"]
    reply = asking(index, settings, {w: float(9 - i) for i, w in enumerate(words)}, top=top, retrieval_weight=0.0).ask(
        "What?"
    )
    assert [a.text for a in reply.answers] == words[:top]


def test_how_many_are_wanted_does_not_change_how_sure_it_is(index: FaissIndex, settings: Settings) -> None:
    by_lead = Confidence(0.0, {**READ_ALONE.weights, "lead": 1.0}, {})
    reader = FakeReader({"seals": 3.0, "China": 2.0, "a den": 1.0})
    five, one = (
        Assistant(
            index, FakeEncoder(), reader, confidence=by_lead, settings=dataclasses.replace(settings, top=top)
        ).ask("What?")
        for top in (5, 1)
    )
    assert len(five.answers) == 3
    assert one.answers == five.answers[:1]
    assert one.confidence == five.confidence


def test_where_the_sources_do_not_say_the_nearest_passages_are_shown(index: FaissIndex, settings: Settings) -> None:
    reply = asking(index, settings, {"seals": -3.0}).ask("Does the polar bear swim?")
    assert (reply.status, reply.reason) == (Status.NO_ANSWER, "the closest passages do not state it")
    assert [a.text for a in reply.answers] == ["seals"]
    assert reply.shown == ()
    assert reply.confidence == reply.answers[0].confidence < 0.5
    assert 1 <= len(reply.nearest) <= 3
    passages = {(p.source, p.span) for p in index.passages}
    for place, citation in enumerate(reply.nearest):
        assert (citation.source.id, citation.span) in passages
        assert citation.sentence == citation.span
        for other in reply.nearest[:place]:
            assert other.source.id != citation.source.id or other.span.overlap(citation.span) == 0
    assert "polar bear" in reply.nearest[0].quote
    verified(reply)


def test_where_nothing_is_close_that_is_said(index: FaissIndex, settings: Settings) -> None:
    reply = asking(index, settings, {"seals": -3.0}).ask("Quarterly dividends?")
    assert (reply.status, reply.reason) == (Status.NO_ANSWER, "nothing close to it was found")
    assert reply.nearest
    assert asking(index, settings, {}, close=-1.0).ask("Quarterly dividends?").reason == NOT_STATED


def test_the_threshold_decides(index: FaissIndex, settings: Settings) -> None:
    assistant = asking(index, settings, {"seals": 0.0})
    confidence = assistant.ask("Does it hunt?").confidence
    assert 0 < confidence < 1
    for threshold, status in ((confidence, Status.ANSWERED), (confidence + 0.001, Status.NO_ANSWER)):
        reply = asking(index, settings, {"seals": 0.0}, threshold=threshold).ask("Does it hunt?")
        assert (reply.status, [a.text for a in reply.answers]) == (status, ["seals"])


def test_a_reader_that_finds_nothing_gives_no_answer(index: FaissIndex, settings: Settings) -> None:
    reply = asking(index, settings, {}, threshold=0.0).ask("Where?")
    assert (reply.status, reply.answers, reply.confidence) == (Status.NO_ANSWER, (), 0.0)


@pytest.mark.parametrize("question", ["", "  ", "\n\t", "\x00\x07", "\u200b\ufeff", "\udcff"])
def test_a_blank_question_is_refused(index: FaissIndex, settings: Settings, question: str) -> None:
    with pytest.raises(UsageError) as caught:
        asking(index, settings, {}).ask(question)
    assert str(caught.value) == 'the question is empty; ask something, for instance: sco-qa ask "Who founded it?"'


def test_a_question_that_is_too_long_is_refused(index: FaissIndex, settings: Settings) -> None:
    assistant = asking(index, settings, {"ice": 1.0})
    with pytest.raises(UsageError) as caught:
        assistant.ask("x" * 100_000)
    assert str(caught.value) == "the question has 100,000 characters, at most 1,000 are read; shorten it"
    assert assistant.ask("x" * 1000).question == "x" * 1000


def test_control_characters_are_dropped(index: FaissIndex, settings: Settings) -> None:
    assistant = asking(index, settings, {"on the ice": 3.0})
    odd, plain = assistant.ask("\ufeffWhere\x00 does\x07\n it\u200b live?"), assistant.ask("Where does it live?")
    assert odd.question == "Where does it live?"
    assert dataclasses.replace(odd, timings_ms={}) == dataclasses.replace(plain, timings_ms={})


@pytest.mark.parametrize("question", ["Кто заблокировал банк?", "谁阻止了开发银行?", "من منع البنك؟"])
def test_a_question_in_another_script_is_told_the_reason(index: FaissIndex, settings: Settings, question: str) -> None:
    reply = asking(index, settings, {"ice": 9.0}).ask(question)
    assert dataclasses.replace(reply, timings_ms={}) == Reply(
        question=question,
        read_as=None,
        status=Status.NO_ANSWER,
        reason="the collection is read in English; ask in English",
        confidence=0.0,
        answers=(),
        disagreement=None,
        nearest=(),
        timings_ms={},
    )
    assert sorted(reply.timings_ms) == ["encode", "read", "retrieve", "total"]


def test_a_question_without_a_word_is_told_the_reason(index: FaissIndex, settings: Settings) -> None:
    reply = asking(index, settings, {"ice": 9.0}).ask("?! 👍")
    assert (reply.status, reply.reason, reply.answers) == (Status.NO_ANSWER, "the question holds no words", ())


def test_a_follow_up_is_read_with_the_question_before(index: FaissIndex, settings: Settings) -> None:
    assistant = asking(index, settings, {"on the ice": 3.0})
    reply = assistant.ask("Where does it live?", ["Who is the polar bear?", " \x00 "])
    assert reply.question == "Where does it live?"
    assert reply.read_as == "Where does it live? (after: Who is the polar bear?)"
    assert assistant.ask("Where does the polar bear live?", ["Who sailed?"]).read_as is None


def test_the_earlier_answer_is_read_again_only_if_it_is_not_remembered(index: FaissIndex, settings: Settings) -> None:
    assistant = asking(index, settings, {"Captain Lee": 4.0})
    assert assistant.ask("Why did he leave?", ["Who steered it?"]).read_as == (
        "Why did Captain Lee leave? (after: Who steered it?)"
    )
    unsure = asking(index, settings, {"Captain Lee": -4.0})
    assert unsure.ask("Why did he leave?", ["Who steered it?"]).read_as == (
        "Why did he leave? (after: Who steered it?)"
    )


def test_follow_ups_can_be_turned_off(index: FaissIndex, settings: Settings) -> None:
    assistant = asking(index, settings, {"on the ice": 3.0}, follow_ups=False)
    assert assistant.ask("Where does it live?", ["Who is the polar bear?"]).read_as is None


def test_a_slip_of_the_keyboard_is_mended_and_told(index: FaissIndex, settings: Settings) -> None:
    terms = Terms(words=["harbour", "frigate"])
    for spelling, read_as in ((True, "wen left the frigate"), (False, None)):
        changed = dataclasses.replace(settings, spelling=spelling)
        assistant = Assistant(
            index, FakeEncoder(), FakeReader({"1901": 3.0}), confidence=READ_ALONE, settings=changed, terms=terms
        )
        reply = assistant.ask("wen left the frigatte")
        assert (reply.question, reply.read_as) == ("wen left the frigatte", read_as)


def test_what_is_abbreviated_is_searched_for_in_both_forms(index: FaissIndex, settings: Settings) -> None:
    terms = Terms([Abbreviation("PB", "polar bear")])
    found = {}
    for abbreviations in (True, False):
        changed = dataclasses.replace(settings, abbreviations=abbreviations, retrieved=1)
        assistant = Assistant(index, FakeEncoder(), FakeReader({}), settings=changed, terms=terms)
        found[abbreviations] = assistant.trace("PB").hits[0].lexical
    assert found[True] > found[False] == 0


def test_the_trace_holds_what_the_reply_is_made_of(index: FaissIndex, settings: Settings) -> None:
    assistant = asking(index, settings, {"on the ice": 3.0, "China": 1.0}, retrieved=4)
    trace = assistant.trace("Where does the polar bear live?")
    assert dataclasses.replace(trace.reply, timings_ms={}) == dataclasses.replace(
        assistant.ask("Where does the polar bear live?"), timings_ms={}
    )
    assert len(trace.hits) == 4
    assert {c.hit for c in trace.candidates} <= set(trace.hits)
    for candidate in trace.candidates:
        assert (
            candidate.text
            == index.sources[candidate.hit.passage.source].text[candidate.span.start : candidate.span.end]
        )
        assert candidate.score == candidate.read + settings.retrieval_weight * candidate.hit.score
    assert [c.score for c in trace.candidates] == sorted((c.score for c in trace.candidates), reverse=True)


def test_a_citation_says_when_its_file_is_no_longer_what_was_indexed(
    index: FaissIndex, settings: Settings, folder: Path
) -> None:
    assistant = asking(index, settings, {"on the ice": 3.0})
    unanswered = asking(index, settings, {})

    def states() -> tuple[list[State], State]:
        question = "Where does the polar bear live?"
        (answer,) = assistant.ask(question).answers
        assert answer.text == "on the ice"  # it goes on from what was indexed
        return [answer.citation.state], unanswered.ask(question).nearest[0].state

    assert states() == ([State.FRESH], State.FRESH)
    (folder / "bears.txt").write_text(BEARS.replace("ice", "sea"))
    assert states() == ([State.CHANGED], State.CHANGED)
    (folder / "bears.txt").unlink()
    assert states() == ([State.MISSING], State.MISSING)
    (folder / "bears.txt").write_text(BEARS)
    assert states() == ([State.FRESH], State.FRESH)


def test_answers_do_not_depend_on_what_was_asked_before(index: FaissIndex, settings: Settings) -> None:
    assistant = asking(index, settings, {"seals": 2.0, "China": 1.0})
    first = assistant.ask("What does it hunt?")
    assistant.ask("Which country?")
    again = assistant.ask("What does it hunt?")
    assert dataclasses.replace(first, timings_ms={}) == dataclasses.replace(again, timings_ms={})


def test_an_assistant_is_found_as_the_command_line_finds_it(place: Path) -> None:
    assistant = PublicAssistant.load()
    assert assistant.settings.index == place / "index"
    assert assistant.ask("Where does the polar bear live?").answers[0].citation.source.file == "bears.txt"
    assert PublicAssistant.load(place / "index").settings.index == place / "index"
    with pytest.raises(IndexMissing):
        PublicAssistant.load(place / "elsewhere")


def test_an_index_that_is_named_comes_before_the_settings_own(place: Path) -> None:
    found = Assistant.load(place / "index", settings=Settings(index=place / "none", corpus=place / "documents"))
    assert found.settings.index == place / "index"


def test_the_best_of_the_passages_retrieved_are_read(index: FaissIndex, settings: Settings) -> None:
    everywhere = dict.fromkeys(("the", "The"), 1.0)
    trace = asking(index, settings, everywhere, retrieved=4, read=2).trace("Where does the polar bear live?")
    assert len(trace.hits) == 4
    assert {c.hit.passage.id for c in trace.candidates} == {hit.passage.id for hit in trace.hits[:2]}
    wider = asking(index, settings, everywhere, retrieved=4, read=9).trace("Where does the polar bear live?")
    assert {c.hit.passage.id for c in wider.candidates} == {hit.passage.id for hit in wider.hits}
