"""A component judged: the outcomes that only several stacks together show, and those of one stack that others refute.

The stacks' resources are judged by the loop that judges one stack, first those of each stack alone and then all of them as
one stack. What differs is the answer; it comes from the stacks without which it would be another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from policypack.access.exposure.exposed import Exposed, exposed
from policypack.access.solver.verdict import Verdict
from policypack.core.policy import Kind, Outcome, Policy, Resource
from policypack.core.stack_name import of_urn
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.places import placed
from policypack.evaluation.settings import Settings
from policypack.joining.components import Component, Member
from policypack.joining.join import Refuted
from policypack.resources.joining.merging import Merged, Part, merged

OVER_STACKS = frozenset(
    {
        "aws-contested-resource",
        "iam-duplicate-grant",
        "iam-privilege-escalation",
        "iam-unscoped-list",
        "s3-enabled-acls",
        "s3-missing-access-block",
        "s3-missing-encryption",
        "s3-missing-versioning",
        "s3-plaintext-transport",
    }
)
"""Policies about more than one resource, whose answers a resource of another stack can change."""
OF_DOCUMENTS = "iam"
"""The tag of policies about one document, which are silent about a boundary."""
MOST_ALONE = 8
"""Stacks of a component of which it is tried which ones decide."""

Place = tuple[str, str, str, str]
"""Stack, policy, URN and path."""


@dataclass(frozen=True)
class JoinedOutcome:
    """An outcome that only several stacks together show; its resource is as in `stack`, and its place is stable."""

    stack: str
    outcome: Outcome
    stacks: tuple[str, ...]
    """Those from which the answer comes."""


@dataclass(frozen=True)
class JoinedAccess:
    """Whether outsiders can use a resource, if the answer of all stacks differs from that of its own."""

    stack: str
    urn: str
    alone: Verdict
    together: Verdict
    why: str
    example: str
    stacks: tuple[str, ...]


@dataclass(frozen=True)
class Rejudged:
    """The answers about one component."""

    shown: tuple[JoinedOutcome, ...] = ()
    refuted: tuple[Refuted, ...] = ()
    access: tuple[JoinedAccess, ...] = ()


@dataclass(frozen=True)
class _Judged:
    """What is judged of some stacks as one."""

    outcomes: dict[Place, Outcome]
    undecided: frozenset[tuple[str, str, str]]
    """The stack, policy and URN of undecided outcomes."""
    access: dict[tuple[str, str], Exposed]


def rejudge(component: Component, policies: Iterable[Policy[Any]], settings: Settings | None = None) -> Rejudged:
    """Judge a component.

    Args:
        component: resources of several stacks.
        policies: the cards of the run; those whose answers a join cannot change are left out.
        settings: of the run.
    """
    settings = settings or Settings()
    about_documents = bool(component.boundary)
    chosen = [
        policy
        for policy in policies
        if policy.id in OVER_STACKS or (about_documents and OF_DOCUMENTS in policy.tags and not policy.over_stack)
    ]
    stacks = component.stacks
    alone = [_judge(_of(component, [stack]), chosen, settings) for stack in stacks]
    together = _judge(component.members, chosen, settings)

    @cache
    def without(left_out: str) -> _Judged:
        return _judge(_of(component, [stack for stack in stacks if stack != left_out]), chosen, settings)

    members = {(member.stack, member.resource.urn): member for member in component.members}
    before = {place: outcome for judged in alone for place, outcome in judged.outcomes.items()}
    exposed_alone = {key: entry for judged in alone for key, entry in judged.access.items()}

    def deciding(stack: str, same: Any) -> tuple[str, ...]:
        """The stacks without which the answer about a resource of `stack` is another."""
        tried = stacks if 2 < len(stacks) <= MOST_ALONE else ()
        needed = [other for other in tried if other != stack and not same(without(other))]
        return (stack, *needed) if needed else stacks

    shown = [
        JoinedOutcome(place[0], outcome, deciding(place[0], lambda judged, place=place: place in judged.outcomes))
        for place, outcome in together.outcomes.items()
        if place not in before and outcome.kind is not Kind.UNDECIDED
    ]
    refuted = [
        Refuted(place[0], place[1], place[2], place[3], _why(outcome), decided_by)
        for place, outcome in before.items()
        if place not in together.outcomes
        and place[:3] not in together.undecided
        and not _borrowed(members, component, place)
        for decided_by in [deciding(place[0], lambda judged, place=place: place not in judged.outcomes)]
    ]
    access = [
        JoinedAccess(
            *key,
            was,
            entry.verdict,
            entry.exposure.answer.why,
            str(entry.exposure.answer.witness or ""),
            deciding(key[0], lambda judged, key=key, entry=entry: _verdict(judged.access.get(key)) is entry.verdict),
        )
        for key, entry in together.access.items()
        if not members[key].borrowed
        for was in [_verdict(exposed_alone.get(key))]
        if was is not entry.verdict and Verdict.PUBLIC in (was, entry.verdict)
    ]
    return Rejudged(tuple(shown), tuple(refuted), tuple(access))


def _of(component: Component, stacks: Sequence[str]) -> list[Member]:
    return [member for member in component.members if member.stack in stacks]


def _borrowed(members: dict[tuple[str, str], Member], component: Component, place: Place) -> bool:
    """Whether the stack of a resource says more about it than is here, so that nothing here refutes it."""
    return place[2] != component.boundary and members[place[0], place[2]].borrowed


def _why(outcome: Outcome) -> str:
    return (
        "another stack decides it"
        if outcome.kind is Kind.UNDECIDED
        else "another stack has what is missing in this one"
    )


def _verdict(entry: Exposed | None) -> Verdict:
    return entry.verdict if entry else Verdict.NOT_PUBLIC


def _judge(members: Iterable[Member], policies: Sequence[Policy[Any]], settings: Settings) -> _Judged:
    parts: dict[str, list[Any]] = {}
    for member in members:
        parts.setdefault(member.stack, []).append(member.resource.located())
    whole = merged([Part(stack, tuple(resources)) for stack, resources in parts.items()], settings)
    outcomes: dict[Place, Outcome] = {}
    undecided: set[tuple[str, str, str]] = set()
    by_stack: dict[str, list[Outcome]] = {}
    for outcome in evaluate(policies, whole.stack):
        if outcome.resource.urn in whole.origins:
            stack, original = whole.origins[outcome.resource.urn]
            by_stack.setdefault(stack, []).append(replace(outcome, resource=original))
    for stack, reported in by_stack.items():
        resources = _resources(whole, stack)
        for outcome in placed(reported, resources, of_urn(resources[0].urn).stack):
            place = (stack, outcome.policy.id, outcome.resource.urn, outcome.path)
            outcomes[place] = outcome
            if outcome.kind is Kind.UNDECIDED:
                undecided.add(place[:3])
    return _Judged(outcomes, frozenset(undecided), dict(_access(whole)))


def _resources(whole: Merged, stack: str) -> list[Resource]:
    return [resource for name, resource in whole.origins.values() if name == stack]


def _access(whole: Merged) -> Iterable[tuple[tuple[str, str], Exposed]]:
    for entry in exposed(whole.stack):
        if entry.resource.urn in whole.origins:
            stack, original = whole.origins[entry.resource.urn]
            yield (stack, original.urn), entry
