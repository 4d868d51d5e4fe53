"""Outcomes with the hashes that identify them, for waivers, baselines and code scanning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from policypack.core.policy import Outcome
from policypack.evaluation.grouping import causes
from policypack.evaluation.places import fingerprints


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
