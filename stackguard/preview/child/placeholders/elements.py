"""Collections of unknown length: slices of a list that only the cloud knows, and collections that derive from them.

Each contains as many elements as the program requests, and replaces one of Python's own. Its elements are passed on
unchanged; code that counts them, or checks whether one is present, asks for the value.
"""

from __future__ import annotations

from typing import Any

from .. import PREFIX
from ..frames import asked_by_sdk
from .base import Placeholder, asks_for, need


class UnknownLength:
    """The base of these collections."""

    __slots__ = ()
    exist = False
    """Whether the program has any yet."""
    _placeholder: Placeholder

    def __getitem__(self, key: Any) -> Any:
        asks_for(self._placeholder, key)
        result = super().__getitem__(key)  # type: ignore[misc]
        if isinstance(key, slice):
            return of(self._placeholder, result)
        if not isinstance(self, dict) and key < 0 and not isinstance(result, Placeholder) and not asked_by_sdk():
            need(self, "counts it")
        return result

    def __repr__(self) -> str:
        text = super().__repr__()
        return text if PREFIX in text else str.__str__(self._placeholder)

    def __reduce_ex__(self, _protocol: Any) -> Any:
        builtin = KINDS[type(self)]
        return builtin, (builtin(self),)

    def copy(self) -> Any:
        """A copy with the same placeholder."""
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
        element = list.pop(self, *place)
        if not isinstance(element, Placeholder):
            need(self, "counts it")
        return element


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
"""The collections, each with the type of Python's that it replaces."""
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
    """A collection with the elements of a value, whose length depends on a placeholder."""
    kind: Any = next(kind for kind, builtin in KINDS.items() if isinstance(value, builtin))
    several = kind(value)
    several._placeholder = placeholder  # no constructor, because copying one would call it
    UnknownLength.exist = True
    return several


def part(placeholder: Placeholder, key: Any, element: Any) -> Any:
    """The element of a list of unknown length at an index, or all in a slice: as many as the program requests."""
    if not isinstance(key, slice):
        return element(key)
    start, stop, step = key.start or 0, key.stop, key.step or 1
    if stop is None and start < 0 and step == 1:
        return of(placeholder, [element(index) for index in range(start, 0)])
    if stop is not None and start >= 0 and stop >= 0 and step > 0:
        return of(placeholder, [element(index) for index in range(start, stop, step)])
    return placeholder
