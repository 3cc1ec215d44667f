from __future__ import annotations

import io

from rich.console import Console

from sco_qa.evaluation.collections import Collection
from sco_qa.evaluation.gold import Question
from sco_qa.index import FaissIndex
from sco_qa.settings import Settings
from sco_qa.testing import FakeEncoder
from sco_qa.training.closeness import Closeness
from sco_qa.types import Source


def test_collections_are_closer_to_their_own_questions() -> None:
    texts = {"bears": "The panda eats bamboo in the forest.", "ships": "Captain Lee steered a frigate across oceans."}
    asked = {"bears": "panda bamboo forest", "ships": "captain frigate oceans"}
    collections = [
        Collection(
            name, (Source(name, f"{name}.txt", text, name),), (Question(f"{name}-00", "lookup", asked[name], ()),)
        )
        for name, text in texts.items()
    ]
    encoder, out = FakeEncoder(), io.StringIO()
    closeness = Closeness(collections, encoder)
    for collection in collections:
        closeness.measure(collection, FaissIndex.of(collection.sources, Settings(), encoder))
    closeness.show(Console(file=out, width=1_000))
    assert "AUROC of the nearest cosine 1.000" in out.getvalue()
    assert "calls 1.000 of a collection's own questions close and 1.000 of others' not, n 2 each" in out.getvalue()
