"""The page with saved views; the only one that changes something, which is a file of the user."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from stackguard.audit.serve.pages import Endpoint, Pages
from stackguard.audit.serve.saved import SavedViews
from stackguard.audit.serve.snapshot import Newest
from stackguard.errors import CannotJudge

LONGEST = 64_000
"""Bytes of a form."""


class SavedPages(Pages):
    """Saved views."""

    def __init__(self, newest: Newest, views: SavedViews) -> None:
        super().__init__(newest)
        self._views = views

    def reading(self) -> Mapping[str, Endpoint]:
        """As of `Pages`."""
        return {"/views": self.views}

    def changing(self) -> Mapping[str, Endpoint]:
        """As of `Pages`."""
        return {"/views/save": self.save, "/views/remove": self.remove}

    def views(self, request: Request) -> Response:
        """The views."""
        return self.page(request, self._newest.snapshot(), "views", views=self._views.all())

    async def save(self, request: Request) -> Response:
        """Save a view."""
        form = await _form(request)
        await run_in_threadpool(self._views.save, form.get("name", ""), form.get("address", ""))
        return RedirectResponse("/views", 303)

    async def remove(self, request: Request) -> Response:
        """Remove a view."""
        form = await _form(request)
        await run_in_threadpool(self._views.remove, form.get("name", ""))
        return RedirectResponse("/views", 303)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST:
            raise CannotJudge("the form is too long")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        raise CannotJudge("the form is malformed") from None
    return {name: values[0] for name, values in fields.items()}
