"""Statements, read in order: what may run, runs; a loop's body runs twice, so that it sees what it leaves."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from policypack.python import assignment, calling, classes, domain, expressions, guards, hidden_failures, records
from policypack.python.domain import EMPTY, UNKNOWN, Scope, Value, Values, either, single
from policypack.python.libraries import external
from policypack.python.libraries.names import is_known
from policypack.python.model import Imported, Shape, Text
from policypack.python.modules import absolute, is_main
from policypack.python.reader import SEARCH_PATHS, Arguments, Reader

REPEATED = 2


def execute(reader: Reader, body: Sequence[ast.stmt], scope: Scope) -> None:
    """Read statements."""
    sure = reader.sure
    ended = False
    for statement in body:
        reader.sure = sure and not (ended or scope.returns or scope.jumps)
        _execute(reader, statement, scope)
        ended = ended or isinstance(statement, ast.Raise | ast.Return | ast.Break | ast.Continue)
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
        case ast.Assign(targets=targets, value=expression):
            value = expressions.value(reader, expression, scope)
            for target in targets:
                assignment.assign(reader, target, value, scope)
        case ast.AnnAssign(target=target, value=expression) if expression is not None:
            value = expressions.value(reader, expression, scope)
            if domain.opaque(value):
                value = external.annotated(reader, statement.annotation, scope) or value
            assignment.assign(reader, target, value, scope)
        case ast.AugAssign(target=target, value=expression):
            old = expressions.value(reader, target, scope)
            new = expressions.added(old, expressions.value(reader, expression, scope))
            with _branch(reader, scope):
                assignment.assign(reader, target, new, scope)
        case ast.Return(value=expression):
            value = expressions.value(reader, expression, scope) if expression else EMPTY
            scope.returned = either((scope.returned, value))
            scope.returns = scope.returns or not reader.sure
        case ast.Break() | ast.Continue():
            scope.jumps = scope.jumps or not reader.sure
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
        case ast.If(test=ast.Compare() as test, body=body, orelse=orelse) if (main := is_main(test)) is not None:
            execute(reader, body if main else orelse, scope)
        case ast.If(test=test, body=body, orelse=orelse):
            expressions.value(reader, test, scope)
            truth = guards.truth(reader, test)
            either_way = truth is None and guards.on_input(reader, test, scope)
            with _branch(reader, scope, surely=either_way or truth is True):
                execute(reader, body, scope)
            with _branch(reader, scope, surely=either_way or truth is False):
                execute(reader, orelse, scope)
            if truth is None:
                _import_shared(reader, statement, scope)
        case (
            ast.For(target=target, iter=source, body=body, orelse=orelse)
            | ast.AsyncFor(target=target, iter=source, body=body, orelse=orelse)
        ):
            values = expressions.value(reader, source, scope)
            assignment.assign(reader, target, expressions.iterated(reader, values, source, scope), scope)
            # an event has one record at least
            runs = reader.in_function or Shape.RECORDS in domain.shapes(values) or expressions.has_elements(values)
            with _loop(reader, scope, surely=runs):
                outer, scope.each_of = scope.each_of, scope.each_of | records.selected(domain.shapes(values))
                for _ in range(REPEATED):
                    execute(reader, body, scope)
                scope.each_of = outer
            with _branch(reader, scope, surely=reader.in_function):
                execute(reader, orelse, scope)
        case ast.While(test=test, body=body, orelse=orelse):
            expressions.value(reader, test, scope)
            truth = guards.truth(reader, test)
            either_way = truth is None and guards.on_input(reader, test, scope)
            with _loop(reader, scope, surely=either_way or truth is True):
                for _ in range(REPEATED):
                    expressions.value(reader, test, scope)
                    execute(reader, body, scope)
            with _branch(reader, scope, surely=either_way):
                execute(reader, orelse, scope)
        case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
            for item in items:
                entered = _entered(reader, expressions.value(reader, item.context_expr, scope))
                if item.optional_vars is not None:
                    assignment.assign(reader, item.optional_vars, entered, scope)
            suppressing = [item.context_expr for item in items if guards.suppresses(reader, item.context_expr)]
            surely = all(hidden_failures.by_suppression(reader, item, body, scope) for item in suppressing)
            with reader.perhaps(surely=surely):
                execute(reader, body, scope)
        case (
            ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody)
            | ast.TryStar(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody)
        ):
            surely = not any(map(guards.catches, handlers)) or hidden_failures.by_try(reader, statement, scope)
            optional = not reader.in_function or guards.is_fallback(statement)
            ends = scope.returns, scope.jumps
            with _branch(reader, scope, surely=surely):
                execute(reader, body, scope)
            if not optional:
                scope.returns, scope.jumps = ends
            with _branch(reader, scope, surely=not optional):
                for handler in handlers:
                    if handler.name:
                        scope.names[handler.name] = UNKNOWN
                    execute(reader, handler.body, scope)
            with _branch(reader, scope, surely=surely):
                execute(reader, orelse, scope)
            execute(reader, finalbody, scope)
            _import_shared(reader, statement, scope)
            if reader.sure:
                reader.imports |= {(reader.frame, last): None for last in _last_resorts(reader, statement, scope)}
        case ast.Match(subject=subject, cases=cases):
            matched = expressions.value(reader, subject, scope)
            either_way, certain = guards.on_input(reader, subject, scope), guards.certain_case(subject, cases)
            for case in cases:
                with _branch(reader, scope, surely=either_way or case is certain):
                    assignment.bind(reader, case.pattern, matched, scope)
                    if case.guard:
                        expressions.value(reader, case.guard, scope)
                    execute(reader, case.body, scope)
            _import_shared(reader, statement, scope)
        case ast.Expr(value=ast.Call() as call):
            reader.dropped.add(call)
            expressions.value(reader, call, scope)
        case _:
            for node in ast.iter_child_nodes(statement):
                if isinstance(node, ast.expr):
                    expressions.value(reader, node, scope)


def _define(reader: Reader, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
    code = domain.FunctionValue(node, scope, None, scope.owner)
    defined: Values = single(code)
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Attribute) and decorator.attr in (
            "setter",
            "deleter",
        ):  # the name stays the getter's
            scope.names[f"{node.name}.{decorator.attr}"] = defined
            return
    for decorator in reversed(node.decorator_list):
        wrappers = expressions.value(reader, decorator, scope)
        local = frozenset(
            function for function in wrappers if isinstance(function, domain.FunctionValue | domain.PartialValue)
        )
        if local:
            wrapped = calling.call_all(reader, local, Arguments((defined,)), decorator, scope)
            defined = domain.callables(wrapped) or defined
        elif any(_may_register(function, in_class=scope.is_class) for function in wrappers):
            reader.escaped[code] = None
    assignment.assign(reader, ast.Name(node.name, ast.Store()), defined, scope)


def _may_register(decorator: Value, *, in_class: bool) -> bool:
    """Whether a decorator of a library may keep what it decorates, and call it later: `@app.get("/")`."""
    if not isinstance(decorator, domain.External):
        return isinstance(decorator, domain.Method | Text)
    if decorator.name.startswith("aws_lambda_powertools."):
        return "event_handler" in decorator.name
    if is_known(decorator.name):
        return False
    return not in_class or "()." in decorator.name


def _define_class(reader: Reader, node: ast.ClassDef, scope: Scope) -> None:
    bases = either(expressions.value(reader, base, scope) for base in node.bases)
    key = (node, id(scope))
    cls = reader.classes.get(key)
    if cls is None or cls.bases != bases:
        cls = domain.ClassValue(node, Scope(scope.module, outer=scope), bases)
        cls.scope.owner, cls.scope.is_class = cls, True
        reader.classes[key] = cls
    execute(reader, node.body, cls.scope)
    for above in classes.mro(cls, reader)[1:]:
        if isinstance(above, domain.ClassValue):
            for hook_value in above.scope.names.get("__init_subclass__", ()):
                if isinstance(hook_value, domain.FunctionValue):
                    hook = domain.FunctionValue(hook_value.node, hook_value.scope, single(cls), above)
                    calling.run(reader, hook, Arguments(open=True))
    for decorator in node.decorator_list:
        for function in expressions.value(reader, decorator, scope):
            if isinstance(function, domain.FunctionValue | domain.PartialValue):
                calling.call(reader, function, Arguments((single(cls),)), decorator, scope)
            elif _may_register(function, in_class=True):
                reader.escaped[cls] = None
    assignment.assign(reader, ast.Name(node.name, ast.Store()), single(cls), scope)


def _import_shared(reader: Reader, statement: ast.If | ast.Match | ast.Try | ast.TryStar, scope: Scope) -> None:
    """Import the packages that a statement needs whichever of its branches runs."""
    for package, node in _packages([statement]).items():
        reader.run_import(Imported(reader.place(node, scope), package))


def _packages(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """The packages that statements import on every way through them, each with its first import."""
    packages: dict[str, ast.stmt] = {}
    for statement in body:
        match statement:
            case ast.Import(names=names):
                imported: dict[str, ast.stmt] = {alias.name.partition(".")[0]: statement for alias in names}
            case ast.ImportFrom(module=str() as module, level=0):
                imported = {module.partition(".")[0]: statement}
            case ast.If(body=then, orelse=otherwise) if otherwise:
                imported = _shared([then, otherwise])
            case ast.Match(cases=cases) if guards.is_irrefutable(cases[-1]):
                imported = _shared([case.body for case in cases])
            case ast.Try(body=tried, handlers=handlers) | ast.TryStar(body=tried, handlers=handlers) if handlers:
                imported = _shared([tried, *(handler.body for handler in handlers)])
            case _:
                continue
        packages = imported | packages
    return packages


def _shared(branches: list[list[ast.stmt]]) -> dict[str, ast.stmt]:
    first, *others = map(_packages, branches)
    return {package: node for package, node in first.items() if all(package in other for other in others)}


def _last_resorts(
    reader: Reader, statement: ast.Try | ast.TryStar, scope: Scope, tried: tuple[tuple[Imported, ...], ...] = ()
) -> Iterator[Imported]:
    """The imports that a `try` makes where those fail that come before them."""
    first = tuple(target for node in statement.body for target in _targets(reader, node, scope))
    caught = next(filter(guards.catches_import, statement.handlers), None)
    for node in caught.body if first and caught and guards.catches(caught) else ():
        if isinstance(node, ast.Try | ast.TryStar):
            yield from _last_resorts(reader, node, scope, (*tried, first))
        elif isinstance(node, ast.If | ast.Return | ast.Raise | ast.Break | ast.Continue):
            return
        else:
            yield from (
                msgspec.structs.replace(target, unless=(*tried, first)) for target in _targets(reader, node, scope)
            )


def _targets(reader: Reader, node: ast.stmt, scope: Scope) -> Iterator[Imported]:
    """What a statement imports."""
    if isinstance(node, ast.Import):
        yield from (Imported(reader.place(node, scope), alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        parent = scope.module.parent
        outside = node.level > (parent.count(".") + 1 if parent else 0)
        module = "" if outside else absolute(parent, node)
        yield from (Imported(reader.place(node, scope), module, alias.name) for alias in node.names)


def _import(reader: Reader, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
    external.note_import(reader, node, scope)
    if isinstance(node, ast.Import):
        for alias, target in zip(node.names, _targets(reader, node, scope), strict=True):
            reader.run_import(target)
            top = alias.name.partition(".")[0]
            _name(scope, alias.asname or top, reader.imported(alias.name if alias.asname else top))
        return
    module = absolute(scope.module.parent, node)
    for alias, target in zip(node.names, _targets(reader, node, scope), strict=True):
        if module in ("sys", "site") and (alias.name == "*" or f"{module}.{alias.name}" in SEARCH_PATHS):
            reader.searching.add(target.place.file)
        reader.run_import(target)
        if alias.name == "*":
            reader.module(module)
        else:
            _name(scope, alias.asname or alias.name, reader.imported(module, alias.name))


def _name(scope: Scope, name: str, values: Values) -> None:
    """Assign an import to a name; inside a branch, the name keeps its functions and classes too."""
    kept = domain.callables(scope.names.get(name, EMPTY)) if scope.branches else EMPTY
    scope.names[name] = values | kept


def _entered(reader: Reader, values: Values) -> Values:
    """The values that `with` assigns."""
    entered: list[Values] = []
    for value in values:
        if isinstance(value, domain.ListValue):
            entered += value.elements
        elif isinstance(value, domain.Instance):
            entered.append(calling.method(reader, value, "__enter__", Arguments()) or single(value))
        else:
            entered.append(single(value))
    return either(entered)
