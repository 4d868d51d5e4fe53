"""Evaluation, the one loop that every door uses: policies and resources in, outcomes out.

Violations come first, then undecided outcomes. A policy that raises is an error that names the policy and blocks; its
message never has the exception's text, which may quote a secret. Messages are redacted.

A policy that requires another does not judge a value that the other reports: see `Policy.requires`.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import repeat, starmap
from types import MappingProxyType
from typing import Any

from policypack.access.usage import as_used
from policypack.core.caches import bounded_cache, latest
from policypack.core.memo import memoized
from policypack.core.policy import (
    ROOT_TYPE,
    UNKNOWN,
    Composed,
    EnforcementLevel,
    Judgement,
    Kind,
    Outcome,
    OverStack,
    Policy,
    Resource,
    Stack,
    Undecided,
    Unknown,
    Violation,
    covers,
)
from policypack.core.values import unknown_at
from policypack.evaluation.interrupts import is_interrupt
from policypack.evaluation.readings import Readings, SubjectReadings
from policypack.evaluation.redaction import redacted, secrets_of
from policypack.evaluation.settings import UNSEEN, Settings
from policypack.evaluation.settings.selectors import enforcement, runs, unknown_value_level
from policypack.evaluation.silence import Part, silent
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.document_readers import DocumentReader, StatementReader

Accepted = Mapping[tuple[str, str], Collection[str]]
"""The paths of outcomes that are waived or in the baseline, by the id of the policy and the URN of the resource."""
NOTHING: Accepted = MappingProxyType({})
CRASH_FIX = "Report it as a bug of this policy: a policy that crashes is never a pass."


def evaluate(policies: Iterable[Policy[Any]], stack: Stack) -> list[Outcome]:
    """Every outcome of every policy that is not disabled: resource by resource, then over the stack."""
    run = Evaluation(policies, stack.settings)
    subjects: tuple[Resource | Stack, ...] = (*(as_used(stack, resource) for resource in stack.resources), stack)
    return [outcome for subject in subjects for outcome in run.outcomes(subject)]


class Evaluation:
    """One run of the policies that are not disabled: a resource, or the stack as a whole, goes in, outcomes come out."""

    def __init__(self, policies: Iterable[Policy[Any]], settings: Settings, readings: Readings | None = None) -> None:
        self._settings = settings
        levels = Settings(enforcement=settings.enforcement, limits=settings.limits, least=settings.least)
        self._order = _order(list(policies), levels)
        self.readings = readings or Readings()
        assert not self.readings.bits or self.readings.bits == self._order.bits  # of one run, by the same policies
        self.readings.bits = self._order.bits

    def outcomes(self, subject: Resource | Stack, accepted: Accepted = NOTHING) -> list[Outcome]:
        """The outcomes of the policies that read one resource at a time, or of those that read the stack as a whole."""
        concerned = _concerned(self._order, subject.type if isinstance(subject, Resource) else None)
        policies = concerned.policies
        outcomes: list[Outcome] = []
        readings = SubjectReadings()
        if isinstance(subject, Resource) and concerned.of_documents and not subject.external:
            read = silent(subject, concerned.of_documents)
            if read is not None:
                policies, readings.read[subject.urn] = concerned.others, read
        for readings.bit, policy, required in policies:
            outcomes += judge(policy, subject, self._settings, required, accepted, readings)
        self.readings.add(subject, readings)
        return outcomes


@dataclass(frozen=True, slots=True, eq=False)
class _Order:
    """The policies that run, in their order, each with its requirements; and their bits."""

    running: Sequence[tuple[Policy[Any], tuple[Policy[Any], ...]]]
    bits: Mapping[str, int]


@latest  # nearly all stacks of an audit have the same
def _order(policies: Sequence[Policy[Any]], settings: Settings) -> _Order:
    """The order of policies by settings."""
    by_id = {policy.id: policy for policy in policies}
    level = partial(enforcement, settings=settings)
    running = [(policy, requirements(policy, by_id, level)) for policy in policies if runs(policy, settings)]
    return _Order(running, {policy.id: 1 << number for number, (policy, _) in enumerate(running)})


@lru_cache(maxsize=1 << 12)
def _concerned(order: _Order, token: str | None) -> _Concerned:
    """The policies that concern the resources of a type, or the stack as a whole: None."""
    policies = [
        (order.bits[policy.id], policy, required)
        for policy, required in order.running
        if isinstance(policy.reads, OverStack) == (token is None) and (token is None or may_read(policy.reads, token))
    ]
    of_documents = tuple(
        (bit, policy.reads, policy.check)
        for bit, policy, _ in policies
        if isinstance(policy.reads, DocumentReader | StatementReader)
    )
    others = [part for part in policies if not isinstance(part[1].reads, DocumentReader | StatementReader)]
    return _Concerned(policies, others, of_documents)


_Concerning = Sequence[tuple[int, Policy[Any], tuple[Policy[Any], ...]]]
"""Policies: of each the bit, the card, and the requirements."""


@dataclass(frozen=True, slots=True)
class _Concerned:
    """The policies that concern a resource of one type, or the stack."""

    policies: _Concerning
    others: _Concerning
    """Those that read more of a resource than its documents."""
    of_documents: tuple[Part, ...]


def concerns(policy: Policy[Any], subject: Resource | Stack) -> bool:
    """Whether a policy can have an outcome for a resource, by its type, or for the stack as a whole."""
    if isinstance(policy.reads, OverStack):
        return isinstance(subject, Stack)
    return isinstance(subject, Resource) and may_read(policy.reads, subject.type)


class _More(BaseException):
    """A reader asks for more than the type of a resource."""


class _OnlyType(Resource):
    """A resource of which nothing but the type can be read."""

    def __init__(self, type_token: str) -> None:
        object.__setattr__(self, "type", type_token)

    def __getattribute__(self, name: str) -> Any:
        if name in {"type", "__class__"}:
            return object.__getattribute__(self, name)
        raise _More


@lru_cache(maxsize=1 << 16)
def may_read(reads: Callable[[Resource], Iterable[tuple[str, Any]]], type_token: str) -> bool:
    """Whether a reader can yield a value of a resource of this type: not if its type alone makes it yield nothing."""
    try:
        return any(True for _ in reads(_OnlyType(type_token)))
    except (_More, Exception):  # noqa: BLE001 (its own run reports a crash)
        return True


def requirements(
    policy: Policy[Any], by_id: Mapping[str, Policy[Any]], level: Callable[[Policy[Any]], EnforcementLevel]
) -> tuple[Policy[Any], ...]:
    """The required policies that block in this run: only those excuse a policy from judging.

    Args:
        policy: the policy that requires others.
        by_id: all policies of this run, by id.
        level: the enforcement level of a policy in this run.
    """
    if not policy.requires:
        return ()
    required = (by_id[policy_id] for policy_id in policy.requires if policy_id in by_id)
    return tuple(other for other in required if level(other) is EnforcementLevel.MANDATORY)


def judge(
    policy: Policy[Any],
    subject: Resource | Stack,
    settings: Settings,
    required: Sequence[Policy[Any]] = (),
    accepted: Accepted = NOTHING,
    readings: SubjectReadings | None = None,
) -> list[Outcome]:
    """The outcomes of one policy for one resource, or for the stack as a whole.

    Args:
        policy: the policy.
        subject: what it judges.
        settings: the operator's.
        required: its `requirements`.
        accepted: what an exemption accepts: it does not block, so it excuses no other policy.
        readings: takes note of what the policy reads.
    """
    outcomes: list[Outcome] = []
    excused: list[str] = []
    blamed = subject if isinstance(subject, Resource) else next(iter(subject.resources), Resource(ROOT_TYPE, "stack"))
    judging: _Judging | None = None  # most policies read nothing of most resources
    stack = subject if isinstance(subject, Stack) else None
    try:
        for resource, (path, value) in _readings(policy, subject):
            blamed = resource
            if not resource.external:
                if readings:
                    readings.read[resource.urn] = readings.read.get(resource.urn, 0) | readings.bit
                judging = judging or _Judging(policy, settings, required, accepted, outcomes, excused, stack)
                judging.judge(resource, path, value)
    except BaseException as error:  # a crash blocks, whatever it is
        if is_interrupt(error):
            raise
        outcomes.append(_crashed(policy, blamed, error))
        if readings:
            readings.read[blamed.urn] = readings.read.get(blamed.urn, 0) | readings.bit
    if readings and excused:
        for urn in {*excused} - {outcome.resource.urn for outcome in outcomes}:
            readings.excused[urn] = readings.excused.get(urn, 0) | readings.bit
    if not outcomes:
        return []
    elsewhere = secrets_of(subject) if isinstance(subject, Stack) else ()
    violations_first = sorted(outcomes, key=lambda outcome: outcome.kind is Kind.UNDECIDED)
    safe = (redacted(outcome, elsewhere) for outcome in violations_first)
    unique = {(outcome.kind, outcome.resource.urn, outcome.path, outcome.message): outcome for outcome in safe}
    return list(unique.values())


def _readings(policy: Policy[Any], subject: Resource | Stack) -> Iterable[tuple[Resource, tuple[str, Any]]]:
    """A policy's readings: the resource to blame, and a path in it with a value."""
    reads = policy.reads
    if isinstance(subject, Stack):
        assert isinstance(reads, OverStack)
        return ((resource, (path, value)) for resource, path, value in reads.read(subject))
    if subject.external:
        return ()
    assert not isinstance(reads, OverStack)
    return zip(repeat(subject), reads(subject), strict=False)


def undecided_level(policy_id: str, level: EnforcementLevel, settings: Settings) -> EnforcementLevel:
    """The level of an undecided outcome of a policy with this level."""
    own = EnforcementLevel.MANDATORY if policy_id in UNSEEN else unknown_value_level(settings)
    blocks = settings.unknown == "mandatory" and own is EnforcementLevel.MANDATORY
    return level if blocks else EnforcementLevel.ADVISORY


@dataclass(slots=True)
class _Judging:
    """One policy at work on its readings; adds to the outcomes. Most resources have no reading for most policies."""

    policy: Policy[Any]
    settings: Settings
    required: Sequence[Policy[Any]]
    accepted: Accepted
    outcomes: list[Outcome]
    excused: list[str]
    """The URN for each judgement that a required policy takes away."""
    stack: Stack | None
    """Of a policy that reads the stack as a whole."""

    def judge(self, resource: Resource, path: str, value: Any) -> None:
        """Add the outcomes of one reading."""
        if self.required and isinstance(value, Composed) and any(starmap(self._excused, value.read_from)):
            self.excused.append(resource.urn)
            return
        if isinstance(value, Unknown):
            self._report(resource, path, Undecided("", value.why, value.fix))
            return
        for judgement in _judgements(self.policy, value):
            self._report(resource, _join(path, judgement.path), judgement)

    def _report(self, resource: Resource, path: str, judgement: Violation | Undecided) -> None:
        if self._excused(resource, path, judgement.repeats if isinstance(judgement, Violation) else ""):
            self.excused.append(resource.urn)
            return
        policy = self.policy
        if isinstance(judgement, Violation) and judgement.severity:
            policy = replace(policy, severity=judgement.severity)
        level = enforcement(policy, self.settings)
        if level is EnforcementLevel.DISABLED:
            return
        if isinstance(judgement, Violation):
            message, why, witness = judgement.message, "", judgement.witness
            if witness is not None:
                message, why = f"{witness}: {message}", message
            outcome = Outcome(
                Kind.VIOLATION,
                policy,
                resource,
                path,
                message,
                policy.fix,
                level,
                why=why,
                witness=witness,
                facts=judgement.facts,
                parts=judgement.parts,
                limits=judgement.limits,
                value_counts=judgement.value_counts,
                related=judgement.related,
                severity=judgement.severity,
            )
        else:
            level = undecided_level(policy.id, level, self.settings)
            outcome = _undecided(policy, resource, path, judgement, level)
        self.outcomes.append(outcome)

    def _excused(self, resource: Resource, path: str, repeats: str = "") -> bool:
        """Whether a required policy reports this path, one that leads to it, or this resource, if it reads the stack.

        Of reports that are accepted count those of `repeats`, even if that policy is advisory.
        """
        accepted, urn = self.accepted, resource.urn
        if repeats and any(covers(outer, path) for outer in accepted.get((repeats, urn), ())):
            return True
        required = [policy for policy in self.required if policy.id == repeats or (policy.id, urn) not in accepted]
        if self.stack and any(policy.over_stack and urn in _reported_over(self.stack, policy) for policy in required):
            return True
        return any(
            path[:length] in places and covers(path[:length], path)
            for policy in required
            if not policy.over_stack
            for length, places in _reported(resource, policy).items()
        )


def _judgements(policy: Policy[Any], value: Any) -> Iterable[Judgement]:
    """What a policy finds in a value; in equal documents once, because many resources and stacks have the same."""
    work = value.spent if isinstance(value, PolicyDocument) and isinstance(value.source, str) else None
    if work is None and not isinstance(value, Statement):
        return policy.check(value)
    try:
        judgements, steps = _of_document(policy.check, value, work.steps if work else 0)
    except Exception:  # noqa: BLE001 (what it finds before it crashes counts)
        return policy.check(value)
    if work:
        work.steps = steps
    return judgements


@bounded_cache(1 << 13)
def _of_document(
    check: Callable[[Any], Iterable[Judgement]], value: PolicyDocument | Statement, _steps: int
) -> tuple[Sequence[Judgement], int]:
    """The judgements, and the work on the document after them: what it limits depends on the work before them."""
    return tuple(check(value)), value.spent.steps if isinstance(value, PolicyDocument) else 0


@memoized
def _reported(resource: Resource, policy: Policy[Any]) -> Mapping[int, Collection[str]]:
    """The paths, by length, at which a policy reports a violation of a resource that excuses other policies."""
    paths: list[str] = []
    with suppress(Exception):  # a policy that crashes excuses no other, and its own run reports the crash
        for _, (path, value) in _readings(policy, resource):
            judgements = () if isinstance(value, Unknown) else _judgements(policy, value)
            violations = (judgement for judgement in judgements if isinstance(judgement, Violation))
            paths += [
                path if violation.voids else _join(path, violation.path)
                for violation in violations
                if violation.excuses
            ]
    by_length: dict[int, set[str]] = {}
    for path in paths:
        by_length.setdefault(len(path), set()).add(path)
    return by_length


@memoized
def _reported_over(stack: Stack, policy: Policy[Any]) -> Collection[str]:
    """The URNs of the resources of which a policy over the stack reports a violation that excuses other policies."""
    urns: set[str] = set()
    with suppress(Exception):  # as of `_reported`
        for resource, (_, value) in _readings(policy, stack):
            judgements = () if isinstance(value, Unknown) else policy.check(value)
            if any(isinstance(judgement, Violation) and judgement.excuses for judgement in judgements):
                urns.add(resource.urn)
    return urns


def _crashed(policy: Policy[Any], resource: Resource, error: BaseException) -> Outcome:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    message = f"policy `{policy.id}` crashed on this resource ({type(error).__name__} at {frame.name}:{frame.lineno})"
    return Outcome(Kind.ERROR, policy, resource, "", message, CRASH_FIX)


def _undecided(
    policy: Policy[Any], resource: Resource, path: str, judgement: Undecided, level: EnforcementLevel
) -> Outcome:
    why, fix = judgement.why, judgement.fix
    if why == UNKNOWN.why and (unknown := unknown_at(resource.inputs, path)):
        why, fix = unknown.why, unknown.fix
    message = f"`{path or resource.name}` {why}, so this policy cannot judge it"
    waits_for = resource.property_dependencies.get(path.partition(".")[0].partition("[")[0], ())
    return Outcome(Kind.UNDECIDED, policy, resource, path, message, fix, level, tuple(waits_for), why)


def _join(path: str, inner: str) -> str:
    if not path or not inner:
        return path or inner
    return f"{path}{inner}" if inner.startswith("[") else f"{path}.{inner}"
