"""Policies that are not asked about a resource, because its type alone makes their readers yield nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from policypack.core.policy import Policy, Resource
from policypack.evaluation.evaluate import concerns
from policypack.policies import POLICIES
from tests.reports.sample import card

QUEUE = Resource("aws:sqs/queue:Queue", "jobs", {})


def by_type(resource: Resource) -> Iterator[tuple[str, Any]]:
    if resource.type == "aws:sns/topic:Topic":
        yield "", resource


def by_value(resource: Resource) -> Iterator[tuple[str, Any]]:
    if resource["name"]:
        yield "name", resource["name"]


def by_getattr(resource: Resource) -> Iterator[tuple[str, Any]]:
    if getattr(resource, "custom", False):
        yield "", resource


def crashing(resource: Resource) -> Iterator[tuple[str, Any]]:
    raise LookupError(resource.type)


@pytest.mark.parametrize(("reads", "asked"), [(by_type, False), (by_value, True), (by_getattr, True), (crashing, True)])
def test_a_reader_is_asked_unless_the_type_alone_decides(reads: Callable[..., Any], *, asked: bool) -> None:
    assert concerns(card("p", reads, lambda _: ()), QUEUE) is asked


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_a_policy_concerns_every_resource_that_it_reads_in_its_examples(policy: Policy[Any]) -> None:
    resources = [part for example in (*policy.bad, *policy.good) for part in example.resources]
    read = [] if policy.over_stack else [resource for resource in resources if [*policy.reads(resource)]]  # type: ignore[operator]
    assert [resource.type for resource in read if not concerns(policy, resource)] == []
