"""Targets of assignments and patterns of `match`: names, attributes, items, and several at once."""

from __future__ import annotations

import ast

from policypack.python import classes, domain, expressions, records
from policypack.python.domain import EMPTY, UNKNOWN, Scope, Value, Values, either, single
from policypack.python.model import UNKNOWN_TEXT
from policypack.python.reader import Reader


def assign(reader: Reader, target: ast.expr, values: Values, scope: Scope) -> None:  # noqa: C901 (one case for each kind of target)
    """Assign values to a target; inside a branch they are added to its earlier ones."""
    match target:
        case ast.Name(id=name):
            where = scope
            if name in scope.globals:
                where = reader.globals.get(scope.module.name, scope)
            elif name in scope.shared:
                where = _holder(name, scope.outer) or scope
            keeps = scope.branches > 0 or where is not scope
            where.names[name] = either((where.names.get(name, EMPTY), values)) if keeps else values
            if where.is_class and where.owner is not None:
                reader.put(where.owner, name, values)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for index, element in enumerate(elements):
                _unpack(reader, element, _at(reader, values, index, len(elements), target, scope), values, scope)
        case ast.Attribute(value=base, attr=name):
            for owner in expressions.value(reader, base, scope):
                _put(reader, owner, name, values)
        case ast.Subscript(value=(ast.Name() | ast.Attribute()) as base, slice=index):
            keys = domain.texts(expressions.value(reader, index, scope)) or [UNKNOWN_TEXT]
            changed = [
                value.merged(domain.DictValue(tuple((key, values) for key in keys)))
                if isinstance(value, domain.DictValue)
                else value
                for value in expressions.value(reader, base, scope)
            ]
            if any(isinstance(value, domain.DictValue) for value in changed):
                change(reader, base, frozenset(changed), scope)
        case ast.Subscript(value=base, slice=index):
            expressions.value(reader, base, scope)
            expressions.value(reader, index, scope)


def _put(reader: Reader, owner: Value, name: str, values: Values) -> None:
    """Add values to an attribute."""
    if isinstance(owner, domain.Instance) and classes.set_by_property(reader, owner, name, values):
        return
    if isinstance(owner, domain.Instance | domain.ClassValue):
        reader.put(owner, name, values)
    elif isinstance(owner, domain.LoadedModule):
        names = owner.scope.names
        names[name] = either((names.get(name, EMPTY), values))


def change(reader: Reader, target: ast.expr, values: Values, scope: Scope) -> None:
    """Assign the new value of an object that a method changed; the name may belong to an outer scope."""
    where = _holder(target.id, scope) if isinstance(target, ast.Name) else None
    if not isinstance(target, ast.Name) or where is None or where is scope:
        assign(reader, target, values, scope)
    else:
        where.names[target.id] = domain.joined_dictionaries(either((where.names[target.id], values)))


def _holder(name: str, scope: Scope | None) -> Scope | None:
    """The scope that a name is found in."""
    where = scope
    while where is not None:
        if name in where.names and (where is scope or not where.is_class):
            return where
        where = where.outer
    return None


def _unpack(reader: Reader, target: ast.expr, element: Values, values: Values, scope: Scope) -> None:
    """Assign an element of values to one of several targets, or a list of elements to a starred one."""
    if not isinstance(target, ast.Starred):
        assign(reader, target, element, scope)
        return
    assign(reader, target.value, domain.list_of(element, records.cut(domain.shapes(values))), scope)


def _at(reader: Reader, values: Values, index: int, count: int, node: ast.expr, scope: Scope) -> Values:
    elements = [
        value.elements[index]
        if isinstance(value, domain.ListValue) and not value.alike and len(value.elements) == count
        else expressions.iterated(reader, single(value), node, scope)
        for value in values
    ]
    return either(elements)


def bind(reader: Reader, pattern: ast.pattern, subject: Values, scope: Scope) -> None:  # noqa: C901, PLR0912 (one case for each kind of pattern)
    """Assign the possible values to the names of a pattern, as if the subject matches it."""
    reader.saw(pattern, subject)
    match pattern:
        case ast.MatchAs(pattern=inner, name=name):
            _let(name, subject, scope)
            if inner:
                bind(reader, inner, subject, scope)
        case ast.MatchMapping(keys=keys, patterns=patterns, rest=rest):
            for key, inner in zip(keys, patterns, strict=True):
                index = expressions.value(reader, key, scope)
                bind(reader, inner, expressions.item(subject, index, key), scope)
            _let(rest, UNKNOWN, scope)
        case ast.MatchSequence(patterns=patterns):
            element = expressions.iterated(reader, subject, ast.copy_location(ast.Constant(None), pattern), scope)
            for inner in patterns:
                if isinstance(inner, ast.MatchStar):
                    _let(inner.name, domain.list_of(element, records.cut(domain.shapes(subject))), scope)
                else:
                    bind(reader, inner, element, scope)
        case ast.MatchOr(patterns=patterns):
            for inner in patterns:
                bind(reader, inner, subject, scope)
        case ast.MatchClass(cls=ast.Name("list" | "tuple" | "dict" | "str"), patterns=[inner]):
            bind(reader, inner, subject, scope)
        case ast.MatchClass(patterns=patterns, kwd_patterns=named):
            for inner in (*patterns, *named):
                bind(reader, inner, UNKNOWN, scope)


def _let(name: str | None, values: Values, scope: Scope) -> None:
    if name is not None:
        scope.names[name] = either((scope.names.get(name, EMPTY), values))
