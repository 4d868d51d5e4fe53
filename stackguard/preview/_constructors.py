"""Whether a function of the program can construct a resource: the child's side.

It can where a resource class is reached from it: by its globals, closure and defaults, by what those hold, by imports
in it, and by the functions and classes of the program and of libraries that it calls. What cannot be followed (`eval`,
a name that is made up, very much code) counts as reaching one. The SDK's own functions are not followed.
"""

from __future__ import annotations

import collections
import contextlib
import contextvars
import dis
import functools
import importlib.util
import inspect
import itertools
import sys
import types
from typing import Any

BOUND = 20_000
"""Objects that are looked at before a function counts as reaching a constructor."""
DYNAMIC = frozenset({"eval", "exec", "globals", "__import__", "import_module", "__subclasses__", "find_class"})
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
    *(types.MethodType, types.CodeType, types.BuiltinFunctionType),
)
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
            if isinstance(value, SCALARS):
                continue
            key = (id(value), names if isinstance(value, (types.ModuleType, type)) or not callable(value) else None)
            if key in self.seen:
                continue
            self.seen.add(key)
            self.alive.append(value)
            if len(self.seen) > BOUND or self.follow(value, names):
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
        if isinstance(value, dict):
            made = getattr(value, "default_factory", None)
            return self.add([made, *dict.keys(value), *dict.values(value)], names)
        if isinstance(value, CONTAINERS):
            return self.add(value, names)
        return self.wrapper(value) if isinstance(value, WRAPPERS) else self.instance(value, names)

    def wrapper(self, value: Any) -> bool:
        """A method, a partial, a property, a generator: whatever stands for a function."""
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
        return self.add(getattr(value, name, None) for name in ("__func__", "fget", "fset"))

    def function(self, function: Any) -> bool:
        """A function, by its code."""
        held = held_by(function)
        self.add((inspect.getattr_static(function, "__wrapped__", None),))
        origin = self.origins.of_code(function.__code__.co_filename, function.__globals__)
        if origin not in {self.origins.OWN, self.origins.LIBRARY}:
            return function.__name__ in REGISTERING or self.add([value for _, value in held])
        return self.code(function.__code__, function.__globals__, held)

    def code(self, code: Any, scope: dict[str, Any], held: list[tuple[str, Any]]) -> bool:
        """Code: `scope` are its globals, and `held` is what else it uses by name."""
        used = uses(code)
        names = used.names if BY_NAME.isdisjoint(used.names) else used.names | used.strings
        if not DYNAMIC.isdisjoint(names) or not REGISTERING.isdisjoint(names):
            return True
        found = [scope.get(name) for name in used.globals]
        found += [value for name, value in held if name != "__class__"]
        for name in used.modules(str(scope.get("__package__") or "")):
            module = sys.modules.get(name)
            if module is None and not self.harmless(name):
                return True
            found.append(module)
        if not BY_NAME.isdisjoint(names) and any(map(self.opens, found)):
            return True
        if "type" in used.globals and any(isinstance(value, self.pulumi.Resource) for value in found):
            return True
        if "modules" in names and any(value is sys for value in found):
            return True
        for name, value in held:
            if name == "__class__":  # `super()`: what it has of these names, and not the class itself
                self.methods(value, names)
        return self.add(found, names)

    def names_in(self, function: Any) -> frozenset[str]:
        """The names that a method asks its object for."""
        code = getattr(getattr(function, "__func__", getattr(function, "fget", function)), "__code__", None)
        return uses(code).names if isinstance(code, types.CodeType) else frozenset()

    def opens(self, value: Any) -> bool:
        """Whether a resource class is among what can be asked of a value by a name that is made up."""
        if isinstance(value, types.ModuleType):
            return value is not self.pulumi and self.origins.of_module(value.__name__) != self.origins.STANDARD
        if self.program(type(value)) and not isinstance(value, (type, types.FunctionType)):
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
        if type(cls) is not type and self.origins.of_module(type(cls).__module__) == self.origins.OWN:
            self.methods(type(cls), names)
        return self.methods(cls, names)

    def methods(self, cls: Any, names: frozenset[str]) -> bool:
        """What is called of a class, or of its instances, by these names or by none."""
        resource = issubclass(cls, self.pulumi.Resource)
        for base in filter(self.program, cls.__mro__):
            for name, value in vars(base).items():
                special = name.startswith("__") and isinstance(value, (types.FunctionType, *STATIC)) and not resource
                if name in names or special:
                    self.add((value,), names)
                    if not BY_NAME.isdisjoint(self.names_in(value)):
                        self.everything(cls)
        return False

    def attributes(self, cls: Any, names: frozenset[str]) -> frozenset[str]:
        """The names that an object's own methods ask it for, where one of them is called by these names."""
        functions = [value for base in filter(self.program, cls.__mro__) for value in vars(base).values()]
        called = any(name in vars(base) for base in filter(self.program, cls.__mro__) for name in names)
        special = any(getattr(each, "__name__", "").startswith("__") for each in functions)
        return names.union(*map(self.names_in, functions)) if called or special else names

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

    def instance(self, value: Any, names: frozenset[str]) -> bool:
        """An object: what its class does by these names, and what it holds under them."""
        if isinstance(value, self.pulumi.Output):
            return False
        if isinstance(value, contextvars.ContextVar):
            with contextlib.suppress(LookupError):
                self.add((value.get(),))
            return False
        if type(value).__module__ == "itertools":
            return not isinstance(value, itertools.count)  # what it holds cannot be seen without taking it out
        cls = type(value)
        if isinstance(value, self.pulumi.Resource) and "__class__" in names:
            return True
        held = getattr(value, "__dict__", None)
        held = held if isinstance(held, dict) else {}
        asked = self.attributes(cls, names)
        self.add([each for name, each in held.items() if name in asked], asked)
        wrapped = inspect.getattr_static(value, "__wrapped__", None)
        self.add((wrapped,))
        for name in names.intersection(slots(cls)):
            self.add((getattr(value, name, None),), names)
        if self.origins.of_module(cls.__module__) in {self.origins.SDK, self.origins.STANDARD}:
            if not isinstance(value, self.pulumi.Resource):
                known = held.values() if callable(value) else ()
                return self.add(known, names)
            return False
        return self.methods(cls, names)

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
        for each in nested(code):
            names.update(each.co_names)
            strings.update(const for const in each.co_consts if isinstance(const, str) and const.isidentifier())
            constants: list[Any] = [0, 0]
            module, level = "", 0
            for step in dis.get_instructions(each):
                if step.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
                    loaded.add(str(step.argval))
                elif step.opname == "IMPORT_NAME":
                    module, level = str(step.argval), constants[0] if isinstance(constants[0], int) else 0
                    self.imports.append((module, level, ""))
                elif step.opname == "IMPORT_FROM":
                    self.imports.append((module, level, str(step.argval)))
                if step.opname.startswith("LOAD_"):
                    constants = [constants[1], step.argval]
        self.names, self.strings, self.globals = frozenset(names), frozenset(strings), frozenset(loaded)

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
