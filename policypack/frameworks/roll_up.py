"""The roll-up: a framework and the counts of what came of its policies in, the status of each requirement out.

Counts are those of the evidence, by policy and kind: `{"s3-public-acl": {"pass": 3, "violation": 1}}`. Counts of several
stacks are added up (`total`).
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from policypack.frameworks.model import Check, Framework, Requirement

Counts = Mapping[str, Mapping[str, int]]
"""By policy, how many records there are of each kind."""
TypeCounts = Mapping[tuple[str, str], Mapping[str, int]]
"""The same by policy and resource type."""
K = TypeVar("K", bound=Hashable)

ABSENT = ("disabled", "not-selected")
"""The kinds of a policy that did not run."""
UNSEEN = ("pulumi-unseen-component", "pulumi-unseen-resource")
"""The policies that report resources which no other policy saw."""


class Status(enum.StrEnum):
    """What the policies that check a requirement say of it. The worst comes first."""

    VIOLATED = "violated"
    """One of them reports a violation."""
    UNDECIDED = "undecided"
    """A value that one of them reads is unknown, or one that is broader than the requirement reports something."""
    ACCEPTED = "accepted"
    """All that they report is waived or in the baseline."""
    PARTLY_SATISFIED = "partly-satisfied"
    """What they read passes, and they do not cover the requirement or did not judge everything."""
    SATISFIED = "satisfied"
    """They cover the requirement, read something and report nothing."""
    NOT_APPLICABLE = "not-applicable"
    """They ran, and there is nothing that they are about."""
    NOT_JUDGED = "not-judged"
    """No policy checks it, or none of those that do ran."""


@dataclass(frozen=True, slots=True)
class ControlResult:
    """A requirement and what came of it."""

    requirement: Requirement
    status: Status
    policies: tuple[str, ...]
    """The policies that check it."""
    violations: int = 0
    undecided: int = 0
    """Outcomes that decide nothing: unknown values, crashes, and reports of broader policies."""
    accepted: int = 0
    """Outcomes that are waived or in the baseline."""
    passes: int = 0
    """Resources of which a policy read a value and reported nothing, counted for each policy."""


@dataclass(frozen=True)
class RollUp:
    """A framework and the results of its requirements, in their order."""

    framework: Framework
    results: tuple[ControlResult, ...]

    @cached_property
    def counts(self) -> Mapping[Status, int]:
        """How many requirements have each status."""
        return Counter(result.status for result in self.results)

    def of(self, *statuses: Status) -> tuple[ControlResult, ...]:
        """The results with one of these statuses."""
        return tuple(result for result in self.results if result.status in statuses)

    @property
    def without_policy(self) -> int:
        """How many requirements no policy checks."""
        return sum(not result.policies for result in self.results)


def roll_up(
    framework: Framework, counts: Counts, by_type: TypeCounts | None = None, *, complete: bool = True
) -> RollUp:
    """The status of each requirement.

    Args:
        framework: with the policies that check each requirement.
        counts: by policy; a policy without counts did not run.
        by_type: by policy and resource type, at least for the policies of `typed`. Without it, what a policy reports
            counts for each of its requirements, whatever type that is about.
        complete: whether everything that there is was judged; if not, nothing is wholly satisfied.
    """
    complete &= not any(counts.get(policy, {}).get(kind) for policy in UNSEEN for kind in REPORTED)
    results = (
        _result(framework, requirement, counts, by_type, complete=complete) for requirement in framework.requirements
    )
    return RollUp(framework, tuple(results))


REPORTED = ("violation", "undecided", "error", "waived", "baselined")


def total(counts: Iterable[Mapping[K, Mapping[str, int]]]) -> dict[K, Counter[str]]:
    """The sum of counts, such as those of several stacks."""
    summed: dict[K, Counter[str]] = {}
    for part in counts:
        for key, kinds in part.items():
            summed.setdefault(key, Counter()).update(kinds)
    return summed


def typed(frameworks: Iterable[Framework]) -> frozenset[str]:
    """The policies that must be counted by resource type for these frameworks."""
    requirements = (requirement for framework in frameworks for requirement in framework.requirements)
    return frozenset(check.policy for requirement in requirements for check in requirement.checks if check.types)


def _result(
    framework: Framework, requirement: Requirement, counts: Counts, by_type: TypeCounts | None, *, complete: bool
) -> ControlResult:
    tallies = [_Tally(check, _kinds(check, counts, by_type)) for check in requirement.checks]
    return ControlResult(
        requirement,
        _status(tallies, whole=framework.whole(requirement), complete=complete),
        tuple(tally.check.policy for tally in tallies),
        sum(tally.violations for tally in tallies),
        sum(tally.undecided for tally in tallies),
        sum(tally.accepted for tally in tallies),
        sum(tally.passes for tally in tallies),
    )


@dataclass(frozen=True, slots=True)
class _Tally:
    """A check, and the kinds of what came of its policy."""

    check: Check
    kinds: Mapping[str, int]

    @property
    def violations(self) -> int:
        return 0 if self.check.broader else self.kinds.get("violation", 0)

    @property
    def undecided(self) -> int:
        broader = self.kinds.get("violation", 0) if self.check.broader else 0
        return self.kinds.get("undecided", 0) + self.kinds.get("error", 0) + broader

    @property
    def accepted(self) -> int:
        return self.kinds.get("waived", 0) + self.kinds.get("baselined", 0)

    @property
    def passes(self) -> int:
        return self.kinds.get("pass", 0)

    @property
    def ran(self) -> bool:
        return any(count for kind, count in self.kinds.items() if kind not in ABSENT)

    @property
    def judged_all(self) -> bool:
        """Whether it ran everywhere, and no other policy took a value away from it."""
        return self.ran and not any(self.kinds.get(kind) for kind in (*ABSENT, "excused"))


def _kinds(check: Check, counts: Counts, by_type: TypeCounts | None) -> Mapping[str, int]:
    """What came of a policy about the types of a check."""
    kinds = counts.get(check.policy, {})
    if by_type is None or not check.types:
        return kinds
    about = total(
        {check.policy: of_type}
        for (policy, type_token), of_type in by_type.items()
        if policy == check.policy and check.about(type_token)
    ).get(check.policy, Counter())
    ran = {"not-applicable": 1} if any(kind not in ABSENT for kind in kinds) else {}
    return {**ran, **{kind: kinds[kind] for kind in ABSENT if kind in kinds}, **about}


def _status(tallies: list[_Tally], *, whole: bool, complete: bool) -> Status:
    for status, count in (
        (Status.VIOLATED, sum(tally.violations for tally in tallies)),
        (Status.UNDECIDED, sum(tally.undecided for tally in tallies)),
        (Status.ACCEPTED, sum(tally.accepted for tally in tallies)),
    ):
        if count:
            return status
    covering = [tally for tally in tallies if not tally.check.partly]
    if any(tally.passes for tally in tallies):
        satisfied = whole and complete and any(tally.passes for tally in covering)
        satisfied &= all(tally.judged_all for tally in covering)
        return Status.SATISFIED if satisfied else Status.PARTLY_SATISFIED
    ran = any(tally.ran for tally in tallies) and not any(tally.kinds.get("excused") for tally in tallies)
    return Status.NOT_APPLICABLE if ran else Status.NOT_JUDGED
