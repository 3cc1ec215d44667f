"""The gold questions to FAISS and to Milvus: ``python evals/bench/backends.py`` (``make milvus``).

Milvus Lite runs in this process, unless ``SCO_QA_MILVUS_URI`` names a server. The passages are the same, and so are
their vectors; the scores of BM25 come from bm25s here and from Milvus there. Prints how many of the gold questions have
the same twenty nearest passages, in the same order, and each reply that differs, with what was different before it.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from sco_qa import corpus
from sco_qa.assistant import Assistant
from sco_qa.encoder import IndexingEncoder
from sco_qa.evaluation import gold
from sco_qa.evaluation.workbench import Workbench
from sco_qa.milvus import MilvusIndex
from sco_qa.milvus.tables import Tables
from sco_qa.settings import Settings
from sco_qa.types import Reply, Source, Trace

TOP = 20


def nearest(assistant: Assistant, trace: Trace) -> list[tuple[str, int]]:
    """Name the nearest passages by the vectors alone, best first."""
    if trace.matches is None:
        return []
    best = np.argsort(-trace.matches.dense, kind="stable")[:TOP]
    found = [assistant.index.passages[int(trace.matches.passages[i])] for i in best]
    return [(p.source, p.span.start) for p in found]


def said(reply: Reply) -> tuple[str, list[tuple[str, str, int]]]:
    """Name what a person sees of a reply."""
    return reply.status.value, [(a.text, a.citation.source.id, a.citation.span.start) for a in reply.answers]


def cause(faiss: Trace, milvus: Trace) -> str:
    """Say where two replies parted."""
    read = [[(h.passage.source, h.passage.span.start) for h in trace.hits] for trace in (faiss, milvus)]
    if set(read[0]) != set(read[1]):
        return f"{len(set(read[0]) - set(read[1]))} of {len(read[0])} passages read are others: BM25's scores differ"
    gap = max(abs(a.score - b.score) for a, b in zip(faiss.hits, milvus.hits, strict=True))
    return f"the same passages read, their fused scores up to {gap:.4f} apart: BM25's scores differ"


def main() -> None:
    """Build both, ask all, print the comparison."""
    console = Console(width=160, highlight=False, markup=False)
    settings = Settings.from_environment()
    sources = corpus.load(settings.corpus)
    questions = gold.load(Path("evals/gold.jsonl"), sources)
    bench = Workbench(settings)
    with tempfile.TemporaryDirectory() as folder:
        uri = os.environ.get("SCO_QA_MILVUS_URI") or str(Path(folder) / "lite.db")
        tables = Tables.connect(uri, os.environ.get("SCO_QA_MILVUS_TOKEN", ""), "sco_qa_backends")

        def in_milvus(sources: Sequence[Source], settings: Settings, encoder: IndexingEncoder) -> MilvusIndex:
            return MilvusIndex.build(tables, sources, settings, encoder)

        faiss, milvus = bench.assistant(sources), bench.assistant(sources, indexed=in_milvus)
        same = replies = 0
        retrieving: dict[str, list[float]] = {"FAISS": [], "Milvus": []}
        for question in track(questions, "asking", console=Console(stderr=True), transient=True):
            traces = []
            for name, assistant in (("FAISS", faiss), ("Milvus", milvus)):
                traces.append(assistant.trace(question.question, question.history))
                retrieving[name].append(traces[-1].reply.timings_ms["retrieve"])
            same += nearest(faiss, traces[0]) == nearest(milvus, traces[1])
            if said(traces[0].reply) == said(traces[1].reply):
                replies += 1
            else:
                console.print(f"{question.id}: {question.question}\n    {cause(*traces)}")
        tables.drop()
        tables.close()
    console.print(f"the {TOP} nearest passages are the same for {same} of {len(questions)} questions")
    console.print(f"the reply is the same for {replies} of {len(questions)}")
    for name, taken in retrieving.items():
        console.print(f"retrieval with {name}: p50 {statistics.median(taken):.1f} ms")


if __name__ == "__main__":
    main()
