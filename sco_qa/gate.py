"""A gate: who is inside may finish, and once it is closed nobody enters."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sco_qa.errors import UsageError

# A question takes well under a second; a process must not hang at its end because of one that does not return.
_PATIENCE_S = 10.0


class Gate:
    """Counts who is inside. Native code that is at work while its process ends takes the process down with it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._closed = False

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Be inside for a while.

        Raises:
            UsageError: The gate was closed.
        """
        with self._changed:
            if self._closed:
                raise UsageError("the assistant is closed; load another one: Assistant.load()")
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """Let nobody in any more, and wait until nobody is inside."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: not self._inside, timeout=_PATIENCE_S)
