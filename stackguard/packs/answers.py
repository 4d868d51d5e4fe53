"""What a policy pack answers, as outcomes and notes.

Source: `Remediate`, `convertDiagnostics` and `GetAnalyzerInfo` in sdk/go/common/resource/plugin/analyzer_plugin.go of
https://github.com/pulumi/pulumi; the texts about unknown values are of sdk/python/lib/pulumi_policy/policy.py of
https://github.com/pulumi/pulumi-policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from policypack.core.policy import (
    ROOT_TYPE,
    UNKNOWN,
    EnforcementLevel,
    Kind,
    Outcome,
    Policy,
    Resource,
    Severity,
    Unknown,
)
from policypack.evaluation.redaction import redacted
from stackguard.notes import Note, NoteKind
from stackguard.reports.formatting import printable

if TYPE_CHECKING:
    from pulumi.runtime.proto import analyzer_pb2

SEVERITIES = (None, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
"""By the number on the wire."""
UNSPECIFIED = Severity.HIGH
"""Of a policy that does not say how bad a violation is: `--fail-on high` must not open the gate to it."""
DURING = " during preview: "
WHERE = re.compile(r"value at \.(.+) can't be known during preview$")


@dataclass(frozen=True, slots=True)
class Judge:
    """A policy of a pack: its card, and what the operator made of it (`remediate` and the rest)."""

    card: Policy[Any]
    level: str
    over_stack: bool | None
    """Whether it judges the stack and not single resources; None where its SDK is too old to say."""

    @property
    def enforcement(self) -> EnforcementLevel:
        """What a violation does once remediations are through."""
        return EnforcementLevel.MANDATORY if self.level == "remediate" else EnforcementLevel(self.level)


def card(pack: str, info: analyzer_pb2.PolicyInfo) -> Policy[Any]:
    """The card of a pack's policy. Its reader and examples are the pack's own affair."""
    return Policy(
        id=printable(f"{pack}/{info.name}"),
        title=one_line(info.displayName or info.description.partition("\n")[0] or info.name),
        why=info.description or None,
        severity=severity(info.severity) or UNSPECIFIED,
        fix=one_line(info.remediation_steps) or f"See the policy `{info.name}` of policy pack `{pack}`.",
        references=[info.url] if info.url else [],
        bad=(),
        good=(),
        reads=lambda _resource: (),
        check=lambda _value: (),
    )


def severity(number: int) -> Severity | None:
    """The severity with this number on the wire; None for unspecified, and for one that this version does not know."""
    return SEVERITIES[number] if number < len(SEVERITIES) else None


def one_line(text: str) -> str:
    """The text with its lines joined."""
    return " ".join(filter(None, (line.strip() for line in text.splitlines())))


def outcome(
    judge: Judge, said: analyzer_pb2.AnalyzeDiagnostic, resource: Resource, *, unknown_is_advisory: bool, whole: bool
) -> Outcome:
    """One diagnostic as an outcome.

    A policy that met an unknown did not run: the SDK says so in an advisory diagnostic of its own making, and that is
    undecided, at the policy's own enforcement level.

    Args:
        judge: the policy.
        said: the diagnostic.
        resource: what it is about.
        unknown_is_advisory: the operator's choice.
        whole: whether the policy judges the whole stack, so that a path in the diagnostic is of any resource.
    """
    policy_words = f"can't run policy '{said.policyName}'"
    pack_words = f" from policy pack '{said.policyPackName}@v{said.policyPackVersion}'"  # SDKs before 1.8 lack them
    for start in (f"{policy_words}{pack_words}{DURING}", f"{policy_words}{DURING}"):
        if said.message.startswith(start):
            text = said.message.removeprefix(start)
            return undecided(judge, text, resource, unknown_is_advisory=unknown_is_advisory, whole=whole)
    message = said.message.removeprefix(said.description).strip() or said.message
    policy = judge.card
    if (given := severity(said.severity)) not in {None, policy.severity}:
        policy = replace(policy, severity=given)
    level = LEVELS[said.enforcementLevel]
    return Outcome(Kind.VIOLATION, policy, resource, "", one_line(message), policy.fix, level)


LEVELS = (
    EnforcementLevel.ADVISORY,
    EnforcementLevel.MANDATORY,
    EnforcementLevel.DISABLED,
    EnforcementLevel.MANDATORY,  # `remediate`, of which a violation is left
)
"""By the number on the wire."""


def undecided(
    judge: Judge, text: str, resource: Resource, *, unknown_is_advisory: bool, whole: bool = False
) -> Outcome:
    """The outcome of a policy that did not run; `text` is what the SDK says of the value that it met."""
    found = None if whole else WHERE.search(text)
    path, value = _placed(resource.inputs, found[1].split(".")) if found else ("", UNKNOWN)
    unknown = value if isinstance(value, Unknown) else UNKNOWN
    what = f"`{path}`" if path else "a value"
    return Outcome(
        Kind.UNDECIDED,
        judge.card,
        resource,
        path,
        f"{what} {unknown.why}, so this policy cannot judge it ({one_line(text)})",
        unknown.fix,
        EnforcementLevel.ADVISORY if unknown_is_advisory else judge.enforcement,
        tuple(resource.property_dependencies.get(found[1].partition(".")[0], ())) if found else (),
        unknown.why,
    )


def _placed(value: Any, steps: Iterable[str]) -> tuple[str, Any]:
    """The path of these steps in a value, as we write paths, and what stands there."""
    path = ""
    for step in steps:
        if isinstance(value, list) and step.isdigit():
            path += f"[{step}]"
            value = value[int(step)] if int(step) < len(value) else None
        else:
            path += f".{step}" if path else step
            value = value.get(step) if isinstance(value, Mapping) else None
    return path, value


def not_applicable(
    judge: Judge, said: analyzer_pb2.PolicyNotApplicable, resource: Resource | None, secrets: Sequence[str]
) -> Note:
    """The note of a policy that does not concern a resource, or the stack."""
    reason = hidden(one_line(said.reason) or "the policy gives no reason", judge, resource, secrets)
    return Note(NoteKind.NOT_APPLICABLE, judge.card.id, reason, (resource.urn,) if resource else ())


def hidden(text: str, judge: Judge, resource: Resource | None, secrets: Sequence[str]) -> str:
    """A text of a pack's with nothing of a secret left in it."""
    about = resource or Resource(ROOT_TYPE, "stack")
    return redacted(Outcome(Kind.VIOLATION, judge.card, about, "", text, ""), secrets).message


def changes(before: Mapping[str, Any], after: Mapping[str, Any], *, applied: bool) -> str:
    """Which properties a remediation changes, in words; empty where it leaves all as it was."""
    changed = [name for name, value in after.items() if name not in before or before[name] != value]
    gone = [name for name in before if name not in after]
    clauses = (("changes" if applied else "would change", changed), ("removes" if applied else "would remove", gone))
    return ", ".join(f"{verb} {_listed(names)}" for verb, names in clauses if names)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(f"`{name}`" for name in names[:-1]), f"`{names[-1]}`")))
