from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests import offline
from tests.conftest import BEARS, REPOSITORY, write_corpus
from tests.documents import samples

PANDA = "The panda lives in China and eats bamboo."


def started(place: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-m", "tests.offline", *arguments],
        env={**offline.environment(place), **more},
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
        text=True,
    )


def test_another_machine_is_refused_where_this_is_tried(tmp_path: Path) -> None:
    ran = started(tmp_path, "--elsewhere")
    assert (json.loads(ran.stdout), ran.stderr) == (["a name", "an address", "a datagram"], "")
    assert (tmp_path / "refused").read_text().splitlines() == [
        "socket.getaddrinfo example.org",
        "socket.connect 192.0.2.1",
        "socket.sendto 192.0.2.1",
    ]


def test_building_asking_evaluating_and_the_page_reach_no_other_machine(tmp_path: Path, tiny_encoder: Path) -> None:
    folder = write_corpus(
        tmp_path / "documents",
        {
            "bears.txt": BEARS,
            "notes.md": "# Notes\n\nThe lynx hunts hares.\n",
            "page.html": "<p>The wolf runs far.</p>",
        },
    )
    (folder / "report.pdf").write_bytes(samples.pdf([[(60, 500, 10, "The seal swims in the cold sea.")]]))
    (folder / "letter.docx").write_bytes(samples.docx(samples.paragraph("The fox sleeps in its den.")))
    (folder / "book.epub").write_bytes(samples.epub({"a.xhtml": "<p>The owl sees at night.</p>"}))
    start = BEARS.index(PANDA)
    evidence = {"file": "bears.txt", "start": start, "end": start + len(PANDA), "quote": PANDA}
    expected = [{"answers": ["China"], "evidence": [evidence]}]
    question = {"id": "lookup-01", "kind": "lookup", "question": "Where does the panda live?", "history": []}
    (tmp_path / "gold.jsonl").write_text(json.dumps({**question, "expected": expected}) + "\n", encoding="utf-8")
    (tmp_path / "home").mkdir()
    chosen = {"SCO_QA_ENCODER": str(tiny_encoder), "SCO_QA_THRESHOLD": "0", "HOME": str(tmp_path / "home")}
    ran = started(tmp_path, str(tmp_path), **chosen)
    done = [line for line in ran.stderr.splitlines() if line.startswith("done: ")]
    assert (ran.returncode, done) == (0, [f"done: {step}" for step in ("build", "ask", "check", "eval", "serve")]), ran
    assert not (tmp_path / "refused").exists()
