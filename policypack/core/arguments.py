"""The arguments of a resource type, with the keys of the objects in them, and what a resource has beyond these.

pulumi-aws types most objects: a rule of a bucket's lifecycle has `expiration`, which has `days`. Tags, environment
variables and policy documents take any key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policypack.core.spelling import quotable

VALUES = "*"
"""Before the class of objects that are the values of a mapping with free keys."""
SET_BY_THE_PROVIDER = frozenset({"tagsAll"})
"""The arguments that pulumi-aws itself adds to the inputs when it checks them."""

Keys = Mapping[str, str]
"""The keys of an object, each with the class of the objects in it: empty if it has none, or if they take any key."""


@dataclass(frozen=True, slots=True)
class UnknownKey:
    """An argument that a type does not take, or a key that an object in its arguments does not take."""

    path: str
    """Of the key itself: `rules[0].expiration.day`."""
    name: str
    holder: str
    """The argument or key whose value has it; empty for an argument of the resource itself."""
    known: Keys
    """What could stand in its place."""
    inner: tuple[str, ...]
    """Which of these take objects that have a key of this name."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments that a type takes, and by class the keys of the objects in them."""

    names: Keys
    classes: Mapping[str, Keys]

    def unknown(self, inputs: Mapping[str, Any]) -> Iterator[UnknownKey]:
        """What a resource's inputs have beyond these, in the order of the inputs."""
        for name, value in inputs.items():
            inside = self.names.get(name)
            if inside is None:
                if name not in SET_BY_THE_PROVIDER:
                    yield self._unknown(name, name, "", self.names)
            elif inside:
                yield from self._inside(value, inside, name, name)

    def _inside(self, value: Any, cls: str, path: str, holder: str) -> Iterator[UnknownKey]:
        """The unknown keys of the objects in a value; a key without a value sets nothing."""
        keys = self.classes.get(cls.removeprefix(VALUES))
        if keys is None:
            return
        for place, found in _objects(value, path, in_mapping=cls.startswith(VALUES)):
            for name, item in found.items():
                inside, inner_path = keys.get(name), f"{place}.{quotable(name)}"
                if inside:
                    yield from self._inside(item, inside, inner_path, name)
                elif inside is None and item is not None:
                    yield self._unknown(inner_path, name, holder, keys)

    def _unknown(self, path: str, name: str, holder: str, known: Keys) -> UnknownKey:
        inner = (key for key, cls in known.items() if name in self.classes.get(cls.removeprefix(VALUES), ()))
        return UnknownKey(path, name, holder, known, tuple(inner))


def _objects(value: Any, path: str, *, in_mapping: bool) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A value that is an object, the items of a list that are, or the values of a mapping; with the path of each."""
    if isinstance(value, list):
        yield from ((f"{path}[{index}]", item) for index, item in enumerate(value) if isinstance(item, dict))
    elif isinstance(value, dict) and in_mapping:
        for name, item in value.items():
            yield from _objects(item, f"{path}.{quotable(name)}", in_mapping=False)
    elif isinstance(value, dict):
        yield path, value
