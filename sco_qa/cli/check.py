"""``sco-qa check``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from sco_qa import corpus
from sco_qa.cli import common
from sco_qa.confidence import Confidence
from sco_qa.errors import IndexDamaged
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings
from sco_qa.staleness import require_fresh


def configure(parser: ArgumentParser) -> None:
    """Add the command's options."""
    parser.description = (
        "Verify the index: every file's hash, the counts, that every passage is what its source says there, that "
        "FAISS and NumPy find the same neighbours, and that documents and settings are still those it was built from. "
        "So is what was published to Milvus, if SCO_QA_MILVUS_URI is set. Says too if confidence was fitted for other "
        "settings."
    )
    parser.epilog = "example:\n  sco-qa check --index my-index"
    parser.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Check the index; anything wrong ends in one line and exit status 2."""
    settings = common.settings(chosen)
    index = FaissIndex.load(settings.index)
    wrong = index.check()
    if wrong:
        raise IndexDamaged(f"{'; '.join(wrong)}; run: sco-qa build")
    documents = corpus.load(settings.corpus, megabytes=settings.document_megabytes)
    require_fresh(settings.index, documents, settings)
    if settings.milvus_uri:
        _check_milvus(index, settings)
    print(f"{len(index.sources)} sources and {len(index.passages)} passages are as they should be; the index is fresh")
    if mismatches := Confidence.load().mismatches(settings):
        print(
            f"sco-qa: confidence was fitted for other settings ({'; '.join(mismatches)}); fit it again: make fit",
            file=sys.stderr,
        )
    return 0


def _check_milvus(local: FaissIndex, settings: Settings) -> None:
    from sco_qa.milvus import MilvusIndex, Tables

    published = MilvusIndex.load(Tables.of(settings))
    wrong = published.check()
    if published.manifest["generation"] != local.folder.name:
        wrong.append("another index than the one on disk is published")
    if wrong:
        raise IndexDamaged(f"Milvus at {settings.milvus_uri}: {'; '.join(wrong)}; publish it again: sco-qa build")
