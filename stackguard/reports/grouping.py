"""Groups of outcomes that have one cause: outcomes in, one group for each cause out.

A card's `subsumes` names the policies whose reports follow from its own. Grouping only changes how a report is shown:
every outcome stays in the report, blocks as before, and keeps its fingerprint.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from policypack.core.policy import Kind, Outcome, covers
from policypack.evaluation.unknown_values import one_per_value, waits_for_value

STATEMENT = re.compile(r".*?\bStatement(\[\d+\])?(?=\.|$)")


@dataclass(frozen=True, slots=True)
class Group:
    """Outcomes with one cause, shown as one report."""

    reports: tuple[Outcome, ...]
    """Outcomes of one policy for one resource that have the same fix: the cause, at each of its places."""
    subsumed: tuple[Outcome, ...]
    """Outcomes of other policies that follow from it."""

    @property
    def first(self) -> Outcome:
        """The cause at its first place."""
        return self.reports[0]


def causes(outcomes: Sequence[Outcome], blocks: Callable[[Outcome], bool]) -> list[int]:
    """For each outcome the index of the outcome that it follows from, or its own.

    An outcome follows from a violation that blocks in this run, and whose policy subsumes its policy: in the same
    statement of a policy document, at a property that contains it, or, outside of documents, in the same resource.
    """
    leaders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, outcome in enumerate(outcomes):
        if outcome.kind is Kind.VIOLATION and outcome.policy.subsumes and blocks(outcome):
            leaders[outcome.resource.urn, statement_path(outcome.path)].append(index)
    direct = list(range(len(outcomes)))
    for index, outcome in enumerate(outcomes):
        if outcome.kind is not Kind.ERROR:
            direct[index] = next(_causes_of(index, outcomes, leaders), index)
    return [_first(index, direct) for index in direct]


def groups(outcomes: Sequence[Outcome], blocks: Callable[[Outcome], bool]) -> list[Group]:
    """The outcomes as groups, in the order of their causes; undecided outcomes of one value are one report."""
    by_cause: dict[object, list[Outcome]] = defaultdict(list)
    subsumed: dict[object, list[Outcome]] = defaultdict(list)
    leaders = causes(outcomes, blocks)
    for index, outcome in enumerate(outcomes):
        leader = outcomes[leaders[index]]
        urn = leader.resource.urn
        key: object = (leader.policy.id, leader.policy.severity, leader.kind, urn, leader.fix, leader.enforcement)
        if waits_for_value(leader):
            key = (urn, leader.path)
        (by_cause if leader is outcome else subsumed)[key].append(outcome)
    return [Group(tuple(one_per_value(reports)), tuple(subsumed[key])) for key, reports in by_cause.items()]


def _causes_of(
    index: int, outcomes: Sequence[Outcome], leaders: Mapping[tuple[str, str], Sequence[int]]
) -> Iterator[int]:
    outcome = outcomes[index]
    urn, statement = outcome.resource.urn, statement_path(outcome.path)
    for candidate in (*leaders.get((urn, statement), ()), *(leaders.get((urn, ""), ()) if statement else ())):
        cause = outcomes[candidate]
        in_reach = not statement or statement == statement_path(cause.path) or covers(cause.path, outcome.path)
        if in_reach and outcome.policy.id in cause.policy.subsumes:
            yield candidate


def _first(index: int, direct: Sequence[int]) -> int:
    """The end of a chain of causes. Cards form no circle."""
    while direct[index] != index:
        index = direct[index]
    return index


def statement_path(path: str) -> str:
    """The part of a path that leads to a statement of a policy document; empty for another path."""
    match = STATEMENT.match(path)
    return match[0] if match else ""
