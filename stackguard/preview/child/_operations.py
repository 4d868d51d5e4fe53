"""What the program's own code calls in place of operations that would lose a placeholder: the child's side.

A placeholder is a text (`_placeholders.py`), and functions written in C look at its letters without asking it. `_rewriting.py`
puts these operations around them. Each gives what the operation gives, as long as no placeholder takes part. With one,
a text that is made of it stays a placeholder, and an answer that the letters decided asks for the value (`need`).
"""

from __future__ import annotations

import builtins
import functools
import sys
import types
from typing import Any


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


NAMES = {
    "keep": "_pulumi_keep",
    "guard": "_pulumi_guard",
    "contains": "_pulumi_contains",
    "same": "_pulumi_same",
    "modulo": "_pulumi_modulo",
    "subject": "_pulumi_subject",
    "method": "_pulumi_method",
    "code": "_pulumi_code",
    "typed": "_pulumi_typed",
    "count": "_pulumi_count",
    "consumer": "_pulumi_consumer",
    "looped": "_pulumi_looped",
    "listed": "_pulumi_listed",
    "each": "_pulumi_each",
    "unpacked": "_pulumi_unpacked",
}
"""By operation, the name under which rewritten code finds it among the builtins."""
DEPTH = 5
MANY = 5000
"""How many elements of a value are looked at."""
RAW, STRICT, LOOSE, READ = "raw", "strict", "loose", "read"
"""How a function is called: as it is; as one that may look at letters; as a library's, of which only plain answers do;
as one that gives back what was written before."""
READS = words("getvalue read readline readlines read1 readall")
RAW_MODULES = words(
    "abc asyncio atexit builtins collections concurrent contextlib contextvars copy dataclasses enum "
    "functools gc inspect io itertools logging multiprocessing pprint queue sched signal sys threading "
    "traceback types typing typing_extensions unittest warnings weakref _thread _asyncio _collections "
    "_functools _io _contextvars _queue"
)
"""Modules that look at frames, or hold values and do not look at them."""
LOOKING = words(
    "int float complex bool str bytes bytearray repr ascii format hash ord open isinstance issubclass hasattr "
    "getattr setattr delattr memoryview round divmod pow hex oct bin __import__ reduce compile"
)
"""Functions of those modules that do look at letters."""
EXACT = frozenset({"join", "format", "format_map"})
"""Methods of texts that build: what they give without a placeholder in it does not depend on one."""
TELLING = words(
    "subprocess uuid random _random hmac _hmac re zlib _hashlib _sha1 _sha2 _sha3 _md5 _blake2 decimal fractions "
    "datetime ipaddress struct time pathlib array sqlite3 _sre _decimal _datetime _struct configparser string"
)
"""Modules whose objects say something of a text that they were made of, and no longer hold it."""
CONTAINERS = (list, dict, set, tuple, frozenset)
FOUND = type(iter(int, 0))
"""What `finditer` gives."""
VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
PLAIN = (bool, int, float, complex, type(None))
BUILT_IN = (types.BuiltinFunctionType, types.MethodWrapperType, types.MethodDescriptorType, types.WrapperDescriptorType)
ANYTHING = (str, int, float, bool, list, dict, type(None))
PYTHON_TYPES = {"text": str, "list": list, "map": dict}


class Operations:
    """The operations of one program."""

    def __init__(self, parent: Any, modules: Any) -> None:
        self.parent, self.placeholders, self.origins = parent, modules.placeholders, modules.origins
        self.modules, self.catching, self.several = modules, modules.catching, modules.several
        self.building = modules.building.Building(self, modules)
        self.counting = modules.counting.Counting(self, modules)
        self.prefix: str = self.placeholders.PREFIX
        self.encoded = self.prefix.encode()
        self.length = len(self.prefix) + self.placeholders.LETTERS
        self.alive: dict[str, Any] = parent.placeholders
        """All placeholders so far by text; empty in a program that has none."""
        self.rules: dict[Any, str] = {}
        self.pattern = type(__import__("re").compile(""))
        config = getattr(parent.pulumi, "Config", None)
        self.looking_up: tuple[Any, ...] = (config,) if config else ()

    def install(self) -> None:
        """Make the operations known to rewritten code."""
        for operation, name in NAMES.items():
            setattr(builtins, name, named(getattr(self, operation, None) or getattr(self.counting, operation), name))

    def placeholder(self, text: Any) -> Any:
        """The placeholder that a text or bytes hold; None where they hold none."""
        if isinstance(text, self.placeholders.Placeholder):
            return text
        if isinstance(text, self.placeholders.Bytes):
            return text._placeholder  # noqa: SLF001 (a module of the same side)
        plain = text if isinstance(text, str) else bytes(text).decode("latin-1")
        start = plain.find(self.prefix)
        return self.alive.get(plain[start : start + self.length]) if start >= 0 else None

    def first(self, value: Any, depth: int = DEPTH) -> Any:
        """The first placeholder in a value of texts, collections and the SDK's results; None where there is none."""
        if isinstance(value, (str, bytes, bytearray)):
            return self.placeholder(value)
        if depth == 0 or isinstance(value, PLAIN):
            return None
        if isinstance(value, dict):
            inner: Any = [*dict.keys(value), *dict.values(value)]
        elif isinstance(value, CONTAINERS):
            inner = value
        elif self.parent.types.is_output_type(type(value)):
            inner = vars(value).values()
        elif isinstance(value, VIEWS):
            inner = [*value]  # type: ignore[misc]
        else:
            return None
        for number, each in enumerate(inner):
            if number > MANY:
                break
            if (found := self.first(each, depth - 1)) is not None:
                return found
        return None

    def keep(self, value: Any) -> Any:
        """The value; a text that holds a placeholder is one itself."""
        kind = type(value)
        if kind is str or (isinstance(value, str) and not isinstance(value, self.placeholders.Placeholder)):
            if self.alive and self.prefix in value and (found := self.placeholder(value)) is not None:
                return self.placeholders.made(self.placeholders.Text, value, found._origin)  # noqa: SLF001 (the same side)
        elif kind is bytes and self.alive and self.encoded in value and (found := self.placeholder(value)) is not None:
            text = self.placeholders.made(self.placeholders.Text, value.decode("latin-1"), found._origin)  # noqa: SLF001 (the same)
            return self.placeholders.encoded(text)
        return value

    def deeply(self, value: Any, depth: int = DEPTH) -> Any:
        """The value with each text in it kept, lists and dictionaries in place."""
        kind = type(value)
        if not self.alive or depth == 0 or kind is str or kind is bytes:
            return self.keep(value)
        if kind is tuple:
            kept = tuple(self.deeply(each, depth - 1) for each in value)
            return value if all(new is old for new, old in zip(kept, value)) else kept  # noqa: B905 (Python 3.9)
        record = self.parent.types.is_output_type(kind)
        items: Any = enumerate(value) if kind is list else dict.items(value) if kind is dict else ()
        if record:
            items = vars(value).items() if not isinstance(value, dict) else dict.items(value)
        for key, each in list(items):
            if (new := self.deeply(each, depth - 1)) is not each:
                if record and not isinstance(value, dict):
                    vars(value)[key] = new
                elif kind is list:
                    value[key] = new
                else:
                    dict.__setitem__(value, key, new)
        return value

    def need(self, found: Any, operation: str) -> Any:
        """Ask for the value of a placeholder."""
        return found._origin.need(operation)  # noqa: SLF001 (a module of the same side)

    # What rewritten code calls.

    def contains(self, item: Any, container: Any) -> bool:
        """`item in container`."""
        if self.alive:
            item, container = self.keep(item), self.keep(container)
            if hasattr(type(container), "__next__") and (found := self.counting.uncertain(container)) is not None:
                self.need(found, "looks for something in it")
            if isinstance(item, self.placeholders.Placeholder) and type(container) is str:
                self.need(item, "looks for it in a text")
            if isinstance(container, CONTAINERS):
                for each in container:
                    if type(each) is str and self.prefix in each and (found := self.placeholder(each)) is not None:
                        self.need(found, "compares it")
            if isinstance(item, (self.placeholders.Bytes, bytes)) and isinstance(
                container, (self.placeholders.Bytes, bytes)
            ):
                found = self.placeholder(item) or self.placeholder(container)
                if found is not None:
                    self.need(found, "looks for something in it")
        return item in container

    def same(self, value: Any, other: Any) -> bool:
        """`value is other`: of a value that may be nothing, or true or false, only the cloud knows."""
        if self.alive and (
            isinstance(value, self.placeholders.Placeholder) != isinstance(other, self.placeholders.Placeholder)
        ):
            placeholder, known = (value, other) if isinstance(value, self.placeholders.Placeholder) else (other, value)
            if isinstance(known, bool) or (known is None and self.optional(placeholder)):
                self.need(placeholder, "compares it")
        return value is other

    def typed(self, value: Any) -> Any:
        """`type(x)`, which is compared with a type."""
        value = self.keep(value)
        if type(value) in self.several.KINDS:
            return self.several.KINDS[type(value)]
        if not isinstance(value, self.placeholders.Placeholder):
            return type(value)
        possible = self.possible(value)
        return possible.pop() if len(possible) == 1 else self.need(value, "asks what it is")

    def count(self, function: Any, value: Any) -> Any:
        """`len(x)`."""
        value = self.keep(value)
        if function is len and isinstance(value, self.counting.kinds):
            self.need(value._placeholder, "counts it")  # noqa: SLF001 (a module of the same side)
        return function(value)

    def may_fail(self, function: Any) -> bool:
        """Whether a function asks the cloud, so that nobody knows whether it fails, where its every error is caught."""
        inner = function.func if isinstance(function, functools.partial) else function
        return (
            isinstance(inner, types.FunctionType)
            and inner.__name__.startswith("get_")
            and bool(self.catching.swallows("calls", self.placeholders.GIVEN))
            and self.origins.of_code(inner.__code__.co_filename, inner.__globals__) == self.origins.SDK
        )

    def tried(self, function: Any) -> Any:
        """The function to call in place of such a one."""

        def call(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            found = self.first(result) if self.parent.types.is_output_type(type(result)) else None
            if found is not None and not found._origin.call.answered:  # noqa: SLF001 (a module of the same side)
                self.need(found, "catches what it raises")
            return result

        return call

    def optional(self, placeholder: Any) -> bool:
        """Whether a placeholder stands for something that may be None, which no text that is made of it can be."""
        return bool(placeholder._origin.optional(placeholder))  # noqa: SLF001 (a module of the same side)

    def modulo(self, left: Any, right: Any) -> Any:
        """`left % right`."""
        if not self.alive or not isinstance(left, (str, bytes)):
            return left % right
        found = self.first(left) if not isinstance(left, self.placeholders.Placeholder) else left
        found = self.first(right) if found is None else found
        if found is None:
            return left % right
        try:
            text = self.keep(left % right)
        except (TypeError, ValueError):  # `%d` takes no text
            text = None
        kept = self.placeholders.encoded(found) if isinstance(left, bytes) else found
        return text if isinstance(text, (self.placeholders.Placeholder, self.placeholders.Bytes)) else kept

    def subject(self, value: Any, cases: Any) -> Any:
        """What a `match` statement looks at."""
        value = self.deeply(value)
        if self.alive:
            for pattern, guarded in cases:
                if self.matches(pattern, value) and not guarded:
                    break
        return value

    def matches(self, pattern: Any, value: Any) -> Any:
        """Whether a pattern matches, as far as it is known without running code; None where it is not.

        Ask for the placeholder that it looks at before it is known not to match.
        """
        kind, *inner = pattern
        if kind == "yes":
            return True
        if kind == "or":
            found = [self.matches(each, value) for each in inner[0]]
            return True if True in found else None if None in found else False
        if kind == "single":
            return self.same(value, inner[0])
        if isinstance(value, (self.placeholders.Placeholder, *self.counting.kinds)):
            self.need(getattr(value, "_placeholder", value), "matches it")
        if kind == "value":
            return value == inner[0] if isinstance(value, (str, *PLAIN)) else None
        looks: Any = {"list": self.in_list, "map": self.in_map, "class": self.in_object}.get(kind)
        parts = looks(value, *inner) if looks else None
        if not isinstance(parts, list):
            return parts
        found = []
        for each, part in parts:
            found.append(self.matches(each, part))
            if found[-1] is False and kind != "class":
                return False
        return None if kind == "class" or None in found else True

    def in_list(self, value: Any, patterns: Any) -> Any:
        """What the parts of a pattern of a sequence look at; or whether it matches."""
        if not isinstance(value, (list, tuple)):
            return False if isinstance(value, (str, bytes, dict, *PLAIN)) else None
        star = next((place for place, each in enumerate(patterns) if each[0] == "star"), None)
        if len(value) < len(patterns) - 1 or (star is None and len(value) != len(patterns)):
            return False
        parts = [*zip(patterns[:star], value)]  # noqa: B905 (Python 3.9)
        if star is not None and star + 1 < len(patterns):
            parts += zip(patterns[star + 1 :], value[star + 1 - len(patterns) :])  # noqa: B905 (the same)
        return parts

    def in_map(self, value: Any, patterns: Any) -> Any:
        """What the parts of a pattern of a mapping look at, the keys that are constants first; or whether it matches."""
        if not isinstance(value, dict):
            return False if isinstance(value, (str, bytes, list, tuple, *PLAIN)) else None
        if any(key is not None and key not in value for key, _ in patterns):
            return False
        parts = [(each, value[key]) for key, each in patterns if key is not None]
        named = [each for key, each in patterns if key is None]
        return parts + [(("or", (each, ("any",))), found) for each in named for found in value.values()]

    def in_object(self, value: Any, by_place: Any, by_name: Any) -> Any:
        """What the parts of a pattern of a class look at."""
        names = getattr(type(value), "__match_args__", ())
        held = {*getattr(value, "__dict__", ()), *getattr(type(value), "_fields", ())}
        record = self.parent.types.is_output_type(type(value))
        named = [*zip(names, by_place), *by_name]  # noqa: B905 (Python 3.9)
        return [(each, getattr(value, name, None)) for name, each in named if record or name in held]

    def guard(self, function: Any) -> Any:
        """The function to call in place of a function: itself, or one that does not lose a placeholder."""
        kind = type(function)
        if self.may_fail(function):
            return self.tried(function)
        if kind is types.FunctionType:
            if function.__module__ == "re" and hasattr(function, "__wrapped__"):  # by `patch_patterns`
                function = function.__wrapped__
            rule = self.of_function(function)
        elif kind is types.MethodType:
            rule = self.of_method(function)
        elif isinstance(function, BUILT_IN):
            rule = self.of_builtin(function)
        elif isinstance(function, type):
            rule = self.rules.get(function) or self.rules.setdefault(function, self.of_class(function))
        else:
            rule = self.of_instance(function)
        if rule == RAW:
            return function
        return lambda *args, **kwargs: self.call(function, rule, args, kwargs)

    def code(self, source: Any, mode: str) -> Any:
        """What `exec` or `eval` is given: a text is the program's own code, too."""
        source = self.keep(source)
        if isinstance(source, self.placeholders.Placeholder):
            self.need(source, "runs it as code")
        return (
            self.modules.rewriting.compiled(source, "<string>", self.modules, mode) if type(source) is str else source
        )

    def method(self, value: Any) -> Any:
        """An attribute that is not called at once, and may be a method of a text or a pattern."""
        return self.guard(value) if isinstance(value, BUILT_IN) else value

    def by_origin(self, module: str, name: str, origin: str) -> str:
        """The rule of what a module defines."""
        if origin in {self.origins.OWN, self.origins.SDK, self.origins.INTERNAL}:
            return RAW
        if origin == self.origins.LIBRARY:
            return LOOSE
        return RAW if module.partition(".")[0] in RAW_MODULES and name not in LOOKING else STRICT

    def of_function(self, function: Any) -> str:
        """The rule of a function written in Python."""
        origin = self.origins.of_code(function.__code__.co_filename, function.__globals__)
        return self.by_origin(str(function.__module__), function.__name__, origin)

    def of_method(self, method: Any) -> str:
        """The rule of a method that is bound to an object."""
        function, owner = method.__func__, method.__self__
        if self.looking_up and isinstance(owner, self.looking_up):
            return STRICT
        if type(function) is not types.FunctionType:
            return RAW if isinstance(owner, type) and self.guard(owner) is owner else STRICT
        return self.of_function(function)

    def of_builtin(self, function: Any) -> str:
        """The rule of a function written in C."""
        owner = getattr(function, "__self__", None)
        name = getattr(function, "__name__", "")
        if name in READS and type(owner).__module__ in {"_io", "io"}:
            return READ
        if isinstance(owner, bytearray):
            return STRICT
        if isinstance(owner, (str, bytes, self.pattern)):
            return (
                RAW
                if isinstance(owner, (self.placeholders.Placeholder, self.placeholders.Bytes)) and name != "join"
                else STRICT
            )
        if owner is None:  # a method of a class, not bound to anything
            of = getattr(function, "__objclass__", None)
            return STRICT if of in {str, bytes, self.pattern} else RAW
        if isinstance(owner, types.ModuleType):
            return self.by_origin(owner.__name__, name, self.origins.of_module(owner.__name__))
        if isinstance(owner, type):
            if owner in {int, float, str, bytes}:
                return STRICT
            return self.by_origin(owner.__module__, name, self.origins.of_module(owner.__module__))
        return self.by_origin(type(owner).__module__, name, self.origins.of_module(type(owner).__module__))

    def of_class(self, cls: Any) -> str:
        """The rule of a class that is called."""
        if cls is type or issubclass(cls, (BaseException, self.parent.pulumi.Resource)):
            return RAW
        if issubclass(cls, (str, bytes)):
            return STRICT
        return self.by_origin(cls.__module__, cls.__name__, self.origins.of_module(cls.__module__))

    def of_instance(self, function: Any) -> str:
        """The rule of an object that can be called."""
        if isinstance(function, functools.partial):
            return RAW if self.guard(function.func) is function.func else STRICT
        call = next((vars(base)["__call__"] for base in type(function).__mro__ if "__call__" in vars(base)), None)
        if type(call) is types.FunctionType:
            return self.of_function(call)
        return RAW if call is None or hasattr(function, "__wrapped__") else STRICT

    def call(self, function: Any, rule: str, args: Any, kwargs: Any) -> Any:
        """Call a function that may look at the letters of a placeholder."""
        if not self.alive:
            return function(*args, **kwargs)
        if (bound := self.bound(function, args)) is not None:
            return self.keep(bound(*args[1:], **kwargs))
        if function is isinstance and len(args) == 2 and isinstance(args[0], self.placeholders.Placeholder):
            return self.is_instance(*args)
        given = (args, kwargs, getattr(function, "__self__", None)) if rule == STRICT else (args, kwargs)
        found = self.first(given)
        if found is None or rule == READ:
            return self.unlettered(function, rule, args, kwargs)
        if function is getattr or function is hasattr:
            return self.attribute(function, args, found)
        if (
            getattr(function, "__name__", "") == "sub"
            and rule == STRICT
            and self.first(args[2:] if self.unbound(function) else args[1:]) is not None
        ):
            return found  # what is made of a text that nobody knows
        joined = self.building.joined(function, found)
        return self.lettered(function, rule, args, kwargs, found) if joined is None else joined

    def lettered(self, function: Any, rule: str, args: Any, kwargs: Any, found: Any) -> Any:
        """Call a function that is given a placeholder; ask for its value where the result says something of it."""
        name = getattr(function, "__name__", type(function).__name__)
        try:
            result = function(*self.building.plain(function, args), **kwargs)
        except Exception:  # noqa: BLE001 (whatever it raises, it may come of the letters)
            self.need(found, f"gives it to `{name}`, which fails")
        if isinstance(result, (bytearray, memoryview)):  # nothing could be kept in it
            self.need(found, "looks into its bytes")
        kept = self.deeply(result)
        if rule == STRICT and (changed := self.building.parts(function, args, kept)) is not None:
            return changed
        if self.first(kept) is not None or self.harmless(function, rule, name, args, kept):
            return kept
        return self.need(found, f"looks into it with `{name}`")

    def unlettered(self, function: Any, rule: str, args: Any, kwargs: Any) -> Any:
        """Call a function that is given none, but may read one, or run over what nobody knows the number of."""
        if rule == READ:
            if args and (held := self.held_in(function)) is not None:
                self.need(held, "reads a part of it")
            return self.deeply(function(*args, **kwargs))
        looped = rule == STRICT and self.several.BESIDE.any
        found = (
            next((placeholder for each in args if (placeholder := self.counting.uncertain(each)) is not None), None)
            if looped
            else None
        )
        result = self.keep(function(*args, **kwargs))
        if found is not None and isinstance(result, (*PLAIN, str, bytes)) and self.first(result) is None:
            self.need(found, "counts it")
        return result

    def held_in(self, method: Any) -> Any:
        """The placeholder in what was written, and is read in parts."""
        value = getattr(getattr(method, "__self__", None), "getvalue", bytes)()
        return self.placeholder(value)

    def bound(self, function: Any, args: Any) -> Any:
        """The method of a placeholder that `str.upper(x)` is; None where it is none."""
        of = getattr(function, "__objclass__", None) if getattr(function, "__self__", None) is None else None
        if of is not str or not args or function.__name__ == "join":
            return None
        text = self.keep(args[0])
        return getattr(text, function.__name__) if isinstance(text, self.placeholders.Placeholder) else None

    def unbound(self, function: Any) -> bool:
        """Whether a function of `re` takes the pattern as its first argument."""
        return not isinstance(getattr(function, "__self__", None), self.pattern)

    def harmless(self, function: Any, rule: str, name: str, args: Any, result: Any) -> bool:
        """Whether a result without a placeholder in it says nothing of one that was given."""
        if isinstance(getattr(function, "__self__", None), str) and (
            name in EXACT or (name == "replace" and self.first(args[:1]) is None)
        ):
            return self.placeholder(getattr(function, "__self__", "")) is None
        if rule == LOOSE:
            return not isinstance(result, (bool, int, float))
        if name in {"write", "writelines", "setattr", "writerow", "writerows", "writeheader", "writestr"}:
            return True
        if isinstance(result, (*PLAIN, *CONTAINERS, str, bytes, FOUND)):
            return False
        return type(result).__module__.partition(".")[0] not in TELLING

    def is_instance(self, placeholder: Any, classes: Any) -> bool:
        """`isinstance` of the value that a placeholder stands for."""
        found = {issubclass(each, classes) for each in self.possible(placeholder)}
        return found.pop() if len(found) == 1 else bool(self.need(placeholder, "asks what it is"))

    def possible(self, placeholder: Any) -> set[type]:
        """The types that the value that a placeholder stands for may have."""
        kind, inner = self.placeholders.shape(self.parent, placeholder._origin.of)  # noqa: SLF001 (a module of the same side)
        longer = str.__len__(placeholder) != self.length
        made_of = list if isinstance(placeholder, self.placeholders.Parts) else str if longer else None
        stands_for = made_of or PYTHON_TYPES.get(kind) or (inner if isinstance(inner, type) else None)
        return {*((stands_for,) if stands_for else ANYTHING), *((type(None),) if self.optional(placeholder) else ())}

    def attribute(self, function: Any, args: Any, found: Any) -> Any:
        """`getattr` or `hasattr` with a placeholder among what is given."""
        if len(args) > 1 and self.first(args[1:2]) is not None:
            self.need(found, "uses it as a name")
        if isinstance(args[0], self.placeholders.Placeholder) and type(args[0]).__name__ not in {"Text", "Record"}:
            self.need(found, "asks what it has")
        return self.keep(function(*args))


def named(operation: Any, name: str) -> Any:
    """An operation as a function of `builtins`, by which whoever pickles code that calls it refers to it."""

    def call(*args: Any) -> Any:
        return operation(*args)

    call.__module__, call.__qualname__, call.__name__ = "builtins", name, name
    return call


def patch_patterns(operations: Operations) -> None:
    """Make the functions of `re` operations, however they are called: by name, from `map`, from a library."""
    re: Any = sys.modules["re"]
    origin, called_by = operations.origins.origin, {operations.origins.OWN, operations.origins.INTERNAL}
    for name in ("match", "search", "fullmatch", "findall", "finditer", "split", "sub", "subn"):
        original = getattr(re, name)

        def looking(*args: Any, _original: Any = original, **kwargs: Any) -> Any:
            if operations.alive and origin(sys._getframe(1).f_code.co_filename) in called_by:  # noqa: SLF001 (of who calls)
                return operations.call(_original, STRICT, args, kwargs)
            return _original(*args, **kwargs)

        setattr(re, name, functools.wraps(original)(looking))
