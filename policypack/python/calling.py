"""What an attribute may be, and what a call may return: of the package's own functions and classes."""

from __future__ import annotations

import ast

from policypack.python import assignment, callbacks, classes, expressions, records, statements
from policypack.python.files import CodePlace
from policypack.python.libraries import boto, external
from policypack.python.model import Text, shape_of
from policypack.python.reader import SEARCH_PATHS, Arguments, Reader
from policypack.python.values import (
    EMPTY,
    EVENT,
    UNKNOWN,
    Boto,
    ClassValue,
    Client,
    DictValue,
    External,
    FunctionValue,
    Instance,
    ListValue,
    LoadedModule,
    Method,
    Nothing,
    PartialValue,
    Pending,
    Scope,
    Super,
    Value,
    Values,
    either,
    list_of,
    one,
    opaque,
    shapes,
    text,
    texts,
)

DEEPEST = 40
LONGEST = 12
"""Dots in the name of something that is not in the package."""
SUPER = "builtins.super"
RUNS_COROUTINE = frozenset({"run", "run_until_complete"})


def called(reader: Reader, node: ast.Call, scope: Scope) -> Values:
    """What a call returns; the arguments are read in any case."""
    callee = _likely(expressions.value(reader, node.func, scope))
    if records.called_name(node) in RUNS_COROUTINE:
        reader.waited.update(node.args)
    given = arguments(reader, node, scope)
    if len(callee) == 1 and External(SUPER) in callee:
        return classes.above(scope)
    changed = _changed(reader, node, given, scope)
    if changed is not None:
        return changed
    found = call_all(reader, callee or UNKNOWN, given, node, scope)
    if any(isinstance(each, FunctionValue | ClassValue | PartialValue | Instance) or _waits(each) for each in callee):
        return found
    return _of_records(reader, node, given, found)


def _waits(callee: Value) -> bool:
    return isinstance(callee, Method) and isinstance(callee.owner, Pending)


def _of_records(reader: Reader, node: ast.Call, given: Arguments, found: Values) -> Values:
    """What a library returned, with what it is to the records."""
    held = [shapes(each) for each in given.all]
    base = shapes(reader.seen.get(node.func.value, EMPTY)) if isinstance(node.func, ast.Attribute) else frozenset()
    keys = [each.constant for each in texts(given.args[0])] if given.args else []
    return records.made_of(found, records.called(node, base, records.NONE_OF_THEM.union(*held), keys))


def _likely(callee: Values) -> Values:
    """Without what has no such method, and what is not known, where a client surely has it: that is the one meant."""
    methods = [each for each in callee if isinstance(each, Method)]
    if len(methods) < 2:
        return callee
    meant = {each for each in methods if isinstance(each.owner, Client) and boto.offers(each.owner, each.name)}
    other = {each for each in methods if isinstance(each.owner, Client | Text) and each not in meant}
    return callee - other if meant else callee


def arguments(reader: Reader, node: ast.Call, scope: Scope) -> Arguments:
    """The arguments of a call, with those in `*listed` and `**named`."""
    args: list[Values] = []
    keywords: dict[str, Values] = {}
    unread = False
    for each in node.args:
        if isinstance(each, ast.Starred):
            listed = callbacks.spread(expressions.value(reader, each.value, scope), EMPTY)
            args += listed.args
            unread = unread or listed.open
        else:
            args.append(expressions.value(reader, each, scope))
    for keyword in node.keywords:
        found = expressions.value(reader, keyword.value, scope)
        if keyword.arg is not None:
            keywords[keyword.arg] = found
            continue
        named = callbacks.spread(EMPTY, found)
        unread = unread or named.open
        for name, value in named.keywords:
            keywords[name] = either((keywords.get(name, EMPTY), value))
    return Arguments(tuple(args), tuple(keywords.items()), unread)


def _changed(reader: Reader, node: ast.Call, given: Arguments, scope: Scope) -> Values | None:
    """A list or dictionary that a method changes; None where this is none."""
    if not isinstance(node.func, ast.Attribute) or not isinstance(node.func.value, ast.Name | ast.Attribute):
        return None
    held = expressions.value(reader, node.func.value, scope)
    if not held or not all(isinstance(each, ListValue | DictValue) for each in held):
        return None
    name, first = node.func.attr, given.get("", 0)
    after: list[Value] = []
    for each in held:
        if isinstance(each, ListValue) and name in ("append", "add", "extend", "insert"):
            more = given.get("", 1) if name == "insert" else first
            more = expressions.iterated(reader, more, node, scope) if name == "extend" else more
            after.append(ListValue((either((*each.elements, more)),), alike=True, of=each.of))
        elif isinstance(each, DictValue) and name == "update":
            keywords = DictValue(tuple((Text((key,)), value) for key, value in given.keywords), open=given.open)
            after.append(each.merged(keywords).updated(first))
        else:
            return None
    assignment.change(reader, node.func.value, frozenset(after), scope)
    return UNKNOWN


def attribute(reader: Reader, base: Values, name: str, node: ast.expr, scope: Scope) -> Values:
    """What an attribute of a value may be."""
    with reader.perhaps(surely=len(base) == 1):
        return either(_attribute(reader, each, name, node, scope) for each in base)


def _attribute(  # noqa: C901 (one case for each kind of value)
    reader: Reader, base: Value, name: str, node: ast.expr, scope: Scope
) -> Values:
    match base:
        case External(name=dotted):
            if f"{dotted}.{name}" in SEARCH_PATHS:
                reader.searching.add(scope.module.file)
            return one(External(f"{dotted}.{name}", base.given)) if dotted.count(".") < LONGEST else UNKNOWN
        case LoadedModule(scope=inner):
            return inner.names.get(name) or reader.imported(inner.module.name, name)
        case Boto():
            return boto.attribute(reader, base, name, reader.place(node, scope))
        case Method(owner=Client(), name="meta") if name == "client":
            return one(base.owner)
        case ClassValue(node=ast.ClassDef(name=own)) if name == "__name__":
            return text(own)
        case ClassValue() if name == "__subclasses__":
            return one(Method(base, name))
        case Instance() | ClassValue() | Super():
            return classes.attribute(reader, base, name)
        case Text() if shape := shape_of(base):
            return one(Method(base, name)) | records.attribute(shape, name)
        case Nothing():
            return EMPTY
        case _:
            return one(Method(base, name))


def call_all(reader: Reader, callees: Values, given: Arguments, node: ast.expr, scope: Scope) -> Values:
    """What calling one of several values returns."""
    with reader.perhaps(surely=len(callees) == 1):
        return either(call(reader, each, given, node, scope) for each in callees)


def call(reader: Reader, callee: Value, given: Arguments, node: ast.expr, scope: Scope) -> Values:  # noqa: C901 (one case for each kind of value)
    """What calling a value returns."""
    match callee:
        case FunctionValue():
            lazy = isinstance(callee.node, ast.AsyncFunctionDef) and node not in reader.waited
            with reader.perhaps(surely=not lazy):
                return run(reader, callee, given)
        case ClassValue():
            return classes.made(reader, callee, given, node, scope)
        case PartialValue(of=of, args=args, keywords=keywords):
            more = Arguments(
                (*args, *given.args), tuple({**dict(keywords), **dict(given.keywords)}.items()), given.open
            )
            return call_all(reader, of, more, node, scope)
        case Method(owner=Boto()):
            return boto.called(reader, callee, given, reader.place(node, scope))
        case Method(owner=ClassValue() as cls, name="__subclasses__"):
            return classes.subclasses(reader, cls)
        case Method(owner=Pending(result=result), name=name):
            if name == "add_done_callback":
                return call_all(reader, given.get("fn", 0), Arguments((one(callee.owner),)), node, scope)
            return result if name in ("result", "get") else UNKNOWN
        case Method():
            return external.method(reader, callee, given, node, scope)
        case External(name=name, given=wrapped):
            with reader.perhaps():
                found = call_all(reader, wrapped, given, node, scope)
            return either((external.called(reader, name, given, node, scope), found))
        case Instance():
            return method(reader, callee, "__call__", given) or UNKNOWN
        case Text() if shape_of(callee):
            return EVENT
        case _:
            return callbacks.call_library(reader, records.called_name(node), given, node, scope) or UNKNOWN


def method(reader: Reader, owner: Instance, name: str, given: Arguments) -> Values:
    """What a method of an instance returns; nothing where the package does not define it."""
    return run_all(reader, classes.attribute(reader, owner, name), given)


def run_all(reader: Reader, values: Values, given: Arguments) -> Values:
    """What the functions among values return."""
    functions = [each for each in values if isinstance(each, FunctionValue)]
    with reader.perhaps(surely=len(functions) == 1):
        return either(run(reader, each, given) for each in functions)


def run(reader: Reader, code: FunctionValue, given: Arguments) -> Values:
    """Read a function's body for these arguments, once a round."""
    if not reader.deep:
        return UNKNOWN
    if code.bound is not None:
        given = Arguments((code.bound, *given.args), given.keywords, given.open)
    given = reader.context(code.node, given)
    mark = (code.node, code.scope, given)
    reader.enter(mark)
    if mark in reader.fresh:
        return reader.results.get(mark, EMPTY)
    if reader.depth >= DEEPEST:
        reader.note_unresolved(
            CodePlace(code.scope.module.file, code.node.lineno),
            "begins a function that is called too deep inside others",
        )
        return UNKNOWN
    reader.fresh.add(mark)
    reader.called.setdefault(code.node, code.scope.module)
    inner = reader.scopes.setdefault(mark, Scope(code.scope.module, outer=code.scope, owner=code.scope.owner))
    inner.returned, inner.branches, inner.returns = EMPTY, 0, False
    if code.cls is not None:
        inner.owner = code.cls
    _bind(reader, code, given, inner)
    reader.depth += 1
    with reader.inside(mark):
        if isinstance(code.node, ast.Lambda):
            found = expressions.value(reader, code.node.body, inner)
        else:
            statements.execute(reader, code.node.body, inner)
            found = inner.returned
    if inner.yielded is not None:
        reader.generators.add(mark)
        found = list_of(inner.yielded, inner.yielded_of)
    reader.depth -= 1
    reader.results[mark] = either((reader.results.get(mark, EMPTY), found))
    return reader.results[mark]


def _bind(reader: Reader, code: FunctionValue, given: Arguments, inner: Scope) -> None:
    """Give parameters their values: the argument, else the default, else a value of the annotated type."""
    spec = code.node.args
    positional = [*spec.posonlyargs, *spec.args]
    defaults: dict[str, ast.expr] = dict(
        zip([each.arg for each in positional[len(positional) - len(spec.defaults) :]], spec.defaults, strict=True)
    )
    defaults |= {each.arg: default for each, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if default}
    keywords = dict(given.keywords)
    for index, each in enumerate([*positional, *spec.kwonlyargs]):
        found = (
            given.args[index] if index < len(given.args) and index < len(positional) else keywords.pop(each.arg, EMPTY)
        )
        if not found and each.arg in defaults:
            found = expressions.value(reader, defaults[each.arg], code.scope)
        if opaque(found) and each.annotation is not None:
            found = external.annotated(reader, each.annotation, code.scope) or found
        inner.names[each.arg] = found or UNKNOWN
    if spec.vararg:
        rest = given.args[len(positional) :]
        inner.names[spec.vararg.arg] = one(ListValue(rest) if not given.open else ListValue((UNKNOWN,), alike=True))
    if spec.kwarg:
        items = tuple((Text((name,)), value) for name, value in keywords.items())
        inner.names[spec.kwarg.arg] = one(DictValue(items, open=given.open))
