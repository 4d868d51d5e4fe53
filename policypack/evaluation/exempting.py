"""Evaluation with exemptions: what is waived or in a baseline does not block, so it excuses no other policy either."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from policypack.core.policy import Outcome, Policy
from policypack.evaluation.evaluate import Accepted

Exempt = Callable[[Sequence[Outcome]], Sequence[Outcome]]
"""Returns the outcomes in their order, with their exemptions."""


def settled(
    policies: Iterable[Policy[Any]], judged: Callable[[Accepted], Sequence[Outcome]], exempt: Exempt
) -> Sequence[Outcome]:
    """The outcomes with their exemptions, after policies that were excused by an exempted outcome have judged too.

    Args:
        policies: those that ran.
        judged: the outcomes of the stack, given what is accepted so far.
        exempt: adds the exemptions.
    """
    required = {policy_id for policy in policies for policy_id in policy.requires}
    accepted: dict[tuple[str, str], frozenset[str]] = {}
    while True:
        outcomes = judged(accepted)
        exempted = exempt(outcomes)
        more = dict(accepted)
        for outcome, shown in zip(outcomes, exempted, strict=True):
            if shown.exemption and outcome.policy.id in required:
                key = outcome.policy.id, outcome.resource.urn
                more[key] = more.get(key, frozenset()) | {outcome.path}
        if more == accepted:
            return exempted
        accepted = more
