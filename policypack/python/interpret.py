"""Reads a program: its modules, then the handler, then what it gives to libraries that may call it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from policypack.python import calling, classes, statements
from policypack.python.files import Place
from policypack.python.libraries.names import SDK
from policypack.python.model import Found, Imported, Unresolved
from policypack.python.modules import Module, NotPythonError, Package, imported_modules, parsed
from policypack.python.reader import Given, Reader, TooMuchError
from policypack.python.values import EMPTY, EVENT, UNKNOWN, WHOLE_EVENT, Class, Code, Instance, Value, Values

NEAREST = 20
"""Modules, counted from the handler's own, that are read where all of them are too much."""
LIBRARIES = SDK | {"aws_lambda_powertools", "aws_xray_sdk", "urllib3", "jmespath", "dateutil", "six"}
"""Packages that are known without being read, should they be packaged with the function."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a program."""

    reader: Reader
    broken: tuple[Unresolved, ...]
    handlers: Values = EMPTY
    """What the handler's name stands for."""
    exceeded: bool = False
    """Whether there is more than was read: the code is too large, or calls itself in too many ways."""

    @property
    def calls(self) -> Found:
        """The AWS calls, and what cannot be told of them."""
        calls = sorted(
            self.reader.calls, key=lambda each: (each.place.file, each.place.line, each.operation, str(each.arguments))
        )
        unresolved = {*self.reader.unresolved, *self.broken}
        ordered = sorted(unresolved, key=lambda each: (each.place.file, each.place.line, each.why))
        return Found(tuple(calls), tuple(ordered))

    @property
    def imports(self) -> tuple[Imported, ...]:
        """The imports that surely run when a function is invoked, and that nothing catches where they fail."""
        surely = self.reader.surely_run()
        return tuple(each for frame, each in self.reader.imports if frame in surely)

    @property
    def modules(self) -> list[str]:
        """The modules that those imports run, whether the archive has them or not."""
        return sorted(frame for frame in self.reader.surely_run() if isinstance(frame, str))


def read(package: Package, handler: str, minor: int | None = None) -> Reading:
    """Read a function's code from its handler on.

    Args:
        package: the modules of its archive, and of what Lambda has beside it.
        handler: as Lambda names it: `ingest.handler.handler`.
        minor: of the Python that runs it: 13 for Python 3.13.

    Raises:
        UnreadableError: the archive cannot be read, or holds no such module.
    """
    entry, _, function = handler.replace("/", ".").rpartition(".")
    found = imported_modules(package, entry, LIBRARIES)
    if entry not in found.modules:
        return Reading(Reader({}, statements.load), tuple(map(_broken, found.broken)))
    whole = _read_from(tuple(found.modules.items()), tuple(map(_broken, found.broken)), entry, function, minor)
    if found.cut and not whole.exceeded:
        cut = Unresolved(Place(found.modules[entry].file, 1), "begins code of more modules than are read here")
        return replace(whole, broken=(*whole.broken, cut))
    if not whole.exceeded or len(found.modules) <= NEAREST:
        return whole
    return _read_from(tuple(islice(found.modules.items(), NEAREST)), whole.broken, entry, function, minor)


def read_imports(package: Package, handler: str, minor: int) -> Reading:
    """Read a function's code for its imports: as `read`, but code that is too large is read without its functions.

    Returns:
        A reading without imports where the archive does not have the handler's module.
    """
    entry, _, function = handler.replace("/", ".").rpartition(".")
    if package.module(entry) is None:
        return Reading(Reader({}, statements.load), ())
    found = imported_modules(package, entry, LIBRARIES)
    modules = tuple(found.modules.items())
    whole = _read_from(modules, tuple(map(_broken, found.broken)), entry, function, minor)
    return _read(found.modules, (), [entry], function, minor, deep=False) if whole.exceeded else whole


@lru_cache(maxsize=32)
def _read_from(
    modules: tuple[tuple[str, Module], ...],
    broken: tuple[Unresolved, ...],
    entry: str,
    function: str,
    minor: int | None,
) -> Reading:
    """Read from a handler on, once for code that several functions share, or that is judged again."""
    return _read(dict(modules), broken, [entry], function, minor)


def calls_of(sources: Mapping[str, str | bytes], handler: str | None = None) -> Found:
    """The AWS calls of a program.

    Args:
        sources: by file name, `ingest/handler.py`, the text of each module.
        handler: as Lambda names it, `ingest.handler.handler`: only the modules that it imports are read, and it is
            called with the event. Without it, all modules are read, and all that nobody calls is called.
    """
    modules: dict[str, Module] = {}
    broken: list[Unresolved] = []
    for file, text in sources.items():
        if not file.endswith(".py") or file.partition("/")[0] in LIBRARIES:
            continue
        name = file.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
        try:
            modules[name] = parsed(name, file, text)
        except NotPythonError:
            broken.append(_broken(file))
    entry, _, function = (handler or "").replace("/", ".").rpartition(".")
    begin = [entry] if entry in modules else [each for each in modules if each.partition(".")[0] not in LIBRARIES]
    return _read(modules, broken, begin, function if entry in modules else "").calls


def _broken(file: str) -> Unresolved:
    return Unresolved(Place(file, 1), "begins a file that does not parse as Python")


def _read(
    modules: Mapping[str, Module],
    broken: Iterable[Unresolved],
    begin: Sequence[str],
    function: str,
    minor: int | None = None,
    *,
    deep: bool = True,
) -> Reading:
    reader = Reader(modules, statements.load, minor, deep)
    problems = list(broken)
    handlers, exceeded = EMPTY, False
    try:
        before = None
        while deep and reader.state() != before:
            before = reader.state()
            _round(reader, begin, function)
        reader.forget()
        handlers = _round(reader, begin, function)
    except (TooMuchError, RecursionError):
        exceeded = True
        why = "begins code that is too large, or too deeply nested, to be read"
        problems.append(Unresolved(Place(modules[begin[0]].file, 1), why))
    return Reading(reader, tuple(problems), handlers, exceeded)


def _round(reader: Reader, begin: Sequence[str], function: str) -> Values:
    """Read everything once more, with what the rounds before have found."""
    reader.begin_round()
    for name in begin:
        reader.run_modules(name)
    handlers = EMPTY
    if function:
        scope = reader.globals[begin[0]]
        handlers = scope.names.get(function) or reader.imported(begin[0], function)
        with reader.perhaps(surely=len(handlers) == 1):
            for each in handlers:
                _enter(reader, each, (WHOLE_EVENT, UNKNOWN))
    else:
        _rest(reader)
    with reader.perhaps():
        for each in list(reader.escaped):
            _escape(reader, each)
    return handlers


def _rest(reader: Reader) -> None:
    """Call what nobody has called in this round: what nothing mentions comes first, as it calls the rest."""
    scopes = [scope for name, scope in reader.globals.items() if reader.rounds.get(name) == reader.round]
    held = [each for scope in scopes for values in scope.names.values() for each in values]
    mentioned = {name for scope in scopes for name in _mentioned(scope.module)}
    functions = [
        each for each in held if isinstance(each, Code) and each.scope is reader.globals[each.scope.module.name]
    ]
    functions.sort(key=lambda each: getattr(each.node, "name", "") in mentioned)
    for each in functions:
        if each.node not in reader.called:
            _enter(reader, each, (EVENT if "handler" in getattr(each.node, "name", "") else UNKNOWN,))
    for cls in held:
        if isinstance(cls, Class):
            _methods(reader, cls)


def _mentioned(module: Module) -> frozenset[str]:
    """The names that a module uses, apart from those in imports."""
    return frozenset(
        node.id if isinstance(node, ast.Name) else node.attr
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name | ast.Attribute)
    )


def _escape(reader: Reader, given: Value) -> None:
    """Call what a library was given and may call, if nobody has called it in this round."""
    if isinstance(given, Code) and given.node not in reader.called:
        if given.cls is not None and given.bound is None:
            _methods(reader, given.cls, only=given)
        else:
            _enter(reader, given, (UNKNOWN,))
    elif isinstance(given, Class | Instance):
        cls = given.cls if isinstance(given, Instance) else given
        for each in classes.lines_of(cls, reader):
            if isinstance(each, Class):
                _methods(reader, each, made=frozenset({given}) if isinstance(given, Instance) else EMPTY)


def _methods(reader: Reader, cls: Class, *, only: Code | None = None, made: Values = EMPTY) -> None:
    """Call the methods of a class that nobody has called, on the instances that there are, or on a new one."""
    waiting = [
        each
        for values in cls.scope.names.values()
        for each in values
        if isinstance(each, Code) and each.node not in reader.called and each.scope is cls.scope
    ]
    waiting = [each for each in waiting if only is None or each.node is only.node]
    if not waiting:
        return
    known: Values = made or frozenset(key[0] for key in reader.heap if getattr(key[0], "cls", None) == cls)
    here = ast.copy_location(ast.Name(cls.node.name), cls.node)
    made = known or classes.made(reader, cls, Given(open=True), here, cls.scope)
    for each in waiting:
        if each.node not in reader.called:
            static = any(ast.unparse(one) == "staticmethod" for one in getattr(each.node, "decorator_list", ()))
            of_class = any(ast.unparse(one) == "classmethod" for one in getattr(each.node, "decorator_list", ()))
            bound: Values | None = None if static else frozenset({cls}) if of_class else made
            calling.run(reader, Code(each.node, each.scope, bound, cls), Given(open=True))


def _enter(reader: Reader, value: Value, args: tuple[Values, ...]) -> None:
    """Call a value as Lambda calls a handler."""
    if isinstance(value, Code):
        spec = value.node.args
        wanted = len(spec.posonlyargs) + len(spec.args) - len(spec.defaults) - (value.bound is not None)
        calling.run(reader, value, Given(args[: max(wanted, 0)] if not spec.vararg else args))
        return
    scope = next(iter(reader.globals.values()))
    calling.call(reader, value, Given(args), ast.Constant(None, lineno=1, col_offset=0), scope)
