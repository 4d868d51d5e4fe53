"""Parts: what an outcome is about, each item by itself, and what limits each; so that a narrower outcome fits a wider one.

The outcome of a statement has a part for each of its actions, resources and principals. A condition limits all of them, a
denial of the same document the actions that it denies. An outcome with fewer parts, and with all limits of these, allows
less; a limit by a condition also limits more with fewer of its values. Both are digests, after a separator at the end of a place. A statement counts in the form of `forms`, of which a list
has only the item that the outcome is about.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from policypack.evaluation.placing.shared_names import ACTION, Names
from policypack.iam.document import split_operator
from policypack.iam.globs import overlaps

SEPARATOR = "\x1e"
"""Between what identifies a place and its parts."""
DIGITS = 10
"""Hexadecimal digits of a part or a limit."""
ALL = ""
"""The part whose limits are of all parts."""
VALUES = r"(?:=[0-9a-f]+(?:\+[0-9a-f]+)*)?"
LIMITS = rf"(?::[0-9a-f]+{VALUES}(?:,[0-9a-f]+{VALUES})*)?"
"""Limits: digests, of which one may have values, of which fewer limit more."""
WRITTEN = rf"[0-9a-f]{{32}}{LIMITS}(?: [0-9a-f]+{LIMITS})*"
"""An extent: what identifies the outcome apart from its parts, and those."""
SETS = ("Action", "Resource", "Principal")
MOST = 200
"""Pieces of a denial; a longer one is one piece."""
Parts = Mapping[str, Collection[str]]
"""By digest of a part, the digests of its limits."""
Digest = Callable[[Any], str]


def encoded(parts: Parts) -> str:
    """The parts as a text, in one order; those of an extent follow what identifies it."""
    return " ".join(f"{part}:{','.join(sorted(limits))}".rstrip(":") for part, limits in sorted(parts.items()))


def narrower(extent: str, other: str) -> bool:
    """Whether an outcome with one extent allows no more than one with the other."""
    some, others = _decoded(extent), _decoded(other)
    return some.keys() <= others.keys() and all(_limited(limits, others[part]) for part, limits in some.items())


def _limited(limits: Collection[str], others: Collection[str]) -> bool:
    """Whether all of the other limits are among some: as they are, or with fewer values."""
    values = {head: {*of.split("+")} for head, equals, of in (limit.partition("=") for limit in limits) if equals}
    return all(
        limit in limits or (equals and head in values and values[head] <= {*of.split("+")})
        for limit in others
        for head, equals, of in [limit.partition("=")]
    )


def _decoded(extent: str) -> dict[str, frozenset[str]]:
    pairs = (item.partition(":") for item in extent.split(" "))
    return {part: frozenset(filter(None, limits.split(","))) for part, _, limits in pairs}


def of_items(items: Iterable[Any], digest: Digest, limits: Iterable[str] = ()) -> dict[str, set[str]]:
    """The parts of an outcome that is about some things, all of which have the limits."""
    parts: dict[str, set[str]] = {digest(item)[:DIGITS]: set() for item in items}
    return {ALL: {_short(digest, "Limit", limit) for limit in limits}} | parts


def of_statement(
    statement: Mapping[str, Any],
    denials: Iterable[Mapping[str, Any]],
    actions: Sequence[str],
    digest: Digest,
    limits: Iterable[str] = (),
    holders: Iterable[str] = (),
) -> dict[str, set[str]]:
    """The parts of an outcome about an Allow statement, which are not in `rest_of`.

    Args:
        statement: its elements in their `forms`.
        denials: the Deny statements of its document, as `statement`.
        actions: those that the outcome is about; all if it is empty.
        digest: of a value without names of the stack.
        limits: further ones of all parts.
        holders: the identities that a managed policy gives this to.
    """
    sets = {key: _items(statement[key]) for key in SETS if key in statement}
    sets |= {"Principal": _without_covered(sets["Principal"])} if "Principal" in sets else {}
    sets |= {"Action": [*actions]} if actions else {}
    parts = of_items((), digest, limits)
    for key, items in (*sets.items(), ("Holder", holders)):
        parts |= {_short(digest, key, item): set() for item in items}
    for key, value in statement.items():
        if key == "Condition" and isinstance(value, Mapping):
            parts[ALL] |= {limit for name, keys in value.items() for limit in _condition(name, keys, digest)}
        elif key.startswith("Not"):
            parts[ALL] |= {_short(digest, key, item) for item in _items(value)}
    allowed = {_short(digest, "Action", action): action for action in sets.get("Action", ())} or {ALL: None}
    for denied, piece in (pair for denial in denials for pair in _pieces(denial)):
        limit = _short(digest, "Deny", piece)
        for part, action in allowed.items():
            if action is None or denied is None or _overlap(action, denied):
                parts[part].add(limit)
    return parts


def rest_of(statement: Mapping[str, Any]) -> dict[str, Any]:
    """What identifies an Allow statement whose parts count by themselves: its other elements, and which it has."""
    rest = {key: value for key, value in statement.items() if key not in {*SETS, "Condition"} and key[:3] != "Not"}
    return {**rest, "has": sorted(key for key in statement if key in SETS or key[:3] == "Not")}


def _short(digest: Digest, key: str, item: Any) -> str:
    return digest([key, item])[:DIGITS]


def _items(value: Any) -> list[Any]:
    """The items of an element: of principals, each with its kind."""
    if isinstance(value, Mapping):
        return [[kind, item] for kind, items in value.items() for item in _items(items)]
    return value if isinstance(value, list) else [value]


def _without_covered(principals: Sequence[Any]) -> list[Any]:
    """The principals of an Allow statement, without those that are among everyone: `*` and `{"AWS": "*"}` are equal there.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous.
    """
    everyone = [item for item in principals if item in ("*", ["AWS", "*"])]
    others = [item for item in principals if item[:1] != ["AWS"]] if everyone else principals
    return [*(["*"] if everyone else []), *(item for item in others if item != "*")]


def _condition(name: str, keys: Any, digest: Digest) -> Iterator[str]:
    """The limits by one operator: of a key, one with its values, or one for each value that must not be there."""
    operator = split_operator(name)[1]
    if operator is None or not isinstance(keys, Mapping):
        yield _short(digest, "Condition", [name, keys])
        return
    for key, value in keys.items():
        if "Not" in operator:
            yield from (_short(digest, "Condition", [name, key.lower(), item]) for item in _items(value))
        else:
            values = sorted({_short(digest, "Value", item) for item in _items(value)})
            yield f"{_short(digest, 'Condition', [name, key.lower()])}={'+'.join(values)}".rstrip("=")


def _pieces(denial: Mapping[str, Any]) -> Iterator[tuple[str | None, Any]]:
    """What a Deny statement denies, action by action and resource by resource; None for all actions but some."""
    actions, resources = ([*_items(denial[key])] if key in denial else [None] for key in ("Action", "Resource"))
    if len(actions) * len(resources) > MOST:
        resources = [denial.get("Resource")]
    rest = {key: value for key, value in denial.items() if key not in {"Action", "Resource"}}
    for action in actions:
        for resource in resources:
            yield action if isinstance(action, str) else None, [rest, action, resource]


def _overlap(action: Any, denied: str) -> bool:
    return not isinstance(action, str) or not ACTION.match(action) or overlaps(action, denied, ignore_case=True)


def reduced(value: Any, steps: Sequence[str | int], quoted: set[str], names: Names) -> Any:
    """The value with one item of a list that the steps lead into, or of which the message quotes one item.

    It is the same object if that leaves nothing out.
    """
    if isinstance(value, list):
        index = steps[0] if steps and isinstance(steps[0], int) else None
        items = value[index : index + 1] if index is not None else _quoted(value, quoted, names)
        rest = steps[1:] if index is not None else steps
        return [reduced(items[0], rest, quoted, names)] if len(items) == 1 else value
    if isinstance(value, Mapping) and steps and isinstance(steps[0], str) and steps[0] in value:
        inner = value[steps[0]]
        left = reduced(inner, steps[1:], quoted, names)
        return value if left is inner else {**value, steps[0]: left}
    return value


def _quoted(items: list[Any], quoted: set[str], names: Names) -> list[str]:
    """The items of a list that a message quotes, each once."""
    texts = names.once(items, "texts", lambda: frozenset(item for item in items if isinstance(item, str)))
    return [text for text in quoted if text in texts]
