"""Hashes that identify outcomes across edits of the code: for waivers, baselines and code scanning."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from policypack.core.policy import Outcome
from stackguard.reports.excerpt import contains_secret, statement_of
from stackguard.reports.grouping import causes


@dataclass(frozen=True, slots=True)
class IdentifiedOutcome:
    """An outcome with its fingerprint, and the fingerprint of the outcome that it follows from; None for a cause."""

    outcome: Outcome
    fingerprint: str
    cause: str | None


def identified(outcomes: Sequence[Outcome], blocks: Callable[[Outcome], bool]) -> list[IdentifiedOutcome]:
    """The outcomes, in their order; `blocks` is as of `Report`."""
    hashes = fingerprints(outcomes)
    return [
        IdentifiedOutcome(outcome, hashes[index], None if leader == index else hashes[leader])
        for index, (outcome, leader) in enumerate(zip(outcomes, causes(outcomes, blocks), strict=True))
    ]


def fingerprints(outcomes: Iterable[Outcome]) -> list[str]:
    """A hash for each outcome of its kind, policy, resource and path; lines and messages do not count.

    A statement with a `Sid` keeps its fingerprint when it moves within its document.
    """
    return distinct_hashes(
        (outcome.kind, outcome.policy.id, outcome.resource.urn, _stable_path(outcome)) for outcome in outcomes
    )


def distinct_hashes(keys: Iterable[Iterable[str]]) -> list[str]:
    """A hash for each key; equal keys are numbered in their order, so that no two hashes are equal."""
    counts: Counter[str] = Counter()
    hashes = []
    for parts in keys:
        key = "\n".join(parts)
        counts[key] += 1
        hashes.append(hashlib.sha256(f"{key}\n{counts[key]}".encode(errors="replace")).hexdigest()[:32])
    return hashes


def _stable_path(outcome: Outcome) -> str:
    """The path, with the statement's `Sid` instead of its index if the `Sid` is unique."""
    place = statement_of(outcome)
    if place is None or contains_secret(outcome.resource, place.property):
        return outcome.path
    sid = place.statement.get("Sid")
    if not isinstance(sid, str) or not sid or place.sids.count(sid) > 1:
        return outcome.path
    return f"{place.property}.Statement[{sid}]{place.element and '.'}{place.element}"
