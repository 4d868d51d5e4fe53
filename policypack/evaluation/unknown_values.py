"""One report for one unknown value: what many policies leave undecided at a path of a resource is said once.

Comes after the evaluation loop and before a door reports; the outcomes of single policies stay as they are for whoever
reads them by a program.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from policypack.core.policy import UNKNOWN, EnforcementLevel, Kind, Outcome
from policypack.evaluation.settings import UNSEEN
from policypack.policies.pulumi.unknown_value import POLICY


def one_per_value(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The outcomes, in their order, with those that wait for one value made one of `pulumi-unknown-value`.

    It stands where the first of them stood, blocks if any of them does, and is as severe as the worst that blocks.
    """
    found: list[Outcome | list[Outcome]] = []
    waiting: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.kind is not Kind.UNDECIDED or outcome.policy.id in UNSEEN:
            found.append(outcome)
            continue
        key = outcome.resource.urn, outcome.path
        if key not in waiting:
            waiting[key] = []
            found.append(waiting[key])
        waiting[key].append(outcome)
    return [_summary(each) if isinstance(each, list) else each for each in found]


def _summary(outcomes: Sequence[Outcome]) -> Outcome:
    first, *_ = outcomes
    blocking = [each for each in outcomes if each.blocks]
    worst = max((each.policy.severity for each in blocking or outcomes), key=lambda severity: severity.rank)
    ids = list(dict.fromkeys(each.policy.id for each in outcomes))
    reasons = list(dict.fromkeys(each.why for each in outcomes))
    listed = ", ".join(f"`{each}`" for each in ids)
    policies = f"policy {listed}" if len(ids) == 1 else f"{len(ids)} policies: {listed}"
    return replace(
        first,
        policy=replace(POLICY, severity=worst),
        message=f"`{first.path or first.resource.name}` {'; it '.join(reasons)}; not judged by {policies}",
        fix=next((each.fix for each in outcomes if each.fix != UNKNOWN.fix), UNKNOWN.fix),
        enforcement=EnforcementLevel.MANDATORY if blocking else EnforcementLevel.ADVISORY,
        waits_for=tuple(dict.fromkeys(urn for each in outcomes for urn in each.waits_for)),
        why=reasons[0],
    )
