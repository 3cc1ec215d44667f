"""What other ways to rank passages reach: ``python -m sco_qa.training.ranking DATA`` prints two tables.

Two collections are asked, each as one: the invented ones, and paragraphs of encyclopedias with the questions that were
written for them, most of them in other words. What learns, learns from one half of the paragraphs' titles; the other
half is asked. Each way is compared with what is shipped, on the same questions, by the rank of the first passage that
holds the evidence. ``docs/retrieval.md`` says what came of it.
"""

from __future__ import annotations

import argparse
import hashlib
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from sco_qa import passages as splitting
from sco_qa.encoder import Encoder
from sco_qa.evaluation import collections
from sco_qa.evaluation.collections import Collection
from sco_qa.evaluation.gold import Question
from sco_qa.evaluation.metrics import mean_interval
from sco_qa.evaluation.workbench import Workbench
from sco_qa.lexical import Bm25, tokens_of
from sco_qa.retrieval import fuse, of_year, shared
from sco_qa.settings import Settings
from sco_qa.text import YEAR
from sco_qa.training import examples
from sco_qa.training.tuning import TunedEncoder
from sco_qa.types import Matches

_ENCYCLOPEDIAS = {"squad1", "squad2", "new_wiki"}
_PARAGRAPHS, _EACH = 2_000, 4
"""Paragraphs, and questions asked of each, at most: enough for intervals of a hundredth."""
_OTHER_WORDS = {"para", "paraphrase"}

Scores = NDArray[np.float32]


class Corpus:
    """The passages of a collection with all that they are ranked by, and the questions that can be answered.

    ``vectors`` is ``(passages, dimension)``, ``sentences`` ``(sentences, dimension)`` with the ``firsts`` of each
    passage; ``near`` ``(2, passages)`` are the passages before and behind each in its source, or itself.
    """

    def __init__(self, collection: Collection, encoder: Encoder, settings: Settings) -> None:
        self.sources = by_id = {source.id: source for source in collection.sources}
        self.passages = splitting.split(by_id.values(), words=settings.passage_words, overlap=settings.overlap_words)
        texts = [splitting.to_index(p, by_id[p.source], context=settings.context) for p in self.passages]
        self.texts = [text for text, _ in texts]
        single = [
            f"{by_id[p.source].title}\n{by_id[p.source].text[s.start : s.end]}"
            for p in self.passages
            for s in p.sentences
        ]
        self.vectors = encoder.encode(self.texts)
        self.sentences = encoder.encode(single)
        self.firsts = np.cumsum([0, *(len(p.sentences) for p in self.passages)])[:-1]
        self.bm25 = Bm25.build(words for _, words in texts)
        self.words = [Counter(words) for words in tokens_of([words for _, words in texts])]
        self.held = Counter(word for words in self.words for word in words)
        source, place = np.array([p.source for p in self.passages]), np.arange(len(texts))
        self.near = np.array([np.where(np.roll(source, by) == source, np.roll(place, by), place) for by in (1, -1)])
        self._places = {id_: np.flatnonzero(source == id_) for id_ in by_id}
        self._questions = [q for q in collection.questions if q.answerable and not q.history]

    def asked(self, encoder: Encoder, half: bool | None = None) -> list[Asked]:
        """Ask the questions that a passage answers; of one half of the sources only, by a hash, if that is chosen."""
        found = []
        for question in self._questions:
            places = question.evidence
            if half is not None and half != (hashlib.sha256(places[0].source.encode()).digest()[0] % 2 == 0):
                continue
            right = [i for e in places for i in self._places[e.source] if self.passages[i].span.holds(e.span)]
            if right:
                found.append(Asked(self, question, encoder.encode([question.question])[0], np.array(right)))
        return found


@dataclass(frozen=True)
class Asked:
    """A question, its vector ``(dimension,)``, the passages that hold evidence, and what each passage scores."""

    corpus: Corpus
    question: Question
    vector: Scores
    right: NDArray[np.int64]

    @cached_property
    def dense(self) -> Scores:
        """The cosine of question and passage."""
        return self.corpus.vectors @ self.vector

    @cached_property
    def lexical(self) -> Scores:
        """The share of BM25."""
        return self.share(self.question.question)

    def share(self, words: str) -> Scores:
        """Give the share of BM25 for other words."""
        scores = self.corpus.bm25.scores(words)
        return shared(Matches(np.arange(len(scores)), scores, scores), words, len(scores)).lexical

    def fused(
        self,
        dense: Scores | None = None,
        lexical: Scores | None = None,
        weight: float | None = None,
        *,
        year_weight: float | None = None,
    ) -> Scores:
        """Fuse as is shipped, with other scores or other weights if they are given."""
        settings = Settings()
        weight = settings.dense_weight if weight is None else weight
        year_weight = settings.year_weight if year_weight is None else year_weight
        dense, lexical = self.dense if dense is None else dense, self.lexical if lexical is None else lexical
        scores = fuse(Matches(np.arange(len(dense)), dense, lexical), weight)
        if years := {*YEAR.findall(self.question.question)}:
            for place in np.lexsort((np.arange(len(scores)), -scores))[: settings.retrieved]:
                passage = self.corpus.passages[place]
                scores[place] += year_weight * of_year(years, passage, self.corpus.sources[passage.source])
        return scores

    def rank(self, scores: Scores) -> int:
        """Give the rank of the first passage that holds evidence; equal scores go by the passage's id."""
        order = np.lexsort((np.arange(len(scores)), -scores))
        return int(np.flatnonzero(np.isin(order, self.right))[0]) + 1


def scaled(asked: Asked, dense_weight: float = 0.55) -> Scores:
    """Fuse the scores scaled to [0, 1] among the hundred best of each, as was shipped before."""
    dense, lexical = asked.dense, asked.lexical
    near = np.union1d(np.argsort(-dense)[:100], np.argsort(-lexical)[:100])
    low, high = np.array([[x[near].min(), x[near].max()] for x in (dense, lexical)]).T
    (dense, lexical) = ((x - lo) / max(hi - lo, 1e-9) for x, lo, hi in zip((dense, lexical), low, high, strict=True))
    return asked.fused(dense, lexical, dense_weight)


def by_ranks(asked: Asked) -> Scores:
    """Fuse reciprocal ranks (Cormack et al. 2009)."""
    ranks = [np.argsort(np.argsort(-scores, kind="stable")) for scores in (asked.dense, asked.lexical)]
    fused: Scores = np.sum([1 / (61 + rank) for rank in ranks], 0).astype(np.float32)
    return fused


def best_sentence(asked: Asked) -> Scores:
    """Take the mean cosine of a passage and of its best sentence."""
    best: Scores = np.maximum.reduceat(asked.corpus.sentences @ asked.vector, asked.corpus.firsts)
    return asked.fused(((asked.dense + best) / 2).astype(np.float32))


def best_sentence_of_the_first(asked: Asked) -> Scores:
    """Take the best sentence of the hundred best passages only: so no vector of a sentence is searched for."""
    near = np.argsort(-asked.fused(), kind="stable")[:100]
    scores = np.full(len(asked.dense), -1, np.float32)
    scores[near] = best_sentence(asked)[near]
    return scores


def neighbours(asked: Asked) -> Scores:
    """Add a tenth of the better neighbour's score."""
    fused = asked.fused()
    raised: Scores = fused + 0.1 * np.max(fused[asked.corpus.near], 0)
    return raised


def dense_feedback(asked: Asked) -> Scores:
    """Move the question's vector towards the first three passages (Rocchio 1971)."""
    moved = asked.vector + 0.2 * asked.corpus.vectors[np.argsort(-asked.fused())[:3]].mean(0)
    return asked.fused((asked.corpus.vectors @ (moved / np.linalg.norm(moved))).astype(np.float32))


def word_feedback(asked: Asked) -> Scores:
    """Add the ten words that tell the first three passages most from others, with a fifth of the weight."""
    found = sum((asked.corpus.words[i] for i in np.argsort(-asked.fused())[:3]), Counter[str]())
    rarity = {word: np.log(len(asked.corpus.words) / asked.corpus.held[word]) for word in found}
    own = set(tokens_of([asked.question.question])[0])
    added = sorted(found.keys() - own, key=lambda word: (-found[word] * rarity[word], word))[:10]
    return asked.fused(lexical=asked.lexical + 0.2 * asked.share(" ".join(added)))


WAYS: dict[str, Callable[[Asked], Scores]] = {
    "both as they are (shipped)": Asked.fused,
    "without the year": lambda asked: asked.fused(year_weight=0),
    "both scaled to the question": scaled,
    "reciprocal ranks": by_ranks,
    "dense alone": lambda asked: asked.dense,
    "BM25 alone": lambda asked: asked.lexical,
    "with the best sentence's vector": best_sentence,
    "the same, of the first 100": best_sentence_of_the_first,
    "with the neighbours' scores": neighbours,
    "feedback, vectors": dense_feedback,
    "feedback, words": word_feedback,
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with worlds_train.jsonl.gz and reader_train*.jsonl.gz")
    data = parser.parse_args().data
    settings = Settings()
    encoder = Workbench(settings).encoder
    written = Corpus(paragraphs(data), encoder, settings)
    learned, others = (written.asked(encoder, half) for half in (True, False))
    worlds = collections.pooled(collections.worlds(data / "worlds_train.jsonl.gz"), "worlds")
    invented = Corpus(worlds, encoder, settings)
    mapped = question_map(
        np.array([asked.vector for asked in learned]), [asked.right for asked in learned], written.vectors
    )

    def turned(asked: Asked) -> Scores:
        vector = asked.vector @ mapped
        return asked.fused(asked.corpus.vectors @ (vector / np.linalg.norm(vector)))

    tuned = TunedEncoder(settings.encoder, [(a.question.question, written.texts[a.right[0]]) for a in learned])
    vectors = {corpus: tuned.encode(corpus.texts) for corpus in (written, invented)}

    def encoded_anew(asked: Asked) -> Scores:
        return asked.fused(vectors[asked.corpus] @ tuned.encode([asked.question.question])[0])

    ways = {**WAYS, "a linear map of the question's vector": turned, "the encoder, tuned": encoded_anew}
    for name, questions in (("paragraphs", others), ("invented", invented.asked(encoder))):
        Console(soft_wrap=True).print(table(name, questions, ways), markup=False, highlight=False)


def question_map(questions: Scores, right: Sequence[NDArray[np.int64]], passages: Scores) -> Scores:
    """Learn a linear map of questions' vectors, ``(dimension, dimension)``, from all passages that are not right.

    The loss is that of van den Oord et al. (2018) at a temperature of 0.05; the map begins as the identity.
    """
    import torch

    torch.manual_seed(0)
    vectors, targets = torch.tensor(passages), torch.zeros(len(questions), len(passages), dtype=torch.bool)
    for row, places in enumerate(right):
        targets[row, places] = True
    change = torch.zeros(passages.shape[1], passages.shape[1], requires_grad=True)
    optimizer = torch.optim.AdamW([change], lr=3e-4, weight_decay=0.01)
    for _ in range(4):
        for rows in torch.randperm(len(questions)).split(256):  # type: ignore[no-untyped-call]  # nor this
            asked = torch.tensor(questions)[rows]
            logits = torch.nn.functional.normalize(asked + asked @ change, dim=1) @ vectors.T / 0.05
            loss = logits.logsumexp(1) - logits.masked_fill(~targets[rows], -torch.inf).logsumexp(1)
            optimizer.zero_grad()
            loss.mean().backward()  # type: ignore[no-untyped-call]  # not in its annotations
            optimizer.step()
    learned: Scores = np.eye(passages.shape[1], dtype=np.float32) + change.detach().numpy()
    return learned


def paragraphs(data: Path) -> Collection:
    """Put paragraphs of encyclopedias together, with the questions that were written for them."""
    entries = list(examples.lines(data / "reader_train.jsonl.gz"))
    chosen = {e["context"]: {**e, "qas": []} for e in entries if e["dataset"] in _ENCYCLOPEDIAS}
    written = list(examples.lines(data / "reader_train_written.jsonl.gz"))
    for entry in [*written, *examples.joined(examples.written(), entries)]:
        if entry["context"] in chosen:
            chosen[entry["context"]]["qas"] += [asked for asked in entry["qas"] if asked["answers"]]
    rng = random.Random(0)  # noqa: S311 - a repeatable sample, no secret
    some = rng.sample([e for e in chosen.values() if e["qas"]], _PARAGRAPHS)
    return collections.paragraphs(
        [{**e, "qas": rng.sample(e["qas"], min(_EACH, len(e["qas"])))} for e in some], "paragraphs"
    )


def table(name: str, asked: Sequence[Asked], ways: Mapping[str, Callable[[Asked], Scores]]) -> str:
    """Give a Markdown table: each way's figures, and how hit@1 differs from what is shipped, with its interval."""
    other_words = np.array([a.question.kind in _OTHER_WORDS for a in asked])
    ranks = {
        way: np.array([a.rank(score(a)) for a in track(asked, way, console=Console(stderr=True))])
        for way, score in ways.items()
    }
    first = {way: (found == 1).astype(float) for way, found in ranks.items()}
    shipped = next(iter(first.values()))
    lines = [
        f"| {name}, {len(asked)} questions | MRR | hit@1 | difference | other words, {other_words.sum()} | hit@20 |",
        "| --- |" + " ---: |" * 5,
    ]
    for way, found in ranks.items():
        difference = first[way] - shipped
        low, high = mean_interval(difference)
        lines.append(
            f"| {way} | {(1 / found).mean():.3f} | {first[way].mean():.3f} | "
            f"{difference.mean():+.3f} ({low:+.3f} … {high:+.3f}) | {first[way][other_words].mean():.3f} | "
            f"{(found <= 20).mean():.3f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
