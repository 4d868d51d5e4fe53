"""Stacks of a fleet, and the answers that they give together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from policypack.core.policy import Resource, Stack
from policypack.core.stack_name import StackName
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.joining.components import components
from policypack.joining.facts import JoinFacts, facts
from policypack.joining.join import Joined, join
from policypack.joining.rejudging import Rejudged, rejudge
from policypack.policies import POLICIES

ACCOUNT = "444455556666"
OTHER = "777788889999"


def deployed(token: str, title: str, arn: str = "", /, **inputs: Any) -> Resource:
    """A resource of a state: the provider reports what the program wrote, and an ARN."""
    return Resource(token, title, inputs, outputs={**inputs, **({"arn": arn} if arn else {})})


def in_stack(name: str, *resources: Resource) -> tuple[Resource, ...]:
    """Resources with the URNs of a stack of the project `app`."""
    return tuple(replace(r, urn=f"urn:pulumi:{name}::app::{r.type}::{r.name}") for r in resources)


def facts_of(name: str, accounts: Sequence[str], *resources: Resource) -> JoinFacts:
    """The facts of a judged stack, as they come back from a store."""
    stack = Stack(resources if all(map(_placed, resources)) else in_stack(name, *resources), Settings())
    found = facts(stack, StackName("acme", "app", name), accounts, evaluate(POLICIES, stack))
    return msgspec.json.decode(msgspec.json.encode(found), type=JoinFacts)


def together(fleet: Sequence[JoinFacts]) -> tuple[Joined, list[Rejudged]]:
    """The join of a fleet, and the answers about its components."""
    joined = join(stack.links for stack in fleet)
    return joined, [rejudge(component, POLICIES) for component in components(joined, iter(fleet))]


def fleet(**stacks: tuple[Resource, ...] | list[Resource]) -> list[JoinFacts]:
    """Facts of stacks in one account."""
    return [facts_of(name, [ACCOUNT], *resources) for name, resources in stacks.items()]


def refuted(joined: Joined, answers: Sequence[Rejudged]) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """By stack and policy, the stacks from which a refutation comes."""
    every = [*joined.refuted, *(one for answer in answers for one in answer.refuted)]
    return {(short(one.stack), one.policy): tuple(map(short, one.stacks)) for one in every}


def shown(answers: Sequence[Rejudged]) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """By stack and policy, the stacks from which an outcome comes that only the join shows."""
    return {
        (short(one.stack), one.outcome.policy.id): tuple(map(short, one.stacks))
        for answer in answers
        for one in answer.shown
    }


def short(stack: str) -> str:
    """The last part of a stack's name."""
    return stack.rpartition("/")[2]


def _placed(resource: Resource) -> bool:
    return not resource.urn.startswith("urn:pulumi:stack::project::")
