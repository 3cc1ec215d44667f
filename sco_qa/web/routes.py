"""Our own addresses: style sheets, scripts and the sources. Nothing is ever looked up by a path."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from sco_qa.reply import Citation
from sco_qa.types import Span
from sco_qa.web import article, citations, places
from sco_qa.web.assets import assets
from sco_qa.web.contract import CitationView
from sco_qa.web.desk import Desk
from sco_qa.web.markup import render
from sco_qa.web.places import Permalink, Shown

_Position = Annotated[int | None, Query(ge=0, le=1_000_000_000)]
_Hash = Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")]


def router(desk: Desk) -> APIRouter:
    """Make the routes; every one of them answers from memory."""
    routes = APIRouter()
    known = assets()

    @routes.get("/web/{name}")
    def asset(name: str) -> Response:
        if name not in known:
            return _nothing(desk, "There is nothing here.")
        content, media = known[name]
        return Response(content, media_type=media, headers={"cache-control": "no-cache"})

    @routes.get("/scores")
    def scores() -> Response:
        try:
            return HTMLResponse(desk.settings.report.read_bytes())
        except OSError:
            return _nothing(desk, "There is no evaluation yet.")

    @routes.get("/source/{id_:path}")
    def source(
        request: Request,
        id_: str,
        *,
        start: _Position = None,
        end: _Position = None,
        sha256: _Hash = None,
        others: Annotated[list[str], Query(alias="with")] = [],  # noqa: B006 - FastAPI copies it
    ) -> Response:
        if desk.source(id_) is None:
            return _nothing(desk, "No source has this name.")
        place = None
        if start is not None or end is not None:
            if start is None or end is None or start >= end:
                return _nothing(desk, "An address needs a start and an end behind it.", status=422)
            place = Permalink(id_, Span(start, end), sha256)
        return HTMLResponse(_source_page(desk, id_, place, places.others(others), str(request.base_url).rstrip("/")))

    return routes


def _source_page(desk: Desk, id_: str, place: Permalink | None, others: tuple[Permalink, ...], origin: str) -> str:
    source = desk.assistant.index.sources[id_]
    base = desk.settings.base_path
    standing = places.shown(source, desk.state(source), place)
    cited = None if place is None or standing in {Shown.CHANGED, Shown.NOWHERE} else place.span
    here = next((i for i, other in enumerate(others) if place is not None and _same(other, place)), None)
    around = dict(zip(range(len(others)), others, strict=True)) if here is not None else {}
    also = [o.span for o in others if o.source == id_ and o.sha256 == source.sha256 and o.span != cited]
    view, permalink = None, ""
    if place is not None and cited is not None:
        quote = source.text[cited.start : cited.end]
        citation = Citation(source, cited, quote, cited, desk.state(source))
        view = CitationView.model_validate(citation.to_json())
        permalink = Permalink(id_, cited, source.sha256).address(base)
    facts: tuple[str | None, ...] = (source.author, source.publisher, source.date)
    if view is not None:
        facts = (view.author, view.publisher, view.date, view.place)
    return render(
        "source.html",
        base=base,
        source=source,
        facts=[part for part in facts if part is not None],
        standing=standing,
        blocks=article.lay_out(source, cited, also),
        permalink=permalink,
        formats={} if view is None else citations.formats(view, f"{origin}{permalink}"),
        place_count=len(around),
        place_number=0 if here is None else here + 1,
        previous=None if here is None or here == 0 else others[here - 1].address(base, others),
        next=None if here is None or here + 1 == len(others) else others[here + 1].address(base, others),
    )


def _same(one: Permalink, other: Permalink) -> bool:
    return one.source == other.source and one.span == other.span


def _nothing(desk: Desk, text: str, *, status: int = 404) -> Response:
    return HTMLResponse(render("nothing.html", base=desk.settings.base_path, text=text), status_code=status)
