"""Documents of one's own: what docs/own-documents.md shows is what happens, from the first ``add`` to ``remove``."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sco_qa.cli import main
from sco_qa.encoder import PassageEncoder
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder
from tests import papers
from tests.conftest import REPOSITORY, Ran, run

PAGE = REPOSITORY / "docs" / "own-documents.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def shown(text: str) -> list[tuple[str, str]]:
    """The commands of a page and what it shows that they print."""
    steps = [step for block in BLOCK.findall(text) for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    return [(command, output) for command, _, output in (step.partition("\n") for step in steps)]


def seen(command: str) -> str:
    """Run a command; give what it prints on standard output and standard error, without blanks at the lines' ends."""
    return "".join(f"{line.rstrip()}\n" for line in printed(command).splitlines())


def printed(command: str) -> str:
    """Run a command; give what it prints on standard output and standard error, as a terminal shows it."""
    words = shlex.split(command)
    if words[0] != "sco-qa":
        return subprocess.run(command, shell=True, check=True, capture_output=True, text=True).stdout  # noqa: S602
    both = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(both), contextlib.redirect_stderr(both):
        main(words[1:])
    return both.detach().getvalue().decode()


def without_figures(text: str) -> str:
    """Leave out what differs between machines: confidence, the index's size, and the hash that it is named by."""
    text = re.sub(r"\(confidence \d\.\d\d\)", "(confidence)", text)
    return re.sub(r"[\d.]+ MB in (\S+)/[0-9a-f]{16}", r"… MB in \1/…", text)


def test_what_the_page_shows_is_what_happens(
    real_index: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = FaissIndex.load(real_index.index).folder / "encoder"
    monkeypatch.setattr(PassageEncoder, "export", lambda _, folder: shutil.copytree(exported, folder))  # as it would
    monkeypatch.chdir(tmp_path)
    papers.write(tmp_path / "papers")
    steps = shown(PAGE.read_text(encoding="utf-8"))
    assert len(steps) > 8
    for command, output in steps:
        assert without_figures(seen(command)) == without_figures(output), command


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus that nothing is in yet, beside the papers; no model is loaded to build."""
    monkeypatch.setattr(PassageEncoder, "load", lambda *_, **__: FakeEncoder())
    papers.write(tmp_path / "papers")
    monkeypatch.setenv("SCO_QA_CORPUS", str(tmp_path / "library"))
    return tmp_path / "library"


def numbers(ran: Ran) -> dict[str, int]:
    """The numbers of a command that are not 0."""
    line = next(line for line in ran.out.splitlines() if line.startswith("added "))
    return {name: int(count) for name, count in (part.split() for part in line.split(", ")) if count != "0"}


def test_every_command_says_what_it_did_in_numbers(library: Path) -> None:
    added = run("add", str(library.parent / "papers"))
    assert (added.status, numbers(added)) == (2, {"added": 6, "duplicates": 1, "skipped": 2})
    assert [line.partition(" (")[0] for line in added.err.splitlines()] == [
        "sco-qa: papers/pump.txt holds the same as papers/pump",
        "sco-qa: skipped papers/broken.pdf is broken; save it again or remove it",
        "sco-qa: skipped papers/huge.txt is larger than 64 MB; split it, or set SCO_QA_DOCUMENT_MEGABYTES",
    ]
    assert sorted(p.name for p in (library / "papers").iterdir()) == [
        "canteen.html",
        "garage.pdf",
        "handbook.epub",
        "lease.docx",
        "pump (copy).txt",
        "repairs.md",
    ]
    again = run("add", str(library.parent / "papers" / "pump.txt"))
    assert (again.status, numbers(again)) == (0, {"unchanged": 6, "duplicates": 1})
    (library.parent / "new" / "papers").mkdir(parents=True)
    (library.parent / "new" / "papers" / "repairs.md").write_text("# Repairs\n\nAll is mended.\n")
    newer = run("add", str(library.parent / "new" / "papers"))
    assert (newer.status, numbers(newer)) == (0, {"changed": 1, "unchanged": 5})
    assert newer.out.startswith(
        f"papers/repairs.md takes the place of an older version, which is in {library / '.removed'}\n"
    )
    (library / "papers" / "garage.pdf").rename(library / "garage.pdf")
    built = run("build")
    assert (built.status, numbers(built)) == (0, {"renamed": 1, "unchanged": 5})
    assert "(0 encoded)" in built.out
    removed = run("remove", "garage", "papers/lease.docx")
    assert (removed.status, numbers(removed)) == (0, {"removed": 2, "unchanged": 4})
    assert removed.out.startswith(
        f"garage.pdf is now in {library / '.removed'}\npapers/lease.docx is now in {library / '.removed'}\n"
    )
    assert run("remove", "garage").problem == (
        f"sco-qa: there is no document 'garage' in {library}; nothing was removed; see: sco-qa sources"
    )
    assert run("add", str(library / "none")).problem == f"sco-qa: there is no {library / 'none'}; nothing was added"


def test_the_documents_are_listed_as_a_table_and_as_json(library: Path) -> None:
    library.mkdir()
    (library / "pump.txt").write_text(papers.PUMP)
    (library / "bad.txt").write_bytes(b"\0")
    assert run("build").status == 2
    why = "bad.txt holds NUL bytes, so it is no text; give it its right ending or remove it"
    assert [line.rstrip() for line in run("sources").out.splitlines()] == [
        "ID    TITLE  DATE  SIZE  PASSAGES  STATE",
        f"bad                   1            skipped: {why}",
        f"pump  pump         {len(papers.PUMP):>4}         1  fresh",
    ]
    listed = run("sources", "--json")
    assert (listed.status, listed.err) == (0, "")
    rows = {
        "bad": ["bad.txt", "skipped", None, None, 1, 0, why],
        "pump": ["pump.txt", "fresh", "pump", None, len(papers.PUMP), 1, None],
    }
    fields = ("file", "state", "title", "date", "size", "passages", "why")
    assert json.loads(listed.out) == {
        "schema": 1,
        "sources": [{"id": id_, **dict(zip(fields, row, strict=True))} for id_, row in rows.items()],
    }


WATCHING = """
import sys
from sco_qa.cli import main
from sco_qa.encoder import PassageEncoder
from sco_qa.testing import FakeEncoder
PassageEncoder.load = lambda *_, **__: FakeEncoder()
sys.exit(main(["watch"]))
"""


def test_changes_are_watched_for_until_interrupted(library: Path) -> None:
    library.mkdir()
    command = [sys.executable, "-c", WATCHING]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching,  # noqa: S603
        contextlib.ExitStack() as last,
    ):
        last.callback(watching.kill)
        assert watching.stdout is not None
        assert watching.stderr is not None
        assert watching.stderr.readline().startswith(f"sco-qa: there is no document in {library}")
        assert watching.stdout.readline() == f"watching {library}; Ctrl-C ends it\n"
        for text, said in (("One.", "added 1, changed 0"), ("Two.", "added 0, changed 1")):
            (library / "a.txt").write_text(text)
            assert watching.stdout.readline().startswith(said)
            assert watching.stdout.readline().startswith("1 documents, 1 passages (1 encoded)")
        watching.send_signal(signal.SIGINT)
        assert watching.communicate(timeout=30) == ("", "")
        assert watching.returncode == 0


IGNORING = """
import os, signal
from sco_qa.cli import watch
class Ignoring:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
build = watch._build
def interrupted(settings):
    build(settings)
    Ignoring()
watch._build = interrupted
"""


def test_an_interrupt_ends_the_watch_wherever_it_comes(library: Path) -> None:
    library.mkdir()
    (library / "a.txt").write_text("One.")
    command = [sys.executable, "-c", IGNORING + WATCHING]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    assert ended.returncode == 0
    assert ended.stdout.endswith(f"watching {library}; Ctrl-C ends it\n")
    assert "KeyboardInterrupt" in ended.stderr  # as Python says of an exception that it ignores


def write_page() -> None:
    """Write what its commands print into the page: ``python -m tests.test_own_documents``."""
    text = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        papers.write(Path("papers"))

        def rewritten(block: re.Match[str]) -> str:
            steps = (f"$ {command}\n{seen(command)}" for command, _ in shown(block[0]))
            return f"```console\n{''.join(steps)}```"

        PAGE.write_text(BLOCK.sub(rewritten, text), encoding="utf-8")


if __name__ == "__main__":
    write_page()
