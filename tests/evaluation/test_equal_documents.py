"""Equal documents are judged once: the outcomes are those of judging each of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core import caches
from policypack.core.examples import allow, bucket_policy, deny, role_policy
from policypack.core.policy import Kind, Policy, Resource, Stack, Violation
from policypack.evaluation.evaluate import Evaluation, evaluate
from policypack.evaluation.readings import Readings
from policypack.evaluation.settings import Settings
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import documents_of
from policypack.policies import POLICIES
from policypack.policies.iam.correctness.unknown_action import POLICY

OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
STATEMENTS = (
    allow("s3:*", "*"),
    allow("s3:GetObjekt"),
    allow(Condition=OFFICE),
    deny("s3:*", "*", Condition={"NotIpAddress": OFFICE["IpAddress"]}),
    deny("s3:GetObject", "*", Condition={"StringEquals": {"aws:userid": "*"}}),
)
PLACES = (role_policy, bucket_policy)


def found(resources: tuple[Resource, ...]) -> list[tuple[Kind, str, str, str, str]]:
    return [
        (outcome.kind, outcome.policy.id, outcome.resource.urn, outcome.path, outcome.message)
        for outcome in evaluate(POLICIES, Stack(resources, Settings()))
    ]


@pytest.mark.corpus
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.lists(st.sampled_from(STATEMENTS), min_size=1)), max_size=3))
def test_what_is_remembered_changes_no_outcome(
    documents: list[tuple[Callable[..., Resource], list[dict[str, object]]]],
) -> None:
    resources = tuple(
        replace(make(*statements), name=f"r{number}") for number, (make, statements) in enumerate(documents)
    )
    caches.forget()
    first = found(resources)
    assert found(resources) == first


@pytest.mark.corpus
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.lists(st.sampled_from(STATEMENTS), min_size=1)), max_size=3))
def test_policies_that_are_asked_together_answer_as_one_by_one(
    documents: list[tuple[Callable[..., Resource], list[dict[str, object]]]],
) -> None:
    resources = [replace(make(*statements), name=f"r{number}") for number, (make, statements) in enumerate(documents)]
    together, alone = Readings(), Readings()
    run = Evaluation(POLICIES, Settings(), together)
    outcomes = [outcome for resource in resources for outcome in run.outcomes(resource)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("policypack.evaluation.evaluate.silent", lambda _resource, _parts: None)
        run = Evaluation(POLICIES, Settings(), alone)
        assert [outcome for resource in resources for outcome in run.outcomes(replace(resource))] == outcomes
    assert together.counts() == alone.counts()


def test_the_work_on_a_document_is_counted_though_its_judgements_are_remembered() -> None:
    statements = [
        deny("s3:GetObject", "*", Condition={"NotIpAddress": {"aws:SourceIp": f"203.0.{number}.0/24"}})
        for number in range(3)
    ]

    def spent() -> int:
        resource = bucket_policy(*statements)
        evaluate(POLICIES, Stack((resource,), Settings()))
        ((_, document),) = documents_of(resource)
        assert isinstance(document, PolicyDocument)
        return document.spent.steps

    caches.forget()
    first = spent()
    assert first > 0
    assert spent() == first


def test_what_a_policy_reports_before_it_crashes_counts() -> None:
    def check(document: PolicyDocument) -> Iterator[Violation]:
        yield Violation("Statement", "is bad")
        raise ValueError(json.dumps(document.version))

    crashing: Policy[PolicyDocument] = replace(POLICY, check=check, requires=())
    for _ in range(2):
        kinds = [outcome.kind for outcome in evaluate([crashing], Stack((role_policy(allow()),), Settings()))]
        assert kinds == [Kind.VIOLATION, Kind.ERROR]
