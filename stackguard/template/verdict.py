"""Whether our policies say the same of a template as of the program that it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policypack.core.policy import ROOT_TYPE, Outcome, Policy, Resource, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from stackguard.preview.values import PROVIDER_PREFIX
from stackguard.template.naming import PART
from stackguard.template.parse import read
from stackguard.template.translation import Template

LEFT_OUT: Mapping[str, str] = {
    "aws-foreign-region": "a template has no providers; it is translated for one region, and for no resource of another",
    "aws-unpinned-region": "a template has no providers; it is translated for one region, and for no resource of another",
    "aws-unused-provider": "a template has no providers",
    "aws-unknown-argument": "an argument that no table knows is refused as one that cannot be said",
    "pulumi-unseen-resource": "resources that a preview does not see are refused as what cannot be said",
    "pulumi-unseen-component": "a component that a plugin builds is refused as one that cannot be said",
}
"""The policies whose verdict a template cannot repeat, and why."""
PROGRAM, TEMPLATE = "program", "template"


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """A verdict of one side that the other lacks."""

    logical_id: str
    policy: str
    kind: str
    message: str
    side: str
    """`program` or `template`: where the verdict is."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What our policies say of a template, and where that is not what they say of the program."""

    outcomes: tuple[Outcome, ...]
    resources: int
    """How many resources were read back."""
    policies: int
    """How many policies judged them."""
    differences: tuple[Difference, ...]


def judge(
    template: Template, resources: Sequence[Resource], settings: Settings, policies: Sequence[Policy[Any]]
) -> Verdict:
    """Judge the template, and the program by the same policies.

    What the template cannot say is already told as such, so it makes no difference here.

    Args:
        template: what was translated.
        resources: what from, the whole stack.
        settings: the operator's.
        policies: to judge by; those in `LEFT_OUT` are left out.
    """
    compared = [each for each in policies if each.id not in LEFT_OUT]
    around = [each for each in resources if _is_context(each)]
    written = read(template)
    outcomes = evaluate(compared, Stack((*around, *written), settings))
    of_program = evaluate(compared, Stack(tuple(resources), settings))
    said, expected = _verdicts(outcomes, template), _verdicts(of_program, template)
    sides = ((PROGRAM, expected - said), (TEMPLATE, said - expected))
    found = sorted(Difference(*each, side) for side, only in sides for each in only)
    return Verdict(tuple(outcomes), len(written), len(compared), tuple(found))


def _is_context(resource: Resource) -> bool:
    """Whether a resource is around the template's: the stack, a provider, or something that is only read."""
    return resource.external or resource.type == ROOT_TYPE or resource.type.startswith(PROVIDER_PREFIX)


def _verdicts(outcomes: Sequence[Outcome], template: Template) -> set[tuple[str, str, str, str]]:
    told = {each.urn for each in template.problems}
    places = {each.urn: logical_id for logical_id, origins in template.origins.items() for each in origins}
    found = set()
    for outcome in outcomes:
        urn = outcome.resource.urn.partition(PART)[0]
        beside = {each.urn for each in template.origins.get(places.get(urn, ""), ())}
        if not told & {urn, *beside}:
            found.add((places.get(urn, ""), outcome.policy.id, str(outcome.kind), outcome.message))
    return found
