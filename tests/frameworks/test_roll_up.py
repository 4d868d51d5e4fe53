"""The status of a requirement by what came of its policies, over one stack and over several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.examples import Example
from policypack.core.policy import Policy, Stack
from policypack.core.stack_name import StackName
from policypack.evaluation.evaluate import Evaluation
from policypack.evaluation.settings import Settings
from policypack.frameworks.catalog import covered
from policypack.frameworks.model import Check, Framework, Requirement
from policypack.frameworks.roll_up import ABSENT, UNSEEN, Status, roll_up, total, typed
from policypack.policies import POLICIES
from stackguard.gate.evidence import Evidence
from stackguard.reports.evidence import Came

WHOLE, PART, BROADER = Check("whole"), Check("part", partly=True), Check("broader", broader=True)
QUEUES = Check("types", types=("aws:sqs/",))


def status(
    *checks: Check,
    counts: Mapping[str, Mapping[str, int]],
    by_type: Mapping[tuple[str, str], Mapping[str, int]] | None = None,
    partial: bool = False,
    **more: Any,
) -> Status:
    framework = Framework("acme", "Acme", (Requirement("1", "one", policies=checks),), partial=partial)
    (result,) = roll_up(framework, counts, by_type, **more).results
    return result.status


@pytest.mark.parametrize(
    ("checks", "counts", "expected"),
    [
        ((), {}, "not-judged"),
        ((WHOLE,), {}, "not-judged"),
        ((WHOLE,), {"whole": {"disabled": 1}}, "not-judged"),
        ((WHOLE,), {"whole": {"not-selected": 1}}, "not-judged"),
        ((WHOLE,), {"whole": {"not-applicable": 9}}, "not-applicable"),
        ((WHOLE,), {"whole": {"excused": 1, "not-applicable": 9}}, "not-judged"),
        ((WHOLE,), {"whole": {"pass": 2}}, "satisfied"),
        ((WHOLE,), {"whole": {"pass": 2, "excused": 1}}, "partly-satisfied"),
        ((WHOLE,), {"whole": {"pass": 2, "disabled": 1}}, "partly-satisfied"),
        ((WHOLE,), {"whole": {"pass": 2, "violation": 1}}, "violated"),
        ((WHOLE,), {"whole": {"pass": 2, "undecided": 1}}, "undecided"),
        ((WHOLE,), {"whole": {"pass": 2, "error": 1}}, "undecided"),
        ((WHOLE,), {"whole": {"undecided": 1, "violation": 1}}, "violated"),
        ((WHOLE,), {"whole": {"pass": 2, "waived": 1}}, "accepted"),
        ((WHOLE,), {"whole": {"baselined": 1}}, "accepted"),
        ((WHOLE,), {"whole": {"waived": 1, "undecided": 1}}, "undecided"),
        ((PART,), {"part": {"pass": 2}}, "partly-satisfied"),
        ((PART,), {"part": {"violation": 1}}, "violated"),
        ((WHOLE, PART), {"whole": {"pass": 1}, "part": {"not-applicable": 1}}, "satisfied"),
        ((WHOLE, PART), {"whole": {"not-applicable": 1}, "part": {"pass": 1}}, "partly-satisfied"),
        ((WHOLE, PART), {"whole": {"pass": 1}, "part": {"violation": 1}}, "violated"),
        ((WHOLE, BROADER), {"whole": {"pass": 1}, "broader": {"not-applicable": 1}}, "satisfied"),
        ((WHOLE, BROADER), {"whole": {"pass": 1}}, "partly-satisfied"),
        ((BROADER,), {"broader": {"pass": 1}}, "satisfied"),
        ((BROADER,), {"broader": {"pass": 1, "violation": 1}}, "undecided"),
        ((BROADER,), {"broader": {"waived": 1}}, "accepted"),
        ((WHOLE, BROADER), {"whole": {"violation": 1}, "broader": {"violation": 1}}, "violated"),
    ],
)
def test_the_status_of_a_requirement(
    checks: tuple[Check, ...], counts: Mapping[str, Mapping[str, int]], expected: str
) -> None:
    assert status(*checks, counts=counts) == expected


@pytest.mark.parametrize(
    ("kinds", "by_type", "expected"),
    [
        ({"pass": 1, "violation": 1}, {"aws:sqs/queue:Queue": {"pass": 1}}, "satisfied"),
        ({"violation": 2}, {"aws:sns/topic:Topic": {"violation": 2}}, "not-applicable"),
        ({"violation": 1}, {"aws:sqs/queue:Queue": {"violation": 1}}, "violated"),
        ({"disabled": 1}, {}, "not-judged"),
        ({"disabled": 1, "pass": 1}, {"aws:sqs/queue:Queue": {"pass": 1}}, "partly-satisfied"),
        ({"violation": 1}, None, "violated"),
    ],
)
def test_types_tell_the_requirements_of_one_policy_apart(
    kinds: Mapping[str, int], by_type: Mapping[str, Mapping[str, int]] | None, expected: str
) -> None:
    of_types = None if by_type is None else {("types", token): counted for token, counted in by_type.items()}
    assert status(QUEUES, counts={"types": kinds}, by_type=of_types) == expected


def test_nothing_is_satisfied_while_something_is_missing() -> None:
    passes = {"whole": {"pass": 3}}
    assert status(WHOLE, counts=passes, complete=False) == "partly-satisfied"
    assert status(WHOLE, counts=passes, partial=True) == "partly-satisfied"
    for policy in UNSEEN:
        assert status(WHOLE, counts={**passes, policy: {"waived": 1}}) == "partly-satisfied"
        assert status(WHOLE, counts={**passes, policy: {"not-applicable": 3}}) == "satisfied"
    assert {policy.id for policy in POLICIES} >= {*UNSEEN}


KINDS = st.dictionaries(st.sampled_from([came.value for came in Came]), st.integers(0, 3))
STACKS = st.lists(st.dictionaries(st.sampled_from(["whole", "part", "broader"]), KINDS), max_size=4)


@given(STACKS)
def test_a_sum_is_as_bad_as_its_worst_stack(stacks: list[dict[str, dict[str, int]]]) -> None:
    summed = total(stacks)
    assert summed == total(reversed(stacks))
    assert status(WHOLE, PART, BROADER, counts=summed) in Status
    satisfied = status(WHOLE, PART, BROADER, counts=summed) is Status.SATISFIED
    open_kinds = {kind for kinds in summed.values() for kind, count in kinds.items() if count}
    if satisfied:
        assert not open_kinds & {"violation", "undecided", "error", "waived", "baselined"}
    for stack in stacks:
        if status(WHOLE, PART, BROADER, counts=stack) is Status.VIOLATED:
            assert status(WHOLE, PART, BROADER, counts=summed) is Status.VIOLATED


def rolled_up(policy: Policy[Any], example: Example) -> dict[str, Status]:
    """The status of each control on a card, for one of its examples."""
    settings = Settings()
    run = Evaluation([policy], settings)
    stack = Stack(example.resources, settings)
    outcomes = [outcome for subject in (*example.resources, stack) for outcome in run.outcomes(subject)]
    evidence = Evidence(run.readings, outcomes, example.resources, [policy], (), (), settings, StackName(), str)
    by_type = evidence.counts_by_type({policy.id})
    return {
        f"{framework_id}/{result.requirement.id}": result.status
        for framework_id in {control.id.partition("/")[0] for control in policy.controls}
        for result in roll_up(covered(framework_id, [policy]), evidence.counts(), by_type).results
        if result.policies
    }


@pytest.mark.parametrize("policy", [policy for policy in POLICIES if policy.controls], ids=lambda policy: policy.id)
def test_the_examples_of_a_card_agree_with_its_controls(policy: Policy[Any]) -> None:
    reported = {Status.VIOLATED, Status.UNDECIDED}
    assert any(reported & {*rolled_up(policy, example).values()} for example in policy.bad)
    for example in policy.good:
        assert not reported & {*rolled_up(policy, example).values()}, example.note


@pytest.mark.parametrize(
    ("policy_id", "example", "violated"),
    [
        ("aws-public-endpoint", 0, {"aws-fsbp/RDS.2", "cis-aws-5.0/2.2.3"}),
        ("aws-public-endpoint", 1, {"aws-fsbp/EKS.1"}),
        ("aws-public-endpoint", 3, {"aws-fsbp/Opensearch.2"}),
        ("iam-user-credentials", 0, set()),
        ("s3-public-acl", 0, {"aws-fsbp/S3.2"}),
        ("iam-weak-password-policy", 0, set()),
        ("sqs-missing-encryption", 0, {"aws-fsbp/SQS.1"}),
    ],
)
def test_a_report_violates_the_controls_of_its_type_only(policy_id: str, example: int, violated: set[str]) -> None:
    (policy,) = (policy for policy in POLICIES if policy.id == policy_id)
    statuses = rolled_up(policy, policy.bad[example])
    published = {name for name, status in statuses.items() if status is Status.VIOLATED and "nist" not in name}
    assert published == violated


def test_the_kinds_are_those_of_the_evidence() -> None:
    assert set(ABSENT) == {Came.DISABLED, Came.NOT_SELECTED}


def test_policies_with_types_are_counted_by_type() -> None:
    framework = Framework("acme", "Acme", (Requirement("1", "one", policies=("whole", QUEUES)),))
    assert typed([framework]) == {"types"}
