from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sco_qa import store
from sco_qa.cli import COMMANDS
from sco_qa.cli.ask import for_people
from sco_qa.reply import Answer, Citation, Disagreement, Reply, Status
from sco_qa.types import Place, Section, Source, Span, State
from sco_qa.version import __version__
from tests.conftest import BEARS, run
from tests.test_index import FILES

QUESTION = "Where does the polar bear live?"


def snapshot(folder: Path) -> dict[str, str]:
    """Hash every file below a folder."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file() and p.name != ".lock"
    }


def answers(place: Path, *, documents: str = "documents") -> None:
    """The index in ``place`` answers at once."""
    ran = run("ask", QUESTION, "--corpus", str(place / documents), "--index", str(place / "index"))
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("on the ice  ")


# Help and version


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    ran = run(command, "--help")
    assert (ran.status, ran.err) == (0, "")
    _, _, examples = ran.out.partition("example")
    assert f"sco-qa {command}" in examples


def test_the_help_names_every_command() -> None:
    ran = run("--help")
    assert (ran.status, ran.err) == (0, "")
    for command, summary in COMMANDS.items():
        assert re.search(rf"^    {command}\s", ran.out, re.MULTILINE)
        assert summary in ran.out
    assert 'example: sco-qa ask "Who blocked the SCO development bank?"' in ran.out


def test_the_version_is_told() -> None:
    assert run("--version").out == f"sco-qa {__version__}\n"


# Asking


def test_an_answer_for_people(place: Path) -> None:
    ran = run("ask", QUESTION, "--top", "1")
    start = BEARS.index("on the ice")
    first, *rest = ran.out.splitlines()
    assert (ran.status, ran.err) == (0, "")
    assert first[:61].rstrip() == "on the ice"
    assert first[61:70] == " (confide"
    assert rest == [
        "   “The polar bear lives »on the ice«.”",
        f"   [1] bears · bears.txt, characters {start}–{start + 10}",
    ]


SOURCE = Source(
    id="x",
    file="x.txt",
    text="Head\n\nBy Ann Lee\n\nIt \x1b[31mrained\nhard\u202e. More.",
    title="All the news",
    author="The desk",
    publisher="A Press",
    date="2018",
    sections=(Section(Span(0, 40), Span(0, 4), Span(6, 16), "2019"),),
)


def cited(start: int, end: int, sentence: Span, state: State = State.FRESH) -> Citation:
    return Citation(SOURCE, Span(start, end), SOURCE.text[start:end], sentence, state)


RAINED = cited(SOURCE.text.index("\x1b"), SOURCE.text.index("hard") + 4, Span(18, SOURCE.text.index(" More")))
MORE = cited(SOURCE.text.index("More"), len(SOURCE.text), Span(SOURCE.text.index("More"), len(SOURCE.text)))


def reply(**changes: Any) -> Reply:
    values: dict[str, Any] = {
        "question": "What?",
        "read_as": None,
        "status": Status.ANSWERED,
        "reason": None,
        "confidence": 0.9,
        "answers": (Answer(RAINED.quote, 0.91, RAINED, (MORE,)), Answer("More.", 0.2, MORE)),
        "disagreement": None,
        "nearest": (),
        "timings_ms": {},
    }
    return Reply(**(values | changes))


def test_an_answer_from_another_format_shows_its_page_or_its_headings() -> None:
    original = {"file": "x.pdf", "sha256": "0" * 64, "format": "pdf"}
    for place, shown in (
        (
            Place(0, page=12),
            "All the news · Head · Ann Lee · A Press · 2019 · x.pdf, p. 12, characters 18–20 of its text",
        ),
        (
            Place(0, heading="1 Top › Head"),
            "All the news · Ann Lee · A Press · 2019 · x.pdf, 1 Top › Head, characters 18",
        ),
    ):
        source = replace(SOURCE, file="x.pdf.txt", original=original, places=(place,))
        citation = Citation(source, Span(18, 20), "It", Span(18, 30))
        lines = list(for_people(reply(answers=(Answer("It", 0.91, citation),))))
        assert lines[2].startswith(f"   [1] {shown}")


def test_an_answer_shows_its_sentence_its_place_and_where_else_it_is_said() -> None:
    place = SOURCE.text.index("More")
    where = "All the news · Head · Ann Lee · A Press · 2019 · x.txt, characters"
    late = f"All the news · The desk · A Press · 2018 · x.txt, characters {place}–{place + 5}"
    assert list(for_people(reply())) == [
        f"{'[31mrained hard':<60}  (confidence 0.91)",
        "   “It »[31mrained hard«.”",
        f"   [1] {where} {RAINED.span.start}–{RAINED.span.end}",
        f"       also in {late}",
        "\n2. More.  (confidence 0.20)",
        "   “»More.«”",
        f"   [2] {late}",
    ]


@pytest.mark.parametrize(("kind", "how"), [("time", "differ over time"), ("sources", "differ")])
def test_sides_that_differ_are_told_with_their_dates(kind: str, how: str) -> None:
    rare = Answer("More.", 0.01, MORE)  # shown all the same, being one of the sides
    answers = (Answer(RAINED.quote, 0.91, RAINED), rare)
    lines = list(for_people(reply(answers=answers, disagreement=Disagreement(kind, (0, 1)))))
    assert lines[3] == f"   The sources {how}: [31mrained hard (2019); More. (2018)"
    assert lines[4] == "\n2. More.  (confidence 0.01)"


class Terminal(io.StringIO):
    """A standard output that somebody looks at."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_words_are_bold() -> None:
    with contextlib.redirect_stdout(Terminal()):
        lines = list(for_people(reply(answers=(Answer("More.", 0.2, MORE),))))
    assert lines[1] == "   “\x1b[1mMore.\x1b[0m”"


def test_a_file_that_changed_is_told() -> None:
    changed = Answer("Head", 0.9, cited(0, 4, Span(0, 4), State.CHANGED))
    *_, last = for_people(reply(answers=(changed,)))
    assert last.endswith("x.txt, characters 0–4 · the file is changed since it was indexed")


def test_where_the_sources_do_not_say_no_answer_is_shown() -> None:
    lines = list(for_people(reply(status=Status.NO_ANSWER, reason="they do not", nearest=(MORE,))))
    assert lines[0] == "The sources do not say: they do not."
    assert lines[1:2] == ["\nWhat came closest, which is no answer:"]
    assert lines[2].startswith("  · More.\n    All the news · ")
    assert len(lines) == 3
    assert list(for_people(reply(status=Status.NO_ANSWER, reason="no"))) == ["The sources do not say: no."]


def test_answers_that_are_hardly_likely_are_left_to_json() -> None:
    answers = tuple(Answer("More.", confidence, MORE) for confidence in (0.9, 0.1, 0.08))
    shown = [line for line in for_people(reply(confidence=0.9, answers=answers)) if "confidence" in line]
    assert shown == [f"{'More.':<60}  (confidence 0.90)", "\n2. More.  (confidence 0.10)"]


def test_history_is_read_before_the_question(place: Path) -> None:
    ran = run("ask", "--json", "Where does it live?", "--history", "Who hunts?", "--history", "What is a polar bear?")
    assert json.loads(ran.out)["read_as"] == "Where does it live? (after: What is a polar bear?)"


def test_another_script_is_told_the_reason(place: Path) -> None:
    ran = run("ask", "Где живёт медведь?")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "The sources do not say: the collection is read in English; ask in English.\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_is_json_whatever_standard_output_can_take(place: Path, encoding: str) -> None:
    ran = run("ask", "--json", "Where is the 👍 “polar” bear?", encoding=encoding)
    assert (ran.status, ran.err) == (0, "")
    assert json.loads(ran.out)["question"] == "Where is the 👍 “polar” bear?"
    assert run("ask", QUESTION, "--top", "1", encoding=encoding).out.startswith("on the ice  ")


# Batches


def ask_lines(content: bytes, path: Path) -> list[Any]:
    path.write_bytes(content)
    ran = run("ask", "--json", "--batch", str(path))
    assert (ran.status, ran.err) == (0, "")
    return [json.loads(line) for line in ran.out.splitlines()]


def test_a_batch_answers_each_line_and_goes_on_after_a_bad_one(place: Path, tmp_path: Path) -> None:
    lines = [
        b'{"id": "a", "question": "Where does the polar bear live?"}',
        b"no JSON",
        b'{"id": 2, "question": ""}',
        b"",
        b"[1]",
        b'{"id": 3}',
        b'{"id": 4, "question": "Who?", "history": "What?"}',
        b'{"id": 5, "question": "Who?", "history": [1]}',
        b'{"id": NaN, "question": "Who?"}',
        b'{"id": 6, "question": "' + b"x" * 100_000 + b'"}',
        b"[" * 100_000,
        b'{"id": "\\ud800", "question": "Who?"}',
        b'{"question": "Where does it live?", "history": ["What is a polar bear?"]}',
        b'{"id": {"any": [1.5, null]}, "question": "Who steered the frigate?", "more": true}',
    ]
    found = ask_lines(b"\r\n".join(lines), tmp_path / "batch.jsonl")
    assert [entry["id"] for entry in found] == [
        "a", None, 2, None, 3, 4, 5, None, 6, None, "\ud800", None, {"any": [1.5, None]},
    ]  # fmt: skip
    errors = {i: entry["error"] for i, entry in enumerate(found) if "error" in entry}
    assert all(set(found[i]) == {"id", "error"} for i in errors)
    assert {i: error.partition(" (")[0] for i, error in errors.items()} == {
        1: "the line is not JSON",
        2: 'the question is empty; ask something, for instance: sco-qa ask "Who founded it?"',
        3: 'a line must be an object like {"id": 1, "question": "…"}',
        4: 'the line has no "question"; give it one, as text',
        5: '"history" must be a list of earlier questions',
        6: '"history" must be a list of earlier questions',
        7: "the line is not JSON",
        8: "the question has 100,000 characters, at most 1,000 are read; shorten it",
        9: "the line is not JSON",
    }
    assert found[0]["answers"][0]["text"] == "on the ice"
    assert found[11]["read_as"] == "Where does it live? (after: What is a polar bear?)"
    assert found[12]["answers"][0]["text"] == "Captain Lee"


def test_a_batch_may_begin_with_a_byte_order_mark_and_come_from_standard_input(place: Path, tmp_path: Path) -> None:
    line = '{"id": 1, "question": "Où est l’ours?"}\n'.encode()
    assert [entry["question"] for entry in ask_lines(b"\xef\xbb\xbf" + line, tmp_path / "b")] == ["Où est l’ours?"]
    ran = run("ask", "--json", "--batch", "-", given=line)
    assert (ran.status, ran.err, json.loads(ran.out)["question"]) == (0, "", "Où est l’ours?")


def test_an_empty_batch_prints_nothing(place: Path, tmp_path: Path) -> None:
    assert ask_lines(b"\n \n", tmp_path / "batch") == []


# Building and checking


def test_a_first_question_builds_the_index_and_says_so(place: Path) -> None:
    shutil.rmtree(place / "index")
    ran = run("ask", QUESTION)
    assert (ran.status, ran.err) == (0, "sco-qa: there is no index yet; building the index …\n")
    assert ran.out.startswith("on the ice  ")
    answers(place)
    checked = run("check")
    assert (checked.status, checked.out) == (
        0,
        "2 sources and 3 passages are as they should be; the index is fresh\n",
    )
    assert checked.err.startswith("sco-qa: confidence was fitted for other settings (encoder is ")
    assert checked.err.endswith("); fit it again: make fit\n")


def test_what_changed_is_named_and_the_new_text_is_answered_from(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "documents" / "bears.txt").write_text(BEARS.replace("on the ice", "on the shore"))
    monkeypatch.setenv("SCO_QA_PASSAGE_WORDS", "90")
    assert run("check").problem == (
        "sco-qa: the index is stale: the setting passage_words is 90, was 100; bears.txt changed; run: sco-qa build"
    )
    ran = run("ask", QUESTION)
    assert (ran.status, ran.err) == (
        0,
        "sco-qa: the setting passage_words is 90, was 100; bears.txt changed; building the index …\n",
    )
    assert ran.out.startswith("on the shore  ")
    assert run("ask", QUESTION).err == ""


def test_a_build_mends_a_damaged_index_and_says_what_is_in_it(place: Path) -> None:
    generation = place / "index" / (place / "index" / "current").read_text().strip()
    before = snapshot(generation)
    (generation / "vectors.faiss").write_bytes(b"")
    ran = run("build")
    size = sum(p.stat().st_size for p in generation.rglob("*.*") if p.name != "manifest.json") / 1e6
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == (
        "added 2, changed 0, renamed 0, removed 0, unchanged 0, duplicates 0, skipped 0\n"
        f"2 documents, 3 passages (3 encoded), {size:.1f} MB in {generation}\n"
    )
    assert snapshot(generation) == before
    answers(place)


def test_an_index_of_another_version_is_built_anew(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(store, "FORMAT", 1)
        assert run("build").status == 0
    problem = run("check").problem
    assert problem == f"sco-qa: the index is of format 1, this version reads format {store.FORMAT}; run: sco-qa build"
    ran = run("ask", QUESTION)
    assert (ran.status, ran.err) == (0, "sco-qa: another version built the index; building the index …\n")
    answers(place)


def test_a_document_that_cannot_be_read_is_skipped_and_the_exit_status_tells(place: Path) -> None:
    (place / "documents" / "ships.txt").write_bytes(b"Stra\xdfe")
    (place / "documents" / "copy.txt").write_bytes((place / "documents" / "bears.txt").read_bytes())
    lines = (
        "sco-qa: copy.txt holds the same as bears.txt, which is read once\n"
        "sco-qa: skipped ships.txt is not UTF-8 (byte 4); save it as UTF-8 or remove it\n"
    )
    ran = run("ask", QUESTION)
    assert (ran.status, ran.err) == (0, f"sco-qa: ships.txt changed; building the index …\n{lines}")
    assert ran.out.startswith("on the ice  ")
    answers(place)
    ran = run("build")
    assert (ran.status, ran.err) == (2, lines)
    assert ran.out.startswith("added 0, changed 0, renamed 0, removed 0, unchanged 1, duplicates 1, skipped 1\n1 doc")
    assert run("check").status == 0


# Bad input


def missing(place: Path) -> None:
    shutil.rmtree(place / "documents")


def no_folder(place: Path) -> None:
    missing(place)
    (place / "documents").write_text("a file")


def catalogue(text: str) -> Callable[[Path], None]:
    def write(place: Path) -> None:
        (place / "documents" / "sources.toml").write_text(text)

    return write


SHIPS_ENTRY = '[[source]]\nfile = "ships.txt"\n'


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (missing, "cannot read the corpus folder DOCUMENTS (No such file or directory); choose one with --corpus"),
        (no_folder, "cannot read the corpus folder DOCUMENTS (Not a directory); choose one with --corpus"),
        (catalogue("[["), "cannot parse DOCUMENTS/sources.toml: "),
        (catalogue('[[source]]\nfile = "no.txt"'), "DOCUMENTS/sources.toml names no.txt, which is not in DOCUMENTS"),
        (catalogue(SHIPS_ENTRY + "furniture = [[5, 4]]"), "the entry of ships.txt in sources.toml: [5, 4] is no span"),
        (catalogue(SHIPS_ENTRY + "titel = 1"), "the entry of ships.txt in sources.toml has the unknown key 'titel'"),
        (catalogue(SHIPS_ENTRY + 'date = "May"'), 'the entry of ships.txt in sources.toml: date must be like "2018"'),
        (catalogue(SHIPS_ENTRY + 'id = "bears"'), "bears.txt and ships.txt have the same id 'bears'; rename one"),
    ],
)
@pytest.mark.parametrize("command", ["ask", "build", "check"])
def test_documents_that_cannot_be_used_harm_no_index(
    place: Path, built_place: Path, spoil: Callable[[Path], None], message: str, command: str
) -> None:
    before = snapshot(place / "index")
    spoil(place)
    problem = run(command, *([QUESTION] if command == "ask" else [])).problem
    assert problem.replace(str(place / "documents"), "DOCUMENTS").startswith(f"sco-qa: {message}")
    assert snapshot(place / "index") == before
    if command == "ask":  # mended, it answers at once
        shutil.copytree(built_place / "documents", place / "mended")
        answers(place, documents="mended")


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-1], lambda content: bytes([content[0] ^ 1]) + content[1:]]
)
@pytest.mark.parametrize("command", ["ask", "check"])
def test_a_damaged_index_is_named_with_the_remedy(place: Path, damage: Callable[[bytes], bytes], command: str) -> None:
    generation = place / "index" / (place / "index" / "current").read_text().strip()
    arguments = [command, QUESTION][: 2 if command == "ask" else 1]
    for name in [*FILES, "manifest.json"]:
        if (command, name) == ("ask", "keys.s16"):  # only a build reads it
            continue
        content = (generation / name).read_bytes()
        (generation / name).write_bytes(damage(content))
        problem = run(*arguments).problem
        assert str(generation / name) in problem
        assert problem.endswith("; run: sco-qa build")
        (generation / name).write_bytes(content)
    assert run(*arguments).status == 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("current", b"garbage", "names 'garbage', which is no generation; run: sco-qa build"),
        ("current", b"\xff\x00", "can't decode byte 0xff in position 0: ordinal not in range(128)); run: sco-qa build"),
        (
            "manifest.json",
            b'{"format": 99}',
            "is not the file that was written; run: sco-qa build",
        ),
        ("manifest.json", b'{"format": 1, "files": {}}', "is not the file that was written; run: sco-qa build"),
    ],
)
def test_an_edited_index_is_named_with_the_remedy(place: Path, name: str, content: bytes, message: str) -> None:
    folder = place / "index"
    path = folder / name if name == "current" else folder / (folder / "current").read_text().strip() / name
    path.write_bytes(content)
    assert run("ask", QUESTION).problem.endswith(message)


@pytest.mark.parametrize("command", ["ask", "build"])
def test_an_index_folder_that_cannot_be_written_is_named(place: Path, command: str) -> None:
    file = place / "file"
    file.write_text("mine")
    problem = run(command, *([QUESTION] if command == "ask" else []), "--index", str(file / "index")).problem
    assert problem.startswith("sco-qa: cannot ")
    assert str(file) in problem
    assert file.read_text() == "mine"


def test_checking_without_an_index_says_what_to_run(place: Path) -> None:
    shutil.rmtree(place / "index")
    assert run("check").problem == f"sco-qa: there is no index in {place / 'index'}; run: sco-qa build"


def test_an_encoder_that_cannot_be_loaded_harms_no_index(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(place / "index")
    (place / "nothing").mkdir()
    monkeypatch.setenv("SCO_QA_ENCODER", str(place / "nothing"))
    problem = run("build").problem
    assert problem.startswith(f"sco-qa: cannot load the encoder '{place / 'nothing'}' (")
    assert snapshot(place / "index") == before


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["ask", ""], {}, "sco-qa: the question is empty; ask something"),
        (["ask", " \n "], {}, "sco-qa: the question is empty; ask something"),
        (["ask", "\x00\x07\u200b"], {}, "sco-qa: the question is empty; ask something"),
        (["ask", "x" * 100_000], {}, "sco-qa: the question has 100,000 characters, at most 1,000 are read; shorten it"),
        (["ask"], {}, "sco-qa: give either a question or --batch FILE, for instance"),
        (["ask", "Who?", "--batch", "x"], {}, "sco-qa: give either a question or --batch FILE, for instance"),
        (["ask", "--batch", "x"], {}, "sco-qa: --batch prints JSON lines; add --json"),
        (["ask", "--json", "--batch", "no.jsonl"], {}, "sco-qa: cannot read no.jsonl ("),
        (["ask", "--json", "--batch", "."], {}, "sco-qa: cannot read . ("),
        (["ask", "--json", "--batch", sys.executable], {}, f"sco-qa: cannot read {sys.executable} ("),
        (["ask", "Who?", "--top", "9"], {}, "sco-qa: the setting top must be between 1 and 5, not 9"),
        (["ask", "Who?", "--top", "0"], {}, "sco-qa: the setting top must be between 1 and 5, not 0"),
        (["ask", "Who?", "--top", "x"], {}, "sco-qa ask: argument --top: invalid int value: 'x'; see sco-qa ask"),
        (["ask", "Who?", "--threshold", "nan"], {}, "sco-qa: the setting threshold must be between 0.0 and 1.0, not"),
        (["ask", "Who?"], {"SCO_QA_TOP": "abc"}, "sco-qa: SCO_QA_TOP must be a number, not 'abc'"),
        (["build"], {"SCO_QA_OVERLAP_WORDS": "500"}, "sco-qa: the setting overlap_words must be between 0 and 99, not"),
        (["check"], {"SCO_QA_CONTEXT": "perhaps"}, "sco-qa: SCO_QA_CONTEXT must be 0 or 1, not 'perhaps'"),
        (["ask", "Who?", "--tops", "1"], {}, "sco-qa: unrecognized arguments: --tops 1; see sco-qa --help"),
        (["ask", "Who?", "me"], {}, "sco-qa: unrecognized arguments: me; see sco-qa --help"),
        (["ask", "--frobnicate"], {}, "sco-qa: unrecognized arguments: --frobnicate; see sco-qa --help"),
        (["answer", "Who?"], {}, "sco-qa: argument COMMAND: invalid choice: 'answer' (choose from "),
        ([], {}, "sco-qa: the following arguments are required: COMMAND; see sco-qa --help"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_line(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    environment: dict[str, str],
    message: str,
) -> None:
    before = snapshot(place / "index")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert run(*arguments).problem.startswith(message)
    assert snapshot(place / "index") == before


# Ends of pipes and files

COMMAND = [
    sys.executable,
    "-W",
    "error::ResourceWarning",
    "-c",
    "import sys; from sco_qa.cli import main; sys.exit(main())",
]


def test_whoever_has_read_enough_may_close_the_pipe(place: Path) -> None:
    lines = json.dumps({"id": 1, "question": QUESTION}) + "\n"
    with subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "ask", "--json", "--batch", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write((lines * 20).encode())
        process.stdin.close()
        assert json.loads(process.stdout.readline())["id"] == 1
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


def test_an_output_that_cannot_be_written_is_told_in_one_line(place: Path) -> None:
    with (place / "out").open("wb") as out:
        ran = subprocess.run(  # noqa: S603 - our own command
            ["/bin/sh", "-c", 'ulimit -f 0; exec "$0" "$@"', *COMMAND, "ask", QUESTION],
            stdout=out,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
    assert (ran.returncode, ran.stderr.decode()) == (
        2,
        "sco-qa: [Errno 27] File too large; mend that and try again\n",
    )


def test_an_encoder_that_changed_makes_the_index_stale(place: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    encoder = tmp_path / "encoder"
    shutil.copytree(tiny_encoder, encoder)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SCO_QA_ENCODER", str(encoder))
        assert run("build").status == 0
        assert run("check").status == 0
        (encoder / "README.md").write_text("other weights, say", encoding="utf-8")
        assert run("check").problem == f"sco-qa: the index is stale: the encoder {encoder} changed; run: sco-qa build"


def test_a_question_that_is_too_long_builds_no_index(place: Path) -> None:
    shutil.rmtree(place / "index")
    assert run("ask", "x" * 100_000).problem.startswith("sco-qa: the question has 100,000 characters")
    assert not (place / "index").exists()


def test_an_earlier_question_that_is_too_long_is_refused(place: Path) -> None:
    ran = run("ask", "And why?", "--history", "x" * 100_000)
    assert ran.problem.startswith("sco-qa: the question has 100,000 characters")


def test_how_a_follow_up_is_read_comes_after_the_answer(place: Path) -> None:
    out = run("ask", "What does it eat?", "--history", "Where does the panda live?", "--top", "1").out
    assert out.splitlines()[3] == "   (read as: What does it eat? (after: Where does the panda live?))"


def test_a_closed_standard_output_is_no_failure(place: Path) -> None:
    command = f'"{sys.executable}" -m sco_qa ask "Where does the panda live?" >&-'
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False, encoding="utf-8")  # noqa: S603, S607
    assert (done.returncode, done.stderr) == (0, "")
