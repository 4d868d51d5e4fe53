"""One report for each unknown value: the undecided outcomes of many policies at one path of a resource in, one out.

Runs after evaluation and before a door reports; the outcomes of single policies stay as they are for programs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from policypack.core.policy import UNKNOWN, EnforcementLevel, Kind, Outcome
from policypack.evaluation.settings import UNSEEN
from policypack.policies.pulumi.unknown_value import POLICY


def one_per_value(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The outcomes, in order, with those that wait for the same value merged into one of `pulumi-unknown-value`.

    It takes the place of the first, blocks if any of them does, and is as severe as the worst that blocks.
    """
    groups: dict[object, list[Outcome]] = {}
    for index, outcome in enumerate(outcomes):
        key = (outcome.resource.urn, outcome.path) if waits_for_value(outcome) else index
        groups.setdefault(key, []).append(outcome)
    return [_summary(group) if isinstance(key, tuple) else group[0] for key, group in groups.items()]


def waits_for_value(outcome: Outcome) -> bool:
    """Whether the outcome is undecided because of one unknown value."""
    return outcome.kind is Kind.UNDECIDED and outcome.policy.id not in UNSEEN


def _summary(outcomes: Sequence[Outcome]) -> Outcome:
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
