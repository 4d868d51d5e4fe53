"""The application: a store and where views are saved go in, what answers requests comes out."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from stackguard.audit.serve import rendering
from stackguard.audit.serve.details import Details
from stackguard.audit.serve.overview import Overviews
from stackguard.audit.serve.pages import Pages
from stackguard.audit.serve.saved import SavedViews
from stackguard.audit.serve.saved_pages import SavedPages
from stackguard.audit.serve.security import Guard, Keys
from stackguard.audit.serve.snapshot import Newest
from stackguard.audit.serve.sql import Questions
from stackguard.errors import CannotJudge
from stackguard.reports.html import FOLDER as SHARED

FOLDER = rendering.FOLDER / "static"
STATIC = {
    "base.css": (SHARED / "base.css", "text/css"),
    "page.css": (FOLDER / "page.css", "text/css"),
    "page.js": (FOLDER / "page.js", "text/javascript"),
    "icon.svg": (FOLDER / "icon.svg", "image/svg+xml"),
}
"""By name, our files and their types; no path of a request is ever one of the disk."""


def guarded(newest: Newest, views: SavedViews, keys: Keys, port: int) -> Guard:
    """The application behind its guard.

    Args:
        newest: the run that it shows.
        views: the saved ones.
        keys: that open it.
        port: of the server.
    """
    pages: tuple[Pages, ...] = tuple(room(newest) for room in (Overviews, Details, Questions))
    pages = (*pages, SavedPages(newest, views))
    routes = [Route(path, endpoint) for room in pages for path, endpoint in room.reading().items()]
    routes += [Route(path, endpoint, methods=["POST"]) for room in pages for path, endpoint in room.changing().items()]
    app = Starlette(
        routes=[*routes, Route("/static/{name}", _static)],
        exception_handlers={CannotJudge: _problem, HTTPException: _http_problem, Exception: _crash},
    )
    app.router.redirect_slashes = False
    return Guard(app, keys, port, frozenset(path for room in pages for path in room.changing()))


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC:
        raise HTTPException(404)
    file, media_type = STATIC[name]
    return Response(file.read_bytes(), media_type=media_type)


def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, CannotJudge)
    return HTMLResponse(rendering.html("problem", title="This does not work", message=error.message), 400)


def _http_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = "There is no such page, or it is about something that the newest audit does not know."
    return HTMLResponse(
        rendering.html("problem", title="Not found", message=message if error.status_code == 404 else error.detail),
        error.status_code,
    )


def _crash(_request: Request, error: Exception) -> Response:
    message = f"stackguard itself failed ({type(error).__name__}); report it with the lines in the terminal"
    return HTMLResponse(rendering.html("problem", title="This does not work", message=message), 500)
