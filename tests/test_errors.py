from __future__ import annotations

import re

from sco_qa import errors
from sco_qa.errors import IndexProblem, IndexStale, ScoQaError


def test_the_family_is_the_tree_at_the_top_of_the_module() -> None:
    tree = (errors.__doc__ or "").split("\n\n")[1]
    drawn: dict[str, str] = {}
    parents: list[tuple[int, str]] = []
    for line in tree.splitlines():
        name = re.search(r"\w+", line)
        assert name is not None
        while parents and parents[-1][0] >= name.start():
            parents.pop()
        if parents:
            drawn[name.group()] = parents[-1][1]
        parents.append((name.start(), name.group()))
    real = {
        name: entry.__bases__[0].__name__
        for name, entry in vars(errors).items()
        if isinstance(entry, type) and entry is not ScoQaError
    }
    assert drawn == real
    assert len(drawn) == 11


def test_staleness_carries_its_changes() -> None:
    error = IndexStale(("a.txt changed", "b.txt was added"))
    assert error.changes == ("a.txt changed", "b.txt was added")
    assert str(error) == "the index is stale: a.txt changed; b.txt was added; run: sco-qa build"
    assert isinstance(error, IndexProblem)
