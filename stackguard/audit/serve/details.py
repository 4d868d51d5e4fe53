"""The lists and what their rows lead to: a violation, a stack, a policy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from policypack.core.policy import Policy
from policypack.policies import POLICIES
from stackguard.audit.serve.listing import page
from stackguard.audit.serve.lists import ACCESS, RESOURCES, STACKS, violations
from stackguard.audit.serve.pages import Endpoint, Pages
from stackguard.audit.serve.snapshot import Row, Snapshot
from stackguard.card_sections import Code, Further, Points, Prose, paragraphs, sections

HISTORY = 20
"""Runs that the history of a violation has."""
MOST = 100
"""Rows of a table on a page about something else."""
FIRST = 10
"""Those of them that are before what follows."""
OF_OUTCOME = (
    *("message", "fix", "path", "url", "file", "line"),
    *("exemption_reason", "exemption_owner", "exemption_expires", "exemption_ticket"),
)


class Details(Pages):
    """The lists and their rows."""

    def reading(self) -> Mapping[str, Endpoint]:
        """As of `Pages`."""
        return {
            "/violations": self.violations,
            "/violations/{name}": self.violation,
            "/stacks": self.stacks,
            "/stacks/{name}": self.stack,
            "/policies/{name}": self.policy,
            "/resources": self.resources,
            "/access": self.access,
        }

    def violations(self, request: Request) -> Response:
        """The violations."""
        snapshot = self._newest.snapshot()
        return self.list(request, violations(snapshot.info.started), "violations", snapshot)

    def stacks(self, request: Request) -> Response:
        """The stacks."""
        return self.list(request, STACKS, "stacks", self._newest.snapshot())

    def resources(self, request: Request) -> Response:
        """The resources of all stacks."""
        return self.list(request, RESOURCES, "resources", self._newest.snapshot())

    def access(self, request: Request) -> Response:
        """What outsiders can use."""
        return self.list(request, ACCESS, "access", self._newest.snapshot())

    def violation(self, request: Request) -> Response:
        """A violation: why it matters, how to fix it, where it is, and its history."""
        snapshot = self._newest.snapshot()
        row = _one(snapshot, "SELECT * FROM listed WHERE id = ?", request.path_params["name"])
        row |= _outcome(snapshot, row)
        policy = _card(row["policy"])
        runs = [info.id for info in snapshot.finished[-HISTORY:]]
        statuses = snapshot.rows(
            "SELECT run, status FROM violations_of_runs WHERE run IN (SELECT unnest(?)) AND stack_id = ? AND id = ?",
            [runs, row["stack_id"], row["id"]],
        )
        by_run = {status["run"]: status["status"] for status in statuses}
        history = [(info, by_run[info.id]) for info in snapshot.finished[::-1] if info.id in by_run]
        return self.page(
            request,
            snapshot,
            "violation",
            row=row,
            card=policy,
            why=paragraphs(policy.why or "") if policy else [],
            history=history,
            link=f"{request.url.scheme}://{request.url.netloc}{request.url.path}",
        )

    def stack(self, request: Request) -> Response:
        """A stack: its facts, its violations, what is public, its resources by type."""
        snapshot = self._newest.snapshot()
        name = request.path_params["name"]
        row = _one(snapshot, "SELECT * FROM stacks_of_runs WHERE stack_id = ? ORDER BY run DESC LIMIT 1", name)
        key = [row["shard"], name]
        shown = page(snapshot, violations(snapshot.info.started), {"stack_id": name}, MOST)
        types = snapshot.rows(
            "SELECT type, count(*) AS n FROM all_resources WHERE shard = ? AND stack_id = ? GROUP BY 1"
            f" ORDER BY 2 DESC, 1 LIMIT {MOST}",
            key,
        )
        public = snapshot.rows(
            "SELECT verdict, type, name, why, example FROM all_access WHERE shard = ? AND stack_id = ?"
            f" ORDER BY verdict, type, name LIMIT {MOST}",
            key,
        )
        tags = msgspec.json.decode(row["tags"] or "{}", type=dict[str, Any])
        return self.page(
            request, snapshot, "stack", row=row, shown=shown, types=types, public=public, tags=tags, most=MOST
        )

    def policy(self, request: Request) -> Response:
        """A policy: its card, and who has violations of it."""
        snapshot = self._newest.snapshot()
        name = request.path_params["name"]
        policy = _card(name)
        counts = snapshot.rows(
            "SELECT owner, count(*) AS n, count(DISTINCT stack_id) AS stacks, count(*) FILTER (is_new) AS new,"
            " min(first_seen) AS oldest FROM listed WHERE policy = ? AND is_open AND outcome = 'violation' GROUP BY 1"
            f" ORDER BY 2 DESC, 1 LIMIT {MOST}",
            [name],
        )
        if policy is None and not snapshot.rows("SELECT 1 FROM listed WHERE policy = ? LIMIT 1", [name]):
            raise HTTPException(404)
        card = [(heading, [_part(part) for part in parts]) for heading, parts in sections(policy)] if policy else []
        return self.page(
            request, snapshot, "policy", name=name, card=policy, sections=card, counts=counts, first=FIRST, most=MOST
        )


def _outcome(snapshot: Snapshot, row: Row) -> Row:
    """What was said about a violation when its stack was looked at last; if it is fixed by then, what was said before."""
    sql = f"SELECT {', '.join(OF_OUTCOME)} FROM all_outcomes WHERE stack_id = ? AND id = ?"
    key = [row["stack_id"], row["id"]]
    rows = snapshot.rows(f"{sql} AND shard = ?", [*key, row["shard"]]) or snapshot.rows(f"{sql} LIMIT 1", key)
    rows = rows or snapshot.rows("SELECT * FROM joined WHERE stack_id = ? AND id = ? LIMIT 1", key)
    return dict.fromkeys(OF_OUTCOME, "") | (rows[0] if rows else {})


def _one(snapshot: Snapshot, sql: str, name: str) -> Row:
    rows = snapshot.rows(sql, [name]) if re.fullmatch("[0-9a-f]{8,64}", name) else []
    if not rows:
        raise HTTPException(404)
    return rows[0]


def _card(name: str) -> Policy[Any] | None:
    return next((policy for policy in POLICIES if policy.id == name), None)


def _part(part: Prose | Code | Further | Points) -> tuple[str, Any, str]:
    """A part of a card as its kind, its text, and its source."""
    match part:
        case Prose(text):
            return "prose", text, ""
        case Code(text):
            return "code", text, ""
        case Further(text, source):
            return "further", text, source
        case Points(lines):
            return "points", lines, ""
