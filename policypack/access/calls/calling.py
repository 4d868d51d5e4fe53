"""What an attribute may be, and what a call may return: of the package's own functions and classes."""

from __future__ import annotations

import ast

from policypack.access.calls import boto, classes, expressions, libraries, statements
from policypack.access.calls.model import EVENT_TEXT, Text
from policypack.access.calls.reader import Given, Reader
from policypack.access.calls.values import (
    EMPTY,
    EVENT,
    UNKNOWN,
    Class,
    Client,
    Code,
    Collection,
    Foreign,
    Instance,
    Loaded,
    Mapped,
    Method,
    Nothing,
    Paginator,
    Partial,
    Scope,
    Session,
    Several,
    Super,
    Thing,
    Value,
    Values,
    either,
    opaque,
)

DEEPEST = 40
SUPER = "builtins.super"


def called(reader: Reader, node: ast.Call, scope: Scope) -> Values:
    """What a call returns; the arguments are read in any case."""
    callee = _likely(expressions.value(reader, node.func, scope))
    given = arguments(reader, node, scope)
    if len(callee) == 1 and Foreign(SUPER) in callee:
        return classes.above(scope)
    changed = _changed(reader, node, given, scope)
    if changed is not None:
        return changed
    return either(call(reader, each, given, node, scope) for each in callee) if callee else UNKNOWN


def _likely(callee: Values) -> Values:
    """Without what has no such method, and what is not known, where a client surely has it: that is the one meant."""
    methods = [each for each in callee if isinstance(each, Method)]
    if len(methods) < 2:
        return callee
    meant = {each for each in methods if isinstance(each.owner, Client) and boto.offers(each.owner, each.name)}
    other = {each for each in methods if isinstance(each.owner, Client | Text) and each not in meant}
    return callee - other if meant else callee


def arguments(reader: Reader, node: ast.Call, scope: Scope) -> Given:
    """What is given to a call."""
    args: list[Values] = []
    keywords: dict[str, Values] = {}
    unread = False
    for each in node.args:
        found = expressions.value(reader, each.value if isinstance(each, ast.Starred) else each, scope)
        if isinstance(each, ast.Starred):
            fixed = [one for one in found if isinstance(one, Several) and not one.alike]
            if len(fixed) == len(found) == 1:
                args += fixed[0].elements
            else:
                unread = True
        else:
            args.append(found)
    for keyword in node.keywords:
        found = expressions.value(reader, keyword.value, scope)
        if keyword.arg is not None:
            keywords[keyword.arg] = found
            continue
        for one in found:
            if not isinstance(one, Mapped):
                unread = True
                continue
            unread = unread or one.open
            for key, inner in one.items:
                if key.constant is None:
                    unread = True
                else:
                    keywords[key.constant] = either((keywords.get(key.constant, EMPTY), inner))
    return Given(tuple(args), tuple(keywords.items()), unread)


def _changed(reader: Reader, node: ast.Call, given: Given, scope: Scope) -> Values | None:
    """A list or dictionary that a method changes; None where this is none."""
    if not isinstance(node.func, ast.Attribute) or not isinstance(node.func.value, ast.Name | ast.Attribute):
        return None
    held = expressions.value(reader, node.func.value, scope)
    if not held or not all(isinstance(each, Several | Mapped) for each in held):
        return None
    name, first = node.func.attr, given.get("", 0)
    after: list[Value] = []
    for each in held:
        if isinstance(each, Several) and name in ("append", "add", "extend", "insert"):
            more = given.get("", 1) if name == "insert" else first
            more = expressions.iterated(reader, more, node, scope) if name == "extend" else more
            after.append(Several((either((*each.elements, more)),), alike=True))
        elif isinstance(each, Mapped) and name == "update":
            others = [one for one in first if isinstance(one, Mapped)]
            new = each.merged(Mapped(tuple((Text((key,)), value) for key, value in given.keywords), open=given.open))
            for one in others:
                new = new.merged(one)
            after.append(Mapped(new.items, open=new.open or len(others) != len(first)))
        else:
            return None
    expressions.assign(reader, node.func.value, frozenset(after), scope)
    return UNKNOWN


def attribute(reader: Reader, base: Values, name: str, node: ast.expr, scope: Scope) -> Values:
    """What an attribute of a value may be."""
    return either(_attribute(reader, each, name, node, scope) for each in base)


def _attribute(reader: Reader, base: Value, name: str, node: ast.expr, scope: Scope) -> Values:
    match base:
        case Foreign(name=dotted):
            return frozenset({Foreign(f"{dotted}.{name}")})
        case Loaded(module=module):
            found = module.scope.names.get(name) if module.scope else None
            return found or reader.imported(module.name, name)
        case Session() | Client() | Thing() | Collection() | Paginator():
            return boto.attribute(reader, base, name, reader.place(node, scope))
        case Method(owner=Client(), name="meta") if name == "client":
            return frozenset({base.owner})
        case Instance() | Class() | Super():
            return classes.attribute(reader, base, name, node, scope)
        case Text() if base == EVENT_TEXT:
            return frozenset({Method(base, name), base})
        case Nothing():
            return EMPTY
        case _:
            return frozenset({Method(base, name)})


def call(reader: Reader, callee: Value, given: Given, node: ast.expr, scope: Scope) -> Values:
    """What calling a value returns."""
    match callee:
        case Code():
            return run(reader, callee, given, node, scope)
        case Class():
            return classes.made(reader, callee, given, node, scope)
        case Partial(of=of, args=args, keywords=keywords):
            more = Given((*args, *given.args), tuple({**dict(keywords), **dict(given.keywords)}.items()), given.open)
            return either(call(reader, each, more, node, scope) for each in of)
        case Method(owner=Client() | Session() | Thing() | Collection() | Paginator()):
            return boto.called(reader, callee, given, reader.place(node, scope))
        case Method():
            return libraries.method(reader, callee, given, node, scope)
        case Foreign():
            return libraries.called(reader, callee.name, given, node, scope)
        case Instance():
            return method(reader, callee, "__call__", given, node, scope) or UNKNOWN
        case Text() if callee == EVENT_TEXT:
            return EVENT
        case _:
            return UNKNOWN


def method(reader: Reader, owner: Instance, name: str, given: Given, node: ast.expr, scope: Scope) -> Values:
    """What a method of an instance returns; nothing where the package does not define it."""
    found = [each for each in classes.attribute(reader, owner, name, node, scope) if isinstance(each, Code)]
    return either(run(reader, each, given, node, scope) for each in found)


def run(reader: Reader, code: Code, given: Given, node: ast.expr | None, scope: Scope | None) -> Values:
    """Read a function's body for these arguments, once a round."""
    del node, scope
    if code.bound is not None:
        given = Given((code.bound, *given.args), given.keywords, given.open)
    given = reader.context(code.node, given)
    mark = (code.node, code.scope, given)
    if mark in reader.fresh:
        return reader.results.get(mark, EMPTY)
    if reader.depth >= DEEPEST:
        return UNKNOWN
    reader.fresh.add(mark)
    reader.called.add(id(code.node))
    inner = reader.scopes.setdefault(mark, Scope(code.scope.module, outer=code.scope, owner=code.scope.owner))
    inner.returned, inner.branches = EMPTY, 0
    if code.cls is not None:
        inner.owner = code.cls
    _bind(reader, code, given, inner)
    reader.depth += 1
    try:
        if isinstance(code.node, ast.Lambda):
            found = expressions.value(reader, code.node.body, inner)
        else:
            statements.execute(reader, code.node.body, inner)
            found = inner.returned
            if inner.yielded is not None:
                found = frozenset({Several((inner.yielded,), alike=True)})
    finally:
        reader.depth -= 1
    reader.results[mark] = either((reader.results.get(mark, EMPTY), found))
    return reader.results[mark]


def _bind(reader: Reader, code: Code, given: Given, inner: Scope) -> None:
    """Give parameters their values: what is given, else the default, else what the annotation says."""
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
            found = libraries.annotated(reader, each.annotation, code.scope) or found
        inner.names[each.arg] = found or UNKNOWN
    if spec.vararg:
        rest = given.args[len(positional) :]
        inner.names[spec.vararg.arg] = frozenset({Several(rest) if not given.open else Several((UNKNOWN,), alike=True)})
    if spec.kwarg:
        items = tuple((Text((name,)), value) for name, value in keywords.items())
        inner.names[spec.kwarg.arg] = frozenset({Mapped(items, open=given.open)})
