"""Whether a function of the program can construct a resource: the child's side.

It can where a resource class is reached from it: by its globals, closure and defaults, by what those hold, by imports
in it, and by the functions and classes of the program and of libraries that it calls. What cannot be followed (`eval`,
a name that is made up, very much code) counts as reaching one. The SDK's own functions are not followed.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import contextvars
import dis
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
from typing import Any

BOUND = 20_000
"""Objects that are looked at before a function counts as reaching a constructor."""
DYNAMIC = frozenset({"eval", "exec", "globals", "__import__", "import_module", "__subclasses__", "find_class"}) | {
    "f_globals",
    "f_locals",
    "__globals__",
}
"""Names with which anything can be reached."""
BY_NAME = frozenset(
    {"getattr", "vars", "attrgetter", "methodcaller", "__dict__", "__getattribute__", "locals", "getmembers"}
)
"""Names with which anything of a module or an object can be reached."""
REGISTERING = frozenset(
    {"register_resource", "read_resource", "RegisterResource", "ReadResource", "register_remote_component"}
)
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
FUNCTIONS = (
    *(types.FunctionType, types.MethodType, property, *STATIC, *PARTIALS),
    *(functools.cached_property, functools.singledispatchmethod, type(functools.lru_cache(len))),
)
"""What stands for a method in a class."""
WRAPPED = frozenset({"function", "original"})
"""What our own wrappers call what they wrap."""
NAMESPACES = (types.SimpleNamespace, argparse.Namespace)
"""Python's own objects of which only the attributes that code asks for are used."""
PLAIN_BASES = (object, *SCALARS, dict, *CONTAINERS, *WRAPPERS, BaseException, enum.Enum, typing.Generic)
"""Python's own classes that hold nothing, or only what is followed anyway."""
PLAIN_MODULES = frozenset({"abc", "typing", "enum", "numbers", "collections.abc"})
DESCRIPTORS = (
    *(types.WrapperDescriptorType, types.MethodDescriptorType, types.ClassMethodDescriptorType),
    *(types.GetSetDescriptorType, types.MemberDescriptorType),
)
HUBS = (*DESCRIPTORS, types.TracebackType, asyncio.AbstractEventLoop, contextvars.Context, typing.TypeVar)
"""Python's own objects that lead to a lot that is not used through them."""
ALIASES: Any = (type(typing.List), type(typing.Callable[[], int]), type(list[int]))  # noqa: UP006
NAMING = frozenset({"__name__", "__qualname__", "__doc__", "__module__"})
"""What is asked of a class without using it."""
CALLED = frozenset({"__init__", "__new__", "__post_init__", "__call__", "__init_subclass__", "__set_name__"})


class Reach:
    """What is reached from one function."""

    def __init__(self, pulumi: Any, origins: Any) -> None:
        self.pulumi, self.origins = pulumi, origins
        self.seen: set[tuple[int, Any]] = set()
        self.alive: list[Any] = []  # an id is only good as long as its object lives
        self.queue: list[tuple[Any, frozenset[str]]] = []

    def constructs(self, function: Any) -> bool:
        """Whether a resource class is reached."""
        self.queue.append((function, CALLED))
        while self.queue:
            value, names = self.queue.pop()
            if isinstance(value, SCALARS) and not self.program(type(value)):
                continue
            key = (id(value), names if isinstance(value, (types.ModuleType, type)) or not callable(value) else None)
            if key in self.seen:
                continue
            self.seen.add(key)
            self.alive.append(value)
            try:
                if len(self.seen) > BOUND or self.follow(value, names):
                    return True
            except Exception:  # noqa: BLE001 (an object of the program that fails when it is looked at)
                return True
        return False

    def add(self, values: Any, names: frozenset[str] = CALLED) -> bool:
        """Follow these, too; `names` are the attributes that code asks for."""
        self.queue.extend((value, names) for value in values)
        return False

    def follow(self, value: Any, names: frozenset[str]) -> bool:
        """Whether a value is a constructor; what it leads to is queued."""
        if isinstance(value, types.FunctionType):
            return self.function(value)
        if isinstance(value, type):
            return self.cls(value, names)
        if isinstance(value, types.ModuleType):
            return self.module(value, names)
        if self.program(type(value)) and isinstance(value, (*SCALARS, dict, *CONTAINERS, *WRAPPERS)):
            self.instance(value, names)  # a class of the program's that extends one of Python's
        if isinstance(value, SCALARS):
            return False
        if isinstance(value, dict):
            made = getattr(value, "default_factory", None)
            return self.add([made, *dict.keys(value), *dict.values(value)], names)
        if isinstance(value, CONTAINERS):
            kind: Any = next(each for each in CONTAINERS if isinstance(value, each))
            return self.add([*kind.__iter__(value)], names)
        return self.wrapper(value, names) if isinstance(value, WRAPPERS) else self.instance(value, names)

    def wrapper(self, value: Any, names: frozenset[str]) -> bool:
        """A method, a partial, a property, a generator: whatever stands for a function."""
        if isinstance(value, (types.BuiltinFunctionType, types.MethodWrapperType)):
            return self.add((value.__self__,), names)
        if isinstance(value, types.MethodType):
            names = self.names_in(value.__func__)
            if not BY_NAME.isdisjoint(names):
                self.opens(value.__self__)
            return self.add((value.__func__,)) or self.add((value.__self__,), names)
        if isinstance(value, PARTIALS):
            return self.add((value.func, *value.args, *value.keywords.values()))
        if isinstance(value, SUSPENDED):
            frame = next(getattr(value, name) for name in FRAMES if hasattr(value, name))
            return frame is not None and self.code(frame.f_code, frame.f_globals, list(frame.f_locals.items()))
        return self.add(getattr(value, name, None) for name in ("__func__", "fget", "fset", "fdel"))

    def function(self, function: Any) -> bool:
        """A function, by its code."""
        held = held_by(function)
        self.add((inspect.getattr_static(function, "__wrapped__", None),))
        origin = self.origins.of_code(function.__code__.co_filename, function.__globals__)
        if origin == self.origins.INTERNAL:  # a wrapper of ours leads to what it wraps, and to the whole SDK
            return self.add([value for name, value in held if name in WRAPPED])
        if origin not in {self.origins.OWN, self.origins.LIBRARY}:
            return function.__name__ in REGISTERING or self.add([value for _, value in held])
        return self.code(function.__code__, function.__globals__, held)

    def code(self, code: Any, scope: dict[str, Any], held: list[tuple[str, Any]]) -> bool:
        """Code: `scope` are its globals, and `held` is what else it uses by name."""
        used = uses(code)
        unused = self.unused(used, scope, dict(held))
        used_names = used.names - unused
        names = used_names if BY_NAME.isdisjoint(used_names) else used_names | used.strings
        if not DYNAMIC.isdisjoint(names) or not REGISTERING.isdisjoint(names):
            return True
        found = [scope.get(name) for name in used.globals - unused]
        found += [value for name, value in held if name != "__class__" and name not in unused]
        names = names.union(*map(asked_by, found))
        for name in used.modules(str(scope.get("__package__") or "")):
            module = sys.modules.get(name)
            if module is None and not self.harmless(name):
                return True
            found.append(module)
        if not BY_NAME.isdisjoint(names) and any(map(self.opens, found)):
            return True
        if (
            (used.types or "type" in scope)
            and "type" in used.globals
            and any(isinstance(value, self.pulumi.Resource) for value in found)
        ):
            return True
        if "modules" in names and any(value is sys for value in found):
            return True
        for name, value in held:
            if name == "__class__":  # `super()`: what it has of these names, and not the class itself
                self.methods(value, names)
        return self.add(found, names)

    def unused(self, used: Uses, scope: dict[str, Any], held: dict[str, Any]) -> frozenset[str]:
        """The names under which code mentions classes, and only to ask for their names or what is an instance of them."""
        found: collections.Counter[str] = collections.Counter()
        for root, *path in used.mentions:
            value = held.get(root, scope.get(root))
            for name in path:
                value = vars(value).get(name) if isinstance(value, types.ModuleType) else None
            if isinstance(value, type) and not self.program(type(value)):
                found[path[-1] if path else root] += 1
        return frozenset(name for name, count in found.items() if count == used.counts[name])

    def names_in(self, function: Any) -> frozenset[str]:
        """The names that a method asks its object for."""
        if not isinstance(function, FUNCTIONS):
            return frozenset()
        held = [function, *(getattr(function, name, None) for name in ("__func__", "fget", "fset", "fdel", "func"))]
        held += [*getattr(getattr(function, "dispatcher", None), "registry", {}).values()]
        held += [getattr(each, "__wrapped__", None) for each in held]
        codes = [getattr(getattr(each, "__func__", each), "__code__", None) for each in held]
        found = [uses(code).names for code in codes if isinstance(code, types.CodeType)]
        return frozenset(itertools.chain.from_iterable(found))

    def opens(self, value: Any) -> bool:
        """Whether a resource class is among what can be asked of a value by a name that is made up."""
        if isinstance(value, types.ModuleType):
            return value is not self.pulumi and self.origins.of_module(value.__name__) != self.origins.STANDARD
        if isinstance(value, NAMESPACES):
            self.add(list(vars(value).values()))
        elif self.program(type(value)) and not isinstance(value, (type, types.FunctionType)):
            self.everything(type(value))
            self.add(list(getattr(value, "__dict__", {}).values()))
        return False

    def program(self, cls: type) -> bool:
        """Whether a class is the program's or a library's."""
        return self.origins.of_module(cls.__module__) in {self.origins.OWN, self.origins.LIBRARY}

    def everything(self, cls: type) -> None:
        """Follow all that a class has."""
        for base in filter(self.program, cls.__mro__):
            self.add([*vars(base).values()])

    def cls(self, cls: Any, names: frozenset[str]) -> bool:
        """A class: a resource's, or what its methods lead to."""
        if issubclass(cls, self.pulumi.Resource):
            return True
        if self.origins.of_module(cls.__module__) in {self.origins.SDK, self.origins.STANDARD}:
            return False
        if type(cls) is not type and self.program(type(cls)):
            self.methods(type(cls), names)
        if isinstance(cls, enum.EnumMeta):
            self.add(vars(cls).get("_member_map_", {}).values(), names)
        return self.methods(cls, names)

    def methods(self, cls: Any, names: frozenset[str]) -> bool:
        """What is called of a class, or of its instances, by these names or by none."""
        resource = issubclass(cls, self.pulumi.Resource)
        names = self.attributes(cls, names if resource else names | self.overridden(cls))
        for base in filter(self.program, cls.__mro__):
            for name, value in vars(base).items():
                function = isinstance(value, (types.FunctionType, *STATIC, *PARTIALS, property, types.MethodType))
                function = function or (callable(value) and self.program(type(value)) and not isinstance(value, type))
                function = function or isinstance(value, functools.singledispatchmethod)
                special = name.startswith("__") and function and not resource
                if name in names or special:
                    self.add((value,), names)
                    if not BY_NAME.isdisjoint(self.names_in(value)):
                        self.everything(cls)
        return False

    def overridden(self, cls: type) -> frozenset[str]:
        """The methods that code of Python's own may call: those that a class has of one of Python's classes."""
        bases = [each for each in cls.__mro__ if each.__module__ != "builtins"]
        standard = [each for each in bases if self.origins.of_module(each.__module__) == self.origins.STANDARD]
        return frozenset(name for base in standard for name in vars(base)) - BY_NAME - {"__class__"}

    def attributes(self, cls: Any, names: frozenset[str]) -> frozenset[str]:
        """The names that an object is asked for: these, and what the methods ask it for that are called so or by none."""
        resource = issubclass(cls, self.pulumi.Resource)
        found = (
            (name, self.names_in(value))
            for base in filter(self.program, cls.__mro__)
            for name, value in vars(base).items()
        )
        methods = [(name, asked) for name, asked in found if asked]
        known: frozenset[str] = frozenset()
        while known != names:
            known = names
            used = (asked for name, asked in methods if name in known or (name.startswith("__") and not resource))
            names = known.union(*used)
        return names

    def module(self, module: Any, names: frozenset[str]) -> bool:
        """A module: what has a name that the code asks for."""
        if self.origins.of_module(module.__name__) == self.origins.STANDARD:
            return False
        if module.__name__ in {"pulumi", "pulumi.runtime"} and not REGISTERING.isdisjoint(names):
            return True
        for name in names:
            if name.startswith("__"):
                continue
            try:
                self.add((getattr(module, name, None),), names)
            except Exception:  # noqa: BLE001 (a module that is loaded when it is asked for, and fails)
                return True
        return False

    def special(self, value: Any, names: frozenset[str]) -> bool | None:
        """An object of a class of which it is known what it leads to."""
        if isinstance(value, (self.pulumi.Output, *HUBS)) or type(value).__name__ == "_abc_data":
            return False
        if isinstance(value, contextvars.ContextVar):
            with contextlib.suppress(LookupError):
                self.add((value.get(),))
            return False
        if type(value).__module__ == "itertools":
            return not isinstance(value, itertools.count)  # what it holds cannot be seen without taking it out
        if type(value) in weakref.ProxyTypes:
            return True
        if isinstance(value, weakref.ReferenceType):
            self.add((weakref.ReferenceType.__call__(value),), names)
            self.add((value() if type(value) is weakref.WeakMethod else None,))
        if isinstance(value, enum.Enum):
            self.add((vars(value).get("_value_"),), names)
        return None

    def instance(self, value: Any, names: frozenset[str]) -> bool:
        """An object: what its class does by these names, and what it holds under them."""
        known = self.special(value, names)
        if known is not None:
            return known
        cls = type(value)
        if isinstance(value, self.pulumi.Resource) and "__class__" in names:
            return True
        held = getattr(value, "__dict__", None)
        held = held if isinstance(held, dict) else {}
        asked = self.attributes(cls, names | self.overridden(cls) if self.program(cls) else names)
        by_name = not BY_NAME.isdisjoint(asked) and self.origins.of_module(cls.__module__) == self.origins.OWN
        self.add([each for name, each in held.items() if name in asked or by_name], asked)
        wrapped = inspect.getattr_static(value, "__wrapped__", None)
        self.add((wrapped,))
        for name in names.intersection(slots(cls)):
            self.add((getattr(value, name, None),), names)
        origin = self.origins.of_module(cls.__module__)
        if origin == self.origins.SDK:
            return self.add(held.values() if callable(value) and not isinstance(value, self.pulumi.Resource) else ())
        if self.opaque(cls) and self.hidden(value, names):
            return True
        return origin != self.origins.STANDARD and self.methods(cls, names)

    def opaque(self, cls: type) -> bool:
        """Whether objects of a class hold what code of Python's own, or in C, uses."""
        if cls in NAMESPACES:
            return False
        standard = [each for each in cls.__mro__ if self.origins.of_module(each.__module__) == self.origins.STANDARD]
        if any(each not in PLAIN_BASES and each.__module__ not in PLAIN_MODULES for each in standard):
            return True
        return not any(
            isinstance(each, types.FunctionType) or name in {"__dict__", "__slots__"}
            for base in cls.__mro__[:-1]
            for name, each in vars(base).items()
        )

    def hidden(self, value: Any, names: frozenset[str]) -> bool:
        """What an object holds of which the code that uses it cannot be looked at."""
        if isinstance(value, types.FrameType):
            return True
        if isinstance(value, logging.Logger):  # and not all other loggers
            return self.add((*value.handlers, *value.filters, value.parent), names)
        if isinstance(value, ALIASES):
            asked = not names.isdisjoint({"__args__", "get_args"})
            return self.add((value.__origin__, *(getattr(value, "__args__", ()) if asked else ())), names)
        if isinstance(value, weakref.finalize):
            return self.add(weakref.finalize.peek(value) or (), names)
        if isinstance(value, asyncio.Task):  # it runs whoever holds it
            done = value.done() and not value.cancelled() and value.exception() is None
            return self.add((value.result() if done else None,), names)
        return self.add([each for each in gc.get_referents(value) if each is not type(value)], names)

    def harmless(self, name: str) -> bool:
        """Whether a module that is not loaded is Python's own."""
        top = name.partition(".")[0]
        known = getattr(sys, "stdlib_module_names", None)
        if known is not None:
            return top in known
        try:
            spec = importlib.util.find_spec(top)
        except (ImportError, ValueError):
            return False
        return spec is not None and self.origins.origin(spec.origin or "") == self.origins.STANDARD


class Uses:
    """What a function's code uses, and the functions and classes in it."""

    def __init__(self, code: Any) -> None:
        names: set[str] = set()
        strings: set[str] = set()
        loaded: set[str] = set()
        self.imports: list[tuple[str, int, str]] = []
        self.counts: collections.Counter[str] = collections.Counter()
        self.mentions: list[tuple[str, ...]] = []
        idle: collections.Counter[str] = collections.Counter()
        looped = constant_loops(code)
        for each in nested(code):
            names.update(each.co_names)
            strings.update(const for const in each.co_consts if isinstance(const, str) and const.isidentifier())
            constants: list[Any] = [0, 0]
            module, level = "", 0
            steps = [step for step in dis.get_instructions(each) if step.opname not in SILENT]
            for index, step in enumerate(steps):
                if isinstance(step.argval, str) and step.opname not in UNCOUNTED:
                    self.counts[step.argval] += 1
                if step.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
                    loaded.add(str(step.argval))
                    found = self.looked_at(steps, index, looped.get(each, {}))
                    idle.update(step.argval for _ in found[:1])
                    names.update(*found)
                elif step.opname == "IMPORT_NAME":
                    module, level = str(step.argval), constants[0] if isinstance(constants[0], int) else 0
                    self.imports.append((module, level, ""))
                elif step.opname == "IMPORT_FROM":
                    self.imports.append((module, level, str(step.argval)))
                if step.opname.startswith("LOAD_"):
                    constants = [constants[1], step.argval]
                path, _ = chain(steps, index)
                named = next((place for place, name in enumerate(path) if place and name in NAMING), 0)
                if named > 1 and path[named - 1] == "__class__":
                    idle["__class__"] += 1
                elif named:
                    self.mentions.append(path[:named])
        self.types = idle["type"] != self.counts["type"]
        names.difference_update(each for each in ("__class__", "getattr") if 0 < idle[each] == self.counts[each])
        self.names, self.strings, self.globals = frozenset(names), frozenset(strings), frozenset(loaded)

    def looked_at(self, steps: Any, index: int, looped: dict[str, Any]) -> list[Any]:
        """A use of `type`, `isinstance` or `getattr` that constructs nothing: the names that it asks for, and no others."""
        name = steps[index].argval
        if name not in {"type", "isinstance", "issubclass", "getattr"}:
            return []
        index += 1
        if called(steps, index, 1):  # by `_operations.py`
            index += 1
        first, index = chain(steps, index)
        if not first:
            return []
        if name == "type":
            naming = (
                called(steps, index, 1) and steps[index + 1].opname in ATTRIBUTE and steps[index + 1].argval in NAMING
            )
            return [()] if naming else []
        if name == "getattr":
            asked = steps[index]
            by = (asked.argval,) if asked.opname == "LOAD_CONST" else looped.get(str(asked.argval), ())
            _, after = chain(steps, index + 1)
            after += steps[after].opname == "LOAD_CONST"
            known = by and all(isinstance(each, str) for each in by) and asked.opname.startswith("LOAD_")
            return [by] if known and (called(steps, after, 2) or called(steps, after, 3)) else []
        classes = []
        path, after = chain(steps, index)
        while path:
            classes.append(path)
            index = after
            path, after = chain(steps, index)
        if steps[index].opname == "BUILD_TUPLE" and steps[index].argval == len(classes):
            index += 1
        elif len(classes) != 1:
            return []
        if called(steps, index, 2):
            self.mentions.extend(classes)
        return []

    def modules(self, package: str) -> Any:
        """The full names of the modules that it imports, those above them, and those below that are loaded."""
        for name, level, part in self.imports:
            module = resolved(name, level, package)
            if part:
                if f"{module}.{part}" in sys.modules:
                    yield f"{module}.{part}"
                continue
            steps = module.split(".")
            yield from (".".join(steps[:length]) for length in range(1, len(steps) + 1) if steps[0])


SILENT = frozenset({"PRECALL", "CACHE", "PUSH_NULL", "NOP", "EXTENDED_ARG", "RESUME", "KW_NAMES", "NOT_TAKEN"})
UNCOUNTED = frozenset({"LOAD_CONST", "LOAD_CLOSURE", "MAKE_CELL"})
ROOTS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK"})
ATTRIBUTE = frozenset({"LOAD_ATTR", "LOAD_METHOD"})


def chain(steps: Any, index: int) -> tuple[tuple[str, ...], int]:
    """A variable and its attributes that are loaded here, and where they end; none where something else happens."""
    if index >= len(steps) or steps[index].opname not in ROOTS:
        return (), index
    end = index + 1
    while end < len(steps) and steps[end].opname in ATTRIBUTE:
        end += 1
    return tuple(str(step.argval) for step in steps[index:end]), end


def called(steps: Any, index: int, count: int) -> bool:
    """Whether a function is called here with so many arguments, none of them by name."""
    step = steps[index]
    return step.opname in {"CALL", "CALL_FUNCTION"} and step.argval == count


def constant_loops(code: Any) -> dict[Any, dict[str, Any]]:
    """By code, the variables that only ever are one of a few constants, as in `for name in ("a", "b")`."""
    found: dict[Any, dict[str, Any]] = {}
    for each in nested(code):
        steps = [step for step in dis.get_instructions(each) if step.opname not in SILENT]
        stored = collections.Counter(step.argval for step in steps if step.opname.startswith(("STORE_", "DELETE_")))
        for index, step in enumerate(steps[2:-1], 2):
            values = steps[index - 2].argval if steps[index - 1].opname == "GET_ITER" else None
            name = steps[index + 1].argval
            if step.opname == "FOR_ITER" and steps[index + 1].opname in {"STORE_FAST", "STORE_DEREF"}:
                if steps[index - 1].argval == ".0":
                    values = found.get(each, {}).get(".0")
                if isinstance(values, tuple) and stored[name] == 1 and name not in each.co_varnames[: arguments(each)]:
                    found.setdefault(each, {})[name] = values
            elif isinstance(values, tuple) and (called(steps, index, 0) or called(steps, index, 1)):
                inner = next((made.argval for made in reversed(steps[:index]) if inspect.iscode(made.argval)), None)
                if inner is not None:
                    found.setdefault(inner, {})[".0"] = values
    return found


def arguments(code: Any) -> int:
    """How many variables of a function are its arguments."""
    stars = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return int(code.co_argcount + code.co_kwonlyargcount + stars)


def asked_by(value: Any) -> frozenset[str]:
    """The names that `operator.attrgetter("a.b")` and `operator.methodcaller("a")` ask for."""
    if not isinstance(value, (operator.attrgetter, operator.methodcaller)):
        return frozenset()
    return frozenset(part for each in value.__reduce__()[1] if isinstance(each, str) for part in each.split("."))


@functools.cache
def uses(code: Any) -> Uses:
    """What a function's code uses; asked again and again of the same code."""
    return Uses(code)


def nested(code: Any) -> Any:
    """A function's code, and that of the functions and classes in it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from nested(each)


def held_by(function: Any) -> list[tuple[str, Any]]:
    """What a function holds: its closure by name, and its defaults."""
    names = function.__code__.co_freevars
    pairs = zip(names, function.__closure__ or ())  # noqa: B905 (Python 3.9)
    held = [(name, cell.cell_contents) for name, cell in pairs if not empty(cell)]
    defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    return [*held, *(("", value) for value in defaults)]


def resolved(name: str, level: int, package: str) -> str:
    """The absolute name of a module that an import names."""
    if not level:
        return name
    base = ".".join(package.split(".")[: len(package.split(".")) - level + 1])
    return f"{base}.{name}" if name else base


def empty(cell: Any) -> bool:
    """Whether a variable of a closure has no value yet."""
    try:
        cell.cell_contents  # noqa: B018 (asking is what raises)
    except ValueError:
        return True
    return False


def slots(cls: Any) -> Any:
    """The names that a class keeps values under without a dictionary."""
    for base in cls.__mro__:
        names = vars(base).get("__slots__", ())
        yield from (names,) if isinstance(names, str) else names
