"""A baselined violation covers no neighbour: of two that violate by themselves, the other one blocks in either order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from policypack.core.policy import Kind, Outcome, Policy, Resource, Stack
from policypack.core.stack_name import StackName
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.places import placed
from policypack.evaluation.placing.statement_place import statement_at
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from stackguard.gate.baseline import Added, Baseline, apply

SETTINGS = Settings(stack_region="eu-west-1", trusted_accounts=("111122223333",), trusted_cidrs=("203.0.113.0/24",))
DEV = StackName("acme", "shop", "dev")
Statement = dict[str, Any]
MOST = 6
"""Neighbours of one statement that are tried."""


def judged(policy: Policy[Any], resources: Sequence[Resource]) -> tuple[Outcome, ...]:
    found = evaluate([policy], Stack(tuple(resources), SETTINGS))
    return placed((outcome for outcome in found if outcome.kind is not Kind.ERROR), resources, "dev")


def new(before: Sequence[Outcome], after: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes that block beside a baseline of others."""
    baseline = Baseline().with_outcomes(DEV, before, Added())
    return [outcome for outcome in apply(after, baseline, DEV, []).outcomes if outcome.exemption is None]


def statements_of(resource: Resource, document: str) -> list[Statement] | None:
    """The statements of a document that is a property of its own."""
    value = resource.inputs.get(document)
    parsed = json.loads(value) if isinstance(value, str) else value
    listed = parsed.get("Statement") if isinstance(parsed, dict) else None
    return listed if isinstance(listed, list) else None


def with_statements(resource: Resource, document: str, listed: Sequence[Statement]) -> Resource:
    value = resource.inputs[document]
    parsed = json.loads(value) if isinstance(value, str) else value
    edited = {**parsed, "Statement": [*listed]}
    written = json.dumps(edited) if isinstance(value, str) else edited
    return replace(resource, inputs={**resource.inputs, document: written})


def neighbours(policy: Policy[Any], statement: Statement) -> Iterator[Statement]:
    """Statements like one, and those of the other bad examples of the card."""
    for element, other in (("Resource", "arn:aws:s3:::another-bucket/*"), ("Sid", "Another"), ("Principal", "*")):
        if element == "Sid" or element in statement:
            yield {**statement, element: other}
    for example in policy.bad:
        for resource in example.resources:
            for document in ("policy", "assumeRolePolicy"):
                yield from (statements_of(resource, document) or ())[:1]


def cases(policy: Policy[Any]) -> Iterator[tuple[list[Resource], int, str, int]]:
    """The resources of bad examples, with the place of one, and the document and the index of what is reported."""
    for example in policy.bad:
        for outcome in judged(policy, example.resources)[:1]:
            place = statement_at(outcome.resource, outcome.path)
            number = next((i for i, one in enumerate(example.resources) if one.urn == outcome.resource.urn), None)
            if place and number is not None and statements_of(outcome.resource, place.document):
                yield [*example.resources], number, place.document, place.index


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_a_baselined_statement_covers_no_neighbour(policy: Policy[Any]) -> None:
    for resources, number, document, index in cases(policy):
        own = statements_of(resources[number], document) or []

        def of(listed: Sequence[Statement]) -> tuple[Outcome, ...]:
            edited = with_statements(resources[number], document, listed)  # noqa: B023 (called in this turn)
            return judged(policy, [*resources[:number], edited, *resources[number + 1 :]])  # noqa: B023

        before = of(own)
        for neighbour in [*neighbours(policy, own[index])][:MOST]:
            alone = [outcome for outcome in of([*own[:index], neighbour, *own[index + 1 :]]) if outcome.blocks]
            here = [outcome for outcome in alone if f"Statement[{index}]" in outcome.path]
            if here:
                assert new(before, of([*own, neighbour])), neighbour
                assert new(before, of([*own[:index], neighbour, *own[index:]])), neighbour


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_a_baselined_item_of_a_list_covers_no_neighbour(policy: Policy[Any]) -> None:
    """The items of the same list in other bad examples, such as rules, grants and targets."""
    items: dict[tuple[str, str], list[Any]] = {}
    for resource in (resource for example in policy.bad for resource in example.resources):
        for name, value in resource.inputs.items():
            items.setdefault((resource.type, name), []).extend(value if isinstance(value, list) else ())
    for example in policy.bad:
        resources = [*example.resources]
        before = judged(policy, resources)
        for outcome in before[:1]:
            match = re.match(r"(\w+)\[(\d+)\]", outcome.path)
            number = next((i for i, one in enumerate(resources) if one.urn == outcome.resource.urn), None)
            if match is None or number is None:
                continue
            name, index = match[1], int(match[2])
            own = resources[number].inputs[name]

            def of(listed: Sequence[Any]) -> tuple[Outcome, ...]:
                edited = replace(resources[number], inputs={**resources[number].inputs, name: [*listed]})  # noqa: B023
                return judged(policy, [*resources[:number], edited, *resources[number + 1 :]])  # noqa: B023

            for neighbour in items[resources[number].type, name][:MOST]:
                alone = of([*own[:index], neighbour, *own[index + 1 :]]) if neighbour != own[index] else ()
                if any(one.blocks and one.path.startswith(f"{name}[{index}]") for one in alone):
                    assert new(before, of([*own, neighbour])), neighbour
                    assert new(before, of([neighbour, *own])), neighbour


@pytest.mark.parametrize("policy_id", ["iam-public-policy", "iam-wildcard-action", "iam-open-trust"])
def test_a_policy_that_reports_its_first_violation_only_is_noticed(policy_id: str) -> None:
    card = next(policy for policy in POLICIES if policy.id == policy_id)
    with pytest.raises(AssertionError):
        test_a_baselined_statement_covers_no_neighbour(replace(card, check=lambda value: islice(card.check(value), 1)))
