from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sco_qa
from sco_qa import reader, testing
from sco_qa.settings import Settings

PACKAGE = Path(sco_qa.__file__).parent
HEAVY = {
    "bm25s", "faiss", "gradio", "jsonschema", "matplotlib", "nltk", "numpy", "onnx", "onnxruntime", "openvino",
    "pandas", "rich", "scipy", "sentence_transformers", "sklearn", "tokenizers", "torch", "transformers",
}  # fmt: skip


def test_the_public_names_are_these() -> None:
    assert sco_qa.__all__ == [
        "Answer",
        "Assistant",
        "Citation",
        "Reply",
        "ScoQaError",
        "Settings",
        "Source",
        "Span",
        "Status",
        "__version__",
    ]
    assert all(getattr(sco_qa, name) is not None for name in sco_qa.__all__)
    assert reader.__all__ == ["Reader", "Reading", "SpanReader"]
    assert {name for name, value in vars(testing).items() if getattr(value, "__module__", "") == testing.__name__} == {
        "FakeEncoder",
        "FakeReader",
    }


def test_a_name_that_is_not_there_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'sco_qa' has no attribute 'Answers'"):
        _ = sco_qa.Answers


def imported(code: str, environment: dict[str, str] | None = None) -> tuple[set[str], str]:
    """Run code in a process of its own; give the top modules that it imported, and what it printed."""
    listing = "\nimport json, sys\nprint(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    ran = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code + listing],
        env=environment,
        cwd=PACKAGE.parent,
        capture_output=True,
        check=True,
        text=True,
    )
    printed, _, modules = ran.stdout.rstrip("\n").rpartition("\n")
    assert ran.stderr == ""
    return set(json.loads(modules)), printed


def test_importing_the_package_imports_nothing_heavy() -> None:
    modules, _ = imported("import sco_qa")
    assert "sco_qa" in modules
    assert modules & HEAVY == set()


def test_asking_imports_only_what_it_needs(real_index: Settings) -> None:
    environment = {"SCO_QA_CORPUS": str(real_index.corpus), "SCO_QA_INDEX": str(real_index.index)}
    modules, printed = imported(
        "from sco_qa.cli import main\nassert main(['ask', '--json', 'Who blocked the SCO development bank?']) == 0",
        environment,
    )
    assert json.loads(printed)["answers"][0]["text"] == "Russia"
    assert modules & HEAVY == {"faiss", "numpy", "onnxruntime", "tokenizers"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def test_only_the_vectors_import_faiss() -> None:
    assert [name for name, tree in modules() if "faiss" in imports(tree)] == ["vectors.py"]


def test_only_the_command_line_prints() -> None:
    printing = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert "cli/ask.py" in printing
    assert {name for name in printing if not name.startswith("cli/")} == set()


@pytest.mark.parametrize(("name", "below"), [("types.py", {"errors"}), ("reply.py", {"errors", "types"})])
def test_what_the_stages_exchange_imports_no_stage(name: str, below: set[str]) -> None:
    tree = dict(modules())[name]
    local = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module is not None}
    assert {module for module in local if module.startswith("sco_qa")} == {f"sco_qa.{module}" for module in below}
