"""What every policy owes, whoever wrote it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from policypack.evaluate import evaluate
from policypack.policies import POLICIES
from policypack.policy import Example, Kind, Policy, Stack
from policypack.settings import UNKNOWN_VALUE, Settings
from policypack.unknown_values import one_per_value

SETTINGS = Settings(stack_region="eu-west-1", trusted_accounts=("111122223333",), trusted_cidrs=("203.0.113.0/24",))
each_policy = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)


def outcomes_of(policy: Policy[Any], example: Any) -> list[tuple[Kind, str]]:
    given = Example.of(example)
    stack = Stack(given.resources, SETTINGS, given.unseen)
    outcomes = one_per_value(evaluate(POLICIES, stack)) if policy.id == UNKNOWN_VALUE else evaluate([policy], stack)
    return [(each.kind, each.message) for each in outcomes if each.policy.id == policy.id]


NEVER_SURE = {"pulumi-unseen-component", "pulumi-unseen-resource", UNKNOWN_VALUE}
"""Policies that tell what could not be judged."""


@each_policy
def test_bad_example_is_reported(policy: Policy[Any]) -> None:
    expected = Kind.UNDECIDED if policy.id in NEVER_SURE else Kind.VIOLATION
    assert expected in {kind for kind, _ in outcomes_of(policy, policy.bad)}


@each_policy
def test_good_example_is_silent(policy: Policy[Any]) -> None:
    assert outcomes_of(policy, policy.good) == []


@each_policy
def test_module_is_named_after_its_policy(policy: Policy[Any]) -> None:
    assert policy.check.__module__ == f"policypack.policies.{policy.id.replace('-', '_')}"


@each_policy
def test_card_is_complete(policy: Policy[Any]) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", policy.id)
    assert not re.match(r"(no|disallow|ensure|require)-", policy.id)
    assert policy.title
    assert "\n" not in policy.title
    assert not policy.title.endswith(".")
    assert policy.fix.endswith(".")
    assert policy.why is not None
    assert len(re.findall(r"[.!?](?:\s|$)", policy.why)) >= 2
    assert policy.references
    assert all(reference.startswith("https://") for reference in policy.references)


@each_policy
def test_messages_follow_the_style(policy: Policy[Any]) -> None:
    for _, message in outcomes_of(policy, policy.bad):
        assert message == message.strip()
        assert not message.endswith(".")
        assert not re.match(r"[A-Z][a-z]", message), "messages start in lower case"
        assert not re.search(r"\b(dict|NoneType|frozenset|tuple)\b", message), "messages name no Python type"


def test_ids_are_unique() -> None:
    ids = [policy.id for policy in POLICIES]
    assert sorted(set(ids)) == sorted(ids)
