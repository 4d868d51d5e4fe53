"""Policy variables in the texts of statements, and their substitution by values.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from policypack.access.solver.bounds import WIDER, Bound
from policypack.access.solver.conditions import pattern_of
from policypack.access.solver.partition import MATCHES
from policypack.iam.document import VERSIONS, Condition, PolicyDocument, Statement
from policypack.iam.globs import has_wildcard

VARIABLE = re.compile(r"\$\{([^{},]*)(?:,\s*'([^']*)'\s*)?\}")
LITERAL = {"*": "\ue02a", "?": "\ue03f", "$": "$"}
"""The characters for `${*}`, `${?}` and `${$}`, which are no wildcards."""

Assignment = Mapping[str, str | None]
"""By key in lower case, the value in the request; None where the request lacks the key."""


def variables_of(statement: Statement) -> list[str]:
    """The keys, in lower case, of the variables in a statement."""
    return [name for text in texts_of(statement) for name in variables(text)]


def variables(text: str) -> list[str]:
    """The keys, in lower case, of the variables in a text."""
    if "${" not in text:
        return []
    return [found[1].strip().lower() for found in VARIABLE.finditer(text) if found[1] not in LITERAL]


def with_escapes(document: PolicyDocument) -> tuple[Statement, ...]:
    """The statements of a document with stand-ins for plain characters that look like wildcards or variables.

    These are `*` and `?` where an operator reads no wildcards, and `${…}` in the version of 2008.
    """
    if document.version == VERSIONS[0]:
        return tuple(map(_literal, document.statements))
    return tuple(
        _mapped(_literal(statement), lambda text: text.replace("${", f"{LITERAL['$']}\u200b{{"))
        for statement in document.statements
    )


def _literal(statement: Statement) -> Statement:
    if not any(_starred(condition) for condition in statement.conditions):
        return statement
    conditions = (
        msgspec.structs.replace(condition, values=tuple(map(_marked, condition.values)))
        if _starred(condition)
        else condition
        for condition in statement.conditions
    )
    return msgspec.structs.replace(statement, conditions=tuple(conditions))


def _starred(condition: Condition) -> bool:
    return (
        any(map(has_wildcard, condition.values))
        and condition.operator.startswith("String")
        and not pattern_of(condition.operator, "").wild
    )


def _marked(text: str) -> str:
    """The text with stand-ins for its wildcards, except in `${*}` and `${?}`."""
    return re.sub(r"(?<!\$\{)[*?]", lambda found: LITERAL[found[0]], text)


def substituted(statement: Statement, values: Assignment, *, partly: bool = False) -> Statement | None:
    """The statement with values for its variables; None where missing values make it match nothing.

    Args:
        statement: the statement.
        values: the values of the request.
        partly: whether variables that `values` does not have stay; otherwise the request lacks them.
    """
    found = _mapped(statement, lambda text: _substituted(text, values, partly=partly))
    return None if statement.resources and not found.resources else found


def freed(statement: Statement, bound: Bound) -> Statement | None:
    """The statement without variables, with at least, or at most, the requests that it has for any values of them.

    None where at the least it matches nothing.
    """
    most = bound is Bound.MOST
    written = substituted(statement, {}, partly=True) or statement
    conditions = []
    for condition in written.conditions:
        if not _open(condition.values):
            conditions.append(condition)
        elif (other := _freed(condition, most=most)) is None:
            return None
        elif other.values:
            conditions.append(other)
    resources, not_resources = written.resources, written.not_resources
    if resources is not None and _open(resources):
        resources = tuple(VARIABLE.sub("*", text) for text in resources if most or not variables(text))
    if not_resources is not None and _open(not_resources):
        not_resources = tuple(text for text in not_resources if not variables(text)) if most else ("*",)
    if resources == ():
        return None
    return msgspec.structs.replace(
        written, resources=resources, not_resources=not_resources, conditions=tuple(conditions)
    )


def _freed(condition: Condition, *, most: bool) -> Condition | None:
    """The condition without variables; without values where it holds for every request, None where for none."""
    fixed = tuple(value for value in condition.values if not variables(value))
    if condition.negated is most:
        return msgspec.structs.replace(condition, values=fixed) if most or fixed else None
    if not most:
        return None
    wide = tuple(VARIABLE.sub("*", value) for value in condition.values) if condition.operator in WIDER else ()
    return msgspec.structs.replace(condition, operator=WIDER.get(condition.operator, condition.operator), values=wide)


def _open(texts: Iterable[str]) -> bool:
    return any(map(variables, texts))


def restored(text: str) -> str:
    """The text with plain characters for their stand-ins."""
    for character, stand_in in LITERAL.items():
        text = text.replace(stand_in, character) if stand_in != character else text
    return text.replace("\u200b", "")


def _substituted(text: str, values: Assignment, *, partly: bool) -> str | None:
    if "${" not in text:
        return text
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        if found[1] in LITERAL:
            return LITERAL[found[1]]
        name = found[1].strip().lower()
        if partly and name not in values:
            return found[0]
        assigned = values.get(name)
        assigned = found[2] if assigned is None else assigned
        missing = missing or assigned is None
        return (assigned or "").replace("*", LITERAL["*"]).replace("?", LITERAL["?"])

    result = VARIABLE.sub(value, text)
    return None if missing else result


def _mapped(statement: Statement, change: Callable[[str], str | None]) -> Statement:
    def texts(values: Iterable[str] | None) -> tuple[str, ...] | None:
        return None if values is None else tuple(new for value in values if (new := change(value)) is not None)

    if not any("${" in each for each in texts_of(statement)):
        return statement
    return msgspec.structs.replace(
        statement,
        resources=texts(statement.resources),
        not_resources=texts(statement.not_resources),
        conditions=tuple(
            msgspec.structs.replace(condition, values=texts(condition.values) or ())
            for condition in statement.conditions
        ),
    )


def length(statement: Statement) -> int:
    """The steps of reading the texts of a statement."""
    return 1 + sum(1 + len(text) // 64 for text in texts_of(statement)) // MATCHES


def texts_of(statement: Statement) -> Iterator[str]:
    """The texts of a statement that can have variables."""
    yield from statement.resources or ()
    yield from statement.not_resources or ()
    for condition in statement.conditions:
        yield from condition.values
