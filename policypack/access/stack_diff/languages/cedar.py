"""Cedar policies as requirements of a request, which are compared without an evaluator.

A permit covers another one if each of its requirements follows from those of the other. Requirements of the scope are
compared by their entities, and what `when` and `unless` state by its text, since it may depend on attributes. Blanks,
comments, annotations, the order of requirements, and whether one is in the scope or a condition make no difference.
Source: https://docs.cedarpolicy.com/policies/syntax-policy.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from math import prod

import msgspec

from policypack.access.stack_diff.languages.proof import Proof

_TOKEN = re.compile(r'\s+|//[^\n]*|("(?:[^"\\]|\\.)*"|[?]?[A-Za-z_]\w*|\d+|::|==|!=|<=|>=|&&|\|\||[^\s"])', re.ASCII)
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_VARIABLES = ("principal", "action", "resource")
MOST_TEXT = 20_000
"""Characters of a policy, twice as many as Verified Permissions takes."""
MOST_ALTERNATIVES = 1_000

Tokens = Sequence[str]


class CedarError(ValueError):
    """A text that is no policy, or one that this reader does not know."""


class Requirement(msgspec.Struct, frozen=True, order=True):
    """What a request must be; with an operator, by the entities of one variable, else by the text of an expression."""

    text: str
    variable: str = ""
    operator: str = ""
    """`==`, `in` or `is`."""
    entities: frozenset[str] = frozenset()
    """Those of which it must be one; for `is` a type."""


class CedarPolicy(msgspec.Struct, frozen=True):
    """What one policy permits or forbids: requests that meet all requirements of one of the alternatives."""

    permits: bool
    alternatives: tuple[frozenset[Requirement], ...]


def parse(text: str, entities: Sequence[tuple[str, str]] = ()) -> tuple[CedarPolicy, ...]:
    """The policies of a text.

    Args:
        text: one or more policies, or a template.
        entities: what the slots of a template stand for (`?principal`), with the text of an entity for each.

    Raises:
        CedarError: the text is too long, or is not written as policies are.
    """
    tokens = _tokens(text)
    slots = {slot: _tokens(entity) for slot, entity in entities}
    rest = [part for token in tokens for part in slots.get(token, (token,))]
    policies = []
    while rest:
        policy, rest = _policy(rest)
        policies.append(policy)
    return tuple(policies)


def covers(wide: Iterable[frozenset[Requirement]], narrow: frozenset[Requirement]) -> Proof:
    """Whether every request that meets the requirements `narrow` meets those of one of the others."""
    return max((_follows(narrow, other) for other in wide), default=Proof.NO)


def apart(first: frozenset[Requirement], second: frozenset[Requirement]) -> bool:
    """Whether no request meets both: one is of an entity or a type, and the other of another."""
    return any(
        one.variable == two.variable != "" and one.operator == two.operator != "in" and one.entities != two.entities
        for one, two in product(first, second)
    )


def _tokens(text: str) -> list[str]:
    if len(text) > MOST_TEXT:
        raise CedarError
    found, at = [], 0
    for match in _TOKEN.finditer(text):
        if match.start() != at:
            raise CedarError
        at = match.end()
        if match[1]:
            found.append(match[1])
    if at != len(text):
        raise CedarError
    return found


def _policy(tokens: Tokens) -> tuple[CedarPolicy, list[str]]:
    """The first policy, and the tokens after it."""
    rest = list(tokens)
    while rest[:1] == ["@"]:
        rest = _group(rest[2:])[1] if rest[2:3] == ["("] else rest[2:]
    if rest[:1] not in (["permit"], ["forbid"]):
        raise CedarError
    effect = rest[0]
    scope, rest = _group(rest[1:])
    parts = _split(scope, ",")
    if [part[:1] for part in parts if part] != [[variable] for variable in _VARIABLES]:
        raise CedarError
    requirements = [requirement for part in parts for requirement in _scope(part)]
    while rest[:1] in (["when"], ["unless"]):
        keyword = rest[0]
        body, rest = _group(rest[1:])
        requirements += _stated(body, holds=keyword == "when")
    if rest[:1] != [";"]:
        raise CedarError
    never = any(requirement.text == "false" for requirement in requirements)
    return CedarPolicy(effect == "permit", () if never else tuple(_alternatives(requirements))), rest[1:]


def _alternatives(requirements: Sequence[Requirement]) -> Iterator[frozenset[Requirement]]:
    """The requirements with one of the entities in each list."""
    choices = [
        [_constraint(one.variable, one.operator, entity) for entity in sorted(one.entities)] or [one]
        for one in requirements
        if one.text != "true"
    ]
    if prod(map(len, choices)) > MOST_ALTERNATIVES:
        raise CedarError
    yield from map(frozenset, product(*choices))


def _group(tokens: Tokens) -> tuple[list[str], list[str]]:
    """The tokens between the bracket at the beginning and its end, and those after it."""
    depth = 0
    for at, token in enumerate(tokens):
        depth += (token in _OPENING) - (token in _CLOSING)
        if depth == 0:
            if token not in _CLOSING:
                break
            return list(tokens[1:at]), list(tokens[at + 1 :])
    raise CedarError


def _split(tokens: Tokens, separator: str) -> list[list[str]]:
    """The parts between separators outside of brackets."""
    parts: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token in _OPENING) - (token in _CLOSING)
        if depth == 0 and token == separator:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _scope(tokens: Tokens) -> Iterator[Requirement]:
    """The requirements for one variable of the scope."""
    if len(tokens) > 1:
        found = list(_about(tokens))
        if not found:
            raise CedarError
        yield from found


def _about(tokens: Tokens) -> Iterator[Requirement]:
    """What an expression such as `principal is User in Group::"a"` requires of a variable; nothing for others."""
    if len(tokens) < 3 or tokens[0] not in _VARIABLES:
        return
    variable, operator, *operands = tokens
    if operator == "is":
        kind, *within = _split(operands, "in")
        if _entity(kind, literal=False):
            yield _constraint(variable, "is", "".join(kind))
            for part in within:
                yield from _about([variable, "in", *part])
    elif operator == "==" and _entity(operands):
        yield _constraint(variable, operator, "".join(operands))
    elif operator == "in":
        listed = operands[:1] == ["["] and operands[-1:] == ["]"]
        parts = [part for part in _split(operands[1:-1], ",") if part] if listed else [operands]
        if parts and all(map(_entity, parts)):
            yield _constraint(variable, operator, *map("".join, parts))


def _entity(tokens: Tokens, *, literal: bool = True) -> bool:
    """Whether the tokens are an entity (`Shop::User::"ana"`), or else the name of a type."""
    pattern = r'(?:\w+::)+"(?:[^"\\]|\\.)*"|\?\w+' if literal else r"\w+(?:::\w+)*"
    return re.fullmatch(pattern, "".join(tokens)) is not None


def _constraint(variable: str, operator: str, *entities: str) -> Requirement:
    return Requirement(f"{variable} {operator} {' '.join(sorted(entities))}", variable, operator, frozenset(entities))


def _stated(tokens: Tokens, *, holds: bool) -> Iterator[Requirement]:
    """The requirements of a condition that must hold, or must not; an expression is one unless it is a list of them."""
    tokens = _bare(tokens)
    parts = _split(tokens, "&&" if holds else "||")
    whole = "if" in tokens or (holds and len(_split(tokens, "||")) > 1)
    if len(parts) > 1 and not whole:
        for part in parts:
            yield from _stated(part, holds=holds)
    elif tokens[:1] == ["!"] and tokens[1:2] == ["("] and not _group(tokens[1:])[1]:
        yield from _stated(tokens[1:], holds=not holds)
    elif not tokens:
        raise CedarError
    else:
        turned = _turned(tokens)
        structured = list(_about(turned)) if holds else []
        yield from structured or [Requirement(" ".join(turned) if holds else f"not ( {' '.join(turned)} )")]


def _bare(tokens: Tokens) -> Tokens:
    """The tokens without brackets around all of them."""
    while tokens[:1] == ["("]:
        inner, rest = _group(tokens)
        if rest:
            break
        tokens = inner
    return tokens


def _turned(tokens: Tokens) -> Tokens:
    """An equation with the variable, or else the smaller side, first."""
    for operator in ("==", "!="):
        sides = _split(tokens, operator)
        if len(sides) == 2 and not {"&&", "||"} & set(tokens):
            first, second = sorted(sides, key=lambda side: (side[:1] not in ([name] for name in _VARIABLES), side))
            return [*first, operator, *second]
    return tokens


def _follows(narrow: frozenset[Requirement], wide: frozenset[Requirement]) -> Proof:
    """Whether a request that meets `narrow` meets all of `wide`."""
    more = narrow - wide
    return min((_implied(narrow, more, requirement) for requirement in wide), default=Proof.YES)


def _implied(narrow: frozenset[Requirement], more: frozenset[Requirement], wide: Requirement) -> Proof:
    """Whether requirements imply another one; `more` of them are not those that it is with."""
    if wide in narrow:
        return Proof.YES
    about = [requirement for requirement in narrow if requirement.variable == wide.variable != ""]
    found = max((_within(requirement, wide) for requirement in about), default=Proof.NO)
    if found is not Proof.NO or any(requirement.operator == wide.operator == "==" for requirement in about):
        return found
    words = () if wide.variable else re.findall(r"\w+", wide.text)
    return Proof.MAYBE if any(not one.variable or one.variable in words for one in more) else Proof.NO


def _within(narrow: Requirement, wide: Requirement) -> Proof:
    """Whether one requirement of a variable implies another one.

    What is a member of what no policy shows, but an entity has members of other types: a group has users.
    """
    if narrow.operator == "is":
        return Proof.NO
    if wide.operator == "is":
        kinds = {_kind(entity) for entity in narrow.entities}
        return Proof.MAYBE if narrow.operator == "in" else Proof(2 * (kinds <= wide.entities))
    if wide.operator == "==":
        return Proof(narrow.entities == wide.entities and narrow.variable == "action")
    if narrow.entities <= wide.entities:
        return Proof.YES
    kinds = {_kind(entity) for entity in wide.entities}
    return Proof(any(_kind(entity) not in kinds for entity in narrow.entities))


def _kind(entity: str) -> str:
    """The type of an entity."""
    return entity.partition('::"')[0]
