"""Parsers that a file may crash or make eat all memory, each in a process of its own that may take only so much.

Whatever a file does to its parser, it ends one process, never a build::

    python -m sco_qa.documents.apart sco_qa.documents.pdfium MEGABYTES < report.pdf

writes what the module's ``inside`` gives, one JSON object; ``{"problem": "…"}`` says why there is nothing else.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
from typing import Any

from sco_qa.errors import DocumentError

MEMORY = 2_000_000_000
"""Bytes of address space: room for the largest reports, and for several readers at once on an ordinary machine."""
SECONDS = 60
"""Of processor time; a page takes some milliseconds."""
_PATIENCE = 10  # times that, on the clock: the machine may be busy


def inside(module: str, name: str, content: bytes, megabytes: int) -> dict[str, Any]:
    """Give what ``module`` finds inside a document.

    Raises:
        DocumentError: It found a problem, or was ended before it found anything.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", __name__, module, str(megabytes)]
    try:
        ran = subprocess.run(  # noqa: S603 - ourselves
            command, input=content, capture_output=True, env=environment, timeout=SECONDS * _PATIENCE, check=False
        )
        found: dict[str, Any] = json.loads(ran.stdout)
    except (subprocess.TimeoutExpired, ValueError):  # it was ended before it could say anything
        raise DocumentError(
            f"{name} is broken, or takes more than {SECONDS} s or {MEMORY // 10**9} GB to read; "
            "save it again, split or remove it"
        ) from None
    if "problem" in found:
        raise DocumentError(f"{name} {found['problem']}")
    return found


def main() -> int:
    """Read a document from standard input within the limits, write JSON to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, module, megabytes = sys.argv
    found = importlib.import_module(module).inside(sys.stdin.buffer.read(), int(megabytes))
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
