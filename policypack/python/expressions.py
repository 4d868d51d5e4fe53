"""What an expression may stand for."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from itertools import product

from policypack.python import assignment, callbacks, calling, records
from policypack.python.libraries import boto
from policypack.python.model import UNKNOWN_TEXT, Environment, Shape, Shapes, Text, shape_of
from policypack.python.reader import Arguments, Reader
from policypack.python.values import (
    EMPTY,
    EVENT,
    MOST,
    NONE,
    UNKNOWN,
    ClassValue,
    Collection,
    DictValue,
    External,
    FunctionValue,
    Instance,
    ListValue,
    Scope,
    Values,
    either,
    list_of,
    one,
    shapes,
    text,
    texts,
)

ENVIRON = "os.environ"


def value(reader: Reader, node: ast.expr, scope: Scope) -> Values:
    """What an expression may stand for; the calls in it are noted."""
    reader.step()
    return reader.saw(node, _value(reader, node, scope))


def _value(reader: Reader, node: ast.expr, scope: Scope) -> Values:  # noqa: C901, PLR0912 (one case for each kind of expression)
    match node:
        case ast.Constant(value=str() as constant):
            return text(constant)
        case ast.Constant(value=None):
            return NONE
        case ast.Name(id=name):
            return named(reader, name, scope)
        case ast.Attribute(value=base, attr=name):
            return calling.attribute(reader, value(reader, base, scope), name, node, scope)
        case ast.Call():
            return calling.called(reader, node, scope)
        case ast.JoinedStr(values=parts):
            return concatenated([text(""), *(value(reader, each, scope) for each in parts)])
        case ast.FormattedValue(value=inner):
            found = value(reader, inner, scope)
            return found if node.format_spec is None else UNKNOWN
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return added(value(reader, left, scope), value(reader, right, scope))
        case ast.BinOp(left=left, op=ast.Mod(), right=right):
            return _formatted(reader, left, right, scope)
        case ast.BinOp(left=left, right=right):  # `Path("a") / key`, or numbers
            held = shapes(value(reader, left, scope)) | shapes(value(reader, right, scope))
            return records.made_of(UNKNOWN, held & {Shape.COUNT, *records.MANY})
        case ast.BoolOp(op=operator, values=[operand, *rest]):
            first = value(reader, operand, scope)
            with reader.perhaps():
                others = [value(reader, each, scope) for each in rest]
            return _or(first, others) if isinstance(operator, ast.Or) else either([first, *others])
        case ast.IfExp(test=test, body=body, orelse=orelse):
            value(reader, test, scope)
            with reader.perhaps():
                return either((value(reader, body, scope), value(reader, orelse, scope)))
        case ast.Subscript(value=base, slice=index):
            return item(value(reader, base, scope), value(reader, index, scope), index)
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return _listed(reader, elements, scope)
        case ast.Starred(value=inner):
            return iterated(reader, value(reader, inner, scope), inner, scope)
        case ast.Dict(keys=keys, values=values):
            return _mapped(reader, keys, values, scope)
        case ast.ListComp(generators=loops, elt=element) | ast.SetComp(generators=loops, elt=element):
            _, found, of = _comprehended(reader, loops, [element], scope)
            return list_of(found, of)
        case ast.GeneratorExp(generators=loops, elt=element):
            _, found, of = _comprehended(reader, loops, [element], scope, lazy=True)
            return list_of(found, of)
        case ast.DictComp(generators=loops, key=key, value=inner):
            _, found, of = _comprehended(reader, loops, [key, inner], scope)
            return one(DictValue(((UNKNOWN_TEXT, found),), open=True, of=of))
        case ast.Lambda():
            return one(FunctionValue(node, scope))
        case ast.NamedExpr(target=target, value=inner):
            found = value(reader, inner, scope)
            assignment.assign(reader, target, found, scope)
            return found
        case ast.Await(value=inner):
            reader.waited.add(inner)
            return callbacks.awaited(value(reader, inner, scope))
        case ast.Yield(value=inner):
            found = NONE if inner is None else value(reader, inner, scope)
            scope.yielded = either((scope.yielded or EMPTY, found))
            if Shape.RECORD in shapes(found):
                scope.yielded_of |= {Shape.RECORDS}
            return UNKNOWN
        case ast.YieldFrom(value=inner):
            source = value(reader, inner, scope)
            scope.yielded_of |= shapes(source) & records.MANY
            found = iterated(reader, source, inner, scope)
            scope.yielded = either((scope.yielded or EMPTY, found))
            return UNKNOWN
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.expr):
            value(reader, each, scope)
    return UNKNOWN


def named(reader: Reader, name: str, scope: Scope) -> Values:
    """What a name may stand for."""
    where: Scope | None = scope
    while where is not None:
        if (
            (where is scope or not where.is_class)
            and name in where.names
            and not (name in scope.globals and where is scope)
        ):
            return where.names[name]
        where = where.outer
    found = either(reader.imported(star, name) for star in scope.module.stars)
    return found or one(External(f"builtins.{name}"))


def iterated(reader: Reader, values: Values, node: ast.expr, scope: Scope) -> Values:
    """What going through values gives."""
    found: list[Values] = []
    for each in values:
        if isinstance(each, ListValue):
            found += each.elements
        elif isinstance(each, Collection):
            found.append(boto.listed(reader, each, Arguments(), reader.place(node, scope)))
        elif isinstance(each, Instance):
            got = calling.method(reader, each, "__iter__", Arguments())
            found.append(iterated(reader, got, node, scope) if got else UNKNOWN)
        elif isinstance(each, DictValue):
            found.append(frozenset(key for key, _ in each.items) or UNKNOWN)
        elif isinstance(each, FunctionValue | ClassValue):  # of a list that was cut off
            found.append(one(each))
        else:
            shape = shape_of(each)
            found.append(records.element(shape) if shape else UNKNOWN)
    return either(found)


def item(base: Values, index: Values, node: ast.expr) -> Values:
    """What is at an index."""
    found: list[Values] = []
    position = node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None
    for each in base:
        if isinstance(each, External) and each.name == ENVIRON:
            found += [variable(key) for key in texts(index)]
        elif isinstance(each, DictValue):
            found += [each.any() if key.constant is None else each.item(key.constant) for key in texts(index)]
        elif isinstance(each, FunctionValue | ClassValue):  # of a dictionary that was cut off, or `Kind[int]`
            found.append(one(each))
        elif isinstance(each, ListValue) and isinstance(node, ast.Slice):
            some = frozenset({Shape.SOME}) if each.of & records.MANY else records.NONE_OF_THEM
            found.append(list_of(either(each.elements), some))
        elif isinstance(each, ListValue):
            fits = position is not None and not each.alike and -len(each.elements) <= position < len(each.elements)
            found += [each.elements[position]] if fits and position is not None else each.elements
        else:
            found.append(UNKNOWN if not shape_of(each) or isinstance(node, ast.Slice) else EVENT)
    return _item_of(base, index, node, either(found))


def _item_of(base: Values, index: Values, node: ast.expr, found: Values) -> Values:
    """The same as `found`, with what it is to the records."""
    held = shapes(base)
    if not held:
        return found
    keys = [each.constant for each in texts(index)]
    whole = frozenset(shape for each in base if (shape := shape_of(each)))
    if isinstance(node, ast.Slice):
        return records.made_of(found, records.item(held, keys, sliced=True))
    return records.made_of(found, records.item(whole, keys)) if whole else found


def variable(name: Text, default: Values = EMPTY) -> Values:
    """A variable of the environment."""
    if name.constant is None:
        return UNKNOWN
    fixed = [each.constant for each in texts(default)]
    known = fixed[0] if len(fixed) == 1 else None
    return one(Text((Environment(name.constant, known),)))


def concatenated(parts: Iterable[Values]) -> Values:
    """Texts one after the other."""
    found = text("")
    for each in parts:
        found = added(found, each)
    return found


def added(left: Values, right: Values) -> Values:
    """Two texts, or two lists, one after the other."""
    many = (shapes(left) | shapes(right)) & records.MANY
    lists = [each for each in (*left, *right) if isinstance(each, ListValue)]
    if lists:
        elements = [*(element for each in lists for element in each.elements), *map(records.element, many)]
        return list_of(either(elements), many)
    if held := many | ((shapes(left) | shapes(right)) & {Shape.COUNT}):
        return records.made_of(UNKNOWN, held)
    pairs = list(product(texts(left) or [UNKNOWN_TEXT], texts(right) or [UNKNOWN_TEXT]))
    if len(pairs) > MOST:
        return UNKNOWN
    return frozenset(one + other for one, other in pairs)


def _or(first: Values, rest: list[Values]) -> Values:
    """`os.environ.get("NAME") or "default"`."""
    if len(first) == 1 and len(rest) == 1:
        (one,) = first
        if isinstance(one, Text) and len(one.parts) == 1:
            (part,) = one.parts
            if isinstance(part, Environment) and part.default is None:
                return variable(Text((part.name,)), rest[0])
    return either([first, *rest])


def _formatted(reader: Reader, left: ast.expr, right: ast.expr, scope: Scope) -> Values:
    """`"%s/%s" % (one, other)`."""
    patterns = texts(value(reader, left, scope))
    operands = value(reader, right, scope)
    found = []
    for each in patterns:
        if each.constant is None:
            return UNKNOWN
        pieces = each.constant.replace("%d", "%s").split("%s")
        given: list[Values] = []
        for operand in operands:
            given = list(operand.elements) if isinstance(operand, ListValue) and not operand.alike else [operands]
        if "%" in "".join(pieces) or len(given) != len(pieces) - 1:
            return UNKNOWN
        parts = [text(pieces[0])]
        for argument, piece in zip(given, pieces[1:], strict=True):
            parts += [argument, text(piece)]
        found.append(concatenated(parts))
    return either(found) or UNKNOWN


def _mapped(reader: Reader, keys: list[ast.expr | None], values: list[ast.expr], scope: Scope) -> Values:
    found = DictValue(())
    for key, each in zip(keys, values, strict=True):
        given = value(reader, each, scope)
        if key is None:
            found = found.updated(given)
        else:
            found = found.merged(DictValue(tuple((one, given) for one in texts(value(reader, key, scope)))))
    return one(found)


def _listed(reader: Reader, elements: list[ast.expr], scope: Scope) -> Values:
    alike = any(isinstance(each, ast.Starred) for each in elements)
    found = tuple(value(reader, each, scope) for each in elements)
    if not alike and len(elements) <= MOST:
        return one(ListValue(found))
    starred = (reader.seen.get(each.value, EMPTY) for each in elements if isinstance(each, ast.Starred))
    of = records.NONE_OF_THEM.union(*(shapes(each) for each in starred)) & records.MANY
    return list_of(either(found), of)


def _comprehended(
    reader: Reader, loops: list[ast.comprehension], elements: list[ast.expr], scope: Scope, *, lazy: bool = False
) -> tuple[Values, Values, Shapes]:
    """What the first and the last element of a comprehension may be, and the records that there is one for each of."""
    of = records.NONE_OF_THEM
    surely = not lazy
    for loop in loops:
        with reader.perhaps(surely=surely):
            source = value(reader, loop.iter, scope)
        of |= shapes(source)
        surely = surely and not loop.ifs and Shape.RECORDS in shapes(source)
        with reader.perhaps(surely=surely):
            assignment.assign(reader, loop.target, iterated(reader, source, loop.iter, scope), scope)
            for condition in loop.ifs:
                value(reader, condition, scope)
    with reader.perhaps(surely=surely):
        found = [value(reader, each, scope) for each in elements]
    return found[0], found[-1], records.comprehended(of, elements, loops, lazy=lazy)
