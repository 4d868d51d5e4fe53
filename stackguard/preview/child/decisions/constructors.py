"""Whether a function of the program can construct a resource.

It can if a resource class is reachable from it: by its globals, closure and defaults, by their contents, by imports in
it, and by the functions and classes of the program and of libraries that it calls. What cannot be followed (`eval`, a
computed name, very much code) counts as reaching one. The SDK's own functions are not followed.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import contextvars
import enum
import functools
import gc
import importlib.util
import inspect
import itertools
import logging
import operator
import sys
import types
import typing
import weakref
from collections.abc import Iterator
from typing import Any

import pulumi

from .. import frames, words
from .bytecode import Uses, uses

BOUND = 20_000
"""Objects that are searched before a function counts as reaching a constructor."""
DYNAMIC = words("eval exec globals __import__ import_module __subclasses__ find_class f_globals f_locals __globals__")
"""Names with which anything can be reached."""
BY_NAME = words("getattr vars attrgetter methodcaller __dict__ __getattribute__ locals getmembers")
"""Names with which anything of a module or an object can be reached."""
REGISTERING = words("register_resource read_resource RegisterResource ReadResource register_remote_component")
SUSPENDED = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)
FRAMES = ("gi_frame", "cr_frame", "ag_frame")
SCALARS = (str, bytes, bytearray, int, float, complex, bool, type(None), type(...), type(NotImplemented))
CONTAINERS = (list, tuple, set, frozenset, collections.deque)
STATIC = (staticmethod, classmethod)
PARTIALS = (functools.partial, functools.partialmethod)
WRAPPERS = (
    *(*STATIC, *PARTIALS, *SUSPENDED, property),
    *(types.MethodType, types.CodeType, types.BuiltinFunctionType, types.MethodWrapperType),
)
METHODS = (types.FunctionType, types.MethodType, property, *STATIC, *PARTIALS, functools.singledispatchmethod)
FUNCTIONS = (*METHODS, functools.cached_property, type(functools.lru_cache(len)))
"""The types of methods in a class."""
NAMESPACES = (types.SimpleNamespace, argparse.Namespace)
"""Python's own objects that are used only by the attributes that code reads."""
PLAIN_BASES = (object, *SCALARS, dict, *CONTAINERS, *WRAPPERS, BaseException, enum.Enum, typing.Generic)
"""Python's own classes that contain nothing, or only what is followed anyway."""
PLAIN_MODULES = frozenset({"abc", "typing", "enum", "numbers", "collections.abc"})
DESCRIPTORS = (
    *(types.WrapperDescriptorType, types.MethodDescriptorType, types.ClassMethodDescriptorType),
    *(types.GetSetDescriptorType, types.MemberDescriptorType),
)
HUBS = (*DESCRIPTORS, types.TracebackType, asyncio.AbstractEventLoop, contextvars.Context, typing.TypeVar)
"""Python's own objects that refer to much that is not used through them."""
ALIASES: Any = (type(typing.List), type(typing.Callable[[], int]), type(list[int]))  # noqa: UP006
CALLED = frozenset({"__init__", "__new__", "__post_init__", "__call__", "__init_subclass__", "__set_name__"})


class Reached(Exception):  # noqa: N818 (no error)
    """A resource class is reached."""


class Reach:
    """The objects that are reachable from one function."""

    def __init__(self) -> None:
        self.seen: set[tuple[int, Any]] = set()
        self.alive: list[Any] = []  # an id is only good as long as its object lives
        self.queue: list[tuple[Any, frozenset[str]]] = []

    def constructs(self, function: Any) -> bool:
        """Whether a resource class is reached."""
        self.add([function])
        try:
            while self.queue:
                value, names = self.queue.pop()
                key = (id(value), names if isinstance(value, (types.ModuleType, type)) or not callable(value) else None)
                if key in self.seen or (isinstance(value, SCALARS) and not program(type(value))):
                    continue
                self.seen.add(key)
                self.alive.append(value)
                reached(len(self.seen) > BOUND)
                self.follow(value, names)
        except Exception:  # noqa: BLE001 (`Reached`, or an object of the program whose attributes raise)
            return True
        return False

    def add(self, values: Any, names: frozenset[str] = CALLED) -> None:
        """Follow these, too; `names` are the attributes that code reads."""
        self.queue.extend((value, names) for value in values)

    def follow(self, value: Any, names: frozenset[str]) -> None:
        """Queue the values that a value refers to."""
        if isinstance(value, types.FunctionType):
            self.function(value)
        elif isinstance(value, type):
            self.cls(value, names)
        elif isinstance(value, types.ModuleType):
            self.module(value, names)
        else:
            builtin = isinstance(value, (*SCALARS, dict, *CONTAINERS, *WRAPPERS))
            if not builtin or program(type(value)):  # the latter: a class of the program's that extends one of Python's
                self.instance(value, names)
            if isinstance(value, dict):
                factory = getattr(value, "default_factory", None)
                self.add([factory, *dict.keys(value), *dict.values(value)], names)
            elif isinstance(value, CONTAINERS):
                kind: Any = next(kind for kind in CONTAINERS if isinstance(value, kind))
                self.add([*kind.__iter__(value)], names)
            elif isinstance(value, WRAPPERS):
                self.wrapper(value, names)

    def wrapper(self, value: Any, names: frozenset[str]) -> None:
        """A method, a partial, a property, a generator: anything that wraps a function."""
        if isinstance(value, (types.BuiltinFunctionType, types.MethodWrapperType)):
            self.add((value.__self__,), names)
        elif isinstance(value, types.MethodType):
            names = names_in(value.__func__)
            if not BY_NAME.isdisjoint(names):
                self.open(value.__self__)
            self.add((value.__func__,))
            self.add((value.__self__,), names)
        elif isinstance(value, PARTIALS):
            self.add((value.func, *value.args, *value.keywords.values()))
        elif isinstance(value, SUSPENDED):
            frame = next(getattr(value, name) for name in FRAMES if hasattr(value, name))
            if frame is not None:
                self.code(frame.f_code, frame.f_globals, list(frame.f_locals.items()))
        else:
            self.add(getattr(value, name, None) for name in ("__func__", "fget", "fset", "fdel"))

    def function(self, function: Any) -> None:
        """A function, by its code."""
        captured = captured_by(function)
        self.add((inspect.getattr_static(function, "__wrapped__", None),))
        origin = frames.of_function(function)
        if (
            origin == frames.INTERNAL
        ):  # a wrapper of this package refers to the function that it wraps, and to the whole SDK
            self.add([value for name, value in captured if name in {"function", "original"}])
        elif origin in {frames.OWN, frames.LIBRARY}:
            self.code(function.__code__, function.__globals__, captured)
        else:
            reached(function.__name__ in REGISTERING)
            self.add([value for _, value in captured])

    def code(self, code: Any, scope: dict[str, Any], captured: list[tuple[str, Any]]) -> None:
        """Code: `scope` are its globals, and `captured` the other values that it uses by name."""
        used = uses(code)
        unused = unused_in(used, scope, dict(captured))
        names = used.names - unused
        names |= frozenset() if BY_NAME.isdisjoint(names) else used.strings
        reached(not (DYNAMIC | REGISTERING).isdisjoint(names))
        values = [scope.get(name) for name in used.globals - unused]
        values += [value for name, value in captured if name != "__class__" and name not in unused]
        names = names.union(*map(requested_names, values))
        for name in used.modules(str(scope.get("__package__") or "")):
            values.append(sys.modules.get(name))
            reached(values[-1] is None and not is_standard(name))
        if not BY_NAME.isdisjoint(names):
            for value in values:
                self.open(value)
        typed = "type" in used.globals and (used.types or "type" in scope)
        reached(typed and any(isinstance(value, pulumi.Resource) for value in values))
        reached("modules" in names and any(value is sys for value in values))
        for name, value in captured:
            if name == "__class__":  # `super()`: what it has of these names, and not the class itself
                self.methods(value, names)
        self.add(values, names)

    def open(self, value: Any) -> None:
        """Follow everything that a computed name can read from a value."""
        if isinstance(value, types.ModuleType):
            reached(value is not pulumi and frames.of_module(value.__name__) != frames.STANDARD)
        elif isinstance(value, NAMESPACES):
            self.add(list(vars(value).values()))
        elif program(type(value)) and not isinstance(value, (type, types.FunctionType)):
            self.add([member for _, member in members(type(value))])
            self.add(list(getattr(value, "__dict__", {}).values()))

    def cls(self, cls: Any, names: frozenset[str]) -> None:
        """A class: a resource's, or the values that its methods refer to."""
        reached(issubclass(cls, pulumi.Resource))
        if frames.of_class(cls) in {frames.SDK, frames.STANDARD}:
            return
        if type(cls) is not type and program(type(cls)):
            self.methods(type(cls), names)
        if isinstance(cls, enum.EnumMeta):
            self.add(vars(cls).get("_member_map_", {}).values(), names)
        self.methods(cls, names)

    def methods(self, cls: Any, names: frozenset[str]) -> None:
        """The methods of a class that are called by these names or by none."""
        resource = issubclass(cls, pulumi.Resource)
        names = attributes(cls, names if resource else names | overridden(cls))
        for name, value in members(cls):
            function = isinstance(value, METHODS)
            function = function or (callable(value) and program(type(value)) and not isinstance(value, type))
            if name in names or (name.startswith("__") and function and not resource):
                self.add((value,), names)
                # Python's own functions are those that `enum` and `dataclasses` put into a class.
                standard = hasattr(value, "__code__") and frames.of_function(value) == frames.STANDARD
                if not standard and not BY_NAME.isdisjoint(names_in(value)):
                    self.add([member for _, member in members(cls)])

    def module(self, module: Any, names: frozenset[str]) -> None:
        """A module: the members with a name that the code reads."""
        if frames.of_module(module.__name__) != frames.STANDARD:
            reached(module.__name__ in {"pulumi", "pulumi.runtime"} and not REGISTERING.isdisjoint(names))
            self.add([getattr(module, name, None) for name in names if not name.startswith("__")], names)

    def instance(self, value: Any, names: frozenset[str]) -> None:
        """An object: the methods of its class with these names, and its attributes."""
        if self.special(value, names):
            return
        cls, origin = type(value), frames.of_class(type(value))
        reached(isinstance(value, pulumi.Resource) and "__class__" in names)
        own = getattr(value, "__dict__", None)
        own = own if isinstance(own, dict) else {}
        requested = attributes(cls, names | overridden(cls) if program(cls) else names)
        by_name = not BY_NAME.isdisjoint(requested) and origin == frames.OWN
        self.add([member for name, member in own.items() if name in requested or by_name], requested)
        self.add((inspect.getattr_static(value, "__wrapped__", None),))
        self.add([getattr(value, name, None) for name in names.intersection(slots(cls))], names)
        if origin == frames.SDK:
            self.add(own.values() if callable(value) and not isinstance(value, pulumi.Resource) else ())
            return
        if opaque(cls):
            self.hidden(value, names)
        if origin != frames.STANDARD:
            self.methods(cls, names)

    def special(self, value: Any, names: frozenset[str]) -> bool:
        """Whether an object is of a class with known contents."""
        if isinstance(value, (pulumi.Output, *HUBS)) or type(value).__name__ == "_abc_data":
            return True
        if isinstance(value, contextvars.ContextVar):
            with contextlib.suppress(LookupError):
                self.add((value.get(),))
            return True
        if type(value).__module__ == "itertools":
            reached(not isinstance(value, itertools.count))  # its elements cannot be read without consuming them
            return True
        reached(type(value) in weakref.ProxyTypes)
        if isinstance(value, weakref.ReferenceType):
            self.add((weakref.ReferenceType.__call__(value),), names)
            self.add((value() if type(value) is weakref.WeakMethod else None,))
        if isinstance(value, enum.Enum):
            self.add((vars(value).get("_value_"),), names)
        return False

    def hidden(self, value: Any, names: frozenset[str]) -> None:
        """The contents of an object that is used by code that cannot be read."""
        reached(isinstance(value, types.FrameType))
        if isinstance(value, logging.Logger):  # and not all other loggers
            parts: Any = (*value.handlers, *value.filters, value.parent)
        elif isinstance(value, ALIASES):
            requested = not names.isdisjoint({"__args__", "get_args"})
            parts = (value.__origin__, *(getattr(value, "__args__", ()) if requested else ()))
        elif isinstance(value, weakref.finalize):
            parts = weakref.finalize.peek(value) or ()
        elif isinstance(value, asyncio.Task):  # it runs, whatever refers to it
            done = value.done() and not value.cancelled() and value.exception() is None
            parts = (value.result() if done else None,)
        else:
            parts = [part for part in gc.get_referents(value) if part is not type(value)]
        self.add(parts, names)


def reached(constructor: bool) -> None:  # noqa: FBT001
    """End the search if a constructor is reached, or something that can reach any."""
    if constructor:
        raise Reached


def program(cls: type) -> bool:
    """Whether a class is the program's or a library's."""
    return frames.of_class(cls) in {frames.OWN, frames.LIBRARY}


def members(cls: type) -> list[tuple[str, Any]]:
    """The members of a class that the program or a library defines, by name."""
    return [member for base in filter(program, cls.__mro__) for member in vars(base).items()]


def overridden(cls: type) -> frozenset[str]:
    """The methods that Python's own code may call: those of a class's bases in the standard library."""
    bases = [base for base in cls.__mro__ if base.__module__ != "builtins" and frames.of_class(base) == frames.STANDARD]
    return frozenset(itertools.chain.from_iterable(map(vars, bases))) - BY_NAME - {"__class__"}


def attributes(cls: Any, names: frozenset[str]) -> frozenset[str]:
    """The names that are read of an object: these, and those that its methods of these names, or of none, read."""
    resource = issubclass(cls, pulumi.Resource)
    methods = [(name, requested) for name, value in members(cls) if (requested := names_in(value))]
    known: frozenset[str] = frozenset()
    while known != names:
        known = names
        used = (requested for name, requested in methods if name in known or (name.startswith("__") and not resource))
        names = known.union(*used)
    return names


def names_in(function: Any) -> frozenset[str]:
    """The names that a method reads."""
    if not isinstance(function, FUNCTIONS):
        return frozenset()
    functions = [function, *(getattr(function, name, None) for name in ("__func__", "fget", "fset", "fdel", "func"))]
    functions += [*getattr(getattr(function, "dispatcher", None), "registry", {}).values()]
    functions += [getattr(part, "__wrapped__", None) for part in functions]
    codes = [getattr(getattr(part, "__func__", part), "__code__", None) for part in functions]
    return frozenset().union(*(uses(code).names for code in codes if isinstance(code, types.CodeType)))


def unused_in(used: Uses, scope: dict[str, Any], captured: dict[str, Any]) -> frozenset[str]:
    """The names by which code refers to classes only for their names or for `isinstance`."""
    counts: collections.Counter[str] = collections.Counter()
    for root, *path in used.mentions:
        value = captured.get(root, scope.get(root))
        for name in path:
            value = vars(value).get(name) if isinstance(value, types.ModuleType) else None
        if isinstance(value, type) and not program(type(value)):
            counts[path[-1] if path else root] += 1
    return frozenset(name for name, count in counts.items() if count == used.counts[name])


def opaque(cls: type) -> bool:
    """Whether objects of a class contain values that Python's own code, or code in C, uses."""
    if cls in NAMESPACES:
        return False
    standard = [base for base in cls.__mro__ if frames.of_class(base) == frames.STANDARD]
    if any(base not in PLAIN_BASES and base.__module__ not in PLAIN_MODULES for base in standard):
        return True
    inside = [member for base in cls.__mro__[:-1] for member in vars(base).items()]
    return not any(
        isinstance(member, types.FunctionType) or name in {"__dict__", "__slots__"} for name, member in inside
    )


def is_standard(name: str) -> bool:
    """Whether a module that is not loaded is Python's own."""
    top = name.partition(".")[0]
    if (known := getattr(sys, "stdlib_module_names", None)) is not None:
        return top in known
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return False
    return spec is not None and frames.origin(spec.origin or "") == frames.STANDARD


def requested_names(value: Any) -> frozenset[str]:
    """The names that `operator.attrgetter("a.b")` and `operator.methodcaller("a")` read."""
    if not isinstance(value, (operator.attrgetter, operator.methodcaller)):
        return frozenset()
    return frozenset(part for path in value.__reduce__()[1] if isinstance(path, str) for part in path.split("."))


def captured_by(function: Any) -> list[tuple[str, Any]]:
    """The values in a function: its closure by name, and its defaults."""
    captured = [("", value) for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())]
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        with contextlib.suppress(ValueError):  # it has no value yet
            captured.append((name, cell.cell_contents))
    return captured


def slots(cls: Any) -> Iterator[str]:
    """The names in a class's `__slots__`."""
    for base in cls.__mro__:
        names = vars(base).get("__slots__", ())
        yield from (names,) if isinstance(names, str) else names
