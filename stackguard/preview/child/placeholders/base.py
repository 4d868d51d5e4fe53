"""The base of all placeholders, and their bytes.

A placeholder is a text that can be found wherever the program writes it: in a longer text, in JSON, in a name. An
operation that is impossible without the value (to count, compare or branch on it) ends the program, and the server
reports the missing value.
"""

from __future__ import annotations

import inspect
import sys
import typing
from collections import abc
from typing import Any

import pulumi  # noqa: F401 (loads `pulumi._types`)

from .. import LETTERS, PREFIX
from ..frames import asked_by_sdk, swallows

if typing.TYPE_CHECKING:
    from .calls import Call

KINDS: dict[str, type[Placeholder]] = {}
"""By the kind of a value (`shape`), the class of its placeholders; filled in by `kinds.py`."""
types: Any = sys.modules["pulumi._types"]
SKELETONS = {"text": "<text>", "number": "<number>", "bool": "<true or false>", "any": "<value>"}
LENGTH = len(PREFIX) + LETTERS


class Origin(typing.NamedTuple):
    """The value of a placeholder: a path in the result of a call, and the SDK's type for it."""

    call: Call
    path: str
    of: Any

    def child(self, step: str, of: Any) -> Placeholder:
        """The placeholder of a part of it."""
        path = f"{self.path}{step}" if step.startswith("[") or not self.path else f"{self.path}.{step}"
        placeholder: Placeholder = self.call.reported(self.call.placeholder(path, of))
        return placeholder

    def inner(self) -> Any:
        """The type of its elements, or of itself."""
        return shape(self.of)[1]


def need(value: Any, operation: str) -> typing.NoReturn:
    """End the program, or the current function given to `apply`: it cannot do this without the value."""
    origin: Origin = getattr(value, "_placeholder", value)._origin
    origin.call.need(origin.path, operation, origin.of)


def refusing(operation: str) -> Any:
    """A method that is impossible without the value."""

    def method(self: Any, *_args: Any, **_kwargs: Any) -> Any:
        need(self, operation)

    return method


def refuse(cls: Any, operations: dict[str, str]) -> None:
    """Add methods to a class that are impossible without the value: by operation, their names."""
    for operation, names in operations.items():
        for name in names.split():
            setattr(cls, name, refusing(operation.format(name)))


def itself(self: Any, *_args: Any, **_kwargs: Any) -> Any:
    """A method whose result is as unknown as the value, and of the same kind."""
    return self


class Placeholder(str):
    """An unknown value. It is a text, whatever its type, so that the SDK passes it on unchanged."""

    __slots__ = ("_origin",)
    _origin: Origin

    def __bool__(self) -> bool:
        return isinstance(self, KINDS["text"]) if asked_by_sdk() else need(self, "branches on it")

    def __eq__(self, other: object) -> bool:
        if (isinstance(other, Placeholder) and str.__eq__(self, other)) or asked_by_sdk():
            return other is not None and str.__eq__(self, other)
        return False if other is None and not optional(self) else need(self, "compares it")

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return str.__hash__(self) if asked_by_sdk() else need(self, "uses it as a key")

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return str, (str.__str__(self),)

    def encode(self, *_args: Any, **_kwargs: Any) -> Any:
        """Its bytes."""
        return as_bytes(self)

    __str__ = __format__ = __copy__ = __deepcopy__ = __repr__ = itself


LOOKS = "looks into it with `{}`"
refuse(Placeholder, {LOOKS: " ".join(name for name in dir(str) if name[0] != "_" and name not in {"encode", "join"})})
refuse(
    Placeholder,
    {
        "compares it": "__lt__ __le__ __gt__ __ge__",
        "counts it": "__len__",
        "loops over it": "__iter__ keys items values",
        "looks for something in it": "__contains__",
        "calculates with it": "__int__ __float__ __index__ __complex__",
    },
)


class Bytes(bytes):
    """The bytes of a text that contains a placeholder or derives from one: as unknown as the text."""

    _placeholder: Placeholder

    def decode(self, *_args: Any, **_kwargs: Any) -> Placeholder:
        """The text that they are of."""
        return self._placeholder

    def __add__(self, other: Any) -> Any:
        return as_bytes(self._placeholder, str.__str__(self._placeholder) + bytes(other).decode("latin-1"))

    def __radd__(self, other: Any) -> Any:
        return as_bytes(self._placeholder, bytes(other).decode("latin-1") + str.__str__(self._placeholder))

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return bytes, (bytes.__getitem__(self, slice(None)),)

    hex = decode


refuse(
    Bytes,
    {
        LOOKS: "startswith endswith find rfind index rindex count isalnum isalpha isdigit islower isupper",
        "looks into it": "__getitem__",
        "counts it": "__len__",
        "loops over it": "__iter__",
        "compares it": "__eq__ __ne__ __lt__ __le__ __gt__ __ge__",
        "uses it as a key": "__hash__",
        "looks for something in it": "__contains__",
    },
)


def create(kind: type[Placeholder], text: str, origin: Origin) -> Placeholder:
    """A placeholder, or a longer text that contains one."""
    placeholder = str.__new__(kind, text)
    placeholder._origin = origin  # no constructor, because copying a text would call it
    return placeholder


def text_with(placeholder: Placeholder, text: str | None = None) -> Placeholder:
    """A text that contains a placeholder or derives from it."""
    return create(KINDS["text"], str.__str__(placeholder) if text is None else text, placeholder._origin)


def as_bytes(placeholder: Placeholder, text: str | None = None) -> Bytes:
    """A text that contains a placeholder or derives from it, as bytes in which it can be found."""
    unknown = text_with(placeholder, text)
    encoded = Bytes(str.__str__(unknown).encode())
    encoded._placeholder = unknown
    return encoded


def optional(placeholder: Placeholder) -> bool:
    """Whether a placeholder's value may be None, which a text that derives from it never is."""
    return str.__len__(placeholder) == LENGTH and optional_type(placeholder._origin.of)


def or_none(placeholder: Placeholder) -> Placeholder:
    """A placeholder of the same value, which may be None."""
    origin = placeholder._origin
    of = typing.Optional[origin.of] if origin.of else None
    return create(type(placeholder), str.__str__(placeholder), origin._replace(of=of))


def asks_for(placeholder: Placeholder, key: Any) -> None:
    """Ask for the value if a look-up may fail and the failure is caught."""
    if not isinstance(key, slice) and swallows("lookups") and not asked_by_sdk():
        need(placeholder, "asks whether something is in it")


def is_record(kind: type) -> bool:
    """Whether a class is one of the SDK's result classes."""
    return bool(types.is_output_type(kind))


def fields(of: type) -> dict[str, str]:
    """Python's names of a result's fields, each with Pulumi's."""
    return {python: camel for python, camel, _ in types._py_properties(of)}


def field_types(of: type) -> dict[str, Any]:
    """By Pulumi's name, the types of a result's fields."""
    return dict(types.output_type_types(of))


def optional_type(of: Any) -> bool:
    """Whether a value of a type may be None."""
    return of is None or types.unwrap_optional_type(of) is not of


def shape(of: Any) -> tuple[str, Any]:
    """The kind of a type: `text`, `number`, `bool`, `list`, `map`, `record` or `any`, and the type of its elements."""
    of = types.unwrap_optional_type(of) if of else of
    outer, inner = typing.get_origin(of), typing.get_args(of)
    if outer in {list, abc.Sequence}:
        return "list", inner[0]
    if outer in {dict, abc.Mapping}:
        return "map", inner[-1]
    if not inspect.isclass(of):
        return "any", None
    if is_record(of):
        return "record", of
    for base, kind in ((str, "text"), (bool, "bool"), (int, "number"), (float, "number")):
        if issubclass(of, base):
            return kind, of
    return "any", None


def skeleton(of: Any, depth: int = 3) -> Any:
    """The form of a value of a type in a mock file."""
    kind, inner = shape(of)
    if kind == "list":
        return [skeleton(inner, depth - 1)]
    if kind == "map":
        return {"<text>": skeleton(inner, depth - 1)}
    if kind == "record" and depth > 0:
        known = field_types(inner)
        return {camel: skeleton(known.get(camel), depth - 1) for camel in fields(inner).values()}
    return SKELETONS.get(kind, "<value>")
