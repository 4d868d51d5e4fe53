"""Names for outcomes that outlive edits elsewhere: for waivers, baselines and code scanning."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from policypack.core.policy import Outcome
from stackguard.reports.excerpt import blamed, holds_secret


def fingerprints(outcomes: Iterable[Outcome]) -> list[str]:
    """A name for each outcome that outlives edits elsewhere: what is judged, by what, and where.

    Neither lines nor wording count. A statement with a `Sid` keeps its fingerprint when it moves in its document.
    Outcomes that agree in all of that are told apart by their order.
    """
    return told_apart(
        (outcome.kind, outcome.policy.id, outcome.resource.urn, _anchored(outcome)) for outcome in outcomes
    )


def told_apart(keys: Iterable[Iterable[str]]) -> list[str]:
    """A fingerprint for each key; those that agree are told apart by their order."""
    seen: dict[str, int] = {}
    found = []
    for parts in keys:
        key = "\n".join(parts)
        seen[key] = seen.get(key, 0) + 1
        found.append(hashlib.sha256(f"{key}\n{seen[key]}".encode(errors="replace")).hexdigest()[:32])
    return found


def _anchored(outcome: Outcome) -> str:
    """The path, with the statement's `Sid` in place of its index."""
    place = blamed(outcome)
    if place is None or holds_secret(outcome.resource, place.property):
        return outcome.path
    sid = place.statement.get("Sid")
    if not isinstance(sid, str) or not sid or place.sids.count(sid) > 1:
        return outcome.path
    return f"{place.property}.Statement[{sid}]{place.element and '.'}{place.element}"
