"""The style sheets and scripts beside this module, read once."""

from __future__ import annotations

from importlib.resources import files

_MEDIA = {".css": "text/css", ".js": "text/javascript"}


def assets() -> dict[str, tuple[str, str]]:
    """Read them: name → (content, media type)."""
    return {
        entry.name: (entry.read_text(encoding="utf-8"), media)
        for entry in files("sco_qa.web").iterdir()
        for ending, media in _MEDIA.items()
        if entry.name.endswith(ending)
    }
