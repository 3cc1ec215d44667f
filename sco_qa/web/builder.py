"""Builds the index in a process of its own: it can be ended at any moment, and PyTorch never enters the page's.

``python -m sco_qa.web.builder`` builds what its environment names and says how far it is, a JSON object a line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from sco_qa import builder
from sco_qa.errors import IndexProblem, ScoQaError
from sco_qa.index import Progress
from sco_qa.settings import Settings


class Builder:
    """Runs a build, and ends it when it is told to; what is served meanwhile is never touched."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def build(self, settings: Settings, progress: Progress) -> tuple[str, ...]:
        """Build the index that ``settings`` name; give why documents were skipped, a line each.

        Raises:
            IndexProblem: What hindered it; the index that there was is still there.

        """
        problem, skipped = "", ()
        with subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", __name__],
            env={**os.environ, **settings.environment()},
            stdout=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C is for the page, which then ends this
        ) as self._process:
            if self._stopped:
                self._process.kill()
            for line in self._process.stdout or ():
                said = json.loads(line)
                problem = said.get("problem", problem)
                skipped = tuple(said.get("skipped", skipped))
                if "doing" in said:
                    progress(*said["doing"])
        if problem or self._process.returncode:
            raise IndexProblem(problem or "the build was ended before it was finished; the index is the old one")
        return skipped

    def stop(self) -> None:
        """End the build that runs, and any that is begun later; nothing of it is left when this returns."""
        self._stopped = True
        if self._process is not None:
            self._process.kill()
            self._process.wait()  # not every machine has somebody who collects what a dead parent left


def main() -> None:
    """Build, and say so."""
    settings = Settings.from_environment()
    try:
        built = builder.build(settings, progress=lambda *doing: _say(doing=doing))
        _say(skipped=[skipped.reason for skipped in built.skipped])
    except ScoQaError as error:
        _say(problem=str(error))


def _say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
