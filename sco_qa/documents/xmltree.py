"""XML from documents that nobody vouches for: nothing is loaded that it refers to, no entity is expanded."""

from __future__ import annotations

from typing import Any

from sco_qa.errors import DocumentError


def parse(content: bytes) -> Any:
    """Parse XML into a tree.

    Raises:
        DocumentError: It is not well-formed; the message is the reason alone.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise DocumentError(f"its XML is broken: {' '.join(str(error).split())}") from None


def first(tree: Any, name: str) -> str | None:
    """Give the words of the first element of a name, in any namespace; None if there are none."""
    return next((text for element in tree.iterfind(f".//{{*}}{name}") if (text := (element.text or "").strip())), None)
