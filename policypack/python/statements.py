"""Statements, read in order: what may run, runs; a loop's body runs twice, so that it sees what it leaves."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from policypack.python import assignment, calling, classes, expressions
from policypack.python.libraries import external
from policypack.python.libraries.names import is_known
from policypack.python.model import Text
from policypack.python.modules import absolute
from policypack.python.reader import Given, Reader
from policypack.python.values import (
    EMPTY,
    UNKNOWN,
    Class,
    Code,
    External,
    Instance,
    ListValue,
    Method,
    Partial,
    Scope,
    Value,
    Values,
    callables,
    either,
    opaque,
)

REPEATED = 2


def execute(reader: Reader, body: Sequence[ast.stmt], scope: Scope) -> None:
    """Read statements."""
    for each in body:
        _execute(reader, each, scope)


def load(reader: Reader, scope: Scope) -> None:
    """Read a module's own statements."""
    scope.branches = 0
    execute(reader, scope.module.tree.body, scope)


@contextmanager
def _branch(scope: Scope) -> Iterator[None]:
    scope.branches += 1
    yield
    scope.branches -= 1


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
            with _branch(scope):
                assignment.assign(reader, target, new, scope)
        case ast.Return(value=given):
            found = expressions.value(reader, given, scope) if given else EMPTY
            scope.returned = either((scope.returned, found))
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
            with _branch(scope):
                execute(reader, body, scope)
                execute(reader, orelse, scope)
        case (
            ast.For(target=target, iter=source, body=body, orelse=orelse)
            | ast.AsyncFor(target=target, iter=source, body=body, orelse=orelse)
        ):
            each = expressions.iterated(reader, expressions.value(reader, source, scope), source, scope)
            assignment.assign(reader, target, each, scope)
            with _branch(scope):
                for _ in range(REPEATED):
                    execute(reader, body, scope)
                execute(reader, orelse, scope)
        case ast.While(test=test, body=body, orelse=orelse):
            with _branch(scope):
                for _ in range(REPEATED):
                    expressions.value(reader, test, scope)
                    execute(reader, body, scope)
                execute(reader, orelse, scope)
        case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
            for item in items:
                entered = _entered(
                    reader, expressions.value(reader, item.context_expr, scope), item.context_expr, scope
                )
                if item.optional_vars is not None:
                    assignment.assign(reader, item.optional_vars, entered, scope)
            execute(reader, body, scope)
        case (
            ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody)
            | ast.TryStar(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody)
        ):
            with _branch(scope):
                execute(reader, body, scope)
                for handler in handlers:
                    if handler.name:
                        scope.names[handler.name] = UNKNOWN
                    execute(reader, handler.body, scope)
                execute(reader, orelse, scope)
            execute(reader, finalbody, scope)
        case ast.Match(subject=subject, cases=cases):
            matched = expressions.value(reader, subject, scope)
            with _branch(scope):
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
    code = Code(node, scope, None, scope.owner)
    found: Values = frozenset({code})
    for each in node.decorator_list:
        if isinstance(each, ast.Attribute) and each.attr in ("setter", "deleter"):  # the name stays the getter's
            scope.names[f"{node.name}.{each.attr}"] = found
            return
    for decorator in reversed(node.decorator_list):
        made = expressions.value(reader, decorator, scope)
        local = [each for each in made if isinstance(each, Code | Partial)]
        if local:
            wrapped = either(calling.call(reader, each, Given((found,)), decorator, scope) for each in local)
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
        cls = Class(node, Scope(scope.module, outer=scope), bases)
        cls.scope.owner, cls.scope.is_class = cls, True
        reader.classes[mark] = cls
    execute(reader, node.body, cls.scope)
    for above in classes.lines_of(cls, reader)[1:]:
        if isinstance(above, Class):
            for each in above.scope.names.get("__init_subclass__", ()):
                if isinstance(each, Code):
                    hook = Code(each.node, each.scope, frozenset({cls}), above)
                    calling.run(reader, hook, Given(open=True), None, None)
    for decorator in node.decorator_list:
        for made in expressions.value(reader, decorator, scope):
            if isinstance(made, Code | Partial):
                calling.call(reader, made, Given((frozenset({cls}),)), decorator, scope)
            elif _may_register(made, in_class=True):
                reader.escaped[cls] = None
    assignment.assign(reader, ast.Name(node.name, ast.Store()), frozenset({cls}), scope)


def _import(reader: Reader, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
    external.noticed(reader, node, scope)
    if isinstance(node, ast.Import):
        for alias in node.names:
            whole = reader.imported(alias.name)
            top = whole if alias.asname else reader.imported(alias.name.partition(".")[0])
            _name(scope, alias.asname or alias.name.partition(".")[0], top)
        return
    module = absolute(scope.module.parent, node)
    for alias in node.names:
        if alias.name == "*":
            reader.module(module)
        else:
            _name(scope, alias.asname or alias.name, reader.imported(module, alias.name))


def _name(scope: Scope, name: str, values: Values) -> None:
    """Let an import give a name its value; in a branch, it may keep a function or class that it has."""
    kept = callables(scope.names.get(name, EMPTY)) if scope.branches else EMPTY
    scope.names[name] = values | kept


def _entered(reader: Reader, values: Values, node: ast.expr, scope: Scope) -> Values:
    """What `with` gives."""
    found: list[Values] = []
    for each in values:
        if isinstance(each, ListValue):
            found += each.elements
        elif isinstance(each, Instance):
            found.append(calling.method(reader, each, "__enter__", Given(), node, scope) or frozenset({each}))
        else:
            found.append(frozenset({each}))
    return either(found)
