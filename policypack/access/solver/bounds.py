"""Statements with unknown parts and policy variables, read as the most or the least that they may match.

A verdict that is true for the most that is allowed and the least that is denied is true for every value of the
unknowns. Variables: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable

import msgspec

from policypack.access.solver.conditions import TOO_LARGE, too_large
from policypack.iam.actions import widen
from policypack.iam.document import VERSIONS, Condition, PolicyDocument, Principal, Statement

VARIABLE = re.compile(r"\$\{[^{}]*\}")
ESCAPED = re.compile(r"\$\{[*?$]\}")
OWN = re.compile(r"\$\{aws:Resource(?:OrgID|OrgPaths|Account)\}", re.IGNORECASE)
"""Variables for the owner of the resource: as condition values they are fixed, and differ from any outsider's."""

WIDER = {
    "StringEquals": "StringLike",
    "StringLike": "StringLike",
    "ArnEquals": "ArnLike",
    "ArnLike": "ArnLike",
    "IpAddress": "IpAddress",
}
"""By positive operator, the one that reads wildcards; for addresses a variable is an error, and matches none."""


class Bound(enum.Enum):
    """Which requests a statement matches if it depends on an unknown value or a variable: the most or the least."""

    MOST = "most"
    LEAST = "least"

    @property
    def other(self) -> Bound:
        """The opposite bound."""
        return Bound.LEAST if self is Bound.MOST else Bound.MOST


def variable(text: str) -> bool:
    """Whether a policy variable decides what the text matches."""
    return "${" in text and VARIABLE.search(ESCAPED.sub("", text)) is not None


def bounded(document: PolicyDocument, statement: Statement, unknowns: Bound, variables: Bound) -> Statement | None:
    """The statement without unknowns and variables, at these bounds; None if it matches nothing.

    Documents of the version of 2008, which is the default, read `${…}` as plain text.
    """
    read = known(document, statement, unknowns)
    with_variables = document.version == VERSIONS[0] or any(element == "Version" for element, _ in document.unknowns)
    if read is None or not with_variables:
        return read
    conditions = _without_variables(read.conditions, variables)
    resources, not_resources = read.resources, read.not_resources
    if resources is not None:
        resources = tuple(widen(pattern) for pattern in resources if variables is Bound.MOST or not variable(pattern))
    if not_resources is not None and any(map(variable, not_resources)):
        if variables is Bound.LEAST:
            return None
        not_resources = tuple(pattern for pattern in not_resources if not variable(pattern))
    if conditions is None:
        return None
    return msgspec.structs.replace(read, resources=resources, not_resources=not_resources, conditions=conditions)


def known(document: PolicyDocument, statement: Statement, bound: Bound) -> Statement | None:
    """The statement without unknowns, at this bound; None if it matches nothing."""
    unknown = statement.unknown
    large = large_numbers(statement)
    if not unknown and not large:
        return statement
    least = bound is Bound.LEAST
    if least and unknown & {"NotAction", "NotResource", "NotPrincipal"}:
        return None
    principals = statement.principals
    if principals is not None and "Principal" in unknown and not least:
        principals = (*principals, Principal("AWS", "*"))
    paths = frozenset((*unknown_paths(document, statement, "Condition"), *large))
    conditions = _known(statement.conditions, paths, bound)
    if conditions is None:
        return None
    return msgspec.structs.replace(
        statement,
        principals=principals,
        actions=_or_any(statement.actions, open_ended="Action" in unknown and not least),
        resources=_or_any(statement.resources, open_ended="Resource" in unknown and not least),
        conditions=conditions,
        unknown=frozenset(),
    )


def _or_any(patterns: tuple[str, ...] | None, *, open_ended: bool) -> tuple[str, ...] | None:
    return (*patterns, "*") if patterns is not None and open_ended else patterns


def unknown_paths(document: PolicyDocument, statement: Statement, *elements: str) -> list[str]:
    """The paths of unknowns in these elements of a statement, in the order of the document."""
    if not statement.unknown.intersection(elements):
        return []
    return [
        path for element, path in document.unknowns if element in elements and path.startswith(f"{statement.path}.")
    ]


def large_numbers(statement: Statement) -> list[str]:
    """The paths of the conditions with numbers of which it is not known how AWS reads them."""
    return [condition.path for condition in statement.conditions if too_large(condition)]


def undecidable(document: PolicyDocument) -> bool:
    """Whether something in a document is unknown, or a number is one that `large_numbers` finds."""
    return bool(document.unknowns) or any(map(large_numbers, document.statements))


def why_unknown(documents: Iterable[PolicyDocument], otherwise: str) -> str:
    """The reason why a question about documents is undecided: a number that is too large, or else another reason."""
    paths = (path for one in documents for statement in one.statements for path in large_numbers(statement))
    return f"`{path}` {TOO_LARGE}" if (path := next(paths, "")) else otherwise


def _known(conditions: tuple[Condition, ...], unknown: frozenset[str], bound: Bound) -> tuple[Condition, ...] | None:
    """The conditions, parsed without their unknown values, at this bound; None if at the least they never hold.

    `unknown` has the paths of conditions, or of operators, with unknown values.
    """
    if bound is Bound.MOST:
        return tuple(condition for condition in conditions if condition.path not in unknown)
    if not unknown <= {condition.path for condition in conditions}:
        return None
    partial = [condition for condition in conditions if condition.path in unknown]
    unusable = any(condition.negated or condition.operator == "Null" or not condition.values for condition in partial)
    return None if unusable else conditions


def _without_variables(conditions: tuple[Condition, ...], bound: Bound) -> tuple[Condition, ...] | None:
    """The conditions without variables; None if at the least they never hold."""
    kept = []
    for condition in conditions:
        fixed = tuple(value for value in condition.values if not variable(OWN.sub("", value)))
        if len(fixed) == len(condition.values):
            kept.append(condition)
        elif condition.negated is (bound is Bound.LEAST):
            if condition.negated:
                return None
            if condition.operator in WIDER:
                patterns = tuple(map(widen, condition.values))
                kept.append(msgspec.structs.replace(condition, operator=WIDER[condition.operator], values=patterns))
        elif fixed:
            kept.append(msgspec.structs.replace(condition, values=fixed))
        elif bound is Bound.LEAST:
            return None
    return tuple(kept)
