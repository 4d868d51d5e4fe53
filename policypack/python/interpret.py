"""Reads a program: the handler's module, then the handler, then the callbacks that it passes to libraries."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from functools import lru_cache

from policypack.python import calling, classes, statements
from policypack.python.domain import (
    EMPTY,
    UNKNOWN,
    WHOLE_EVENT,
    ClassValue,
    FunctionNode,
    FunctionValue,
    Instance,
    Value,
    Values,
    single,
)
from policypack.python.files import CodePlace
from policypack.python.libraries.names import SDK
from policypack.python.model import AwsCalls, Unresolved
from policypack.python.modules import Module, PythonPackage, imported_modules
from policypack.python.reader import Arguments, Reader, TooMuchCodeError

NEAREST = 20
"""The number of modules, nearest to the handler's own first, that are read if all of them are too large."""
LIBRARIES = SDK | {"aws_lambda_powertools", "aws_xray_sdk", "urllib3", "jmespath", "dateutil", "six"}
"""Packages that are known without being read, should they be packaged with the function."""


@dataclass(frozen=True, slots=True)
class ProgramReading:
    """What was read of a program."""

    reader: Reader
    problems: tuple[Unresolved, ...] = ()
    """What could not be read at all."""
    handlers: Values = EMPTY
    """The values of the handler's name."""
    exceeded: bool = False
    """Whether there is more than was read: the code is too large, or calls itself in too many ways."""

    def entered(self) -> frozenset[FunctionNode]:
        """The functions of the package that Lambda calls, and whose result it gets."""
        return calling.functions(self.reader, self.handlers)

    @property
    def calls(self) -> AwsCalls:
        """The AWS calls, and what cannot be resolved of them, by file and line."""
        calls = sorted(
            self.reader.calls,
            key=lambda call: (
                call.place.file,
                call.place.line,
                call.operation,
                str(call.arguments),
                str(call.region or ""),
            ),
        )
        unresolved = {*self.reader.unresolved, *self.problems}
        ordered = sorted(unresolved, key=lambda problem: (problem.place.file, problem.place.line, problem.why))
        return AwsCalls(tuple(calls), tuple(ordered))


def read(package: PythonPackage, handler: str, minor: int | None = None) -> ProgramReading:
    """Read a function's code from its handler on.

    Args:
        package: the modules of its archive, and of what Lambda has beside it.
        handler: as Lambda names it: `ingest.handler.handler`.
        minor: of the Python that runs it: 13 for Python 3.13.

    Raises:
        UnreadableError: the archive cannot be read, or has no such module.
    """
    entry, _, function = handler.replace("/", ".").rpartition(".")
    program = imported_modules(package, entry, LIBRARIES)
    problems = tuple(
        Unresolved(CodePlace(file, 1), "begins a file that does not parse as Python") for file in program.broken
    )
    if entry not in program.modules:
        return ProgramReading(Reader({}, statements.load), problems)
    modules, first = tuple(program.modules.items()), CodePlace(program.modules[entry].file, 1)
    reading = _read(modules, entry, function, minor)
    if reading.exceeded:
        why = "begins code that is too large, or too deeply nested, to be read"
        problems = (*problems, Unresolved(first, why))
        reading = _read(modules[:NEAREST], entry, function, minor)
    elif program.cut:
        problems = (*problems, Unresolved(first, "begins code of more modules than are read here"))
    return replace(reading, problems=problems)


def read_imports(package: PythonPackage, handler: str, minor: int) -> ProgramReading:
    """Read a function's code for its imports: as `read`, but code that is too large is read without its functions.

    Returns:
        A reading without imports where the archive does not have the handler's module.
    """
    entry, _, function = handler.replace("/", ".").rpartition(".")
    if package.module(entry) is None:
        return ProgramReading(Reader({}, statements.load))
    modules = tuple(imported_modules(package, entry, LIBRARIES).modules.items())
    reading = _read(modules, entry, function, minor)
    return _read(modules, entry, function, minor, deep=False) if reading.exceeded else reading


@lru_cache(maxsize=32)
def _read(
    modules: tuple[tuple[str, Module], ...], entry: str, function: str, minor: int | None, *, deep: bool = True
) -> ProgramReading:
    """Read the program from its handler; the result is cached for functions that share code."""
    reader = Reader(dict(modules), statements.load, minor, deep)
    try:
        before = None
        while deep and reader.state() != before:
            before = reader.state()
            _round(reader, entry, function)
        reader.forget()
        return ProgramReading(reader, handlers=_round(reader, entry, function))
    except (TooMuchCodeError, RecursionError):
        return ProgramReading(reader, exceeded=True)


def _round(reader: Reader, entry: str, function: str) -> Values:
    """Read everything once more, with what the rounds before have found."""
    reader.begin_round()
    reader.run_modules(entry)
    handlers = EMPTY
    if function:
        handlers = reader.globals[entry].names.get(function) or reader.imported(entry, function)
    with reader.perhaps(surely=len(handlers) == 1):
        for handler in handlers:
            _enter(reader, handler, (WHOLE_EVENT, UNKNOWN))
    for value in list(reader.escaped):
        with reader.perhaps(surely=isinstance(value, FunctionValue)):  # a library calls some methods of a class
            _escape(reader, value)
    return handlers


def _escape(reader: Reader, value: Value) -> None:
    """Call a callback that was passed to a library, unless it was called in this round."""
    if isinstance(value, FunctionValue) and value.node not in reader.called:
        if value.cls is not None and value.bound is None:
            _methods(reader, value.cls, only=value)
        else:
            _enter(reader, value, (UNKNOWN,))
    elif isinstance(value, ClassValue | Instance):
        cls = value.cls if isinstance(value, Instance) else value
        for ancestor in classes.mro(cls, reader):
            if isinstance(ancestor, ClassValue):
                _methods(reader, ancestor, instances=single(value) if isinstance(value, Instance) else EMPTY)


def _methods(reader: Reader, cls: ClassValue, *, only: FunctionValue | None = None, instances: Values = EMPTY) -> None:
    """Call the methods of a class that were not called yet, on its instances, or on a new one."""
    waiting = [
        value
        for values in cls.scope.names.values()
        for value in values
        if isinstance(value, FunctionValue) and value.node not in reader.called and value.scope is cls.scope
    ]
    waiting = [method for method in waiting if only is None or method.node is only.node]
    if not waiting:
        return
    known: Values = instances or frozenset(owner for owner, _ in reader.heap if getattr(owner, "cls", None) == cls)
    node = ast.copy_location(ast.Name(cls.node.name), cls.node)
    instances = known or classes.instantiate(reader, cls, Arguments(open=True), node, cls.scope)
    for method in waiting:
        if method.node not in reader.called:
            bound = classes.receiver(method, instances, cls)
            calling.run(reader, FunctionValue(method.node, method.scope, bound, cls), Arguments(open=True))


def _enter(reader: Reader, value: Value, args: tuple[Values, ...]) -> None:
    """Call a value as Lambda calls a handler."""
    if isinstance(value, FunctionValue):
        spec = value.node.args
        required = len(spec.posonlyargs) + len(spec.args) - len(spec.defaults) - (value.bound is not None)
        calling.run(reader, value, Arguments(args[: max(required, 0)] if not spec.vararg else args))
        return
    scope = next(iter(reader.globals.values()))
    calling.call(reader, value, Arguments(args), ast.Constant(None, lineno=1, col_offset=0), scope)
