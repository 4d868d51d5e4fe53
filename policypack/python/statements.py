"""Statements, read in order: what may run, runs; a loop's body runs twice, so that it sees what it leaves."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from policypack.python import assignment, calling, classes, expressions
from policypack.python.libraries import external
from policypack.python.libraries.names import is_known
from policypack.python.model import Imported, Shape, Text
from policypack.python.modules import absolute
from policypack.python.reader import SEARCH_PATHS, Arguments, Reader
from policypack.python.records import own_nodes
from policypack.python.values import (
    EMPTY,
    UNKNOWN,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    ListValue,
    Method,
    PartialValue,
    Scope,
    Value,
    Values,
    callables,
    either,
    one,
    opaque,
    shapes,
)

REPEATED = 2
_COMPARED: dict[type[ast.cmpop], Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


def execute(reader: Reader, body: Sequence[ast.stmt], scope: Scope) -> None:
    """Read statements."""
    sure = reader.sure
    raised = False
    for each in body:
        reader.sure = sure and not (raised or scope.returns or scope.jumps)
        _execute(reader, each, scope)
        raised = raised or isinstance(each, ast.Raise)
    reader.sure = sure


def load(reader: Reader, scope: Scope) -> None:
    """Read a module's own statements."""
    scope.branches = 0
    execute(reader, scope.module.tree.body, scope)


@contextmanager
def _branch(reader: Reader, scope: Scope, *, surely: bool = False) -> Iterator[None]:
    """Read what perhaps does not run, or fails unseen, unless `surely`."""
    scope.branches += 1
    with reader.perhaps(surely=surely):
        yield
    scope.branches -= 1


@contextmanager
def _loop(reader: Reader, scope: Scope, *, surely: bool = False) -> Iterator[None]:
    """Read a loop, whose `break` ends nothing around it."""
    jumps, scope.jumps = scope.jumps, False
    with _branch(reader, scope, surely=surely):
        yield
    scope.jumps = jumps


def _execute(reader: Reader, statement: ast.stmt, scope: Scope) -> None:  # noqa: C901, PLR0912, PLR0915 (one case for each kind of statement)
    reader.step()
    match statement:
        case ast.Assign(targets=targets, value=given):
            found = expressions.value(reader, given, scope)
            for target in targets:
                assignment.assign(reader, target, found, scope)
        case ast.AnnAssign(target=target, value=given) if given is not None:
            found = expressions.value(reader, given, scope)
            if opaque(found):
                found = external.annotated(reader, statement.annotation, scope) or found
            assignment.assign(reader, target, found, scope)
        case ast.AugAssign(target=target, value=given):
            old = expressions.value(reader, target, scope)
            new = expressions.added(old, expressions.value(reader, given, scope))
            with _branch(reader, scope):
                assignment.assign(reader, target, new, scope)
        case ast.Return(value=given):
            found = expressions.value(reader, given, scope) if given else EMPTY
            scope.returned = either((scope.returned, found))
            scope.returns = True
        case ast.Break() | ast.Continue():
            scope.jumps = True
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            _define(reader, statement, scope)
        case ast.ClassDef():
            _define_class(reader, statement, scope)
        case ast.Import() | ast.ImportFrom():
            _import(reader, statement, scope)
        case ast.Global(names=names):
            scope.globals.update(names)
        case ast.Nonlocal(names=names):
            scope.shared.update(names)
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__")), orelse=orelse):
            execute(reader, orelse, scope)  # Lambda imports the module
        case ast.If(test=test, body=body, orelse=orelse):
            expressions.value(reader, test, scope)
            taken = _truth(test, reader.minor)
            with _branch(reader, scope, surely=taken is True):
                execute(reader, body, scope)
            with _branch(reader, scope, surely=taken is False):
                execute(reader, orelse, scope)
        case (
            ast.For(target=target, iter=source, body=body, orelse=orelse)
            | ast.AsyncFor(target=target, iter=source, body=body, orelse=orelse)
        ):
            values = expressions.value(reader, source, scope)
            assignment.assign(reader, target, expressions.iterated(reader, values, source, scope), scope)
            with _loop(reader, scope, surely=Shape.RECORDS in shapes(values)):  # an event has one record at least
                for _ in range(REPEATED):
                    execute(reader, body, scope)
            with _branch(reader, scope):
                execute(reader, orelse, scope)
        case ast.While(test=test, body=body, orelse=orelse):
            with _loop(reader, scope, surely=_truth(test, reader.minor) is True):
                for _ in range(REPEATED):
                    expressions.value(reader, test, scope)
                    execute(reader, body, scope)
            with _branch(reader, scope):
                execute(reader, orelse, scope)
        case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
            for item in items:
                entered = _entered(reader, expressions.value(reader, item.context_expr, scope))
                if item.optional_vars is not None:
                    assignment.assign(reader, item.optional_vars, entered, scope)
            with reader.perhaps():  # a context manager may catch
                execute(reader, body, scope)
        case (
            ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody)
            | ast.TryStar(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody)
        ):
            surely = not any(map(_hides, handlers))
            with _branch(reader, scope, surely=surely):
                execute(reader, body, scope)
            with _branch(reader, scope):
                for handler in handlers:
                    if handler.name:
                        scope.names[handler.name] = UNKNOWN
                    execute(reader, handler.body, scope)
            with _branch(reader, scope, surely=surely):
                execute(reader, orelse, scope)
            execute(reader, finalbody, scope)
        case ast.Match(subject=subject, cases=cases):
            matched = expressions.value(reader, subject, scope)
            with _branch(reader, scope):
                for case in cases:
                    assignment.bind(reader, case.pattern, matched, scope)
                    if case.guard:
                        expressions.value(reader, case.guard, scope)
                    execute(reader, case.body, scope)
        case _:
            for node in ast.iter_child_nodes(statement):
                if isinstance(node, ast.expr):
                    expressions.value(reader, node, scope)


def _define(reader: Reader, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
    code = FunctionValue(node, scope, None, scope.owner)
    found: Values = one(code)
    for each in node.decorator_list:
        if isinstance(each, ast.Attribute) and each.attr in ("setter", "deleter"):  # the name stays the getter's
            scope.names[f"{node.name}.{each.attr}"] = found
            return
    for decorator in reversed(node.decorator_list):
        made = expressions.value(reader, decorator, scope)
        local = frozenset(each for each in made if isinstance(each, FunctionValue | PartialValue))
        if local:
            wrapped = calling.call_all(reader, local, Arguments((found,)), decorator, scope)
            found = callables(wrapped) or found
        elif any(_may_register(each, in_class=scope.is_class) for each in made):
            reader.escaped[code] = None
    assignment.assign(reader, ast.Name(node.name, ast.Store()), found, scope)


def _may_register(decorator: Value, *, in_class: bool) -> bool:
    """Whether a decorator of a library may keep what it decorates, and call it later: `@app.get("/")`."""
    if not isinstance(decorator, External):
        return isinstance(decorator, Method | Text)
    if decorator.name.startswith("aws_lambda_powertools."):
        return "event_handler" in decorator.name
    if is_known(decorator.name):
        return False
    return not in_class or "()." in decorator.name


def _define_class(reader: Reader, node: ast.ClassDef, scope: Scope) -> None:
    bases = either(expressions.value(reader, each, scope) for each in node.bases)
    mark = (node, id(scope))
    cls = reader.classes.get(mark)
    if cls is None or cls.bases != bases:
        cls = ClassValue(node, Scope(scope.module, outer=scope), bases)
        cls.scope.owner, cls.scope.is_class = cls, True
        reader.classes[mark] = cls
    execute(reader, node.body, cls.scope)
    for above in classes.lines_of(cls, reader)[1:]:
        if isinstance(above, ClassValue):
            for each in above.scope.names.get("__init_subclass__", ()):
                if isinstance(each, FunctionValue):
                    hook = FunctionValue(each.node, each.scope, one(cls), above)
                    calling.run(reader, hook, Arguments(open=True))
    for decorator in node.decorator_list:
        for made in expressions.value(reader, decorator, scope):
            if isinstance(made, FunctionValue | PartialValue):
                calling.call(reader, made, Arguments((one(cls),)), decorator, scope)
            elif _may_register(made, in_class=True):
                reader.escaped[cls] = None
    assignment.assign(reader, ast.Name(node.name, ast.Store()), one(cls), scope)


def _import(reader: Reader, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
    external.noticed(reader, node, scope)
    place = reader.place(node, scope)
    if isinstance(node, ast.Import):
        for alias in node.names:
            reader.run_import(Imported(place, alias.name))
            whole = reader.imported(alias.name)
            top = whole if alias.asname else reader.imported(alias.name.partition(".")[0])
            _name(scope, alias.asname or alias.name.partition(".")[0], top)
        return
    parent = scope.module.parent
    module = absolute(parent, node)
    outside = node.level > (parent.count(".") + 1 if parent else 0)
    for alias in node.names:
        if module in ("sys", "site") and (alias.name == "*" or f"{module}.{alias.name}" in SEARCH_PATHS):
            reader.searching.add(place.file)
        reader.run_import(Imported(place, "" if outside else module, alias.name))
        if alias.name == "*":
            reader.module(module)
        else:
            _name(scope, alias.asname or alias.name, reader.imported(module, alias.name))


def _name(scope: Scope, name: str, values: Values) -> None:
    """Let an import give a name its value; in a branch, it may keep a function or class that it has."""
    kept = callables(scope.names.get(name, EMPTY)) if scope.branches else EMPTY
    scope.names[name] = values | kept


def _entered(reader: Reader, values: Values) -> Values:
    """What `with` gives."""
    found: list[Values] = []
    for each in values:
        if isinstance(each, ListValue):
            found += each.elements
        elif isinstance(each, Instance):
            found.append(calling.method(reader, each, "__enter__", Arguments()) or one(each))
        else:
            found.append(one(each))
    return either(found)


def _hides(handler: ast.ExceptHandler) -> bool:
    """Whether an `except` may catch an import that fails, and does not surely raise an exception again."""
    raises = isinstance(handler.body[-1], ast.Raise)
    if raises and not any(isinstance(node, ast.Return | ast.Break | ast.Continue) for node in own_nodes(handler)):
        return False
    known = [classes.builtin(name) for name in classes.last_names(handler.type)]
    return not known or any(
        each is None or issubclass(ModuleNotFoundError, each) or issubclass(each, ImportError) for each in known
    )


def _truth(test: ast.expr, minor: int | None) -> bool | None:
    """What a condition comes to where Lambda imports the module; None where it depends on more."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _truth(operand, minor)
            return None if inner is None else not inner
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]):
            return False
        case ast.Compare(left=left, ops=[compared], comparators=[ast.Tuple(elts=elements)]):
            numbers = [each.value for each in elements if isinstance(each, ast.Constant) and type(each.value) is int]
            compare = _COMPARED.get(type(compared))
            if compare and minor is not None and _is_version(left) and 0 < len(numbers) == len(elements) < 3:
                # `sys.version_info` has more parts than it is compared with, so the two are never equal
                return compare((3, minor, 0), tuple(numbers))
    return None


def _is_version(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "version_info"
