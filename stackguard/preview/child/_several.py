"""Collections of which nobody knows how many elements they have: a slice of a list that only the cloud knows.

The child's side, beside `_placeholders.py`. Each holds as many elements as the program asks for, and stands in for one of
Python's own. Its elements are handed on as they are; who asks how many there are, or whether one is there, asks for the
value. `_counting.py` makes one of what a program makes of another.
"""

from __future__ import annotations

import types
import typing
from typing import Any

BESIDE = types.SimpleNamespace(placeholders=None, any=False)
"""`_placeholders.py`, once it is known, and whether there is any such collection yet."""


def asking(operation: str, original: Any) -> Any:
    """A method that asks for the value, unless the SDK calls it."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not BESIDE.placeholders.asked_by_sdk():
            need(self, operation)
        return original(self, *args, **kwargs)

    return method


def written(original: Any) -> Any:
    """A method that writes a collection as a text, which nobody knows."""

    def method(self: Any) -> str:
        text: str = original(self)
        return text if BESIDE.placeholders.PREFIX in text else str.__str__(self._placeholder)

    return method


def need(several: Any, operation: str) -> None:
    """Ask for the value of the list that a collection is made of."""
    several._placeholder._origin.need(operation)  # noqa: SLF001 (of the same side)


def of(placeholder: Any, value: Any) -> Any:
    """A collection of elements of the list that a placeholder stands for."""
    kind: Any = next(each for each, builtin in KINDS.items() if isinstance(value, builtin))
    several = kind(value)
    several._placeholder = placeholder  # noqa: SLF001 (there is no constructor: it would be called by whoever copies one)
    BESIDE.any = True
    return several


class Listed(typing.List[Any]):  # noqa: UP006 (Python 3.9)
    """A list."""

    __slots__ = ("_placeholder",)
    _placeholder: Any

    def __getitem__(self, key: Any) -> Any:
        BESIDE.placeholders.asks_for(self._placeholder, key)
        found = list.__getitem__(self, key)
        if isinstance(key, slice):
            return of(self._placeholder, found)
        if (
            key < 0
            and not isinstance(found, BESIDE.placeholders.Placeholder)
            and not BESIDE.placeholders.asked_by_sdk()
        ):
            need(self, "counts it")
        return found

    def __bool__(self) -> bool:
        return list.__len__(self) > 0

    def __add__(self, other: Any) -> Any:
        return of(self._placeholder, list.__add__(self, other))

    def __radd__(self, other: Any) -> Any:
        return of(self._placeholder, [*other, *self])

    def copy(self) -> Any:
        """Another one of the same."""
        return of(self._placeholder, [*self])

    def pop(self, *place: Any) -> Any:
        """An element, which is no longer in it."""
        found = list.pop(self, *place)
        if not isinstance(found, BESIDE.placeholders.Placeholder):
            need(self, "counts it")
        return found

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return list, ([*self],)

    __hash__ = list.__hash__


class Fixed(typing.Tuple[Any]):  # noqa: SLOT001, UP006 (a tuple has no room for slots; Python 3.9)
    """A tuple."""

    _placeholder: Any

    def __getitem__(self, key: Any) -> Any:
        BESIDE.placeholders.asks_for(self._placeholder, key)
        found = tuple.__getitem__(self, key)
        return of(self._placeholder, found) if isinstance(key, slice) else found

    def __bool__(self) -> bool:
        return tuple.__len__(self) > 0

    def __add__(self, other: Any) -> Any:
        return of(self._placeholder, tuple.__add__(self, other))

    def __radd__(self, other: Any) -> Any:
        return of(self._placeholder, (*other, *self))

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return tuple, ([*self],)

    __hash__ = tuple.__hash__


class Pairs(typing.Dict[Any, Any]):  # noqa: UP006 (Python 3.9)
    """A dictionary."""

    _placeholder: Any

    def __getitem__(self, key: Any) -> Any:
        BESIDE.placeholders.asks_for(self._placeholder, key)
        return dict.__getitem__(self, key)

    def __bool__(self) -> bool:
        return dict.__len__(self) > 0

    def copy(self) -> Any:
        """Another one of the same."""
        return of(self._placeholder, {**self})

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return dict, ([*self.items()],)

    __hash__ = None


KINDS: dict[type, type] = {Listed: list, Fixed: tuple, Pairs: dict}
"""The collections, each with Python's own that it stands in for."""
OPERATIONS = {
    "branches on it": ("__bool__",),
    "compares it": ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"),
    "asks whether something is in it": ("__contains__", "get", "setdefault", "index", "count"),
}
for kind, builtin in KINDS.items():
    kind.__name__ = kind.__qualname__ = builtin.__name__
    kind.__module__ = "builtins"
    kind.__repr__ = written(kind.__repr__)  # type: ignore[method-assign]
    for operation, names in OPERATIONS.items():
        for each in names:
            if hasattr(kind, each):
                setattr(kind, each, asking(operation, getattr(kind, each)))
Pairs.pop = asking("asks whether something is in it", dict.pop)  # type: ignore[method-assign]
