"""Stable places: outcomes in, each with a text that identifies where it is across edits, stacks and renames.

A place has no line and no index. A statement is identified by its `Sid`, or else by its content; an item of a list by
its name, or else by its content; and the value at the end of a path counts, so that a changed value is another
violation. The stack's name, its accounts, its region and the physical names of its resources are replaced, so that the
same violation has the same place in every stack of a project. Secret values never count.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from policypack.core.policy import ROOT_TYPE, Outcome, Resource, Unknown
from policypack.core.wire import UNKNOWNS
from policypack.evaluation.statement_place import contains_secret, statement_at
from policypack.iam.arn import Arn
from policypack.iam.document_readers import documents_of
from policypack.resources.naming import identifiers

UNKNOWN = "(unknown)"
NAMES = ("name", "Name", "sid", "Sid", "id", "key")
"""Keys that identify an item of a list, if its value is no other item's."""
TOKEN = re.compile(r"[^:/\s\"']+")
"""A part of an ARN or a URL."""
STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
DIGITS = 16
"""Hexadecimal digits of a content's hash."""


def placed(outcomes: Iterable[Outcome], resources: Iterable[Resource], stack: str) -> tuple[Outcome, ...]:
    """The outcomes with their places.

    Args:
        outcomes: of one stack, without secrets of the program.
        resources: all resources of that stack.
        stack: its name, without organization and project; empty if it is unknown.
    """
    resources = list(resources)
    names = Names(resources, stack)
    renamed = any(resource.options.aliases for resource in resources)
    former = [Names(resources, stack, which) for which in (0, -1)] if renamed else []
    return tuple(_placed(outcome, names, former) for outcome in outcomes)


def _placed(outcome: Outcome, names: Names, former: Iterable[Names]) -> Outcome:
    """The outcome with its places: under each name that it, or a resource that it mentions, has or had."""
    inner = dict.fromkeys(stable_path(outcome, some) for some in (names, *former))
    urns = (outcome.resource.urn, *outcome.resource.options.aliases)
    place, *former_places = dict.fromkeys(f"{names.resource(urn)}\n{path}" for urn in urns for path in inner)
    return replace(outcome, place=place, former_places=tuple(former_places))


def fingerprint(outcome: Outcome, place: str | None = None) -> str:
    """A hash of the outcome's kind, policy and place; equal for two equal violations.

    Args:
        outcome: with its place, or without one; then indexes and names of the stack count.
        place: one of its former places.
    """
    here = place or outcome.place or f"{outcome.resource.urn}\n{stable_path(outcome, Names((), ''))}"
    return hashed(outcome.kind, outcome.policy.id, here)


def fingerprints(outcomes: Iterable[Outcome]) -> list[str]:
    """A hash for each outcome; of equal outcomes only the first has its `fingerprint`."""
    return distinct(map(fingerprint, outcomes))


def known_as(outcomes: Sequence[Outcome]) -> list[frozenset[str]]:
    """The fingerprints of each outcome, present and former ones; no two outcomes have the same present one."""
    names = [{print_} for print_ in fingerprints(outcomes)]
    former = [
        (index, fingerprint(outcome, place))
        for index, outcome in enumerate(outcomes)
        for place in outcome.former_places
    ]
    for (index, _), print_ in zip(former, distinct(print_ for _, print_ in former), strict=True):
        names[index].add(print_)
    return [frozenset(prints) for prints in names]


def taken(outcomes: Sequence[Outcome], indexes: Iterable[int], left: Counter[str]) -> dict[int, str]:
    """The outcomes that are among counted ones, by index, each with the fingerprint that it takes from `left`.

    Those whose own place fits come before those of a former place, so that a copy cannot take what is the original's.

    Args:
        outcomes: with their places.
        indexes: of those that may take one.
        left: how many there are by fingerprint; what is taken is subtracted.
    """
    matches: dict[int, str] = {}
    indexes = list(indexes)
    for former in (False, True):
        for index in indexes:
            places = outcomes[index].former_places if former else (outcomes[index].place,)
            prints = (fingerprint(outcomes[index], place) for place in places if index not in matches)
            match = next((print_ for print_ in prints if left[print_] > 0), None)
            if match is not None:
                left[match] -= 1
                matches[index] = match
    return matches


def distinct(hashes: Iterable[str]) -> list[str]:
    """The hashes, but equal ones are numbered in their order and hashed again, so that no two are equal."""
    counts: Counter[str] = Counter()
    numbered = []
    for value in hashes:
        counts[value] += 1
        numbered.append(value if counts[value] == 1 else hashed(value, str(counts[value])))
    return numbered


def hashed(*parts: str) -> str:
    """A hash of texts."""
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()[:32]


class Names:
    """The texts that differ between the stacks of one project, with what replaces them."""

    def __init__(self, resources: Iterable[Resource], stack: str, alias: int | None = None) -> None:
        """Begin.

        Args:
            resources: all of the stack.
            stack: its name; empty if it is unknown.
            alias: the index of the alias by which resources are named that have aliases; None for their present names.
        """
        self._resources = resources
        self._alias = alias
        self._stack = re.compile(rf"(?<![A-Za-z0-9]){re.escape(stack)}(?![A-Za-z0-9])") if stack else None

    def resource(self, urn: str) -> str:
        """The project, the types and the name in a URN."""
        parts = urn.split("::", 3)
        return self.of_stack("::".join(parts[1:]) if len(parts) == 4 else urn)

    def of_stack(self, text: str) -> str:
        """The text without the stack's name."""
        return self._stack.sub("{stack}", text) if self._stack else text

    def same_everywhere(self, text: str) -> str:
        """The text without names of the stack, of its accounts, of its region and of its resources."""
        for sentinel in UNKNOWNS:
            text = text.replace(sentinel, UNKNOWN)
        return self.of_stack(TOKEN.sub(lambda match: self._tokens.get(match[0], match[0]), text))

    @cached_property
    def _tokens(self) -> Mapping[str, str]:
        tokens: dict[str, str] = {}
        accounts: dict[str, str] = {"": ""}
        regions: set[str] = set()
        for resource in self._resources:
            if resource.external or not resource.custom or resource.type == ROOT_TYPE:
                continue
            aliases = resource.options.aliases
            logical = (
                f"{{{self.resource(resource.urn if self._alias is None or not aliases else aliases[self._alias])}}}"
            )
            for text in identifiers(resource):
                tokens.setdefault(re.split("[:/]", text)[-1], logical)
                if arn := Arn.parse(text):
                    accounts.setdefault(arn.account, f"{{account {len(accounts)}}}")
                    regions.add(arn.region)
        return tokens | dict.fromkeys(regions, "{region}") | accounts


def stable_path(outcome: Outcome, names: Names) -> str:
    """The path of an outcome without indexes, and the value that it ends at."""
    resource, path = outcome.resource, outcome.path
    statement = statement_at(resource, path)
    if statement is None:
        return _property(resource, path, names)
    document = _property(resource, statement.document, names)
    if contains_secret(resource, statement.document):
        return f"{document}.Statement"
    identity = statement.sid or _content(statement.statement, names)
    element, value = _walked(statement.statement, statement.element, names)
    return f"{document}.Statement[{names.same_everywhere(identity)}].{element}={_content(value, names)}"


def _property(resource: Resource, path: str, names: Names) -> str:
    """The path of a property; what it ends at counts if it is one plain value, and no policy document."""
    if contains_secret(resource, re.split(r"[.\[]", path)[0]):
        return re.sub(r"\[\d+\]", "[]", path)
    walked, value = _walked(resource.inputs, path, names)
    if not isinstance(value, str | bool | int | float) or path in {prefix for prefix, _ in documents_of(resource)}:
        return walked
    return f"{walked}={names.same_everywhere(str(value))}"


def _walked(value: Any, path: str, names: Names) -> tuple[str, Any]:
    """The path with the identity of each item in place of its index, and the value that it leads to."""
    steps: list[str] = []
    for name, index in STEP.findall(path):
        items = value
        if index:
            value = items[int(index)] if isinstance(items, list) and int(index) < len(items) else None
            steps.append(f"[{_item(value, items, names)}]")
        else:
            value = items.get(name) if isinstance(items, Mapping) else None
            steps.append(f".{name}")
    return "".join(steps).removeprefix("."), value


def _item(item: Any, siblings: Any, names: Names) -> str:
    """The identity of an item of a list: its name, or its content."""
    if isinstance(item, Mapping) and isinstance(siblings, list):
        for key in NAMES:
            same = Counter(str(other.get(key)) for other in siblings if isinstance(other, Mapping))
            if isinstance(item.get(key), str) and same[item[key]] == 1:
                return names.same_everywhere(item[key])
    return _content(item, names)


def _content(value: Any, names: Names) -> str:
    """A hash of a value: equal for equal content, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, default=_plain)
    return hashlib.sha256(names.same_everywhere(text).encode(errors="replace")).hexdigest()[:DIGITS]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    return UNKNOWN if isinstance(value, Unknown) else type(value).__name__
