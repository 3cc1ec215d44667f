"""What an index must outlive: killed builds, broken files, a full disk, two builders, ten thousand documents.

``python -m tests.torture [PART …]`` (``make torture``) runs all of it, or the parts that are named, and prints the
figures; the exit status is 1 if anything was lost. A short form of each part runs in the suite.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sco_qa import builder, corpus, staleness, store
from sco_qa.assistant import Assistant
from sco_qa.errors import IndexProblem
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder, FakeReader

WORDS = "pump roof canteen garage lease handbook harbour ship bear panda bicycle window letter keeper winter".split()
DOCUMENTS, SHORT_DOCUMENTS = 12, 10_000
_PROCESSES = multiprocessing.get_context("forkserver")  # whose children are there in milliseconds
_PROCESSES.set_forkserver_preload(
    ["faiss", "nltk.tokenize.punkt", "sco_qa.assistant", "sco_qa.builder", "sco_qa.testing", "Stemmer"]
)
_MEMORY_GB = 1.0


def settings_in(folder: Path) -> Settings:
    """Settings for small passages of the documents under ``folder``."""
    return Settings(corpus=folder / "documents", index=folder / "index", passage_words=20, overlap_words=5)


def write_documents(folder: Path, version: int, *, count: int = DOCUMENTS) -> None:
    """Write documents that all say which version they are of."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        sentences = [
            f"The {WORDS[(number + i) % len(WORDS)]} of house {number} was seen in version{version} by witness {i}."
            for i in range(8)
        ]
        part = folder / f".part{number}"  # as a careful editor writes
        part.write_text("\n\n".join(sentences) + "\n", encoding="utf-8")
        part.replace(folder / f"d{number:04}.txt")


def build(settings: Settings) -> None:
    """Build in a process of its own, without a model."""
    builder.build(settings, encoder=lambda _: FakeEncoder())


def version_of(settings: Settings) -> int:
    """Open the index, check all of it, ask it, and tell which version of the documents it holds.

    Raises:
        IndexProblem: It cannot be opened.
        AssertionError: It is a mixture, or does not fit together.
    """
    index = FaissIndex.load(settings.index)
    versions = {word for s in index.sources.values() for word in s.text.split() if word.startswith("version")}
    if len(versions) != 1 or index.check():
        raise AssertionError(f"a mixture of {sorted(versions)}: {index.check()}")
    (version,) = versions
    assistant = Assistant(index, FakeEncoder(), FakeReader({version: 5.0}), settings=settings)
    if not assistant.ask("Who saw the pump?").answers:
        raise AssertionError("no answer")
    return int(version.removeprefix("version"))


def kills(folder: Path, count: int, *, seed: int = 0) -> Counter[str]:
    """Kill so many builds at random moments; count what the index was afterwards: ``old``, ``new`` or ``lost``.

    Builds that were ``done before`` the moment came are counted beside those.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    settings = settings_in(folder)
    for version in range(3):  # how long one takes is measured when the processes' server is warm
        write_documents(settings.corpus, version)
        began = time.monotonic()
        _run(build, settings)
        took = time.monotonic() - began
    was, version, found = 2, 2, Counter[str]()
    while found.total() - found["done before"] < count:
        version += 1
        write_documents(settings.corpus, version)
        process = _PROCESSES.Process(target=build, args=(settings,))
        process.start()
        time.sleep(chance.uniform(0, 1.25 * took))
        ended = not process.is_alive()
        process.kill()
        process.join()
        try:
            now = version_of(settings)
        except (IndexProblem, AssertionError) as error:
            print(f"lost: {error}", file=sys.stderr)
            now = -1
        outcome = "old" if now == was else "new" if now == version else "lost"
        found["done before" if ended and outcome == "new" else outcome] += 1
        was = now
    _run(build, settings)
    if version_of(settings) != version:
        found["lost"] += 1
    left = {p.name for p in settings.index.iterdir() if p.name.startswith(".building-") or p.name == ".encoded"}
    if left:
        raise AssertionError(f"the build after a killed one leaves {left}")
    return found


def corruptions(folder: Path, count: int, *, seed: int = 0) -> Counter[str]:
    """Truncate files of an index, or flip a bit; count what asking then did.

    ``reported``: the file was named and nothing answered. ``harmless``: every answer is as before. ``wrong``: another
    answer, ``traceback``: anything else.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    settings = settings_in(folder)
    write_documents(settings.corpus, 0)
    before, store.BLOCK = store.BLOCK, 4_096  # so that files of several blocks are among them
    try:
        build(settings)
        right = _everything(settings)
        paths = [p for p in sorted(settings.index.rglob("*")) if p.is_file() and p.name != store.LOCK]
        found = Counter[str]()
        for number in range(count):
            path = paths[number % len(paths)]
            content = path.read_bytes()
            path.write_bytes(_damaged(content, chance))
            try:
                found["harmless" if _everything(settings) == right else "wrong"] += 1
            except IndexProblem as error:
                found["reported" if str(path) in str(error) else f"reported, but not as {path.name}"] += 1
            except Exception as error:
                print(f"{path.name}: {type(error).__name__}: {error}", file=sys.stderr)
                found["traceback"] += 1
            path.write_bytes(content)
    finally:
        store.BLOCK = before
    return found


def _damaged(content: bytes, chance: random.Random) -> bytes:
    if not content or chance.random() < 0.5:
        return content[: chance.randrange(len(content))] if content else b"?"
    place = chance.randrange(len(content))
    return content[:place] + bytes([content[place] ^ (1 << chance.randrange(8))]) + content[place + 1 :]


def _everything(settings: Settings) -> list[Any]:
    """Give whatever can be asked of an index: replies, sources, passages, and whether it is fresh."""
    index = FaissIndex.load(settings.index)
    index.generation.path_of_folder("encoder")
    assistant = Assistant(index, FakeEncoder(), FakeReader({"witness": 5.0}), settings=settings, terms=index.terms())
    replies = [
        {**assistant.ask(f"Who saw the {word} of house {i}?").to_json(), "timings_ms": None}
        for i, word in enumerate(WORDS[:4])
    ]
    staleness.require_fresh(settings.index, corpus.load(settings.corpus), settings)
    return [replies, list(index.sources.values()), list(index.passages)]


def full_disk(folder: Path, sizes: Sequence[int]) -> Counter[str] | None:
    """Build on a disk with so many bytes free; count ``failed in one line``, ``built`` and ``lost``.

    None if this user may not mount a small disk.
    """
    with _small_disk(folder) as disk:
        if disk is None:
            return None
        settings = dataclasses.replace(settings_in(folder), index=disk / "index")
        write_documents(settings.corpus, 0)
        build(settings)
        was, found = 0, Counter[str]()
        for version, size in enumerate(sizes, 1):
            write_documents(settings.corpus, version)
            filler = disk / "filler"
            free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            filler.write_bytes(bytes(max(0, free - size)))
            try:
                build(settings)
                outcome, expected = "built", version
            except IndexProblem as error:
                outcome, expected = "failed in one line" if "No space left" in str(error) else str(error), was
            filler.unlink()
            try:
                was = version_of(settings)
            except (IndexProblem, AssertionError) as error:
                print(f"lost: {error}", file=sys.stderr)
                was = -1
            found[outcome if was == expected else "lost"] += 1
        build(settings)
        return found


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path | None]:
    disk = folder / "disk"
    disk.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:  # noqa: S603
        yield None
        return
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)  # noqa: S603, S607


def builders(folder: Path, rounds: int) -> Counter[str]:
    """Start two builds at once; count ``both finished`` and ``lost``."""
    settings = settings_in(folder)
    found = Counter[str]()
    for version in range(rounds):
        write_documents(settings.corpus, version)
        processes = [_PROCESSES.Process(target=build, args=(settings,)) for _ in range(2)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        whole = [p.exitcode for p in processes] == [0, 0] and version_of(settings) == version
        found["both finished" if whole else "lost"] += 1
    return found


def _run(target: Callable[..., None], *arguments: Any) -> None:
    process = _PROCESSES.Process(target=target, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise AssertionError(f"{target.__name__} ended with {process.exitcode}")


def write_short_documents(folder: Path, count: int) -> None:
    """Write many short documents, no two alike."""
    chance = random.Random(0)  # noqa: S311 - nothing secret
    folder.mkdir(parents=True)
    for number in range(count):
        words = [chance.choice(WORDS) for _ in range(6)]
        (folder / f"{number:05}.txt").write_text(
            f"The {words[0]} of number {number} stands beside the {words[1]}. In {1900 + number % 120} the {words[2]} "
            f"was given to the keeper of the {words[3]}, who sold the {words[4]} and the {words[5]}.\n",
            encoding="utf-8",
        )


def many(folder: Path, count: int) -> None:
    """Build many short documents with the real encoder, again after one edit; print rates and memory."""
    settings = Settings(corpus=folder / "documents", index=folder / "index")
    write_short_documents(settings.corpus, count)
    articles = Settings(index=folder / "articles")
    print(f"the articles, from nothing: {_measured('_build', articles)}", flush=True)
    for what in ("from nothing", "after one edit"):
        print(f"{count:,} short documents, {what}: {_measured('_build', settings)}", flush=True)
        (settings.corpus / "00007.txt").write_text("The lighthouse was painted red.\n", encoding="utf-8")
    texts = min(count, 1_000)
    print(
        f"the first {texts:,} by SentenceTransformer.encode: {_measured('_encode', settings, str(texts))}", flush=True
    )


def _measured(step: str, settings: Settings, *more: str) -> str:
    command = [sys.executable, "-m", "tests.torture", step, str(settings.corpus), str(settings.index), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as step_process:  # noqa: S603
        peak = 0.0
        while step_process.poll() is None:
            peak = max(peak, sum(_resident(pid) for pid in _family(step_process.pid)) / 1e9)
            time.sleep(0.05)
        said, complained = step_process.communicate()
    if step_process.returncode or (step == "_build" and peak > _MEMORY_GB):
        raise AssertionError(f"{said}{complained}{peak:.2f} GB of memory at most")
    return f"{said.strip()}, {peak:.2f} GB of memory at most"


def _family(pid: int) -> list[int]:
    """List a process and those that it started, and those that they did."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:  # it ended, or this is no Linux
        return []
    return [pid, *(p for child in children for p in _family(int(child)))]


def _resident(pid: int) -> int:
    """Give the bytes of memory that a process holds; what it shares with another counts in each of them."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _build(documents: str, index: str) -> str:
    began = time.monotonic()
    built = builder.build(Settings(corpus=Path(documents), index=Path(index)))
    took = time.monotonic() - began
    passages = len(built.index.passages)
    torch = "with" if "torch" in sys.modules else "without"
    return (
        f"{passages:,} passages, {built.encoded:,} encoded, in {took:.0f} s ({passages / took:.0f}/s), {torch} PyTorch"
    )


def _encode(documents: str, _: str, count: str) -> str:
    from sentence_transformers import SentenceTransformer

    from sco_qa.exporting import path_of

    model = SentenceTransformer(path_of(Settings().encoder), device="cpu")
    texts = [p.read_text(encoding="utf-8") for p in sorted(Path(documents).iterdir())[: int(count)]]
    model.encode(texts[:32])
    began = time.monotonic()
    model.encode(texts, batch_size=32)
    return f"{len(texts) / (time.monotonic() - began):.0f}/s"


def fuzz(count: int) -> None:
    """Send so many inputs that mean harm to everything that reads."""
    subprocess.run([sys.executable, "-m", "tests.fuzz", str(count)], check=True)  # noqa: S603


def main(parts: Sequence[str]) -> int:
    """Run the parts, or all of them, and print their figures."""
    if parts and parts[0].startswith("_"):  # a step of our own, measured in this process
        print(globals()[parts[0]](*parts[1:]))
        return 0
    every: dict[str, Callable[[Path], Any]] = {
        "kills": lambda folder: kills(folder, 100),
        "corruptions": lambda folder: corruptions(folder, 1_000),
        "disk": lambda folder: full_disk(folder, range(0, 400_000, 10_000)),
        "builders": lambda folder: builders(folder, 10),
        "documents": lambda folder: many(folder, SHORT_DOCUMENTS),
        "fuzz": lambda _: fuzz(10_000),
    }
    bad = 0
    for name in parts or every:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            found = every[name](Path(folder))
        if found is not None:
            print(f"{name}: " + ", ".join(f"{outcome} {times}" for outcome, times in sorted(found.items())))
            bad += sum(found[outcome] for outcome in found if outcome in {"lost", "wrong", "traceback"})
        print(f"{name} took {time.monotonic() - began:.0f} s", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
