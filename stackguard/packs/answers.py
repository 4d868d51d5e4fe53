"""Converts the answers of a policy pack to outcomes and notes.

Source: `Remediate`, `convertDiagnostics` and `GetAnalyzerInfo` in sdk/go/common/resource/plugin/analyzer_plugin.go of
https://github.com/pulumi/pulumi; the texts about unknown values are of sdk/python/lib/pulumi_policy/policy.py of
https://github.com/pulumi/pulumi-policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from policypack.evaluation.settings import Settings
from policypack.evaluation.settings.selectors import least_level, strictest
from stackguard.notes import Note, NoteKind
from stackguard.packs.config import LEVELS
from stackguard.reports.formatting import printable

if TYPE_CHECKING:
    from pulumi.runtime.proto import analyzer_pb2

SEVERITIES = (None, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
"""By their number in the protocol."""
UNSPECIFIED = Severity.HIGH
"""The severity of a policy without one: `--fail-on high` must still block its violations."""
DURING = " during preview: "
UNKNOWN_PATH = re.compile(r"value at \.(.+) can't be known during preview$")


@dataclass(frozen=True, slots=True)
class PackPolicy:
    """A policy of a pack: its card, and its configured level, such as `remediate`."""

    card: Policy[Any]
    level: str
    over_stack: bool | None
    """Whether it judges the stack and not single resources; None if its SDK is too old to report that."""
    unknown_is_advisory: bool
    """The operator's choice for undecided outcomes."""
    settings: Settings = field(default_factory=Settings)
    """The operator's, whose limits apply to each violation."""


def _enforcement(level: str) -> EnforcementLevel:
    """The level of a violation that remains after remediation."""
    return EnforcementLevel.MANDATORY if level == "remediate" else EnforcementLevel(level)


def card(pack: str, info: analyzer_pb2.PolicyInfo) -> Policy[Any]:
    """The card of a pack's policy, without a reader and examples."""
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
    """The severity with this number in the protocol; None for an unspecified or unsupported one."""
    return SEVERITIES[number] if number < len(SEVERITIES) else None


def one_line(text: str) -> str:
    """The text with its lines joined."""
    return " ".join(filter(None, (line.strip() for line in text.splitlines())))


def outcome(
    policy: PackPolicy, diagnostic: analyzer_pb2.AnalyzeDiagnostic, resource: Resource, *, over_stack: bool
) -> Outcome:
    """One diagnostic as an outcome.

    A policy that reads an unknown value does not run. The SDK reports that as an advisory diagnostic, which becomes an
    undecided outcome with the policy's enforcement level.

    Args:
        policy: that reported it.
        diagnostic: the report.
        resource: that it is about.
        over_stack: whether the policy judges the stack, so that a path in the diagnostic can be of any resource.
    """
    subject = f"can't run policy '{diagnostic.policyName}'"
    pack = f" from policy pack '{diagnostic.policyPackName}@v{diagnostic.policyPackVersion}'"  # since SDK 1.8
    for start in (f"{subject}{pack}{DURING}", f"{subject}{DURING}"):
        if diagnostic.message.startswith(start):
            text = diagnostic.message.removeprefix(start)
            return undecided(policy, text, resource, over_stack=over_stack)
    message = diagnostic.message.removeprefix(diagnostic.description).strip() or diagnostic.message
    policy_card = policy.card
    if (reported := severity(diagnostic.severity)) not in {None, policy_card.severity}:
        policy_card = replace(policy_card, severity=reported)
    level = strictest([_enforcement(LEVELS[diagnostic.enforcementLevel]), least_level(policy_card, policy.settings)])
    return Outcome(Kind.VIOLATION, policy_card, resource, "", one_line(message), policy_card.fix, level)


def undecided(policy: PackPolicy, text: str, resource: Resource, *, over_stack: bool = False) -> Outcome:
    """The outcome of a policy that did not run; `text` is the SDK's message about the unknown value."""
    match = None if over_stack else UNKNOWN_PATH.search(text)
    path, value = _value_at(resource.inputs, match[1].split(".")) if match else ("", UNKNOWN)
    unknown = value if isinstance(value, Unknown) else UNKNOWN
    what = f"`{path}`" if path else "a value"
    return Outcome(
        Kind.UNDECIDED,
        policy.card,
        resource,
        path,
        f"{what} {unknown.why}, so this policy cannot judge it ({one_line(text)})",
        unknown.fix,
        EnforcementLevel.ADVISORY if policy.unknown_is_advisory else _enforcement(policy.level),
        tuple(resource.property_dependencies.get(match[1].partition(".")[0], ())) if match else (),
        unknown.why,
    )


def _value_at(value: Any, steps: Iterable[str]) -> tuple[str, Any]:
    """The path of these steps in a value, as reports write it, and the value there."""
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
    policy: PackPolicy, answer: analyzer_pb2.PolicyNotApplicable, resource: Resource | None, secrets: Sequence[str]
) -> Note:
    """The note that a policy does not apply to a resource, or to the stack; without secrets."""
    text = one_line(answer.reason) or "the policy gives no reason"
    subject = resource or Resource(ROOT_TYPE, "stack")
    reason = redacted(Outcome(Kind.VIOLATION, policy.card, subject, "", text, ""), secrets).message
    return Note(NoteKind.NOT_APPLICABLE, policy.card.id, reason, (resource.urn,) if resource else ())


def changes(before: Mapping[str, Any], after: Mapping[str, Any], *, applied: bool) -> str:
    """The properties that a remediation changes, as a clause; empty if it changes nothing."""
    changed = [name for name, value in after.items() if name not in before or before[name] != value]
    removed = [name for name in before if name not in after]
    clauses = (("changes" if applied else "would change", changed), ("removes" if applied else "would remove", removed))
    return ", ".join(f"{verb} {_enumeration(names)}" for verb, names in clauses if names)


def _enumeration(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(f"`{name}`" for name in names[:-1]), f"`{names[-1]}`")))
