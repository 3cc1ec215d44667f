"""What README shows is what happens."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from sco_qa.settings import Settings
from tests.conftest import REPOSITORY, run

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
DOCS = sorted((REPOSITORY / "docs").glob("*.md"))
SHOWN = re.findall(r"```console\n\$ (sco-qa [^\n]+)\n(.*?)```", README, re.DOTALL)
PYTHON = [
    code
    for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    if "gradio_client" not in code  # needs the page: tests/web/test_api.py runs it
]


@pytest.fixture
def real_place(real_index: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The repository, with the index that the tests share."""
    monkeypatch.setenv("SCO_QA_INDEX", str(real_index.index))
    monkeypatch.chdir(REPOSITORY)


def without_figures(text: str) -> str:
    """Leave out the figures of confidence: 8-bit products differ a little from processor to processor."""
    return re.sub(r"\(confidence \d\.\d\d\)", "(confidence)", text)


@pytest.mark.usefixtures("real_place")
@pytest.mark.parametrize(("command", "output"), SHOWN)
def test_a_command_prints_what_is_shown(command: str, output: str) -> None:
    ran = run(*shlex.split(command)[1:])
    assert (ran.status, ran.err) == (0, "")
    assert without_figures(ran.out) == without_figures(output)


@pytest.mark.usefixtures("real_place")
@pytest.mark.parametrize("code", PYTHON)
def test_python_runs_as_shown(code: str) -> None:
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own README


def test_there_is_something_to_run() -> None:
    assert len(SHOWN) >= 2
    assert PYTHON


def test_the_test_command_of_the_readme_is_what_ci_runs() -> None:
    assert "\nmake test\n" in README
    assert "\nmake test\n" in (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")


def test_the_figures_are_those_of_the_accepted_run() -> None:
    accepted = json.loads((REPOSITORY / "evals" / "baseline.json").read_text(encoding="utf-8"))["figures"]
    rows = re.findall(r"^\| ([\w@ ]+) \| ([\d.]+) \| ([\d.]+) – ([\d.]+) \| (\d+) \|$", README, re.MULTILINE)
    shown = {name: (value, low, high, n) for name, value, low, high, n in rows}
    assert shown == {
        name: (f"{e['value']:.3f}", f"{e['low']:.3f}", f"{e['high']:.3f}", str(e["n"])) for name, e in accepted.items()
    }


def test_the_bench_table_is_the_measured_one() -> None:
    table = [
        row for row in (REPOSITORY / "docs" / "bench.md").read_text(encoding="utf-8").splitlines() if row[:1] == "|"
    ]
    assert len(table) >= 7
    assert "\n".join(table) in README


def test_every_file_that_is_linked_is_there() -> None:
    for page in (REPOSITORY / "README.md", *DOCS):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert Path(page.parent, link).exists(), f"{page.name} links {link}"


def test_every_target_of_make_is_explained() -> None:
    targets = re.findall(r"^([a-z-]+):.*##", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    pages = " ".join(page.read_text(encoding="utf-8") for page in (REPOSITORY / "README.md", *DOCS))
    assert "check" in targets
    assert [target for target in targets if not re.search(rf"\bmake {target}(?![\w-])", pages)] == []


def test_every_page_is_linked_from_another() -> None:
    texts = {page.name: page.read_text(encoding="utf-8") for page in (REPOSITORY / "README.md", *DOCS)}
    for page in DOCS:
        assert any(f"{page.name})" in text for name, text in texts.items() if name != page.name), page.name
