"""The one loop that every door uses: policies over resources, and what came of it.

Known breaches come first, then what is undecided. A policy that raises is an error that names the policy and blocks;
its message never carries the exception's text, which may quote a secret. Nothing of a secret that the wire tells of
is left in any message.

A policy that requires another does not judge a value that the other reports: see `Policy.requires`.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any

from policypack.core.memo import memoized
from policypack.core.policy import (
    ROOT_TYPE,
    UNKNOWN,
    UNKNOWN_VALUE,
    Composed,
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
from policypack.evaluation.redaction import redacted, secrets_of
from policypack.evaluation.settings import UNSEEN, Settings

CRASHED = "Report it as a bug of this policy: a policy that crashes is never a pass."


def evaluate(policies: Iterable[Policy[Any]], stack: Stack) -> list[Outcome]:
    """Every outcome of every policy that is not disabled: resource by resource, then over the stack."""
    chosen = list(policies)
    found: list[Outcome] = []
    for resource in stack.resources:
        found += evaluate_resource(chosen, resource, stack.settings)
    return found + evaluate_stack(chosen, stack)


def evaluate_resource(policies: Collection[Policy[Any]], resource: Resource, settings: Settings) -> list[Outcome]:
    """The outcomes for one resource of those policies that read one at a time."""
    found: list[Outcome] = []
    for policy in policies:
        if not policy.over_stack and enforcement(policy, settings) is not EnforcementLevel.DISABLED:
            required = requirements(policy, policies, lambda each: enforcement(each, settings))
            found += judge(policy, resource, settings, required)
    return found


def evaluate_stack(policies: Collection[Policy[Any]], stack: Stack) -> list[Outcome]:
    """The outcomes of those policies that read the stack as a whole."""
    found: list[Outcome] = []
    for policy in policies:
        if policy.over_stack and enforcement(policy, stack.settings) is not EnforcementLevel.DISABLED:
            required = requirements(policy, policies, lambda each: enforcement(each, stack.settings))
            found += judge_stack(policy, stack, required)
    return found


def requirements(
    policy: Policy[Any], policies: Iterable[Policy[Any]], level: Callable[[Policy[Any]], EnforcementLevel]
) -> tuple[Policy[Any], ...]:
    """The policies that this one requires and that block in this run: only those excuse it.

    Args:
        policy: the policy that requires others.
        policies: all policies of this run.
        level: the enforcement level of a policy in this run.
    """
    if not policy.requires:
        return ()
    named = (each for each in policies if each.id in policy.requires)
    return tuple(each for each in named if level(each) is EnforcementLevel.MANDATORY)


def judge(
    policy: Policy[Any], resource: Resource, settings: Settings, required: Sequence[Policy[Any]] = ()
) -> list[Outcome]:
    """The outcomes of a policy that reads one resource at a time; `required` are its `requirements`."""
    reads = policy.reads
    assert not isinstance(reads, OverStack)
    if resource.external:
        return []
    judging = _Judging(policy, settings, required)
    try:
        for path, value in reads(resource):
            judging.judge(resource, path, value)
    except Exception as error:  # noqa: BLE001 (a crash blocks, whatever it is)
        judging.violations.append(_crashed(policy, resource, error))
    return _settled(judging.violations, judging.undecided, ())


def judge_stack(policy: Policy[Any], stack: Stack, required: Sequence[Policy[Any]] = ()) -> list[Outcome]:
    """The outcomes of a policy that reads the stack as a whole; `required` are its `requirements`."""
    reads = policy.reads
    assert isinstance(reads, OverStack)
    blamed = stack.resources[0] if stack.resources else Resource(ROOT_TYPE, "stack")
    judging = _Judging(policy, stack.settings, required)
    try:
        for resource, path, value in reads.read(stack):
            blamed = resource
            if not resource.external:
                judging.judge(resource, path, value)
    except Exception as error:  # noqa: BLE001 (a crash blocks, whatever it is)
        judging.violations.append(_crashed(policy, blamed, error))
    found = judging.violations or judging.undecided
    return _settled(judging.violations, judging.undecided, secrets_of(stack) if found else ())


def enforcement(policy: Policy[Any], settings: Settings) -> EnforcementLevel:
    """The operator's choice for this policy."""
    return settings.enforcement.get(policy.id, EnforcementLevel.MANDATORY)


def undecided_level(policy_id: str, level: EnforcementLevel, settings: Settings) -> EnforcementLevel:
    """The level of an undecided outcome of a policy that has this level."""
    of_value = EnforcementLevel.MANDATORY if policy_id in UNSEEN else settings.enforcement.get(UNKNOWN_VALUE)
    advisory = settings.unknown == "advisory" or of_value is EnforcementLevel.ADVISORY
    return EnforcementLevel.ADVISORY if advisory else level


@dataclass(frozen=True, slots=True)
class _Judging:
    """One policy at work: what it reports, known breaches apart from what is undecided."""

    policy: Policy[Any]
    settings: Settings
    required: Sequence[Policy[Any]]
    violations: list[Outcome] = field(default_factory=list)
    undecided: list[Outcome] = field(default_factory=list)

    def judge(self, resource: Resource, path: str, value: Any) -> None:
        """Add what the policy reports of one reading."""
        if self.required and isinstance(value, Composed) and any(starmap(self._excused, value.read_from)):
            return
        if isinstance(value, Unknown):
            self._report(resource, path, Undecided("", value.why, value.fix))
            return
        for judgement in self.policy.check(value):
            self._report(resource, _join(path, judgement.path), judgement)

    def _report(self, resource: Resource, place: str, judgement: Violation | Undecided) -> None:
        if self._excused(resource, place):
            return
        if isinstance(judgement, Violation):
            level = enforcement(self.policy, self.settings)
            fix = self.policy.fix
            outcome = Outcome(Kind.VIOLATION, self.policy, resource, place, judgement.message, fix, level)
            self.violations.append(outcome)
        else:
            self.undecided.append(_undecided(self.policy, resource, place, judgement, self.settings))

    def _excused(self, resource: Resource, place: str) -> bool:
        """Whether a required policy reports this place, or a whole that it is a part of."""
        return any(_covers(each, place) for policy in self.required for each in _reported(resource, policy))


@memoized
def _reported(resource: Resource, policy: Policy[Any]) -> Sequence[str]:
    """The places of a resource at which a policy that reads one resource reports a breach that excuses others."""
    assert not isinstance(policy.reads, OverStack)
    places: list[str] = []
    with suppress(Exception):  # a policy that crashes excuses nobody, and its own run reports the crash
        for path, value in () if resource.external else policy.reads(resource):
            judgements = () if isinstance(value, Unknown) else policy.check(value)
            places += [_join(path, each.path) for each in judgements if isinstance(each, Violation) and each.excuses]
    return places


def _covers(whole: str, place: str) -> bool:
    """Whether a place is another or a part of it: `policy.Statement[0]` covers `policy.Statement[0].Action`."""
    return place.startswith(whole) and (not whole or place[len(whole) :][:1] in {"", ".", "["})


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
