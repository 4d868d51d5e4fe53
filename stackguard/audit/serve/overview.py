"""The pages about all stacks: the overview, policies, runs and their differences, what was not judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from policypack.policies import POLICIES
from stackguard.audit.difference import COMPARED, LATEST, Changed, chosen
from stackguard.audit.reports import wording
from stackguard.audit.reports.overview import cards, responsible
from stackguard.audit.reports.results import Group, Listed, Severities
from stackguard.audit.serve.pages import Endpoint, Pages
from stackguard.audit.serve.snapshot import Snapshot

MOST = 10
"""Groups of a table, and violations of a list."""
MOST_STACKS = 500
"""Stacks of a list that has no pages."""
MOST_CHANGES = 300
"""Violations of a difference, of each kind."""
HEAT = (25, 12)
"""Stacks and policies of the map."""
HOT = (1, 3, 10, 30)
"""Counts from which a cell has the next colour."""


class Overviews(Pages):
    """Pages about all stacks."""

    def reading(self) -> Mapping[str, Endpoint]:
        """As of `Pages`."""
        return {
            "/": self.overview,
            "/policies": self.policies,
            "/runs": self.runs,
            "/difference": self.difference,
            "/failed": self.failed,
        }

    def overview(self, request: Request) -> Response:
        """Score and trend, what is new, who is worst."""
        snapshot = self._newest.snapshot()
        return self.page(request, snapshot, "overview", **overview(snapshot))

    def policies(self, request: Request) -> Response:
        """Every policy with its open violations."""
        snapshot = self._newest.snapshot()
        groups: Mapping[str, Group] = snapshot.remember(
            "policies", lambda: {group.name: group for group in snapshot.rollups.by("policy")}
        )
        cards = {policy.id: policy for policy in POLICIES}
        none = Group("", 0, 0, Severities(), 0, 0.0, 0, 0, "")
        names = [*groups, *(name for name in cards if name not in groups)]
        words = request.query_params.get("q", "").lower().split()
        rows = [
            {"id": name, "card": cards.get(name), "group": groups.get(name, none)}
            for name in names
            if all(word in f"{name} {cards[name].title if name in cards else ''}".lower() for word in words)
        ]
        return self.page(request, snapshot, "policies", rows=rows, q=request.query_params.get("q", ""))

    def runs(self, request: Request) -> Response:
        """The finished runs, the newest first."""
        snapshot = self._newest.snapshot()
        return self.page(request, snapshot, "runs", runs=snapshot.finished[::-1][:MOST_STACKS])

    def difference(self, request: Request) -> Response:
        """What changed between two runs."""
        snapshot = self._newest.snapshot()
        new = chosen(snapshot.finished, request.query_params.get("new") or LATEST)
        asked = request.query_params.get("old")
        before = snapshot.since if new is snapshot.info else new.previous
        old = chosen(snapshot.finished, asked).id if asked else before
        counts, changes = snapshot.remember(("difference", old, new.id), lambda: _difference(snapshot, old, new.id))
        return self.page(
            request,
            snapshot,
            "difference",
            runs=snapshot.finished[::-1][:MOST_STACKS],
            old=old,
            new=new,
            counts=counts,
            changes=changes,
            most=MOST_CHANGES,
        )

    def failed(self, request: Request) -> Response:
        """The stacks that failed or were left out, what no policy is about, and waivers to look at."""
        snapshot = self._newest.snapshot()
        rollups = snapshot.rollups
        facts = snapshot.remember(
            "failed",
            lambda: {
                "totals": rollups.totals(),
                "failed": rollups.stacks_in("failed", MOST_STACKS),
                "left_out": rollups.stacks_in("left-out", MOST_STACKS),
                "without_policy": rollups.without_policy(MOST_STACKS),
                "waivers": rollups.waivers(),
            },
        )
        return self.page(request, snapshot, "failed", most=MOST_STACKS, **facts)


def overview(snapshot: Snapshot) -> dict[str, Any]:
    """What the first page shows."""
    return snapshot.remember("overview", lambda: _overview(snapshot))


def _overview(snapshot: Snapshot) -> dict[str, Any]:
    rollups = snapshot.rollups
    trend = rollups.trend()
    kind, worst = responsible(rollups, MOST)
    policies = rollups.by("policy", MOST)
    return {
        "totals": rollups.totals(),
        "trend": trend,
        "line": _line([point.score for point in trend]),
        **{name: _rows(rollups.listed(name, MOST)) for name in ("new", "oldest")},
        "kind": kind,
        "tables": (
            ("owner" if kind == "team" else "project", f"Worst {kind}s", worst),
            ("policy", "Worst policies", policies),
            ("account", "Worst accounts", rollups.by("account", MOST)),
        ),
        "heat": rollups.heat_map(*HEAT),
        "hot": lambda count: sum(count >= bound for bound in HOT),
        "cards": {card.policy: card for card in cards({group.name for group in policies})},
        "wording": wording,
    }


def _rows(listed: Listed) -> dict[str, Any]:
    return {"total": listed.total, "rows": [msgspec.structs.asdict(finding) for finding in listed.findings]}


def _line(scores: list[float]) -> list[tuple[float, float]]:
    """Points of a drawing that is 600 wide and 100 high."""
    step = 600 / max(len(scores) - 1, 1)
    return [(round(at * step, 1), round(100 - score, 1)) for at, score in enumerate(scores)]


def _difference(snapshot: Snapshot, old: str, new: str) -> tuple[dict[str, int], dict[str, list[dict[str, Any]]]]:
    names = ", ".join(Changed.__struct_fields__)
    parameters = {"old": old, "new": new}
    counts = snapshot.rows(
        f"SELECT change, count(*) AS n FROM ({COMPARED}) WHERE change IS NOT NULL GROUP BY change", parameters
    )
    rows = snapshot.rows(
        f"SELECT {names} FROM ({COMPARED}) WHERE change <> 'still-open' QUALIFY row_number() OVER (PARTITION BY change"
        f" ORDER BY rank DESC, policy, organization, project, stack, id) <= {MOST_CHANGES}"
        " ORDER BY rank DESC, policy, organization, project, stack, id",
        parameters,
    )
    changes: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        changes.setdefault(row["change"], []).append(row)
    return {row["change"]: row["n"] for row in counts}, changes
