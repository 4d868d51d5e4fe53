"""Results that are sent from one process to another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policypack.core.policy import Exemption, Outcome, Policy, Severity, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from stackguard.gate.request import Judged
from stackguard.gate.transfer import packed, unpacked
from stackguard.reports import Report


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_the_outcomes_of_every_example_arrive_as_they_are(policy: Policy[object]) -> None:
    outcomes = [
        outcome
        for example in policy.bad
        for outcome in evaluate([policy], Stack(example.resources, Settings(), example.unseen))
    ]
    arrived: list[Outcome] = unpacked(packed(outcomes))
    assert [replace(outcome, policy=policy) for outcome in arrived] == [
        replace(outcome, policy=policy) for outcome in outcomes
    ]
    for sent, outcome in zip(outcomes, arrived, strict=True):
        assert (outcome.policy is policy) is (sent.policy is policy)
        assert (outcome.policy.id, outcome.policy.severity) == (policy.id, sent.policy.severity)


def test_a_card_that_differs_from_ours_keeps_its_facts() -> None:
    policy = replace(POLICIES[0], severity=Severity.LOW)
    (resource,) = policy.bad[0].resources[:1]
    outcome = Outcome("violation", policy, resource, "", "m", "f", exemption=Exemption("waived", "why"))  # type: ignore[arg-type]
    report = Report("x", (outcome, outcome), 1, 1)
    judged = unpacked(packed(Judged(report, Settings(), ("x",))))
    first, second = judged.report.outcomes
    assert first.resource is second.resource
    assert (first.policy.severity, first.policy.title) == (Severity.LOW, policy.title)
    assert first.exemption == outcome.exemption
    assert judged.report.blocks(first) is report.blocks(outcome)
