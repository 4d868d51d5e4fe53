"""The verdict of our policies on a template, compared with their verdict on the program that it comes from."""

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
    **dict.fromkeys(
        ("aws-foreign-region", "aws-unpinned-region"),
        "a template has no providers; it is for one region, and a resource of another region is refused",
    ),
    "aws-unused-provider": "a template has no providers",
    "aws-unknown-argument": "an argument that no table has is refused as one without a place in CloudFormation",
    "pulumi-unseen-resource": "resources that a preview does not see are refused as missing in the template",
    "pulumi-unseen-component": "a component that a plugin builds is refused as missing in the template",
}
"""The policies whose verdict a template cannot repeat, and why."""
PROGRAM, TEMPLATE = "program", "template"


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """An outcome on one side that the other lacks. `side` is `program` or `template`: the one that has it."""

    logical_id: str
    policy: str
    kind: str
    message: str
    side: str


@dataclass(frozen=True, slots=True)
class TemplateVerdict:
    """The outcomes on a template, how many resources and policies there were, and how the program's differ."""

    outcomes: tuple[Outcome, ...]
    resources: int
    policies: int
    differences: tuple[Difference, ...]


def judge(
    template: Template, resources: Sequence[Resource], settings: Settings, policies: Sequence[Policy[Any]]
) -> TemplateVerdict:
    """Judge a template, and the whole stack that it comes from, by the same policies except those in `LEFT_OUT`.

    What the template cannot express is a problem already, and not a difference.
    """
    compared = [policy for policy in policies if policy.id not in LEFT_OUT]
    context = [resource for resource in resources if _is_context(resource)]
    template_resources = read(template)
    outcomes = evaluate(compared, Stack((*context, *template_resources), settings))
    of_program = evaluate(compared, Stack(tuple(resources), settings))
    on_template, on_program = _facts(outcomes, template), _facts(of_program, template)
    sides = ((PROGRAM, on_program - on_template), (TEMPLATE, on_template - on_program))
    differences = sorted(Difference(*fact, side) for side, facts in sides for fact in facts)
    return TemplateVerdict(tuple(outcomes), len(template_resources), len(compared), tuple(differences))


def _is_context(resource: Resource) -> bool:
    """Whether a resource is around the template's: the stack, a provider, or one that the program only reads."""
    return resource.external or resource.type == ROOT_TYPE or resource.type.startswith(PROVIDER_PREFIX)


def _facts(outcomes: Sequence[Outcome], template: Template) -> set[tuple[str, str, str, str]]:
    """What the outcomes report, without those on resources that have a problem, or are folded with one that has."""
    with_problem = {problem.urn for problem in template.problems}
    logical_ids = {origin.urn: logical_id for logical_id, origins in template.origins.items() for origin in origins}
    facts = set()
    for outcome in outcomes:
        urn = outcome.resource.urn.partition(PART)[0]
        logical_id = logical_ids.get(urn, "")
        together = {urn, *(origin.urn for origin in template.origins.get(logical_id, ()))}
        if not with_problem & together:
            facts.add((logical_id, outcome.policy.id, str(outcome.kind), outcome.message))
    return facts
