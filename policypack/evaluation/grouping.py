"""Groups of outcomes, for people: outcomes go in, one for each unknown value or one group for each cause comes out.

Undecided outcomes of many policies at one path of a resource wait for one value. A card's `subsumes` names the policies
whose reports follow from its own. Grouping only changes how outcomes are shown: all stay in the reports for programs,
block as before, and keep their fingerprints.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from policypack.core.policy import UNKNOWN, EnforcementLevel, Kind, Outcome
from policypack.evaluation.settings import UNSEEN

STATEMENT = re.compile(r".*?\bStatement(\[\d+\])?(?=\.|$)")
STEP = re.compile(r"[.\[]")


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
    statement of a policy document, at a property that contains it, or, outside of documents, in the same resource; of a
    generic policy, which judges many values that have nothing to do with one another, only at the same place.
    """
    leaders: dict[tuple[str, str, str], int] = {}
    at: dict[tuple[str, str, str], int] = {}
    over: dict[tuple[str, str, str], int] = {}
    for index, outcome in enumerate(outcomes):
        if outcome.kind is Kind.VIOLATION and outcome.policy.subsumes and blocks(outcome):
            urn, statement = outcome.resource.urn, statement_path(outcome.path)
            for follower in outcome.policy.subsumes:
                at.setdefault((urn, outcome.path, follower), index)
                leaders.setdefault((urn, statement, follower), index)
                if not statement:
                    over.setdefault((urn, outcome.path, follower), index)
    direct = list(range(len(outcomes)))
    for index, outcome in enumerate(outcomes):
        if outcome.kind is not Kind.ERROR and outcome.policy.generic:
            direct[index] = at.get((outcome.resource.urn, outcome.path, outcome.policy.id), index)
        elif outcome.kind is not Kind.ERROR:
            urn, statement, follower = outcome.resource.urn, statement_path(outcome.path), outcome.policy.id
            containing = (over.get((urn, path, follower)) for path in _containing(outcome.path) if statement)
            first = min((leader for leader in containing if leader is not None), default=index)
            direct[index] = leaders.get((urn, statement, follower), first)
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


def _containing(path: str) -> Iterator[str]:
    """The paths that cover a path, from the resource itself to the path."""
    yield ""
    yield from (path[: step.start()] for step in STEP.finditer(path) if step.start())
    yield path


def _first(index: int, direct: Sequence[int]) -> int:
    """The end of a chain of causes. Cards form no circle."""
    while direct[index] != index:
        index = direct[index]
    return index


def statement_path(path: str) -> str:
    """The part of a path that leads to a statement of a policy document; empty for another path."""
    match = STATEMENT.match(path)
    return match[0] if match else ""


def one_per_value(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The outcomes, in order, with those that wait for the same value merged into one of `pulumi-unknown-value`.

    It takes the place of the first, blocks if any of them does, and is as severe as the worst that blocks. What is exempt
    is merged with what is exempt in the same way only.
    """
    groups: dict[object, list[Outcome]] = {}
    for index, outcome in enumerate(outcomes):
        of_value = (outcome.resource.urn, outcome.path, outcome.exemption and outcome.exemption.kind)
        key = of_value if waits_for_value(outcome) else index
        groups.setdefault(key, []).append(outcome)
    return [_summary(group) if isinstance(key, tuple) else group[0] for key, group in groups.items()]


def waits_for_value(outcome: Outcome) -> bool:
    """Whether the outcome is undecided because of one unknown value."""
    return outcome.kind is Kind.UNDECIDED and outcome.policy.id not in UNSEEN


def _summary(outcomes: Sequence[Outcome]) -> Outcome:
    from policypack.policies.pulumi.unknown_value import POLICY  # imports all policies

    first, *_ = outcomes
    blocking = [outcome for outcome in outcomes if outcome.blocks]
    worst = max((outcome.policy.severity for outcome in blocking or outcomes), key=lambda severity: severity.rank)
    ids = list(dict.fromkeys(outcome.policy.id for outcome in outcomes))
    reasons = list(dict.fromkeys(outcome.why for outcome in outcomes))
    listed = ", ".join(f"`{policy_id}`" for policy_id in ids)
    policies = f"policy {listed}" if len(ids) == 1 else f"{len(ids)} policies: {listed}"
    return replace(
        first,
        policy=replace(POLICY, severity=worst),
        message=f"`{first.path or first.resource.name}` {'; it '.join(reasons)}; not judged by {policies}",
        fix=next((outcome.fix for outcome in outcomes if outcome.fix != UNKNOWN.fix), UNKNOWN.fix),
        enforcement=EnforcementLevel.MANDATORY if blocking else EnforcementLevel.ADVISORY,
        waits_for=tuple(dict.fromkeys(urn for outcome in outcomes for urn in outcome.waits_for)),
        why=reasons[0],
    )
