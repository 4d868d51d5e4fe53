"""The offline preview of a program, without values that a provider's preview leaves out."""

from __future__ import annotations

from pathlib import Path

from policypack.core.policy import EnforcementLevel, Resource
from policypack.crossguard import message
from policypack.evaluation.grouping import one_per_value
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from stackguard.gate.judging import JudgingObserver
from stackguard.sources import REGION
from tests.agreement.view import Facts, View, facts, full_urn, preconditions, values, view, working_folder
from tests.runs import unresolved

ADVISORY = Settings(enforcement={policy.id: EnforcementLevel.ADVISORY for policy in POLICIES})
"""As the CLI runs the pack for these programs, so that no policy yields to another."""


def offline_view(program: Path) -> View:
    """Preview a program offline and judge it."""
    ran = unresolved(program)
    state = {full_urn(urn, ran.project) for urn in preconditions(program)["state"]}
    outcomes = JudgingObserver(lambda: POLICIES, ADVISORY).outcomes(ran.resources, ran.config.get(REGION))
    return view(
        ran.project,
        {resource.urn: _facts(resource, working_folder(program), state) for resource in ran.resources},
        (
            [outcome.policy.id, outcome.resource.urn, f"{outcome.policy.title}\n{message(outcome)}"]
            for outcome in one_per_value(outcomes)
        ),
    )


def _facts(resource: Resource, folder: Path, state: set[str]) -> Facts:
    """The facts of one resource; of its aliases those in the state, as in the engine."""
    options = resource.options
    return facts(
        type=resource.type,
        custom=resource.custom,
        external=resource.external,
        id=resource.id if resource.external else "",
        parent=resource.parent,
        provider=resource.provider,
        inputs=values(resource.inputs, folder),
        remote=resource.remote,
        outputs={} if resource.external else values(resource.outputs, folder, hashes=False),
        secrets=sorted(path for path in resource.secrets if _of_inputs(path, resource)),
        dependencies=sorted(resource.dependencies),
        propertyDependencies={name: sorted(urns) for name, urns in resource.property_dependencies.items() if urns},
        deleteBeforeReplace=str(options.delete_before_replace).replace("None", ""),
        aliases=[urn for urn in options.aliases if urn in state],
        timeouts=dict(options.timeouts),
        protect=options.protect,
        ignoreChanges=list(options.ignore_changes),
        replaceOnChanges=list(options.replace_on_changes),
        additionalSecretOutputs=list(options.additional_secret_outputs),
        retainOnDelete=options.retain_on_delete,
        deletedWith=options.deleted_with,
        replaceWith=list(options.replace_with),
        importID=options.import_id,
        hooks={moment: list(names) for moment, names in options.hooks.items()},
    )


def _of_inputs(path: str, resource: Resource) -> bool:
    """Whether a secret path leads into the inputs, and not only into what the provider answers."""
    top = path.partition(".")[0].partition("[")[0]
    return top in resource.inputs and top not in resource.options.additional_secret_outputs
