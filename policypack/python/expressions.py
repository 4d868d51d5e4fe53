"""The possible values of expressions."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from itertools import product

from policypack.python import assignment, callbacks, calling, domain, guards, records
from policypack.python.domain import EMPTY, UNKNOWN, Scope, Values, either, single
from policypack.python.libraries import boto
from policypack.python.model import UNKNOWN_TEXT, Environment, Shape, Shapes, Text, shape_of
from policypack.python.reader import Arguments, Reader

ENVIRON = "os.environ"


def value(reader: Reader, node: ast.expr, scope: Scope) -> Values:
    """The possible values of an expression; the calls in it are noted."""
    reader.step()
    return reader.saw(node, _value(reader, node, scope))


def _value(reader: Reader, node: ast.expr, scope: Scope) -> Values:  # noqa: C901, PLR0912 (one case for each kind of expression)
    match node:
        case ast.Constant(value=str() as constant):
            return domain.text(constant)
        case ast.Constant(value=None):
            return domain.NONE
        case ast.Name(id=name):
            return named(reader, name, scope)
        case ast.Attribute(value=base, attr=name):
            return calling.attribute(reader, value(reader, base, scope), name, node, scope)
        case ast.Call():
            return calling.called(reader, node, scope)
        case ast.JoinedStr(values=parts):
            return concatenated([domain.text(""), *(value(reader, part, scope) for part in parts)])
        case ast.FormattedValue(value=inner):
            result = value(reader, inner, scope)
            return result if node.format_spec is None else UNKNOWN
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return added(value(reader, left, scope), value(reader, right, scope))
        case ast.BinOp(left=left, op=ast.Mod(), right=right):
            return _formatted(reader, left, right, scope)
        case ast.BinOp(left=left, right=right):  # `Path("a") / key`, or numbers
            operand_shapes = domain.shapes(value(reader, left, scope)) | domain.shapes(value(reader, right, scope))
            return records.with_shapes(UNKNOWN, operand_shapes & {Shape.COUNT, *records.MANY})
        case ast.BoolOp(op=operator, values=[operand, *rest]):
            first = value(reader, operand, scope)
            with reader.perhaps(surely=guards.on_input(reader, operand, scope)):
                others = [value(reader, operand, scope) for operand in rest]
            return _or(first, others) if isinstance(operator, ast.Or) else either([first, *others])
        case ast.IfExp(test=test):
            value(reader, test, scope)
            return _chosen(reader, node, scope, on_input=guards.on_input(reader, test, scope))
        case ast.Subscript(value=base, slice=index):
            return _element(reader, value(reader, base, scope), index, scope)
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return _listed(reader, elements, scope)
        case ast.Starred(value=inner):
            return iterated(reader, value(reader, inner, scope), inner, scope)
        case ast.Dict(keys=keys, values=values):
            return _mapped(reader, keys, values, scope)
        case ast.ListComp(generators=loops, elt=element) | ast.SetComp(generators=loops, elt=element):
            _, result, of = _comprehended(reader, loops, [element], scope)
            return domain.list_of(result, of)
        case ast.GeneratorExp(generators=loops, elt=element):
            _, result, of = _comprehended(reader, loops, [element], scope, lazy=True)
            return domain.list_of(result, of)
        case ast.DictComp(generators=loops, key=key, value=inner):
            _, result, of = _comprehended(reader, loops, [key, inner], scope)
            return single(domain.DictValue(((UNKNOWN_TEXT, result),), open=True, of=of))
        case ast.Lambda():
            return single(domain.FunctionValue(node, scope))
        case ast.NamedExpr(target=target, value=inner):
            result = value(reader, inner, scope)
            assignment.assign(reader, target, result, scope)
            return result
        case ast.Await(value=inner):
            return callbacks.awaited(value(reader, inner, scope))
        case ast.Yield(value=inner):
            result = domain.NONE if inner is None else value(reader, inner, scope)
            scope.yielded = either((scope.yielded or EMPTY, result))
            scope.yielded_of |= {Shape.RECORDS} if Shape.RECORD in domain.shapes(result) else scope.each_of
            return UNKNOWN
        case ast.YieldFrom(value=inner):
            source = value(reader, inner, scope)
            scope.yielded_of |= domain.shapes(source) & records.MANY
            result = iterated(reader, source, inner, scope)
            scope.yielded = either((scope.yielded or EMPTY, result))
            return UNKNOWN
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            value(reader, child, scope)
    return UNKNOWN


def named(reader: Reader, name: str, scope: Scope) -> Values:
    """The possible values of a name."""
    where: Scope | None = scope
    while where is not None:
        if (
            (where is scope or not where.is_class)
            and name in where.names
            and not (name in scope.globals and where is scope)
        ):
            return where.names[name]
        where = where.outer
    result = either(reader.imported(star, name) for star in scope.module.stars)
    return result or single(domain.External(f"builtins.{name}"))


def iterated(reader: Reader, values: Values, node: ast.expr, scope: Scope) -> Values:
    """The elements of values."""
    elements: list[Values] = []
    for item in domain.without_methods(values):
        if isinstance(item, domain.ListValue):
            elements += item.elements
        elif isinstance(item, domain.Collection):
            elements.append(boto.listed(reader, item, Arguments(), reader.place(node, scope)))
        elif isinstance(item, domain.Instance):
            got = reader.saw(node, calling.method(reader, item, "__iter__", Arguments()))
            elements.append(iterated(reader, got, node, scope) if got else UNKNOWN)
        elif isinstance(item, domain.DictValue):
            elements.append(frozenset(key for key, _ in item.items) or UNKNOWN)
        elif isinstance(item, domain.FunctionValue | domain.ClassValue):  # of a list that was cut off
            elements.append(single(item))
        else:
            shape = shape_of(item)
            elements.append(records.element(shape) if shape else UNKNOWN)
    return either(elements)


def has_elements(values: Values) -> bool:
    """Whether a loop over values runs at least once."""
    return bool(values) and all(
        isinstance(value, domain.ListValue) and not value.alike and value.elements for value in values
    )


def item(base: Values, index: Values, node: ast.expr) -> Values:
    """What is at an index."""
    items: list[Values] = []
    position = node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None
    for container in base:
        if isinstance(container, domain.External) and container.name == ENVIRON:
            items += [variable(key) for key in domain.texts(index)]
        elif isinstance(container, domain.DictValue):
            items += [
                container.any() if key.constant is None else container.item(key.constant) for key in domain.texts(index)
            ]
        elif isinstance(
            container, domain.FunctionValue | domain.ClassValue
        ):  # of a dictionary that was cut off, or `Kind[int]`
            items.append(single(container))
        elif isinstance(container, domain.ListValue) and isinstance(node, ast.Slice):
            items.append(domain.list_of(either(container.elements), records.sliced(container.of, node)))
        elif isinstance(container, domain.ListValue):
            fits = (
                position is not None
                and not container.alike
                and -len(container.elements) <= position < len(container.elements)
            )
            items += [container.elements[position]] if fits and position is not None else container.elements
        else:
            items.append(UNKNOWN if not shape_of(container) or isinstance(node, ast.Slice) else domain.EVENT)
    return _item_of(base, index, node, either(items))


def _item_of(base: Values, index: Values, node: ast.expr, result: Values) -> Values:
    """The same as `found`, with what it is to the records."""
    base_shapes = domain.shapes(base)
    if not base_shapes:
        return result
    keys = [key.constant for key in domain.texts(index)]
    own_shapes = frozenset(shape for container in base if (shape := shape_of(container)))
    if isinstance(node, ast.Slice):
        return records.with_shapes(result, records.sliced(base_shapes, node))
    return records.with_shapes(result, records.item(own_shapes, keys, domain.shapes(index))) if own_shapes else result


def variable(name: Text, default: Values = EMPTY) -> Values:
    """A variable of the environment."""
    if name.constant is None:
        return UNKNOWN
    fixed = [option.constant for option in domain.texts(default)]
    known = fixed[0] if len(fixed) == 1 else None
    return single(Text((Environment(name.constant, known),)))


def concatenated(parts: Iterable[Values]) -> Values:
    """Texts one after the other."""
    result = domain.text("")
    for part in parts:
        result = added(result, part)
    return result


def added(left: Values, right: Values) -> Values:
    """Two texts, or two lists, one after the other."""
    many = (domain.shapes(left) | domain.shapes(right)) & records.MANY
    lists = [operand for operand in (*left, *right) if isinstance(operand, domain.ListValue)]
    if lists:
        elements = [*(element for operand in lists for element in operand.elements), *map(records.element, many)]
        return domain.list_of(either(elements), many)
    if operand_shapes := many | ((domain.shapes(left) | domain.shapes(right)) & {Shape.COUNT}):
        return records.with_shapes(UNKNOWN, operand_shapes)
    pairs = list(product(domain.texts(left) or [UNKNOWN_TEXT], domain.texts(right) or [UNKNOWN_TEXT]))
    if len(pairs) > domain.MOST:
        return UNKNOWN
    return frozenset(first + second for first, second in pairs)


def _or(first: Values, rest: list[Values]) -> Values:
    """`os.environ.get("NAME") or "default"`."""
    if len(first) == 1 and len(rest) == 1:
        (only,) = first
        if isinstance(only, Text) and len(only.parts) == 1:
            (part,) = only.parts
            if isinstance(part, Environment) and part.default is None:
                return variable(Text((part.name,)), rest[0])
    return either([first - domain.NONE, *rest])


def _formatted(reader: Reader, left: ast.expr, right: ast.expr, scope: Scope) -> Values:
    """`"%s/%s" % (one, other)`."""
    patterns = domain.texts(value(reader, left, scope))
    operands = value(reader, right, scope)
    results = []
    for pattern in patterns:
        if pattern.constant is None:
            return UNKNOWN
        pieces = pattern.constant.replace("%d", "%s").split("%s")
        arguments: list[Values] = []
        for operand in operands:
            arguments = (
                list(operand.elements) if isinstance(operand, domain.ListValue) and not operand.alike else [operands]
            )
        if "%" in "".join(pieces) or len(arguments) != len(pieces) - 1:
            return UNKNOWN
        parts = [domain.text(pieces[0])]
        for argument, piece in zip(arguments, pieces[1:], strict=True):
            parts += [argument, domain.text(piece)]
        results.append(concatenated(parts))
    return either(results) or UNKNOWN


def _mapped(reader: Reader, keys: list[ast.expr | None], values: list[ast.expr], scope: Scope) -> Values:
    result = domain.DictValue(())
    for key, expression in zip(keys, values, strict=True):
        item_value = value(reader, expression, scope)
        if key is None:
            result = result.updated(item_value)
        else:
            result = result.merged(
                domain.DictValue(tuple((name, item_value) for name in domain.texts(value(reader, key, scope))))
            )
    return single(result)


def _chosen(reader: Reader, node: ast.IfExp, scope: Scope, *, on_input: bool) -> Values:
    with reader.perhaps(surely=on_input):
        result = either((value(reader, node.body, scope), value(reader, node.orelse, scope)))
    if not on_input:
        reader.by_environment |= result
    return result


def _element(reader: Reader, base: Values, index: ast.expr, scope: Scope) -> Values:
    key = value(reader, index, scope)
    result = item(base, key, index)
    if any(isinstance(part, Environment) for text in key if isinstance(text, Text) for part in text.parts):
        reader.by_environment |= result
    return result


def _listed(reader: Reader, elements: list[ast.expr], scope: Scope) -> Values:
    alike = any(isinstance(element, ast.Starred) for element in elements)
    items = tuple(value(reader, element, scope) for element in elements)
    if not alike and len(elements) <= domain.MOST:
        return single(domain.ListValue(items))
    starred = (reader.seen.get(element.value, EMPTY) for element in elements if isinstance(element, ast.Starred))
    of = records.NONE_OF_THEM.union(*(domain.shapes(iterable) for iterable in starred)) & records.MANY
    return domain.list_of(either(items), of)


def _comprehended(
    reader: Reader, loops: list[ast.comprehension], elements: list[ast.expr], scope: Scope, *, lazy: bool = False
) -> tuple[Values, Values, Shapes]:
    """What the first and the last element of a comprehension may be, and the records that there is one for each of."""
    of = records.NONE_OF_THEM
    surely = reader.in_function or not lazy
    for loop in loops:
        with reader.perhaps(surely=surely):
            source = value(reader, loop.iter, scope)
        of |= domain.shapes(source)
        surely = surely and (reader.in_function or (not loop.ifs and has_elements(source)))
        with reader.perhaps(surely=surely):
            assignment.assign(reader, loop.target, iterated(reader, source, loop.iter, scope), scope)
            for condition in loop.ifs:
                value(reader, condition, scope)
    with reader.perhaps(surely=surely):
        results = [value(reader, element, scope) for element in elements]
    return results[0], results[-1], records.comprehended(of, elements, loops, lazy=lazy)
