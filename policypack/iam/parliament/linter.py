"""Parliament behind our own parser: its reports about a policy document, without those that its old data gets wrong.

Parliament reads documents that `grammar.parse` could read, rebuilt in its own form, and its work is bounded. What it
cannot finish is a report of its own. `docs/decisions/0006-parliament.md` lists what is filtered and why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from policypack.core.caches import bounded_cache
from policypack.iam.actions import Action, alike_in_resources, exists, expand, matches_some, multivalued
from policypack.iam.anywhere import anywhere
from policypack.iam.condition_keys import global_type, scopes
from policypack.iam.condition_types import mistyped
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.globs import has_wildcard, overlaps
from policypack.iam.parliament.encoding import compares_statements, encode, shaped
from policypack.iam.parliament.engine import MAX_STEPS, StepLimitError, bounded, loaded, steps_taken
from policypack.iam.tables import DocumentKind

DOCUMENT_VERSION = "2012-10-17"
NOT_LINTED = "NOT_LINTED"
"""Our own issue, for a document on which Parliament fails or does not finish."""
UNJUDGED = frozenset({"Sid", "Principal", "NotPrincipal"})
"""The elements that may be unknown in a statement that is linted."""
_OURS = {"title": "Could not be linted", "severity": "HIGH"}
SINGLE_VALUE = "SINGLE_VALUE_CONDITION_TOO_PERMISSIVE"
"""Parliament's issue, which it reports for a statement and we report for each condition."""
HEAVY = "RESOURCE_MISMATCH"
"""Parliament's issue that is compared with every statement of the document for each action."""
_ELEMENTS = {"RESOURCE_MISMATCH": ".Action", "RESOURCE_STAR": ".Resource", "RESOURCE_EFFECTIVELY_STAR": ".Resource"}
"""The element that an issue is about, if Parliament reports the issue at its statement."""
SHOWN = 3
JOINT = frozenset({"ec2", "glue"})
"""Services of which one call needs a resource of each required type; elsewhere they are often alternatives.

Sources: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-policy-structure.html and
https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html.
"""


class LintReport(msgspec.Struct, frozen=True):
    """One report about one place.

    `issue` is Parliament's name for it, `severity` its word in lower case, `path` relative to the document.
    """

    issue: str
    title: str
    severity: str
    path: str
    reason: str


class _Finding(msgspec.Struct, frozen=True):
    """Parliament's finding, with the statement it is about, if it is about one."""

    issue: str
    detail: Any
    path: str
    statement: Statement | None


def lint(document: PolicyDocument) -> tuple[LintReport, ...]:
    """Parliament's reports about the statements in which at most a principal or a `Sid` is unknown.

    The grammar's problems (`document.problems`) are not repeated.
    """
    return _linted(document.kind, document.type, document.statements, document.version, document.unknowns)


@bounded_cache(1024)
def _linted(
    kind: DocumentKind,
    type_token: str,
    statements: tuple[Statement, ...],
    version: str | None,
    unknowns: tuple[tuple[str, str], ...],
) -> tuple[LintReport, ...]:
    """The cached reports of a document, by all that they depend on."""
    document = known = PolicyDocument(kind, type_token, statements, version, unknowns=unknowns)
    if document.unknowns:
        known = msgspec.structs.replace(
            document, statements=tuple(statement for statement in document.statements if statement.unknown <= UNJUDGED)
        )
    findings: list[_Finding] = []
    steps = 0
    seen = set()
    for statement in known.statements:
        if steps > MAX_STEPS:
            findings.append(_Finding(NOT_LINTED, _failure(StepLimitError()), statement.path, None))
            break
        shape = shaped(statement, known.kind)
        if shape is not None:
            in_shape, spent = _of_statement(shape)
            steps += spent if shape not in seen else 0
            seen.add(shape)
            for finding in in_shape:
                path = statement.path + finding.path.removeprefix("Statement")
                findings.append(_Finding(finding.issue, finding.detail, path, statement))
    odd_version = (known.version or DOCUMENT_VERSION) != DOCUMENT_VERSION
    if steps <= MAX_STEPS and known.statements and (odd_version or compares_statements(known)):
        findings = _as_a_whole(known) + findings
    if steps + sum(_weight(finding, known) for finding in findings) > MAX_STEPS:
        findings = [finding for finding in findings if finding.issue != HEAVY]
        if not any(finding.issue == NOT_LINTED for finding in findings):
            findings.append(_Finding(NOT_LINTED, _failure(StepLimitError()), "", None))
    return tuple(dict.fromkeys(report for finding in findings for report in _reports(finding, known)))


def _weight(finding: _Finding, document: PolicyDocument) -> int:
    """The steps that the report of a finding takes."""
    return len(finding.detail) * len(document.statements) // 4 if finding.issue == HEAVY else 5


def _as_a_whole(document: PolicyDocument) -> list[_Finding]:
    """The findings that are about no single statement."""
    shapes = (shaped(statement, document.kind, names=True) for statement in document.statements)
    joined = msgspec.structs.replace(
        document,
        version=document.version or DOCUMENT_VERSION,
        statements=tuple(shape for shape in shapes if shape is not None),
    )
    try:
        findings = _analysed(joined)
    except Exception as error:  # noqa: BLE001 (a crash of Parliament is a report, whatever it is)
        return [_Finding(NOT_LINTED, _failure(error), "", None)]
    return [finding for finding in findings if finding.path in ("", "Version")]


@bounded_cache(16384)
def _of_statement(shape: Statement) -> tuple[list[_Finding], int]:
    """The findings about one statement, those of two community auditors included, and the steps that they took."""
    before = steps_taken()
    try:
        findings = _analysed(PolicyDocument(DocumentKind.RESOURCE, "", (shape,), DOCUMENT_VERSION), shape)
    except Exception as error:  # noqa: BLE001 (a crash of Parliament is a report, whatever it is)
        findings = [_Finding(NOT_LINTED, _failure(error), shape.path, shape)]
    return findings, steps_taken() - before


def _failure(error: Exception) -> str:
    why = "is too large" if isinstance(error, StepLimitError) else "is too unusual"
    return f"{why} for Parliament, so it is not linted; split it or write it more plainly"


def _analysed(document: PolicyDocument, only: Statement | None = None) -> list[_Finding]:
    """The findings about a document; about its only statement, those of two community auditors too."""
    encoded = encode(document)
    parliament = loaded()
    policy = parliament.Policy(encoded.root)
    auditors = parliament.community_auditors
    if only is not None:
        policy.check_for_bad_patterns = lambda: None
    with bounded():
        policy.analyze(ignore_private_auditors=True)
        if only is not None and policy.is_valid:
            auditors.advanced_policy_elements.audit(policy)
            auditors.single_value_condition_too_permissive.audit(policy)
    start = only.path if only else ""
    return [_Finding(raw.issue, raw.detail, encoded.path_of(raw.location) or start, only) for raw in policy.findings]


def _reports(finding: _Finding, document: PolicyDocument) -> Iterator[LintReport]:
    """The report of a finding, unless it is wrong by newer data or AWS's own rules."""
    if finding.issue == _USABLE or (finding.issue in _ABOUT_GRANTS and document.kind is DocumentKind.BOUNDARY):
        return
    config = loaded().config.get(finding.issue, _OURS)
    title = str(config.get("title", finding.issue)).strip().rstrip(".")
    severity = str(config["severity"]).lower()
    if of_conditions := _OF_CONDITIONS.get(finding.issue):
        for path, clause in of_conditions(finding):
            yield LintReport(finding.issue, title, severity, path, clause)
        return
    explain = _REASONS.get(finding.issue, title[:1].lower() + title[1:])
    reason = explain(finding, document) if callable(explain) else explain
    if reason is not None:
        yield LintReport(finding.issue, title, severity, finding.path + _ELEMENTS.get(finding.issue, ""), reason)


def _judged_statement(finding: _Finding) -> Statement | None:
    """The statement of a finding about resources, if Parliament reads it correctly.

    Parliament reads `NotAction` and `NotResource` as `Action` and `Resource`, and requires resources where none belong.
    """
    statement = finding.statement
    return None if statement is None or statement.actions is None or statement.resources is None else statement


def _mismatch(finding: _Finding, document: PolicyDocument) -> str | None:
    statement = _judged_statement(finding)
    if statement is None:
        return None
    missing = [
        f"`{entry['action']}` needs `{entry['required_format']}`"
        for entry in finding.detail
        for action in islice(expand(entry["action"]), 1)
        if not _fits(action, entry["required_format"], statement, document)
    ]
    if not missing:
        return None
    return f"no resource of the statement is of the type that the action needs: {', '.join(missing[:SHOWN])}"


def _fits(action: Action, shape: str, statement: Statement, document: PolicyDocument) -> bool:
    """Whether the mismatch is wrong by newer data, or by what the rest of the document allows."""
    resources = statement.resources or ()
    siblings = [pattern for pattern in statement.actions or () if has_wildcard(pattern) and action in expand(pattern)]
    if any(_some_fits(pattern, resources) for pattern in siblings):
        return True
    own = document.kind is DocumentKind.RESOURCE  # which is about the resource that carries it, of any of the types
    if own or not action.required or (len(action.required) > 1 and action.service not in JOINT):
        return action.fits(*resources) or (own and not action.formats)
    needed = [kind for kind in action.required if shape == "*" or overlaps(f"{':'.join(kind.head)}:{kind.tail}", shape)]
    elsewhere = [
        resource
        for other in document.statements
        if other.allows and any(action in expand(pattern) for pattern in other.actions or ())
        for resource in other.resources or ()
    ]
    return not any(not any(kind.overlaps(resource) for resource in elsewhere) for kind in needed)


@bounded_cache(8192)
def _some_fits(pattern: str, resources: tuple[str, ...]) -> bool:
    return any(alike[0].fits(*resources) for alike in alike_in_resources((pattern,)))


def _star(finding: _Finding, document: PolicyDocument) -> str | None:
    statement = _judged_statement(finding)
    if statement is None or document.kind is not DocumentKind.IDENTITY or scopes(statement.conditions):
        return None
    narrow = [
        name for name in finding.detail if any(action.formats and not anywhere(action) for action in expand(name))
    ]
    if not narrow:
        return None
    return f"allows {', '.join(f'`{name}`' for name in narrow[:SHOWN])} on `*`, though they take narrower resources"


def _effectively_star(finding: _Finding, document: PolicyDocument) -> str | None:
    statement = _judged_statement(finding)
    if statement is None or document.kind is not DocumentKind.IDENTITY or scopes(statement.conditions):
        return None
    if any("${" in resource for resource in statement.resources or ()):
        return None
    return "lists resource patterns that together are as wide as `*`"


def _unknown_key(finding: _Finding, document: PolicyDocument) -> str | None:
    statement = finding.statement
    match = re.fullmatch(r"Unknown condition (\S+) for action (\S+)", str(finding.detail))
    if statement is None or match is None or statement.actions is None:
        return None
    key, name = match.groups()
    if (
        finding.path.endswith("IfExists")
        or global_type(key)
        or not matches_some(name)
        or (document.kind is DocumentKind.TRUST and not key.lower().startswith("aws:"))
    ):
        return None
    matching = [pattern for pattern in statement.actions or () if expand(name) <= expand(pattern)]
    if any(_some_knows(pattern, key) for pattern in matching):
        return None
    named = matching[0] if matching and has_wildcard(matching[0]) else name
    return f"requests of `{named}` never contain `{key}`, so the condition does not apply to them"


def _as_published(action: str, key: str) -> bool:
    """Whether AWS's own key policies hold an action that only describes a key to an encryption context.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    return action.lower() == "kms:describekey" and key.lower().startswith("kms:encryptioncontext")


@bounded_cache(8192)
def _some_knows(pattern: str, key: str) -> bool:
    return any(action.knows(key) or _as_published(str(action), key) for action in expand(pattern))


def _mistyped(finding: _Finding) -> Iterator[tuple[str, str]]:
    """The conditions with values of another type: path and our own clause, because Parliament's quotes the values."""
    statement = finding.statement
    for condition in statement.conditions if statement else ():
        if statement and condition.path.startswith(finding.path):
            for clause in mistyped(condition, statement):
                yield condition.path, clause


def _single_values(finding: _Finding) -> Iterator[tuple[str, str]]:
    """The conditions of the statement that compare a single value as a set: path and reason."""
    for condition in finding.statement.conditions if finding.statement else ():
        sound = condition.qualifier == "ForAllValues" and condition.present
        if condition.qualifier and not sound and global_type(condition.key) and not multivalued(condition.name):
            also = "; `ForAllValues` is also true without the key" if condition.qualifier == "ForAllValues" else ""
            yield condition.path, f"`{condition.qualifier}` on `{condition.key}`, which has one value{also}"


def _old_version(_finding: _Finding, document: PolicyDocument) -> str | None:
    texts = (
        text
        for statement in document.statements
        for values in (
            statement.resources or (),
            statement.not_resources or (),
            *(condition.values for condition in statement.conditions),
        )
        for text in values
    )
    if not any("${" in text for text in texts):
        return None
    return "is the version of 2008, which takes policy variables literally; write `2012-10-17`"


def _escalation(finding: _Finding, _document: PolicyDocument) -> str:
    match = re.search(r"due to (s3:\w+) not being allowed, but does allow (s3:\w+)", str(finding.detail))
    missing, allowed = match.groups() if match else ("the object's action", "the bucket's")
    return f"allows `{allowed}` and not `{missing}`, which a caller with the first can grant themselves"


def _unknown_name(finding: _Finding, _document: PolicyDocument) -> str | None:
    name = str(finding.detail).rpartition(" ")[2]
    if finding.issue == "UNKNOWN_PREFIX" and not exists(name):
        return f"AWS's reference has no service `{name}`"
    return (
        f"AWS's reference has no action `{name}`" if ":" in name else f"AWS's reference has no such action of `{name}`"
    )


_USABLE = "MISMATCHED_TYPE_BUT_USABLE"
"""Issue of an ARN that is compared as a text, as AWS allows; `iam-ineffective-condition` reports a `*` that is none then."""
_ABOUT_GRANTS = {"NOTRESOURCE_WITH_ALLOW", "RESOURCE_POLICY_PRIVILEGE_ESCALATION"}
"""Issues about what a document grants, which a boundary does not."""
_OF_CONDITIONS: Mapping[str, Callable[[_Finding], Iterator[tuple[str, str]]]] = {
    SINGLE_VALUE: _single_values,
    "MISMATCHED_TYPE": _mistyped,
}
"""By issue about conditions, a function that finds them: path and reason."""
_REASONS: Mapping[str, str | Callable[[_Finding, PolicyDocument], str | None]] = {
    "BAD_PATTERN_FOR_MFA": "`aws:MultiFactorAuthPresent` is absent from requests with long-term keys, so this does not require MFA; deny with `BoolIfExists`",
    NOT_LINTED: lambda finding, _document: str(finding.detail),
    "DUPLICATE_SID": "two statements have the same `Sid`",
    "EXCEPTION": "an action is not of the form `service:Action`",
    "INVALID_ARN": "a resource is not an ARN of the form `arn:partition:service:region:account:id`",
    "INVALID_SID": "a `Sid` has letters and digits only",
    "INVALID_VERSION": "is not a version of the policy language; write `2012-10-17`",
    "MISMATCHED_TYPE_OPERATION_TO_NULL": "takes `true` or `false`",
    "NO_VERSION": "there is no `Version`, so AWS reads the document by the rules of 2008; write `2012-10-17`",
    "NOTPRINCIPAL_WITH_ALLOW": "allows every principal but those named, also anonymous callers",
    "NOTRESOURCE_WITH_ALLOW": "allows the actions on every resource but those named",
    "OLD_VERSION": _old_version,
    "RESOURCE_EFFECTIVELY_STAR": _effectively_star,
    "RESOURCE_MISMATCH": _mismatch,
    "RESOURCE_POLICY_PRIVILEGE_ESCALATION": _escalation,
    "RESOURCE_STAR": _star,
    "UNKNOWN_ACTION": _unknown_name,
    "UNKNOWN_CONDITION_FOR_ACTION": _unknown_key,
    "UNKNOWN_FEDERATION_SOURCE": "is not an identity provider of AWS",
    "UNKNOWN_PREFIX": _unknown_name,
    "UNKNOWN_PRINCIPAL": "is not a principal: an account id, an ARN of a user or role, or `*`",
}
"""By issue, our reason or a function for it, since Parliament's details may quote values; others keep their title."""
