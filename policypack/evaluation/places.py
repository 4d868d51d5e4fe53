"""Stable places: outcomes in, each with a text that identifies where it is across edits, stacks and renames.

A place has no line and no index. What decides about an outcome is part of it: the value at the end of the path, the
severity where it is not the card's, and the facts that the message quotes. A statement is identified by its content, of
which a list that the path, or the message, takes one item of has only that item: the `Sid`, the order of items and the
letter case of actions do not count. An item of another list is identified by its name, or else by its content.

The stack's name, its accounts, its region and the physical names of its resources are replaced, so that the same
violation has the same place in every stack of a project. Secret values never count.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, product
from typing import Any

from policypack.core.policy import ROOT_TYPE, Kind, Outcome, Resource, Unknown
from policypack.core.wire import UNKNOWNS
from policypack.evaluation.statement_place import contains_secret, statement_at
from policypack.iam.actions import services
from policypack.iam.arn import Arn
from policypack.iam.document_readers import documents_of
from policypack.resources.naming import identifiers

UNKNOWN = "(unknown)"
NAMES = ("name", "Name", "sid", "Sid", "id", "key")
"""Keys that identify an item of a list, if its value is no other item's."""
TOKEN = re.compile(r"[^:/\s\"']+")
"""A part of an ARN or a URL."""
ARN = re.compile(r"arn:[^\s\"']+")
STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
QUOTED = re.compile(r"`([^`]*)`|(\d+ more)\b")
"""A fact in a message."""
ADVICE = re.compile(r";|, for example ")
"""What follows in a message is advice, or an example, and no fact."""
LINE = re.compile(r"(?<=\.\w\w):\d+$|\[\d+\]")
"""What a fact has of lines and indexes: `index.py:5`, `Statement[0]`."""
ORDINARY = re.compile(r"\W*|Allow|Deny|arn|aws")
"""What ends an identifier and names no resource: the `*` of a log group's ARN, or a word of documents."""
ACTION = re.compile(r"[A-Za-z0-9-]+:[\w*?]+")
DIGITS = 16
"""Hexadecimal digits of a content's hash."""
MOST = 64
"""Combinations of the former names of resources that one outcome mentions."""


def placed(outcomes: Iterable[Outcome], resources: Iterable[Resource], stack: str) -> tuple[Outcome, ...]:
    """The outcomes with their places.

    Args:
        outcomes: of one stack, without secrets of the program.
        resources: all resources of that stack.
        stack: its name, without organization and project; empty if it is unknown.
    """
    outcomes = tuple(outcomes)
    if not outcomes:
        return ()
    names = Names(list(resources), stack)
    return tuple(_placed(outcome, names) for outcome in outcomes)


def urns(resource: Resource) -> tuple[str, ...]:
    """The URN of a resource, and those that it had in the same stack."""
    stack = resource.urn.partition("::")[0]
    return resource.urn, *(alias for alias in resource.options.aliases if alias.partition("::")[0] == stack)


def _placed(outcome: Outcome, names: Names) -> Outcome:
    """The outcome with its places: under each name that it, or a resource that it mentions, has or had."""
    names.mentioned.clear()
    inner = {stable_path(outcome, names): None}
    if names.mentioned:
        inner |= {stable_path(outcome, variant): None for variant in list(names.variants())}
    here = (f"{names.resource(urn)}\n{path}" for urn in urns(outcome.resource) for path in inner)
    place, *former_places = dict.fromkeys(here)
    return replace(outcome, place=place, former_places=tuple(former_places))


def fingerprint(outcome: Outcome, place: str | None = None) -> str:
    """A hash of the outcome's kind, policy and place; equal for two equal violations.

    Args:
        outcome: with its place, or without one; then indexes and names of the stack count.
        place: one of its former places.
    """
    here = place or outcome.place or f"{outcome.resource.urn}\n{stable_path(outcome, Names((), ''))}"
    return hashed(outcome.kind, outcome.policy.id, here)


def in_project(outcome: Outcome, project: str, former: str) -> Iterator[str]:
    """The places of an outcome as they were while its project had another name.

    Args:
        outcome: with its places.
        project: the name that the project has.
        former: the other name.
    """
    own = re.compile(rf"(^|\{{){re.escape(project)}(?=::)")
    for place in (outcome.place, *outcome.former_places):
        yield own.sub(lambda match: f"{match[1]}{former}", place)


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


@dataclass(slots=True)
class Index:
    """What a stack's names are replaced with."""

    owners: dict[str, Resource] = field(default_factory=dict)
    """By the last part of an identifier, the resource."""
    logical: dict[str, Resource] = field(default_factory=dict)
    """By logical name, the first resource that has it."""
    accounts: dict[str, str] = field(default_factory=lambda: {"": ""})
    regions: set[str] = field(default_factory=set)


class Names:
    """The texts that differ between the stacks of one project, with what replaces them.

    It has the present names, and the accounts replaced; a variant of it has former names, or accounts as they are written
    wherever no resource of the stack is named: before the settings know the account, a document may have it in digits.
    """

    def __init__(
        self,
        resources: Iterable[Resource],
        stack: str,
        chosen: Mapping[str, str] | None = None,
        *,
        written_accounts: bool = False,
    ) -> None:
        """Begin.

        Args:
            resources: all of the stack.
            stack: its name; empty if it is unknown.
            chosen: by URN, the former one by which a resource is named.
            written_accounts: whether accounts that stand beside no name of the stack are kept.
        """
        self._resources = resources
        self._stack_name = stack
        self._chosen = chosen or {}
        self._written_accounts = written_accounts
        self._stack = re.compile(rf"(?<![A-Za-z0-9]){re.escape(stack)}(?![A-Za-z0-9])") if stack else None
        self.mentioned: dict[str, tuple[str, ...]] = {}
        """By URN, the names of the resources with former ones that were replaced; `account` if an account was."""

    def variants(self) -> Iterator[Names]:
        """These names with the former ones of what was mentioned: first all by the same alias, then mixed."""
        former = {urn: names for urn, names in self.mentioned.items() if urn != "account"}
        most = max(map(len, former.values()), default=1)
        same = ([names[min(index, len(names) - 1)] for names in former.values()] for index in range(most))
        mixed = islice(product(*former.values()), MOST)
        choices = dict.fromkeys(map(tuple, (*same, *mixed)))
        for written in (False, True) if "account" in self.mentioned else (False,):
            for choice in choices:
                chosen = dict(zip(former, choice, strict=True))
                variant = Names(self._resources, self._stack_name, chosen, written_accounts=written)
                variant.__dict__["_index"] = self._index
                yield variant

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
        if not self._written_accounts:
            return self.of_stack(TOKEN.sub(self._replaced, text))
        parts, end = [], 0
        for arn in ARN.finditer(text):
            parts += [TOKEN.sub(self._kept_account, text[end : arn.start()]), self._in_arn(arn[0])]
            end = arn.end()
        return self.of_stack("".join([*parts, TOKEN.sub(self._kept_account, text[end:])]))

    def fact(self, text: str) -> str:
        """A fact of a message, without logical names that a resource had before."""
        text = LINE.sub("", text)
        if (resource := self._index.logical.get(text)) is not None:
            return self.of_stack(self._named(resource).rpartition("::")[2])
        return self.same_everywhere(text.lower() if ACTION.fullmatch(text) else text)

    def _in_arn(self, arn: str) -> str:
        named = any(token in self._index.owners for token in TOKEN.findall(arn))
        return TOKEN.sub(self._replaced if named else self._kept_account, arn)

    def _kept_account(self, match: re.Match[str]) -> str:
        return match[0] if match[0] in self._index.accounts else self._replaced(match)

    def _replaced(self, match: re.Match[str]) -> str:
        text, index = match[0], self._index
        if text in index.accounts:
            self.mentioned["account"] = ()
            return index.accounts[text]
        if text in index.regions:
            return "{region}"
        owner = index.owners.get(text)
        return text if owner is None else f"{{{self.resource(self._named(owner))}}}"

    def _named(self, resource: Resource) -> str:
        """The URN by which a resource is named."""
        if resource.options.aliases and len(names := urns(resource)) > 1:
            self.mentioned[resource.urn] = names
        return self._chosen.get(resource.urn, resource.urn)

    @cached_property
    def _index(self) -> Index:
        index = Index()
        for resource in self._resources:
            index.logical.setdefault(resource.name, resource)
            if resource.external or not resource.custom or resource.type == ROOT_TYPE:
                continue
            for text in identifiers(resource):
                name = re.split("[:/]", text)[-1]
                if "/arn:" not in text and not ORDINARY.fullmatch(name) and name not in services():
                    index.owners.setdefault(name, resource)
                if arn := Arn.parse(text):
                    index.accounts.setdefault(arn.account, f"{{account {len(index.accounts)}}}")
                    index.regions.add(arn.region)
        return index


def stable_path(outcome: Outcome, names: Names) -> str:
    """The path of an outcome without indexes, and what decides about it."""
    resource, path = outcome.resource, outcome.path
    severity = f" {outcome.severity.value}" if outcome.severity else ""
    statement = statement_at(resource, path)
    if path and contains_secret(resource, statement.document if statement else re.split(r"[.\[]", path)[0]):
        shown = f"{statement.document}.Statement" if statement else re.sub(r"\[\d+\]", "[]", path)
        return f"{shown}{severity}"
    quoted = _facts(outcome)
    facts = "".join(f" `{fact}`" for fact in sorted({*map(names.fact, quoted)}))
    if statement is None:
        return f"{_property(resource, path, names)}{facts}{severity}"
    steps = [name or int(index) for name, index in STEP.findall(statement.element)]
    content = _content(_unordered(_reduced(_canonical(statement.statement), steps, {*map(_folded, quoted)})), names)
    element = ".".join(step for step in steps if isinstance(step, str))
    return f"{_property(resource, statement.document, names)}.Statement[{content}].{element}{facts}{severity}"


def _facts(outcome: Outcome) -> Sequence[str]:
    """The facts of an outcome: its own, or what its message quotes. An undecided one has its path only."""
    if outcome.facts is not None or outcome.kind is not Kind.VIOLATION:
        return outcome.facts or ()
    return [name or more for name, more in QUOTED.findall(ADVICE.split(outcome.message, maxsplit=1)[0])]


def _folded(text: str) -> str:
    """A text as `_canonical` has it, if it is an action."""
    return text.lower() if ACTION.fullmatch(text) else text


def _canonical(statement: Mapping[str, Any]) -> dict[str, Any]:
    """A statement without its `Sid`, with actions in lower case."""
    return {
        key: _lower(value) if key in {"Action", "NotAction"} else value
        for key, value in statement.items()
        if key != "Sid"
    }


def _lower(value: Any) -> Any:
    return (
        [_lower(item) for item in value]
        if isinstance(value, list)
        else value.lower()
        if isinstance(value, str)
        else value
    )


def _reduced(value: Any, steps: Sequence[str | int], quoted: set[str]) -> Any:
    """The value with one item of a list that the steps lead into, or of which the message quotes one item."""
    if isinstance(value, list):
        index = steps[0] if steps and isinstance(steps[0], int) else None
        items = value[index : index + 1] if index is not None else [item for item in value if _is_in(item, quoted)]
        rest = steps[1:] if index is not None else steps
        return [_reduced(items[0], rest, quoted)] if len(items) == 1 else value
    if isinstance(value, Mapping) and steps and isinstance(steps[0], str) and steps[0] in value:
        return {**value, steps[0]: _reduced(value[steps[0]], steps[1:], quoted)}
    return value


def _unordered(value: Any) -> Any:
    """The value with each list as what it means in a statement: without order and repetition; one item is no list."""
    if isinstance(value, Mapping):
        return {key: _unordered(item) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    items = {json.dumps(item, sort_keys=True, default=_plain): item for item in map(_unordered, value)}
    return next(iter(items.values())) if len(items) == 1 else [items[text] for text in sorted(items)]


def _is_in(item: Any, texts: set[str]) -> bool:
    return isinstance(item, str) and item in texts


def _property(resource: Resource, path: str, names: Names) -> str:
    """The path of a property; what it ends at counts if it is one plain value, and no policy document."""
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
