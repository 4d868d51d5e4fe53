"""Collections whose number of elements is unknown: slices of a list that only the cloud knows, and what is made of them.

Each holds as many elements as the program asks for, and stands in for one of Python's own. Its elements are passed on
unchanged; code that counts them, or asks whether one is there, asks for the value.
"""

from __future__ import annotations

from typing import Any

from .. import PREFIX
from ..frames import asked_by_sdk
from .base import Placeholder, asks_for, need


class UnknownLength:
    """What all of them have in common."""

    __slots__ = ()
    exist = False
    """Whether the program has any yet."""
    _placeholder: Placeholder

    def __getitem__(self, key: Any) -> Any:
        asks_for(self._placeholder, key)
        found = super().__getitem__(key)  # type: ignore[misc]
        if isinstance(key, slice):
            return of(self._placeholder, found)
        if not isinstance(self, dict) and key < 0 and not isinstance(found, Placeholder) and not asked_by_sdk():
            need(self, "counts it")
        return found

    def __repr__(self) -> str:
        text = super().__repr__()
        return text if PREFIX in text else str.__str__(self._placeholder)

    def __reduce_ex__(self, _protocol: Any) -> Any:
        builtin = KINDS[type(self)]
        return builtin, (builtin(self),)

    def copy(self) -> Any:
        """Another one of the same."""
        return of(self._placeholder, super().copy())  # type: ignore[misc]


class UnknownSequence(UnknownLength):
    """A list or a tuple."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return of(self._placeholder, super().__add__(other))  # type: ignore[misc]

    def __radd__(self, other: Any) -> Any:
        return of(self._placeholder, KINDS[type(self)]((*other, *self)))  # type: ignore[misc]


class Listed(UnknownSequence, list[Any]):
    """A list."""

    def pop(self, *place: Any) -> Any:
        """Remove and return an element."""
        found = list.pop(self, *place)
        if not isinstance(found, Placeholder):
            need(self, "counts it")
        return found


class Fixed(UnknownSequence, tuple[Any]):  # noqa: SLOT001 (a tuple has no room for slots)
    """A tuple."""


class Pairs(UnknownLength, dict[Any, Any]):
    """A dictionary."""


def asking(operation: str, original: Any) -> Any:
    """A method that asks for the value, unless the SDK calls it."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not asked_by_sdk():
            need(self, operation)
        return original(self, *args, **kwargs)

    return method


KINDS: dict[type, Any] = {Listed: list, Fixed: tuple, Pairs: dict}
"""The collections, each with Python's own that it stands in for."""
ASKING = {
    "compares it": "__eq__ __ne__ __lt__ __le__ __gt__ __ge__",
    "asks whether something is in it": "__contains__ get setdefault index count",
}
for kind, builtin in KINDS.items():
    kind.__name__ = kind.__qualname__ = builtin.__name__
    kind.__module__ = "builtins"
    kind.__bool__ = asking("branches on it", lambda self: KINDS[type(self)].__len__(self) > 0)  # type: ignore[attr-defined]
    for operation, names in ASKING.items():
        for name in filter(vars(builtin).__contains__, names.split()):
            setattr(kind, name, asking(operation, getattr(builtin, name)))
Pairs.pop = asking("asks whether something is in it", dict.pop)  # type: ignore[method-assign]


def of(placeholder: Placeholder, value: Any) -> Any:
    """A collection with the elements of a value, of the list that a placeholder stands for."""
    kind: Any = next(kind for kind, builtin in KINDS.items() if isinstance(value, builtin))
    several = kind(value)
    several._placeholder = placeholder  # there is no constructor: it would be called by whoever copies one
    UnknownLength.exist = True
    return several


def part(placeholder: Placeholder, key: Any, element: Any) -> Any:
    """What a list of unknown length has at an index, or in a slice with two ends: as many as the program asks for."""
    if not isinstance(key, slice):
        return element(key)
    start, stop, step = key.start or 0, key.stop, key.step or 1
    if stop is None and start < 0 and step == 1:
        return of(placeholder, [element(index) for index in range(start, 0)])
    if stop is not None and start >= 0 and stop >= 0 and step > 0:
        return of(placeholder, [element(index) for index in range(start, stop, step)])
    return placeholder
