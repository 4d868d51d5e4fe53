"""Policy variables, by what a request has for them: a document is read once for each assignment that could matter.

Only two kinds of value can matter: one that no document mentions, and those that a document compares the same key
with. So a statement with `${aws:username}` in it is read with a name that stands nowhere else, and with each of those
that conditions on `aws:username` name.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product

import msgspec

from policypack.access.bounds import WIDER
from policypack.access.cells import TooManyCellsError
from policypack.aws.document import VERSIONS, PolicyDocument, Statement
from policypack.aws.globs import has_wildcard

VARIABLE = re.compile(r"\$\{([^{},]*)(?:,\s*'([^']*)'\s*)?\}")
LITERAL = {"*": "\ue02a", "?": "\ue03f", "$": "$"}
"""What `${*}`, `${?}` and `${$}` stand for: characters that no wildcard is read into."""
MOST_ASSIGNMENTS = 256

Assignment = Mapping[str, str | None]
"""By key in lower case, what the request has for it; None where it lacks the key."""


def assignments(
    required: Sequence[Statement], others: Sequence[Statement], fixed: Callable[[str], Sequence[str] | None]
) -> Iterator[Assignment]:
    """What requests that `required` may match can have for the variables, as far as it matters to any statement.

    Args:
        required: the statements that are to match.
        others: the other statements that decide.
        fixed: what the caller has for a key whatever it asks for; None where that is open.

    Raises:
        TooManyCellsError: there are more than `MOST_ASSIGNMENTS` ways.
    """
    every = dict.fromkeys(name for each in (*required, *others) for name in names(each))
    known = {name: _choices(name, (*required, *others), fixed(name)) for name in every}
    first: Assignment = {name: choices[0] for name, choices in known.items()}
    for name, choices in known.items():
        lacking = {**first, name: None}
        if None not in choices and all(settled(each, lacking) for each in required):
            choices.append(None)
    for count, values in enumerate(product(*known.values())):
        if count >= MOST_ASSIGNMENTS:
            raise TooManyCellsError
        yield dict(zip(known, values, strict=True))


def _choices(name: str, statements: Sequence[Statement], fixed: Sequence[str] | None) -> list[str | None]:
    if fixed is not None:
        return [*fixed] or [None]
    return [f"any-{name.rpartition(':')[2].rpartition('/')[2]}", *dict.fromkeys(_mentioned(statements, name))]


def names(statement: Statement) -> list[str]:
    """The keys, in lower case, of the variables in a statement."""
    return [name for text in _texts(statement) for name in variables(text)]


def variables(text: str) -> list[str]:
    """The keys, in lower case, of the variables in a text."""
    if "${" not in text:
        return []
    return [found[1].strip().lower() for found in VARIABLE.finditer(text) if found[1] not in LITERAL]


def with_escapes(document: PolicyDocument) -> tuple[Statement, ...]:
    """The statements of a document; in the version of 2008 `${…}` is plain text, which is marked as such."""
    if document.version == VERSIONS[0]:
        return document.statements
    return tuple(
        _mapped(each, lambda text: text.replace("${", f"{LITERAL['$']}\u200b{{")) for each in document.statements
    )


def settled(statement: Statement, values: Assignment) -> Statement | None:
    """The statement with these values for its variables; None where what it lacks makes it match nothing."""
    found = _mapped(statement, lambda text: _substituted(text, values))
    return None if statement.resources and not found.resources else found


def shown(text: str) -> str:
    """A text as a request has it."""
    for character, stand_in in LITERAL.items():
        text = text.replace(stand_in, character) if stand_in != character else text
    return text.replace("\u200b", "")


def _substituted(text: str, values: Assignment) -> str | None:
    if "${" not in text:
        return text
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        if found[1] in LITERAL:
            return LITERAL[found[1]]
        given = values.get(found[1].strip().lower())
        given = found[2] if given is None else given
        missing = missing or given is None
        return (given or "").replace("*", LITERAL["*"]).replace("?", LITERAL["?"])

    result = VARIABLE.sub(value, text)
    return None if missing else result


def _mapped(statement: Statement, change: object) -> Statement:
    assert callable(change)

    def texts(values: Iterable[str] | None) -> tuple[str, ...] | None:
        return None if values is None else tuple(new for each in values if (new := change(each)) is not None)

    if not any("${" in each for each in _texts(statement)):
        return statement
    return msgspec.structs.replace(
        statement,
        resources=texts(statement.resources),
        not_resources=texts(statement.not_resources),
        conditions=tuple(
            msgspec.structs.replace(each, values=texts(each.values) or ()) for each in statement.conditions
        ),
    )


def _texts(statement: Statement) -> Iterator[str]:
    yield from statement.resources or ()
    yield from statement.not_resources or ()
    for condition in statement.conditions:
        yield from condition.values


def _mentioned(statements: Sequence[Statement], name: str) -> Iterator[str]:
    """The texts that conditions compare a key with, an example for each pattern."""
    for statement in statements:
        for condition in statement.conditions:
            if condition.name == name and condition.operator != "Null":
                for value in condition.values:
                    if not variables(value):
                        pattern = condition.operator in WIDER.values() and has_wildcard(value)
                        yield value.replace("*", "x").replace("?", "x") if pattern else value
