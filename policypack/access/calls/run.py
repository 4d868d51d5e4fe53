"""Reads a package: its modules, then the handler, then whatever nobody seems to call."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from policypack.access.calls import calling, classes, statements
from policypack.access.calls.libraries import SDK
from policypack.access.calls.model import Found, Unresolved
from policypack.access.calls.reader import Given, Reader, TooMuchError, absolute
from policypack.access.calls.values import EVENT, UNKNOWN, Class, Code, Module, Values
from policypack.aws.handler import Place

ROUNDS = 5
LIBRARIES = SDK | {"aws_lambda_powertools", "aws_xray_sdk", "urllib3", "jmespath", "dateutil", "six"}
"""Packages that are known without being read, should they be packaged with the function."""


def calls_of(sources: Mapping[str, str | bytes], handler: str | None = None) -> Found:
    """The AWS calls of a package.

    Args:
        sources: by file name, `ingest/handler.py`, the text of each module.
        handler: as Lambda names it, `ingest.handler.handler`: only the modules that it imports are read, and it is
            called with the event. Without it, all modules are read.
    """
    modules, broken = _parsed(sources)
    reader = Reader(modules, statements.load)
    entry, _, function = (handler or "").replace("/", ".").rpartition(".")
    begin = [entry] if entry in modules else [each for each in modules if each.partition(".")[0] not in LIBRARIES]
    try:
        before = None
        while reader.state() != before and reader.round < ROUNDS:
            before = reader.state()
            _round(reader, begin, function if entry in modules else "")
    except (TooMuchError, RecursionError):
        broken.append(
            Unresolved(
                Place(modules[begin[0]].file, 1), "begins code that is too large, or too deeply nested, to be read"
            )
        )
    calls = sorted(
        reader.calls, key=lambda each: (each.place.file, each.place.line, each.operation, str(each.arguments))
    )
    unresolved = sorted({*reader.unresolved, *broken}, key=lambda each: (each.place.file, each.place.line, each.why))
    return Found(tuple(calls), tuple(unresolved))


def _parsed(sources: Mapping[str, str | bytes]) -> tuple[dict[str, Module], list[Unresolved]]:
    modules: dict[str, Module] = {}
    broken: list[Unresolved] = []
    for file, text in sources.items():
        if not file.endswith(".py") or file.partition("/")[0] in LIBRARIES:
            continue
        is_package = file.endswith("/__init__.py")
        name = file.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
        try:
            module = modules[name] = Module(name, file, ast.parse(text), is_package)
            module.stars = tuple(
                absolute(module, node)
                for node in ast.walk(module.tree)
                if isinstance(node, ast.ImportFrom) and any(each.name == "*" for each in node.names)
            )
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            broken.append(Unresolved(Place(file, 1), "begins a file that does not parse as Python"))
    return modules, broken


def _round(reader: Reader, begin: list[str], function: str) -> None:
    """Read everything once more, with what the rounds before have found."""
    reader.round += 1
    reader.fresh.clear()
    reader.called.clear()
    for name in begin:
        reader.module(name)
    entry = reader.modules[begin[0]] if function and begin else None
    if entry and entry.scope:
        for each in entry.scope.names.get(function, ()):
            _enter(reader, each, (EVENT, UNKNOWN))
    _rest(reader, [each for each in reader.modules.values() if each.read == reader.round])


def _rest(reader: Reader, modules: list[Module]) -> None:
    """Call what nobody has called in this round: a library may. What nothing mentions comes first: it calls the rest."""
    held = [each for module in modules if module.scope for values in module.scope.names.values() for each in values]
    mentioned = {name for module in modules for name in _mentioned(module)}
    functions = [each for each in held if isinstance(each, Code) and each.scope is each.scope.module.scope]
    functions.sort(key=lambda each: getattr(each.node, "name", "") in mentioned)
    for each in functions:
        if id(each.node) not in reader.called:
            _enter(reader, each, (EVENT if "handler" in getattr(each.node, "name", "") else UNKNOWN,))
    for cls in held:
        if isinstance(cls, Class) and cls.scope.outer is cls.scope.module.scope:
            _methods(reader, cls)


def _mentioned(module: Module) -> frozenset[str]:
    """The names that a module uses, apart from those in imports."""
    if module.mentioned is None:
        module.mentioned = frozenset(
            node.id if isinstance(node, ast.Name) else node.attr
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Name | ast.Attribute)
        )
    return module.mentioned


def _methods(reader: Reader, cls: Class) -> None:
    waiting = [
        each
        for values in cls.scope.names.values()
        for each in values
        if isinstance(each, Code) and id(each.node) not in reader.called and each.scope is cls.scope
    ]
    if not waiting:
        return
    known: Values = frozenset(key[0] for key in reader.heap if getattr(key[0], "cls", None) == cls)
    made = known or classes.made(
        reader,
        cls,
        Given(open=True),
        cls.node.bases[0] if cls.node.bases else ast.Name("self", lineno=cls.node.lineno, col_offset=0),
        cls.scope,
    )
    for each in waiting:
        if id(each.node) not in reader.called:
            static = any(ast.unparse(one) == "staticmethod" for one in getattr(each.node, "decorator_list", ()))
            of_class = any(ast.unparse(one) == "classmethod" for one in getattr(each.node, "decorator_list", ()))
            bound: Values | None = None if static else frozenset({cls}) if of_class else made
            calling.run(reader, Code(each.node, each.scope, bound, cls), Given(open=True), None, None)


def _enter(reader: Reader, value: object, args: tuple[Values, ...]) -> None:
    if isinstance(value, Code):
        spec = value.node.args
        wanted = len(spec.posonlyargs) + len(spec.args) - len(spec.defaults)
        calling.run(reader, value, Given(args[: max(wanted, 0)] if not spec.vararg else args), None, None)
