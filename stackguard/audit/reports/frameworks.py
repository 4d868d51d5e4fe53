"""Frameworks over an audit: the evidence of all stacks goes in, the status of each requirement comes out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

import msgspec

from policypack.frameworks.model import Framework, Requirement
from policypack.frameworks.roll_up import ABSENT, ControlResult, RollUp, roll_up
from stackguard.audit.reports.results import ControlState, FrameworkState
from stackguard.audit.reports.rollups import Rollups

EVIDENCE = """
SELECT e.policy, e.came, coalesce(e.by_type, '{}'), sum(e.count)::BIGINT, count(*) FROM all_evidence e
JOIN current_stacks s ON e.shard = s.shard AND e.stack_id = s.stack_id GROUP BY ALL
"""
"""Millions of rows have a few thousand different counts by type, each of which is decoded once."""


def states(rollups: Rollups, frameworks: Sequence[Framework]) -> tuple[FrameworkState, ...]:
    """The requirements of frameworks over all stacks that are known."""
    return tuple(map(_state, rolled_up(rollups, frameworks)))


def rolled_up(rollups: Rollups, frameworks: Sequence[Framework]) -> list[RollUp]:
    """The frameworks with the counts of all stacks; what the store does not count by type is not judged."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    by_type: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for policy, came, encoded, count, stacks in rollups.rows(EVIDENCE):
        counts[policy][came] += count
        for type_token, resources in msgspec.json.decode(encoded, type=dict[str, int]).items():
            by_type[policy, type_token][came] += resources * stacks
    _add_not_applicable(counts, rollups)
    typed = {policy for policy, _ in by_type}
    uncounted = {
        policy
        for policy, kinds in counts.items()
        if policy not in typed and not kinds.keys() <= {*ABSENT, "not-applicable"}
    }
    complete = rollups.complete()
    return [roll_up(_without(framework, uncounted), counts, by_type, complete=complete) for framework in frameworks]


def _add_not_applicable(counts: dict[str, Counter[str]], rollups: Rollups) -> None:
    """Add what the store leaves out: the resources that a policy which ran is not about."""
    stacks, resources = rollups.rows("SELECT count(last_run), coalesce(sum(resources), 0)::BIGINT FROM current_stacks")[
        0
    ]
    from policypack.policies import POLICIES

    chosen = rollups.info.policies
    for policy in (policy.id for policy in POLICIES if not chosen or policy.id in chosen):
        kinds = counts[policy]
        absent = sum(kinds[kind] for kind in ABSENT)
        rest = resources - sum(kinds.values()) + absent
        if absent < stacks and rest > 0:
            kinds["not-applicable"] = rest


def _without(framework: Framework, uncounted: Collection[str]) -> Framework:
    """The framework without the policies of requirements about some types of which the store does not have counts."""

    def judged(requirement: Requirement) -> Requirement:
        if any(check.types and check.policy in uncounted for check in requirement.checks):
            return msgspec.structs.replace(requirement, policies=())
        return requirement

    return msgspec.structs.replace(framework, requirements=tuple(map(judged, framework.requirements)))


def _state(result: RollUp) -> FrameworkState:
    framework = result.framework
    counts = {status.value: count for status, count in sorted(result.counts.items())}
    return FrameworkState(
        framework.id, framework.name, counts, result.without_policy, tuple(map(_control, result.results))
    )


def _control(result: ControlResult) -> ControlState:
    requirement = result.requirement
    return ControlState(
        requirement.id,
        requirement.title,
        requirement.service,
        result.status.value,
        result.policies,
        result.violations,
        result.undecided,
        result.accepted,
        result.passes,
    )
