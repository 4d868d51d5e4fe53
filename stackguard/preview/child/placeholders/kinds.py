"""The placeholders, by the kind of their value: a text, a number, a list, a mapping, a record of the SDK's, or anything."""

from __future__ import annotations

from typing import Any

from .base import KINDS, Bytes, Placeholder, asks_for, create, field_types, fields, itself, or_none, refusing, text_with
from .elements import part

CHANGES = (
    "lower upper strip lstrip rstrip replace title capitalize casefold swapcase zfill ljust rjust center removeprefix"
    " removesuffix expandtabs translate format format_map __mod__ __mul__ __rmul__"
)
CALCULATIONS = (
    "add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow neg pos abs round"
    " and rand or ror xor rxor lshift rlshift rshift rrshift invert"
)


class Text(Placeholder):
    """A text; a text that derives from it is as unknown."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        return self if isinstance(key, (int, slice)) else str.__getitem__(self, key)

    def __add__(self, other: Any) -> Any:
        return create(type(self), str.__str__(self) + other, self._origin) if isinstance(other, str) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return create(type(self), other + str.__str__(self), self._origin) if isinstance(other, str) else NotImplemented

    def split(self, *_args: Any, **_kwargs: Any) -> Any:
        """Its parts, of an unknown number."""
        return create(Parts, str.__str__(self), self._origin)

    def partition(self, _separator: str) -> Any:
        """Three parts."""
        return self, self, self

    rsplit = splitlines = split
    rpartition = partition


for method_name in CHANGES.split():
    setattr(Text, method_name, itself)


class Parts(Placeholder):
    """The parts of a text that was split."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        asks_for(self, key)
        return part(self, key, lambda _: text_with(self))


class Number(Placeholder):
    """A number, or true or false; a number that derives from it is as unknown."""

    __slots__ = ()

    def __divmod__(self, _other: Any) -> Any:
        return self, self

    __rdivmod__ = __divmod__


for method_name in CALCULATIONS.split():
    setattr(Number, f"__{method_name}__", itself)


class List(Placeholder):
    """A list: its elements can be read by index."""

    __slots__ = ()
    copy = __add__ = __radd__ = itself

    def __getitem__(self, key: Any) -> Any:
        asks_for(self, key)
        return part(self, key, lambda index: self._origin.child(f"[{index}]", self._origin.inner()))


class Map(Placeholder):
    """A mapping from names that only the cloud knows."""

    __slots__ = ()
    copy = itself
    __or__ = __ror__ = refusing("loops over it")

    def __getitem__(self, key: Any) -> Any:
        asks_for(self, key)
        return self._value(key)

    def get(self, key: Any, _default: Any = None) -> Any:
        """The value at a key, which may be None."""
        return or_none(self._value(key))

    def _value(self, key: Any) -> Placeholder:
        return self._origin.child(str(key), self._origin.inner())


class Record(Placeholder):
    """An object with the fields of one of the SDK's result classes."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name in fields(object.__getattribute__(self, "_origin").inner()):
            return self[name]
        return object.__getattribute__(self, name)

    def __getitem__(self, key: Any) -> Any:
        of = self._origin.inner()
        camel = fields(of).get(key, key)
        return self._origin.child(camel, field_types(of).get(camel))

    def get(self, key: Any, _default: Any = None) -> Any:
        """A field by either name."""
        return self[key]


class Anything(Text):
    """A value to which the SDK gives no type."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        asks_for(self, key)
        return self.get(key)

    def get(self, key: Any, _default: Any = None) -> Any:
        """The value at a key, which may be None."""
        if isinstance(key, str):
            return self._origin.child(key, None)
        return part(self, key, lambda index: self._origin.child(f"[{index}]", None))


KINDS.update(text=Text, number=Number, bool=Number, list=List, map=Map, record=Record, any=Anything)
NAMES: dict[type, str] = {Placeholder: "str", Text: "str", Anything: "str", Number: "int", Bytes: "bytes"}
NAMES.update({List: "list", Parts: "list", Map: "dict", Record: "dict"})
for kind, builtin in NAMES.items():  # a program that reads the name of a value's class continues as in a preview
    kind.__name__ = kind.__qualname__ = builtin
    kind.__module__ = "builtins"
