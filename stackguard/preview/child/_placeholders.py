"""Stands in for what nobody knows offline, inside the program: the child's side of `placeholders.py`.

Loaded by `_program.py`, so it depends on nothing but the `pulumi` of the program's own environment. A *placeholder* is a text
that is found again wherever the program hands it on: in a longer text, in JSON, in a name. What cannot be done with a
value that nobody knows (counting, comparing, branching) ends the program, and the parent says what it needs.
"""

from __future__ import annotations

import contextvars
import inspect
import itertools
import json
import linecache
import os
import sys
import sysconfig
import types
import typing
from collections import abc
from pathlib import Path
from typing import Any

PREFIX = "qzunknownqz"
LETTERS = 6
TOKEN = "pulumi-host:preview:"  # noqa: S105 (of a function that the parent answers itself)
EXIT_UNANSWERED = 34
MISSING = object()
DEPTH = 3  # of the skeleton of a result
PLACEHOLDERS = {"text": "<text>", "number": "<number>", "bool": "<true or false>", "any": "<value>"}
OWN = {"pulumi", "google", "grpc", "opentelemetry"}  # whose code may look at a placeholder as at any text


APPLYING: contextvars.ContextVar[Any] = contextvars.ContextVar("applying", default=None)
"""The function given to `Output.apply` that runs, as `_applying.py` follows it; None outside of all."""
BESIDE = types.SimpleNamespace(several=None, swallows=None)
"""What `_several.py` makes of elements, and whether a failure is caught, as `_catching.py` knows it; once they are."""
GIVEN: set[Any] = set()
"""The code of ours that calls the functions given to `apply`, in the place of the SDK."""
HERE = os.path.join(os.path.dirname(__file__), "")  # noqa: PTH118, PTH120 (of every frame's file: this is fast)
REAL = os.path.join(os.path.realpath(HERE), "")  # noqa: PTH118 (the program is given a link to this folder)


class NeedsAnswer(BaseException):
    """A function given to `apply` cannot run to its end, so its result is unknown."""


class Parent:
    """The way to the process that serves the preview."""

    def __init__(self, pulumi: Any) -> None:
        self.runtime = pulumi.runtime
        self.pulumi = pulumi
        self.types = sys.modules["pulumi._types"]
        self.count = itertools.count()
        self.placeholders: dict[str, Placeholder] = {}

        answer = pulumi.runtime.proto.resource_pb2.__dict__.get("ResourceInvokeResponse")
        self.says_unknown = answer is not None and "unknown" in answer.DESCRIPTOR.fields_by_name

    def answered(self, result: Any, tok: str, args: Any, typ: Any, *, output: bool) -> Any:
        """The SDK's result of a call; that of the mock file, or an unknown one, where the parent could not answer."""
        known = getattr(result, "is_known", True)
        answer = self.send("ask", args, token=tok, output=output, answered=known, skeleton=skeleton(self, typ, 2))
        if "given" in answer:
            result.value = Call(self, answer["call"]).result(typ, answer["given"])
            result.is_known, result.is_secret = True, answer["secret"]
        elif "call" in answer or not known:
            result.is_known, result.unanswered = False, answer.get("call")
        return result

    def marked(self, result: Any, typ: Any) -> Any:
        """A result that is unknown, filled with placeholders."""
        if not getattr(result, "is_known", True):
            result.value, result.is_known = Call(self, result.unanswered).result(typ), True
        return result

    def send(self, what: str, args: Any = None, **message: Any) -> dict[str, Any]:
        """Its answer to a message; `args` is a function's, as a `Struct`."""
        protos = self.runtime.proto
        kind = getattr(protos.resource_pb2, "ResourceInvokeRequest", None) or protos.provider_pb2.InvokeRequest
        request = kind(tok=TOKEN + what)
        request.args.fields["message"].string_value = json.dumps(message)
        if args is not None:
            request.args.fields["args"].struct_value.CopyFrom(args)
        response = self.runtime.settings.get_monitor().Invoke(request)
        answer: dict[str, Any] = json.loads(getattr(response, "return")["message"])
        return answer

    def text(self) -> str:
        """A new placeholder: letters alone, so that it is as good in a name, an ARN or JSON as anything."""
        number = next(self.count)
        return PREFIX + "".join(chr(ord("a") + number // 26**place % 26) for place in reversed(range(LETTERS)))


class Call:
    """One call of a function, with the placeholders of its result so far by path."""

    def __init__(self, parent: Parent, number: int) -> None:
        self.parent = parent
        self.number = number
        self.answered = False
        """Whether anything of its result is given, so that it is known not to fail."""
        self.placeholders: dict[str, Placeholder] = {}
        self.untold: list[dict[str, Any]] = []

    def placeholder(self, path: str, of: Any) -> Placeholder:
        """The placeholder at a path; the same each time."""
        if path not in self.placeholders:
            text = self.parent.text()
            placeholder = made(KINDS[shape(self.parent, of)[0]], text, Origin(self, path, of))
            self.placeholders[path] = self.parent.placeholders[text] = placeholder
            self.untold.append({"placeholder": text, "path": path, "skeleton": skeleton(self.parent, of)})
        return self.placeholders[path]

    def told(self, value: Any) -> Any:
        """The value, once the parent knows of its placeholders."""
        if self.untold:
            self.parent.send("placeholders", call=self.number, placeholders=self.untold)
            self.untold = []
        return value

    def result(self, of: Any, given: Any = MISSING) -> Any:
        """The whole result, with a placeholder for everything that is not given."""
        self.answered = given is not MISSING
        if inspect.isclass(of) and self.parent.types.is_output_type(of):
            return self.told(self.record(of, "", {} if given is MISSING else given))
        return self.told(self.value(of, "", given))

    def value(self, of: Any, path: str, given: Any) -> Any:
        """A given value in the type that the SDK has for it."""
        kind, inner = shape(self.parent, of)
        if given is MISSING:
            return self.placeholder(path, of)
        if given is None or kind == "any":
            return given
        if kind == "record":
            return self.record(inner, path, given)
        if kind == "list":
            self.must(isinstance(given, list), path, "a list")
            return [self.value(inner, f"{path}[{index}]", each) for index, each in enumerate(given)]
        if kind == "map":
            self.must(isinstance(given, dict), path, "a mapping")
            return {key: self.value(inner, f"{path}.{key}", each) for key, each in given.items()}
        if kind == "bool":
            self.must(isinstance(given, bool), path, "true or false")
        elif kind == "number":
            self.must(isinstance(given, (int, float)) and not isinstance(given, bool), path, "a number")
            return int(given) if isinstance(given, float) and given.is_integer() and inner is int else given
        else:
            self.must(isinstance(given, str), path, "a text: put it in quotes")
        return given

    def record(self, of: type, path: str, given: Any) -> Any:
        """An instance of one of the SDK's result classes."""
        self.must(isinstance(given, dict), path, "a mapping")
        names, types = fields(self.parent, of), self.parent.types.output_type_types(of)
        known = {**names, **{camel: camel for camel in names.values()}}
        for key in given:
            if key not in known:
                self.wrong(path, f"has no `{key}`; it has {', '.join(f'`{each}`' for each in sorted(names.values()))}")
        found = {known[key]: value for key, value in given.items()}
        record = object.__new__(of) if not issubclass(of, dict) else dict.__new__(of)
        for name, camel in names.items():
            where = f"{path}.{camel}" if path else camel
            value = self.value(types.get(camel), where, found.get(camel, MISSING))
            self.parent.pulumi.set(record, name, value)
        return record

    def must(self, fits: bool, path: str, expected: str) -> None:  # noqa: FBT001
        """End the program unless what the mock file gives fits the SDK's type."""
        if not fits:
            self.wrong(path, f"must be {expected}")

    def wrong(self, path: str, problem: str) -> None:
        """End the program: the mock file gives what the SDK cannot hold."""
        self.parent.send("wrong", call=self.number, path=path, problem=problem)
        end()

    def need(self, path: str, operation: str, skeleton: Any) -> typing.NoReturn:
        """End the program: it cannot go on without this value."""
        callback, place = APPLYING.get(), own_place()
        if callback is not None and not os.path.exists(place["file"]):  # noqa: PTH110 (code that the program makes up)
            place |= callback.placed()
        follows = callback.decided(self.number, path, skeleton) if callback is not None else {"constructs": False}
        message = {"call": self.number, "path": path, "operation": operation, "skeleton": skeleton, **place}
        self.parent.send("need", deferred=callback is not None, **follows, **message)
        if callback is not None:
            raise NeedsAnswer
        end()


def end() -> typing.NoReturn:
    """End the program at once, so that nothing it would catch makes it go on."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(EXIT_UNANSWERED)


def fields(parent: Parent, of: type) -> dict[str, str]:
    """Python's names of a result's fields, each with Pulumi's."""
    return {python: camel for python, camel, _ in parent.types._py_properties(of)}  # noqa: SLF001 (the SDK's table)


def shape(parent: Parent, of: Any) -> tuple[str, Any]:
    """What a type is: `text`, `number`, `bool`, `list`, `map`, `record` or `any`, and what is in it."""
    of = parent.types.unwrap_optional_type(of) if of else of
    origin, inner = typing.get_origin(of), typing.get_args(of)
    if origin in {list, abc.Sequence}:
        return "list", inner[0]
    if origin in {dict, abc.Mapping}:
        return "map", inner[-1]
    if not inspect.isclass(of):
        return "any", None
    if parent.types.is_output_type(of):
        return "record", of
    for base, kind in ((str, "text"), (bool, "bool"), (int, "number"), (float, "number")):
        if issubclass(of, base):
            return kind, of
    return "any", None


def skeleton(parent: Parent, of: Any, depth: int = DEPTH) -> Any:
    """What a value of a type looks like in a mock file."""
    kind, inner = shape(parent, of)
    if kind == "list":
        return [skeleton(parent, inner, depth - 1)]
    if kind == "map":
        return {"<text>": skeleton(parent, inner, depth - 1)}
    if kind == "record" and depth > 0:
        types = parent.types.output_type_types(inner)
        return {camel: skeleton(parent, types.get(camel), depth - 1) for camel in fields(parent, inner).values()}
    return PLACEHOLDERS.get(kind, "<value>")


def caller() -> Any:
    """The frame of the code that does something with a placeholder."""
    frame: Any = sys._getframe(1)  # noqa: SLF001 (there is no other way)
    while frame is not None and frame.f_code.co_filename.startswith(HERE):
        frame = frame.f_back
    return frame


def asked_by_sdk() -> bool:
    """Whether the SDK looks at a placeholder, or a package generated for it, which only checks what it is."""
    frame: Any = sys._getframe(1)  # noqa: SLF001 (there is no other way)
    while frame is not None and frame.f_code.co_filename.startswith(HERE):
        if frame.f_code in GIVEN:
            return False  # what `apply` was given runs in C, and has no frame
        frame = frame.f_back
    top = frame.f_globals.get("__name__", "").partition(".")[0]
    return top in OWN or (top.startswith("pulumi_") and f"{top}._utilities" in sys.modules)


def own_place() -> dict[str, Any]:
    """Where the program is: the innermost frame of its own code, with the line's text."""
    libraries = tuple({os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")})
    frame = caller()
    innermost = frame
    while frame is not None and frame.f_code not in GIVEN:  # beyond may be whoever waits for something else
        file = os.path.realpath(frame.f_code.co_filename)
        if not file.startswith((*libraries, REAL)) and os.path.exists(file):  # noqa: PTH110
            innermost = frame
            break
        frame = frame.f_back
    file, line = innermost.f_code.co_filename, innermost.f_lineno
    return {"file": str(Path(file).absolute()), "line": line, "source": linecache.getline(file, line).strip()}


class Origin(typing.NamedTuple):
    """What a placeholder stands for: a path in the result of a call, and the SDK's type of what is there."""

    call: Call
    path: str
    of: Any

    def need(self, operation: str) -> typing.NoReturn:
        """End the program: it does something that it cannot do without the value."""
        self.call.need(self.path, operation, skeleton(self.call.parent, self.of))

    def child(self, step: str, of: Any) -> Placeholder:
        """The placeholder of what is in it."""
        path = f"{self.path}{step}" if step.startswith("[") or not self.path else f"{self.path}.{step}"
        placeholder: Placeholder = self.call.told(self.call.placeholder(path, of))
        return placeholder

    def optional(self, placeholder: str) -> bool:
        """Whether a placeholder of it may be None, which no text that is made of it can be."""
        whole = str.__len__(placeholder) == len(PREFIX) + LETTERS
        return whole and (self.of is None or self.call.parent.types.unwrap_optional_type(self.of) is not self.of)

    def inner(self) -> Any:
        """The type of what is in it."""
        return shape(self.call.parent, self.of)[1]


def refusing(operation: str) -> Any:
    """A method that cannot be without the value."""

    def method(self: Placeholder, *_args: Any, **_kwargs: Any) -> Any:
        self._origin.need(operation)

    return method


def itself(self: Any, *_args: Any, **_kwargs: Any) -> Any:
    """A method whose result is as unknown as the value, and of the same kind."""
    return self


class Placeholder(str):
    """A value that nobody knows. It is a text, whatever it stands for, so that the SDK hands it on as it is."""

    __slots__ = ("_origin",)
    _origin: Origin

    def __bool__(self) -> bool:
        return isinstance(self, Text) if asked_by_sdk() else self._origin.need("branches on it")

    def __eq__(self, other: object) -> bool:
        if (isinstance(other, Placeholder) and str.__eq__(self, other)) or asked_by_sdk():
            return other is not None and str.__eq__(self, other)
        if other is None and not self._origin.optional(self):
            return False
        return self._origin.need("compares it")

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return str.__hash__(self) if asked_by_sdk() else self._origin.need("uses it as a key")

    def __str__(self) -> str:
        return self

    def __format__(self, _spec: str) -> str:
        return self

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return str, (str.__str__(self),)

    def encode(self, *_args: Any, **_kwargs: Any) -> Any:
        """Its bytes."""
        return encoded(self if isinstance(self, Text) else made(Text, str.__str__(self), self._origin))

    __copy__ = __deepcopy__ = __repr__ = itself
    __lt__ = __le__ = __gt__ = __ge__ = refusing("compares it")
    __len__ = refusing("counts it")
    __iter__ = refusing("loops over it")
    __contains__ = refusing("looks for something in it")
    __int__ = __float__ = __index__ = __complex__ = refusing("calculates with it")
    keys = items = values = refusing("loops over it")


for method_name in dir(str):
    if not method_name.startswith("_") and method_name not in {"encode", "join"}:
        setattr(Placeholder, method_name, refusing(f"looks into it with `{method_name}`"))


class Bytes(bytes):
    """The bytes of a text that holds a placeholder, or what was computed from them: nobody knows them either."""

    _placeholder: Placeholder

    def decode(self, *_args: Any, **_kwargs: Any) -> Placeholder:
        """The text that they are of."""
        return self._placeholder

    def __getitem__(self, _key: Any) -> Any:
        self._placeholder._origin.need("looks into it")  # noqa: SLF001 (its own kind)

    def __len__(self) -> int:
        return self._placeholder._origin.need("counts it")  # noqa: SLF001 (its own kind)

    def __iter__(self) -> Any:
        self._placeholder._origin.need("loops over it")  # noqa: SLF001 (its own kind)

    def __eq__(self, _other: object) -> bool:
        return self._placeholder._origin.need("compares it")

    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__

    def __hash__(self) -> int:
        return self._placeholder._origin.need("uses it as a key")  # noqa: SLF001 (its own kind)

    def __contains__(self, _item: object) -> bool:
        return self._placeholder._origin.need("looks for something in it")  # noqa: SLF001 (its own kind)

    def __add__(self, other: Any) -> Any:
        return joined_bytes(self._placeholder, str.__str__(self._placeholder) + bytes(other).decode("latin-1"))

    def __radd__(self, other: Any) -> Any:
        return joined_bytes(self._placeholder, bytes(other).decode("latin-1") + str.__str__(self._placeholder))

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return bytes, (bytes.__getitem__(self, slice(None)),)

    hex = decode


def refusing_bytes(operation: str) -> Any:
    """A method of bytes that cannot be without the value."""

    def method(self: Bytes, *_args: Any, **_kwargs: Any) -> Any:
        self._placeholder._origin.need(operation)  # noqa: SLF001 (its own kind)

    return method


def encoded(placeholder: Placeholder) -> Bytes:
    """A placeholder as bytes, in which it is found again."""
    found = Bytes(str.__str__(placeholder).encode())
    found._placeholder = placeholder  # noqa: SLF001 (there is no constructor, as with placeholders)
    return found


def joined_bytes(placeholder: Placeholder, text: str) -> Bytes:
    """The bytes of a longer text that holds a placeholder."""
    return encoded(made(Text, text, placeholder._origin))  # noqa: SLF001 (its own kind)


def unknown_bytes(placeholder: Placeholder) -> Bytes:
    """What was computed from a placeholder, or from a text that holds it."""
    return encoded(made(Text, str.__str__(placeholder), placeholder._origin))  # noqa: SLF001 (its own kind)


CHANGES = (
    "lower upper strip lstrip rstrip replace title capitalize casefold swapcase zfill ljust rjust center removeprefix"
    " removesuffix expandtabs translate format format_map"
)
CALCULATIONS = (
    "add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow neg pos abs round"
    " and rand or ror xor rxor lshift rlshift rshift rrshift invert"
)


for method_name in [
    "startswith",
    "endswith",
    "find",
    "rfind",
    "index",
    "rindex",
    "count",
    "isalnum",
    "isalpha",
    "isdigit",
    "islower",
    "isupper",
]:
    setattr(Bytes, method_name, refusing_bytes(f"looks into it with `{method_name}`"))


class Text(Placeholder):
    """A text; what is made of it is as unknown."""

    __slots__ = ()
    __mod__ = __mul__ = __rmul__ = itself

    def __getitem__(self, key: Any) -> Any:
        return self if isinstance(key, (int, slice)) else str.__getitem__(self, key)

    def __add__(self, other: Any) -> Any:
        return made(type(self), str.__str__(self) + other, self._origin) if isinstance(other, str) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return made(type(self), other + str.__str__(self), self._origin) if isinstance(other, str) else NotImplemented

    def split(self, *_args: Any, **_kwargs: Any) -> Any:
        """Its parts, nobody knows how many."""
        return made(Parts, str.__str__(self), self._origin)

    def partition(self, _separator: str) -> Any:
        """Three parts."""
        return self, self, self

    rsplit = splitlines = split
    rpartition = partition


for method_name in CHANGES.split():
    setattr(Text, method_name, itself)


class Parts(Placeholder):
    """What a text was split into."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        asks_for(self, key)
        return elements(self, key, lambda _: made(Text, str.__str__(self), self._origin))


class Number(Placeholder):
    """A number, or true or false; what is calculated from it is as unknown."""

    __slots__ = ()

    def __divmod__(self, _other: Any) -> Any:
        return self, self

    __rdivmod__ = __divmod__


for method_name in CALCULATIONS.split():
    setattr(Number, f"__{method_name}__", itself)


class List(Placeholder):
    """A list: its elements can be asked for by number."""

    __slots__ = ()
    copy = __add__ = __radd__ = itself

    def __getitem__(self, key: Any) -> Any:
        asks_for(self, key)
        return elements(self, key, lambda index: self._origin.child(f"[{index}]", self._origin.inner()))


class Map(Placeholder):
    """A mapping from names that only the cloud knows."""

    __slots__ = ()
    copy = itself
    __or__ = __ror__ = refusing("loops over it")

    def __getitem__(self, key: Any) -> Any:
        asks_for(self, key)
        return self.inner(key)

    def inner(self, key: Any) -> Any:
        """What stands there, if anything does."""
        return self._origin.child(str(key), self._origin.inner())

    def get(self, key: Any, _default: Any = None) -> Any:
        """What stands there, which may be nothing."""
        placeholder = self.inner(key)
        optional = typing.Optional[placeholder._origin.of] if placeholder._origin.of else None  # noqa: SLF001, UP045 (its own kind; 3.9)
        return made(type(placeholder), str.__str__(placeholder), placeholder._origin._replace(of=optional))  # noqa: SLF001 (the same)


class Record(Placeholder):
    """An object with the fields of one of the SDK's result classes."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            origin = object.__getattribute__(self, "_origin")
            if name in fields(origin.call.parent, origin.inner()):
                return self[name]
        return object.__getattribute__(self, name)

    def __getitem__(self, key: Any) -> Any:
        of, parent = self._origin.inner(), self._origin.call.parent
        camel = fields(parent, of).get(key, key)
        return self._origin.child(camel, parent.types.output_type_types(of).get(camel))

    def get(self, key: Any, _default: Any = None) -> Any:
        """A field by either name."""
        return self[key]


class Anything(Text):
    """A value of which the SDK does not say what it is."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        asks_for(self, key)
        return self.inner(key)

    def inner(self, key: Any) -> Any:
        """What stands there, if anything does."""
        if isinstance(key, str):
            return self._origin.child(key, None)
        return elements(self, key, lambda index: self._origin.child(f"[{index}]", None))

    def get(self, key: Any, _default: Any = None) -> Any:
        """What stands there, which may be nothing."""
        return self.inner(key)


KINDS: dict[str, type[Placeholder]] = {
    "text": Text,
    "number": Number,
    "bool": Number,
    "list": List,
    "map": Map,
    "record": Record,
    "any": Anything,
}

NAMES: dict[type, str] = {Placeholder: "str", Text: "str", Anything: "str", Number: "int", Bytes: "bytes"}
NAMES.update({List: "list", Parts: "list", Map: "dict", Record: "dict"})
for each, builtin in NAMES.items():  # a program that asks what a value is goes on as in a preview
    each.__name__ = each.__qualname__ = builtin
    each.__module__ = "builtins"


def made(kind: type[Placeholder], text: str, origin: Origin) -> Placeholder:
    """A placeholder, or a longer text that holds one."""
    placeholder = str.__new__(kind, text)
    placeholder._origin = origin  # noqa: SLF001 (there is no constructor: it would be called by whoever copies a text)
    return placeholder


def asks_for(placeholder: Placeholder, key: Any) -> None:
    """Ask, where something is looked up that may not be there, and the failure is caught."""
    if not isinstance(key, slice) and BESIDE.swallows("lookups", GIVEN) and not asked_by_sdk():
        placeholder._origin.need("asks whether something is in it")  # noqa: SLF001 (its own kind)


def elements(placeholder: Placeholder, key: Any, element: Any) -> Any:
    """What a list of unknown length has at an index, or in a slice with two ends: as many as the program asks for."""
    if not isinstance(key, slice):
        return element(key)
    start, stop, step = key.start or 0, key.stop, key.step or 1
    if stop is None and start < 0 and step == 1:
        return BESIDE.several(placeholder, [element(index) for index in range(start, 0)])
    if stop is not None and start >= 0 and stop >= 0 and step > 0:
        return BESIDE.several(placeholder, [element(index) for index in range(start, stop, step)])
    return placeholder
