"""A property with a value of another kind than it takes crashes no policy: each example, with such a value at each place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Kind, Policy, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES

pytestmark = pytest.mark.corpus

OTHERS: tuple[Any, ...] = (None, 7, True, "", "\ud800", [], [[]], [None], {}, {"a": [UNKNOWN]}, UNKNOWN, float("inf"))


def variants(value: Any, other: Any) -> Iterator[Any]:
    """A value with another one in its place, and in the place of each of its parts."""
    yield other
    if isinstance(value, dict):
        for name, part in value.items():
            yield from ({**value, name: changed} for changed in variants(part, other))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from ([*value[:index], changed, *value[index + 1 :]] for changed in variants(part, other))


def stacks(policy: Policy[Any]) -> Iterator[tuple[str, Stack]]:
    """The examples of a policy, each with one value of another kind."""
    for example in (*policy.bad, *policy.good):
        for index, resource in enumerate(example.resources):
            for name, value in resource.inputs.items():
                for number, other in enumerate(OTHERS):
                    for changed in variants(value, other):
                        inputs = {**resource.inputs, name: changed}
                        resources = list(example.resources)
                        resources[index] = replace(resource, inputs=inputs)
                        yield f"{resource.type} {name} {number}", Stack(tuple(resources), Settings())


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_no_value_crashes_a_policy(policy: Policy[Any]) -> None:
    crashed = {
        f"{case}: {outcome.message}"
        for case, stack in stacks(policy)
        for outcome in evaluate([policy], stack)
        if outcome.kind is Kind.ERROR
    }
    assert crashed == set()
