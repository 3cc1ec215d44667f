"""What ways to rank and to read come to: ``python -m sco_qa.training.answering DATA`` prints a table.

Questions that stand by themselves are asked of collections that the reader never learned from (``left_out.py``), the
invented ones among the documents of all. ``docs/retrieval.md`` says what came of it.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from sco_qa.candidates import MOST_ANSWERS, group, ranked
from sco_qa.encoder import Encoder
from sco_qa.evaluation.collections import Collection
from sco_qa.evaluation.gold import Question
from sco_qa.evaluation.metrics import mean_interval
from sco_qa.evaluation.workbench import Workbench
from sco_qa.settings import Settings
from sco_qa.training import judging, left_out
from sco_qa.types import Candidate, Hit, Passage, Source


@dataclass(frozen=True, slots=True)
class Way:
    """How many passages are read, what a year adds, and the share of the best sentence's vector in the cosine.

    The rest of the cosine is the passage's own.
    """

    read: int
    year_weight: float
    sentence: float = 0.0


@dataclass(frozen=True, slots=True)
class Read:
    """A question, the passages that were retrieved, their candidates, and their sentences' best cosines.

    ``best`` is that of each passage's most similar sentence, by the passage's id.
    """

    question: Question
    hits: Sequence[Hit]
    candidates: Sequence[Candidate]
    best: Mapping[int, float]

    def answers(self, way: Way, settings: Settings) -> list[list[Candidate]]:
        """Give the answers, each with all places that say the same, best first."""
        scores = {hit.passage.id: self._score(hit, way, settings) for hit in self.hits}
        near = set(sorted(scores, key=lambda id_: (-scores[id_], id_))[: way.read])
        candidates = [
            replace(c, hit=replace(c.hit, score=scores[c.hit.passage.id]))
            for c in self.candidates
            if c.hit.passage.id in near
        ]
        return group(ranked(candidates, settings.retrieval_weight), MOST_ANSWERS)

    def _score(self, hit: Hit, way: Way, settings: Settings) -> float:
        cosine = (1 - way.sentence) * hit.dense + way.sentence * self.best[hit.passage.id]
        fused = settings.dense_weight * cosine + (1 - settings.dense_weight) * hit.lexical
        return fused + way.year_weight * hit.of_year

    def cites(self, answers: Sequence[Sequence[Candidate]]) -> bool:
        """Tell whether the first answer stands in a sentence that states what is expected."""
        return bool(answers) and bool(judging.cited(self.question, answers[0][0]))

    def right(self, answers: Sequence[Sequence[Candidate]]) -> bool:
        """Tell whether it does so in acceptable words."""
        return bool(answers) and judging.right(self.question, answers[0][0])

    def sources(self, answers: Sequence[Sequence[Candidate]]) -> float:
        """Give the share of the sources that state what is expected which the answers cite for it."""
        cited = {p.source for members in answers for c in members for p in judging.cited(self.question, c)}
        return len(cited) / len({place.source for place in self.question.evidence})


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with worlds_train.jsonl.gz and reader_train*.jsonl.gz")
    known = left_out.load(parser.parse_args().data)
    settings = Settings()
    bench = Workbench(settings)
    widest = replace(settings, read=settings.retrieved)
    read = [one for collection in (known.pooled, known.paragraphs) for one in ask(collection, bench, widest)]
    shipped = Way(settings.read, settings.year_weight)
    ways = {
        f"{shipped.read} passages (shipped)": shipped,
        f"{settings.retrieved} passages": replace(shipped, read=settings.retrieved),
        "without the year": replace(shipped, year_weight=0.0),
        "with the best sentence's vector": replace(shipped, sentence=0.5),
    }
    Console(soft_wrap=True).print(table(read, ways, settings), markup=False, highlight=False)


def ask(collection: Collection, bench: Workbench, settings: Settings) -> list[Read]:
    """Ask the questions of a collection that can be answered and need no history."""
    sources = {source.id: source for source in collection.sources}
    assistant = bench.assistant(collection.sources, settings=settings)
    sentences: dict[int, NDArray[np.float32]] = {}
    found = []
    for question in track(collection.questions, collection.name, console=Console(stderr=True)):
        if not question.answerable or question.history:
            continue
        trace = assistant.trace(question.question)
        vector = bench.encoder.encode([question.question])[0]
        for hit in trace.hits:
            if hit.passage.id not in sentences:
                sentences[hit.passage.id] = _sentences(hit.passage, sources[hit.passage.source], bench.encoder)
        best = {hit.passage.id: float((sentences[hit.passage.id] @ vector).max()) for hit in trace.hits}
        found.append(Read(question, trace.hits, trace.candidates, best))
    return found


def _sentences(passage: Passage, source: Source, encoder: Encoder) -> NDArray[np.float32]:
    """Encode the sentences of a passage behind the title, ``(sentences, dimension)``."""
    return encoder.encode([f"{source.title}\n{source.text[s.start : s.end]}" for s in passage.sentences])


def table(read: Sequence[Read], ways: Mapping[str, Way], settings: Settings) -> str:
    """Give a Markdown table, each way beside the first.

    How many first answers cite the evidence, how many are right, and what share of the sources that state what is
    expected all answers cite.
    """
    judges = {"evidence@1": Read.cites, "right@1": Read.right, "sources@5": Read.sources}
    header = "".join(f" {name} | difference |" for name in judges)
    lines = [f"| {len(read)} questions |{header}", "| --- |" + " ---: |" * (2 * len(judges))]
    before: list[NDArray[np.float64]] = []
    for name, way in ways.items():
        answers = [one.answers(way, settings) for one in read]
        cells = []
        for place, judge in enumerate(judges.values()):
            now = np.array([judge(one, answer) for one, answer in zip(read, answers, strict=True)], float)
            if len(before) == place:
                before.append(now)
            difference = now - before[place]
            low, high = mean_interval(difference)
            cells += [f"{now.mean():.3f}", f"{difference.mean():+.3f} ({low:+.3f} … {high:+.3f})"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
