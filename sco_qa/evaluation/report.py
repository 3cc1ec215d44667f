"""A run as a report: JSON, a table for the terminal, and one HTML page that holds all it shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from sco_qa.errors import GoldError
from sco_qa.evaluation import figures
from sco_qa.evaluation.cost import Cost
from sco_qa.evaluation.figures import Estimate
from sco_qa.evaluation.run import Outcome, Row
from sco_qa.version import __version__

KIND_COLUMNS = ("hit@1", "hit@5", "evidence@1", "F1", "right@1", "answered", "abstained")


@dataclass(frozen=True)  # without slots: what is computed of the rows is kept
class Report:
    """A run's rows with what they were made with."""

    name: str
    settings: Mapping[str, Any]
    rows: tuple[Row, ...]
    cost: Cost | None = None

    @cached_property
    def figures(self) -> dict[str, Estimate]:
        """Every figure that is about some of the rows."""
        return figures.summary(self.rows)

    @cached_property
    def kinds(self) -> dict[str, tuple[int, dict[str, Estimate]]]:
        """How many questions of each kind there are, and the figures of these."""
        return {kind: (len(rows), figures.summary(rows)) for kind, rows in figures.by_kind(self.rows).items()}

    def to_json(self) -> dict[str, Any]:
        """Give the report as JSON values: figures, figures by kind, and every question."""
        return {
            "name": self.name,
            "version": __version__,
            "settings": dict(self.settings),
            "figures": {name: value.to_json() for name, value in self.figures.items()},
            "kinds": {
                kind: {
                    name: value.to_json() for name, value in found.items() if name in KIND_COLUMNS or name == "facts@5"
                }
                for kind, (_, found) in self.kinds.items()
            },
            "outcomes": {outcome.value: n for outcome, n in outcomes(self.rows).items()},
            "latency_ms": {
                stage: {"p50": round(p50, 1), "p95": round(p95, 1)}
                for stage, (p50, p95) in figures.latency(self.rows).items()
            },
            "cost": None if self.cost is None else asdict(self.cost),
            "rows": [row.to_json() for row in self.rows],
        }

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a report that was written as JSON.

        Raises:
            GoldError: It cannot be read, or is no report.
        """
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
            rows = tuple(Row.from_json(row) for row in entry["rows"])
            return cls(entry["name"], entry["settings"], rows, Cost(**entry["cost"]) if entry.get("cost") else None)
        except OSError as error:
            problem = f"cannot read {path} ({error.strerror})"
        except (ValueError, KeyError, TypeError) as error:
            problem = f"{path} is no report of this version ({type(error).__name__})"
        raise GoldError(f"{problem}; write one with: sco-qa eval --save {path}")

    def write(self, path: Path) -> None:
        """Write the report as JSON, a question a line, so that two runs can be read side by side."""
        content = self.to_json()
        rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in content.pop("rows"))
        head = json.dumps(content, ensure_ascii=False, indent=1).removesuffix("\n}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'{head},\n "rows": [\n{rows}\n]}}\n', encoding="utf-8")


def outcomes(rows: Sequence[Row]) -> dict[Outcome, int]:
    """Count what became of the questions, stage by stage."""
    return {outcome: n for outcome in Outcome if (n := sum(row.outcome is outcome for row in rows))}
