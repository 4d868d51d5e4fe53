"""The one loop that every door uses: policies over resources, and what came of it.

Known breaches come first, then what is undecided. A policy that raises is an error that names the policy and blocks;
its message never carries the exception's text, which may quote a secret. Nothing of a secret that the wire tells of
is left in any message.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from policypack.policy import (
    EnforcementLevel,
    Judgement,
    Kind,
    Outcome,
    OverStack,
    Placed,
    Policy,
    Resource,
    Stack,
    Undecided,
    Unknown,
    Violation,
)
from policypack.redaction import redacted, secrets_of
from policypack.settings import Settings

CRASHED = "Report it as a bug of this policy: a policy that crashes is never a pass."


def evaluate(policies: Iterable[Policy[Any]], stack: Stack) -> list[Outcome]:
    """Every outcome of every policy that is not disabled: resource by resource, then over the stack."""
    chosen = [policy for policy in policies if enforcement(policy, stack.settings) is not EnforcementLevel.DISABLED]
    return [
        *(
            outcome
            for resource in stack.resources
            for policy in chosen
            if not policy.over_stack
            for outcome in judge(policy, resource, stack.settings)
        ),
        *(outcome for policy in chosen if policy.over_stack for outcome in judge_stack(policy, stack)),
    ]


def judge(policy: Policy[Any], resource: Resource, settings: Settings) -> list[Outcome]:
    """The outcomes of a policy that reads one resource at a time."""
    reads = policy.reads
    assert not isinstance(reads, OverStack)
    found = _run(policy, lambda: ((resource, path, value) for path, value in reads(resource)), resource, settings)
    return [redacted(outcome) for outcome in found]


def judge_stack(policy: Policy[Any], stack: Stack) -> list[Outcome]:
    """The outcomes of a policy that reads the stack as a whole."""
    reads = policy.reads
    assert isinstance(reads, OverStack)
    root = stack.resources[0] if stack.resources else Resource("pulumi:pulumi:Stack", "stack")
    found = _run(policy, lambda: reads.read(stack), root, stack.settings)
    return [redacted(outcome, secrets_of(stack)) for outcome in found]


def enforcement(policy: Policy[Any], settings: Settings) -> EnforcementLevel:
    """The operator's choice for this policy."""
    return settings.enforcement.get(policy.id, EnforcementLevel.MANDATORY)


def _run(
    policy: Policy[Any], readings: Callable[[], Iterable[Placed[Any]]], blamed: Resource, settings: Settings
) -> list[Outcome]:
    level = enforcement(policy, settings)
    violations: list[Outcome] = []
    undecided: list[Outcome] = []
    try:
        for resource, path, value in readings():
            blamed = resource
            if resource.external:
                continue
            for judgement in _judgements(policy, value):
                place = _join(path, judgement.path)
                if isinstance(judgement, Violation):
                    violations.append(
                        Outcome(Kind.VIOLATION, policy, resource, place, judgement.message, policy.fix, level)
                    )
                else:
                    undecided.append(_undecided(policy, resource, place, judgement, level, settings))
    except Exception as error:  # noqa: BLE001 (a crash blocks, whatever it is)
        frame = traceback.extract_tb(error.__traceback__)[-1]
        message = (
            f"policy `{policy.id}` crashed on this resource ({type(error).__name__} at {frame.name}:{frame.lineno})"
        )
        violations.append(Outcome(Kind.ERROR, policy, blamed, "", message, CRASHED))
    unique = {(each.kind, each.resource.urn, each.path, each.message): each for each in violations + undecided}
    return list(unique.values())


def _judgements(policy: Policy[Any], value: Any) -> Iterator[Judgement]:
    if isinstance(value, Unknown):
        yield Undecided("", value.why, value.fix)
    else:
        yield from policy.check(value)


def _undecided(
    policy: Policy[Any],
    resource: Resource,
    path: str,
    judgement: Undecided,
    level: EnforcementLevel,
    settings: Settings,
) -> Outcome:
    waits_for = resource.property_dependencies.get(path.partition(".")[0].partition("[")[0], ())
    return Outcome(
        Kind.UNDECIDED,
        policy,
        resource,
        path,
        f"`{path or resource.name}` {judgement.why}, so this policy cannot judge it",
        judgement.fix,
        EnforcementLevel.ADVISORY if settings.unknown == "advisory" else level,
        tuple(waits_for),
    )


def _join(path: str, inner: str) -> str:
    if not path or not inner:
        return path or inner
    return f"{path}{inner}" if inner.startswith("[") else f"{path}.{inner}"
