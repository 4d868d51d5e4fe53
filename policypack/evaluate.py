"""The one loop that every door uses: policies over resources, and what came of it.

Known breaches come first, then what is undecided. A policy that raises is an error that names the policy and blocks;
its message never carries the exception's text, which may quote a secret. Nothing of a secret that the wire tells of
is left in any message.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from policypack.policy import (
    ROOT_TYPE,
    UNKNOWN,
    EnforcementLevel,
    Kind,
    Outcome,
    OverStack,
    Partial,
    Policy,
    Resource,
    Stack,
    Undecided,
    Unknown,
    Violation,
)
from policypack.redaction import redacted, secrets_of
from policypack.settings import UNKNOWN_VALUE, UNSEEN, Settings

CRASHED = "Report it as a bug of this policy: a policy that crashes is never a pass."


def evaluate(policies: Iterable[Policy[Any]], stack: Stack) -> list[Outcome]:
    """Every outcome of every policy that is not disabled: resource by resource, then over the stack."""
    chosen = list(policies)
    found: list[Outcome] = []
    for resource in stack.resources:
        found += evaluate_resource(chosen, resource, stack.settings)
    return found + evaluate_stack(chosen, stack)


def evaluate_resource(policies: Iterable[Policy[Any]], resource: Resource, settings: Settings) -> list[Outcome]:
    """The outcomes for one resource of those policies that read one at a time."""
    found: list[Outcome] = []
    for policy in policies:
        if not policy.over_stack and enforcement(policy, settings) is not EnforcementLevel.DISABLED:
            found += judge(policy, resource, settings)
    return found


def evaluate_stack(policies: Iterable[Policy[Any]], stack: Stack) -> list[Outcome]:
    """The outcomes of those policies that read the stack as a whole."""
    found: list[Outcome] = []
    for policy in policies:
        if policy.over_stack and enforcement(policy, stack.settings) is not EnforcementLevel.DISABLED:
            found += judge_stack(policy, stack)
    return found


def judge(policy: Policy[Any], resource: Resource, settings: Settings) -> list[Outcome]:
    """The outcomes of a policy that reads one resource at a time."""
    reads = policy.reads
    assert not isinstance(reads, OverStack)
    if resource.external:
        return []
    violations: list[Outcome] = []
    undecided: list[Outcome] = []
    try:
        for path, value in reads(resource):
            _judge(policy, resource, path, value, settings, violations, undecided)
    except Exception as error:  # noqa: BLE001 (a crash blocks, whatever it is)
        violations.append(_crashed(policy, resource, error))
    return _settled(violations, undecided, ())


def judge_stack(policy: Policy[Any], stack: Stack) -> list[Outcome]:
    """The outcomes of a policy that reads the stack as a whole."""
    reads = policy.reads
    assert isinstance(reads, OverStack)
    blamed = stack.resources[0] if stack.resources else Resource(ROOT_TYPE, "stack")
    violations: list[Outcome] = []
    undecided: list[Outcome] = []
    try:
        for resource, path, value in reads.read(stack):
            blamed = resource
            if not resource.external:
                _judge(policy, resource, path, value, stack.settings, violations, undecided)
    except Exception as error:  # noqa: BLE001 (a crash blocks, whatever it is)
        violations.append(_crashed(policy, blamed, error))
    return _settled(violations, undecided, secrets_of(stack) if violations or undecided else ())


def enforcement(policy: Policy[Any], settings: Settings) -> EnforcementLevel:
    """The operator's choice for this policy."""
    return settings.enforcement.get(policy.id, EnforcementLevel.MANDATORY)


def undecided_level(policy_id: str, level: EnforcementLevel, settings: Settings) -> EnforcementLevel:
    """The level of an undecided outcome of a policy that has this level."""
    of_value = EnforcementLevel.MANDATORY if policy_id in UNSEEN else settings.enforcement.get(UNKNOWN_VALUE)
    advisory = settings.unknown == "advisory" or of_value is EnforcementLevel.ADVISORY
    return EnforcementLevel.ADVISORY if advisory else level


def _judge(
    policy: Policy[Any],
    resource: Resource,
    path: str,
    value: Any,
    settings: Settings,
    violations: list[Outcome],
    undecided: list[Outcome],
) -> None:
    """Adds what the policy says of one reading to the list that it belongs to."""
    if isinstance(value, Unknown):
        undecided.append(_undecided(policy, resource, path, Undecided("", value.why, value.fix), settings))
        return
    for judgement in policy.check(value):
        place = _join(path, judgement.path)
        if isinstance(judgement, Violation):
            level = enforcement(policy, settings)
            violations.append(Outcome(Kind.VIOLATION, policy, resource, place, judgement.message, policy.fix, level))
        else:
            undecided.append(_undecided(policy, resource, place, judgement, settings))


def _crashed(policy: Policy[Any], resource: Resource, error: Exception) -> Outcome:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    message = f"policy `{policy.id}` crashed on this resource ({type(error).__name__} at {frame.name}:{frame.lineno})"
    return Outcome(Kind.ERROR, policy, resource, "", message, CRASHED)


def _settled(violations: list[Outcome], undecided: list[Outcome], secrets: Sequence[str]) -> list[Outcome]:
    """Breaches first, each said once, with nothing of a secret in them."""
    if not violations and not undecided:
        return violations
    found = [redacted(each, secrets) for each in (*violations, *undecided)]
    return list({(each.kind, each.resource.urn, each.path, each.message): each for each in found}.values())


def _undecided(
    policy: Policy[Any],
    resource: Resource,
    path: str,
    judgement: Undecided,
    settings: Settings,
) -> Outcome:
    if judgement.why == UNKNOWN.why and (unknown := _within(resource.inputs, path)):
        judgement = Undecided(judgement.path, unknown.why, unknown.fix)
    waits_for = resource.property_dependencies.get(path.partition(".")[0].partition("[")[0], ())
    return Outcome(
        Kind.UNDECIDED,
        policy,
        resource,
        path,
        f"`{path or resource.name}` {judgement.why}, so this policy cannot judge it",
        judgement.fix,
        undecided_level(policy.id, enforcement(policy, settings), settings),
        tuple(waits_for),
        judgement.why,
    )


def _within(inputs: Mapping[str, Any], path: str) -> Unknown | None:
    """What the unknown values of a policy document wait for, where the path leads into one that is partly known."""
    value: Any = inputs
    for name, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and index and int(index) < len(value):
            value = value[int(index)]
        else:
            break
    return value.unknown if isinstance(value, Partial) else None


def _join(path: str, inner: str) -> str:
    if not path or not inner:
        return path or inner
    return f"{path}{inner}" if inner.startswith("[") else f"{path}.{inner}"
