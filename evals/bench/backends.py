"""The gold questions to FAISS and to Milvus: ``python evals/bench/backends.py`` (``make milvus``).

Milvus Lite runs in this process, unless ``SCO_QA_MILVUS_URI`` names a server. The passages are the same, and so are
their vectors; the scores of BM25 are our own here and Milvus's there. Prints how many of the gold questions have
the same twenty nearest passages, in the same order, and each reply that differs, with what was different before it.
"""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from sco_qa import builder
from sco_qa.assistant import Assistant
from sco_qa.evaluation import gold
from sco_qa.milvus import Tables
from sco_qa.reply import Reply, Trace
from sco_qa.settings import Settings

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
    """Build one index, publish it, ask both, print the comparison."""
    console = Console(width=160, highlight=False, markup=False)
    with tempfile.TemporaryDirectory() as folder:
        lite = Settings(
            index=Path(folder) / "index", milvus_uri=str(Path(folder) / "lite.db"), milvus_collection="sco_qa_backends"
        )
        settings = replace(Settings.from_environment(), index=lite.index, milvus_collection=lite.milvus_collection)
        settings = settings if settings.milvus_uri else lite
        sources = builder.build(settings).index.sources
        faiss, milvus = Assistant.load(settings=replace(settings, milvus_uri="")), Assistant.load(settings=settings)
        questions = gold.load(Path("evals/gold.jsonl"), list(sources.values()))
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
        Tables.of(settings).drop()
    console.print(f"the {TOP} nearest passages are the same for {same} of {len(questions)} questions")
    console.print(f"the reply is the same for {replies} of {len(questions)}")
    for name, taken in retrieving.items():
        console.print(f"retrieval with {name}: p50 {statistics.median(taken):.1f} ms")


if __name__ == "__main__":
    main()
