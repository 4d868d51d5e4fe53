"""What the pages share: a page is a template with facts about the newest run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from stackguard.audit.serve import rendering
from stackguard.audit.serve.listing import Listing, page
from stackguard.audit.serve.lists import ORDERS
from stackguard.audit.serve.saved import PAGES
from stackguard.audit.serve.snapshot import Newest, Snapshot

Endpoint = Callable[..., Any]
SUGGESTIONS = 200
LONGEST_SUGGESTION = 200


class Pages:
    """Pages about the newest run."""

    def __init__(self, newest: Newest) -> None:
        self._newest = newest

    def reading(self) -> Mapping[str, Endpoint]:
        """By path, what answers a GET."""
        return {}

    def changing(self) -> Mapping[str, Endpoint]:
        """By path, what answers a POST."""
        return {}

    def page(self, request: Request, snapshot: Snapshot, template: str, **facts: Any) -> Response:
        """A page.

        Args:
            request: what is asked for.
            snapshot: the run.
            template: as of `rendering.html`.
            facts: the same.
        """
        here = rendering.address(request.url.path, dict(request.query_params))
        context = {"info": snapshot.info, "here": here, "saveable": request.url.path in PAGES}
        return HTMLResponse(rendering.html(template, **context, **facts))

    def list(self, request: Request, listing: Listing, template: str, snapshot: Snapshot, **facts: Any) -> Response:
        """A page with a list, its search and filters."""
        parameters = dict(request.query_params)
        shown = page(snapshot, listing, parameters)
        asked = {name: value for name, value in parameters.items() if name in {*listing.filters, "q", "sort"}}
        return self.page(
            request,
            snapshot,
            template,
            listing=listing,
            shown=shown,
            asked=asked,
            orders=ORDERS,
            suggestions=suggestions(snapshot, listing),
            **facts,
        )


def suggestions(snapshot: Snapshot, listing: Listing) -> dict[str, list[str]]:
    """By filter, the most frequent values of a free text."""
    lists = {}
    for name, one in listing.filters.items():
        if one.suggested:
            table, _, column = one.suggested.rpartition(".")
            rows = snapshot.once(
                f"SELECT {column} AS value FROM {table} WHERE {column} <> '' AND length({column}) <= {LONGEST_SUGGESTION}"
                f" GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {SUGGESTIONS}"
            )
            lists[name] = [row["value"] for row in rows]
    return lists
