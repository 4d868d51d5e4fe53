"""Policy variables, by what a request has for them: a document is read once for each assignment that could matter.

Three kinds of value can matter: one that no document mentions, those that a document compares the same key with, and
those with which a text is matched by other patterns than with these. So a statement with `${aws:username}` in it is
read with a name that stands nowhere else, with each of those that conditions on `aws:username` name, and, where
`b/${aws:username}` meets `b/c*` elsewhere, with a name that begins with a `c` and with one that does not.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product

import msgspec

from policypack.access.cells import TooManyCellsError, cells
from policypack.access.conditions import pattern_of
from policypack.aws.document import VERSIONS, PolicyDocument, Statement
from policypack.aws.globs import has_wildcard, matches

VARIABLE = re.compile(r"\$\{([^{},]*)(?:,\s*'([^']*)'\s*)?\}")
LITERAL = {"*": "\ue02a", "?": "\ue03f", "$": "$"}
"""What `${*}`, `${?}` and `${$}` stand for: characters that no wildcard is read into."""
MOST_ASSIGNMENTS = 256

Assignment = Mapping[str, str | None]
"""By key in lower case, what the request has for it; None where it lacks the key."""


def assignments(
    required: Sequence[Statement],
    others: Sequence[Statement],
    fixed: Callable[[str], Sequence[str] | None],
    *,
    foreign: bool = False,
) -> Iterator[Assignment]:
    """What requests that `required` may match can have for the variables, as far as it matters to any statement.

    Args:
        required: the statements that are to match.
        others: the other statements that decide.
        fixed: what the caller has for a key whatever it asks for; None where that is open.
        foreign: whether only conditions on a key say what else than a stand-in it may be.

    Raises:
        TooManyCellsError: there are more than `MOST_ASSIGNMENTS` ways.
    """
    every = dict.fromkeys(name for each in (*required, *others) for name in names(each))
    known = {
        name: _choices(name, stand_in, (*required, *others), fixed(name), foreign=foreign)
        for name, stand_in in _stand_ins(every).items()
    }
    first: Assignment = {name: choices[0] for name, choices in known.items()}
    for name, choices in known.items():
        lacking = {**first, name: None}
        if None not in choices and all(settled(each, lacking) for each in required):
            choices.append(None)
    for count, values in enumerate(product(*known.values())):
        if count >= MOST_ASSIGNMENTS:
            raise TooManyCellsError
        yield dict(zip(known, values, strict=True))


def _stand_ins(names: Iterable[str]) -> dict[str, str]:
    """For each key a value that no other key has."""
    found: dict[str, str] = {}
    for name in names:
        beginning, short = "any-", name.rpartition(":")[2].rpartition("/")[2]
        while beginning + short in found.values():
            beginning += "other-"
        found[name] = beginning + short
    return found


def _choices(
    name: str, stand_in: str, statements: Sequence[Statement], fixed: Sequence[str] | None, *, foreign: bool
) -> list[str | None]:
    if fixed is not None:
        return [*fixed] or [None]
    found = dict.fromkeys((stand_in, *_mentioned(statements, name)))
    for texts in () if foreign else _compared(statements):
        for text in dict.fromkeys(texts):
            if name in variables(text):
                found |= dict.fromkeys(_telling(name, text, _others(name, text, texts, statements), list(found)))
    return [*found]


def _compared(statements: Sequence[Statement]) -> Iterator[list[str]]:
    """The texts in statements that are compared with the same thing: the resource, or what a request has for a key."""
    yield [
        each for statement in statements for each in (*(statement.resources or ()), *(statement.not_resources or ()))
    ]
    conditions = [each for statement in statements for each in statement.conditions if each.operator != "Null"]
    for key in dict.fromkeys(each.name for each in conditions):
        yield [value for each in conditions if each.name == key for value in each.values]


def _others(name: str, text: str, texts: Iterable[str], statements: Sequence[Statement]) -> list[str]:
    """The patterns that may tell apart what a text is with different values: those beside it, and those of the key."""
    values = [
        value
        for statement in statements
        for condition in statement.conditions
        if condition.name == name and condition.operator != "Null"
        for value in condition.values
    ]
    found = dict.fromkeys([*map(_wide, texts), *(_wide(text, {name: _wide(each)}) for each in values)])
    return [each for each in found if each not in ("*", _wide(text))]


def _telling(name: str, text: str, patterns: Sequence[str], tried: Iterable[str]) -> Iterator[str]:
    """A value for each way in which patterns match a text that they do not match so with a value that is tried."""
    told = {
        frozenset(index for index, each in enumerate(patterns) if matches(each, example))
        for value in tried
        for example in [_wide(text, {name: value}).replace("*", "").replace("?", "x")]
    }
    read = _reader(name, text)
    for member, example in cells(_wide(text), [[each] for each in patterns]).items():
        if member not in told and (found := read.fullmatch(example)):
            yield found[1]


def _wide(text: str, values: Mapping[str, str] | None = None) -> str:
    """A text with wildcards for its variables, save those that values are given for."""

    def stand_in(found: re.Match[str]) -> str:
        return LITERAL.get(found[1]) or (values or {}).get(found[1].strip().lower(), "?*")

    return VARIABLE.sub(stand_in, text)


def _reader(name: str, text: str) -> re.Pattern[str]:
    """What finds the value of a variable in an example of a text: each part at its first place, never tried again."""
    first, *rest = re.split(r"([*\ue076])", _wide(text, {name: "\ue076"}))
    found, captured = _literally(first), False
    for place in range(0, len(rest), 2):
        anything, last = ".+" if rest[place] == "\ue076" else ".*", place + 2 == len(rest)
        anything += "" if last else "?"
        if rest[place] == "\ue076" and not captured:
            anything, captured = f"({anything})", True
        part = anything + _literally(rest[place + 1])
        found += part if last else f"(?>{part})"
    return re.compile(found, re.DOTALL)


def _literally(part: str) -> str:
    return "".join("." if each == "?" else re.escape(each) for each in part)


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


def _mapped(statement: Statement, change: Callable[[str], str | None]) -> Statement:
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
    """A text for each way in which conditions on a key can hold, and those that they name.

    Raises:
        TooManyCellsError: they tell too many apart.
    """
    conditions = [
        condition
        for statement in statements
        for condition in statement.conditions
        if condition.name == name and condition.operator.startswith(("String", "Arn", "Binary"))
    ]
    groups = [
        [pattern_of(each.operator, value) for value in each.values if not variables(value)] for each in conditions
    ]
    if any(groups):
        yield from cells("?*", groups).values()
    for condition in conditions:
        yield from (each for each in condition.values if not variables(each) and not has_wildcard(each))
