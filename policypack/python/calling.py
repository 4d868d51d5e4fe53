"""What an attribute may be, and what a call may return: of the package's own functions and classes."""

from __future__ import annotations

import ast

from policypack.python import assignment, callbacks, classes, domain, expressions, records, statements
from policypack.python.domain import EMPTY, UNKNOWN, Scope, Value, Values, either, single
from policypack.python.files import CodePlace
from policypack.python.libraries import boto, external
from policypack.python.model import OWN_REGION, Shape, Text, event_text, shape_of
from policypack.python.reader import SEARCH_PATHS, Arguments, Reader
from policypack.python.spellings import chunks

DEEPEST = 40
LONGEST = 12
"""Dots in the name of something that is not in the package."""
SUPER = "builtins.super"


def called(reader: Reader, node: ast.Call, scope: Scope) -> Values:
    """What a call returns; the arguments are read in any case."""
    callee = _likely(expressions.value(reader, node.func, scope))
    collects = any(keyword.arg == "return_exceptions" for keyword in node.keywords)
    with reader.perhaps(surely=not collects):
        arguments = arguments_of(reader, node, scope)
    if len(callee) == 1 and domain.External(SUPER) in callee:
        return classes.above(scope)
    if (groups := _chunked(reader, callee, node, scope)) is not None:
        return groups
    changed = _changed(reader, node, arguments, scope)
    if changed is not None:
        return changed
    result = call_all(reader, callee or UNKNOWN, arguments, node, scope)
    if any(
        isinstance(value, domain.FunctionValue | domain.ClassValue | domain.PartialValue | domain.Instance)
        or _waits(value)
        for value in callee
    ):
        return result
    return _of_records(reader, node, arguments, result)


def _chunked(reader: Reader, callee: Values, node: ast.Call, scope: Scope) -> Values | None:
    """The lists of records that a function of the package returns, which does nothing but make chunks; None of others."""
    code = next(iter(callee)) if len(callee) == 1 else None
    if not isinstance(code, domain.FunctionValue):
        return None
    if code.bound and any(getattr(owner, "cls", None) != code.cls for owner in code.bound):
        return None  # a class below may have another size
    bound = code.cls.node if code.bound and code.cls else None
    made = chunks.chunked_by(code.node, node, (scope.module.tree, code.scope.module.tree), bound=bound)
    if made is None or made[1] <= records.TUPLE or domain.shapes(reader.seen.get(made[0], EMPTY)) != {Shape.RECORDS}:
        return None
    return single(event_text(Shape.GROUPS))


def _waits(callee: Value) -> bool:
    return isinstance(callee, domain.Method) and isinstance(callee.owner, domain.Pending)


def _of_records(reader: Reader, node: ast.Call, arguments: Arguments, result: Values) -> Values:
    """What a library returned, with what it is to the records."""
    owner = reader.seen.get(node.func.value, EMPTY) if isinstance(node.func, ast.Attribute) else EMPTY
    grouped = arguments.args[0] if records.called_name(node) == "groupby" and arguments.args else owner
    listed = records.grouped(node, grouped) or records.indexes(node, arguments.all)
    if listed is not None:
        return listed
    turns = [source for argument in node.args if (source := records.in_turns(argument))]
    given_shapes = [
        domain.shapes(values) for values in (*arguments.all, *(reader.seen.get(source, EMPTY) for source in turns))
    ]
    keys = [key.constant for key in domain.texts(arguments.args[0])] if arguments.args else []
    return records.with_shapes(
        result, records.called(node, domain.shapes(owner), records.NONE_OF_THEM.union(*given_shapes), keys)
    )


def _likely(callee: Values) -> Values:
    """The callees without unknown values and clients that lack the method, if some client has it."""
    methods = [value for value in callee if isinstance(value, domain.Method)]
    if len(methods) < 2:
        return callee
    offered = {
        method
        for method in methods
        if isinstance(method.owner, domain.Client) and boto.offers(method.owner, method.name)
    }
    other = {method for method in methods if isinstance(method.owner, domain.Client | Text) and method not in offered}
    return callee - other if offered else callee


def arguments_of(reader: Reader, node: ast.Call, scope: Scope) -> Arguments:
    """The arguments of a call, with those in `*listed` and `**named`."""
    args: list[Values] = []
    keywords: dict[str, Values] = {}
    unread = False
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            listed = callbacks.spread(expressions.value(reader, argument.value, scope), EMPTY)
            args += listed.args
            unread = unread or listed.open
        else:
            args.append(expressions.value(reader, argument, scope))
    for keyword in node.keywords:
        value = expressions.value(reader, keyword.value, scope)
        if keyword.arg is not None:
            keywords[keyword.arg] = value
            continue
        named = callbacks.spread(EMPTY, value)
        unread = unread or named.open
        for name, named_value in named.keywords:
            keywords[name] = either((keywords.get(name, EMPTY), named_value))
    return Arguments(tuple(args), tuple(keywords.items()), unread)


def _changed(reader: Reader, node: ast.Call, arguments: Arguments, scope: Scope) -> Values | None:
    """The result of a method that changes a list or dictionary; None for other calls."""
    if not isinstance(node.func, ast.Attribute) or not isinstance(node.func.value, ast.Name | ast.Attribute):
        return None
    receivers = expressions.value(reader, node.func.value, scope)
    if not receivers or not all(isinstance(receiver, domain.ListValue | domain.DictValue) for receiver in receivers):
        return None
    name, first = node.func.attr, arguments.get("", 0)
    after: list[Value] = []
    for receiver in receivers:
        if isinstance(receiver, domain.ListValue) and name in ("append", "add", "extend", "insert"):
            added = arguments.get("", 1) if name == "insert" else first
            added = expressions.iterated(reader, added, node, scope) if name == "extend" else added
            after.append(domain.ListValue((either((*receiver.elements, added)),), alike=True, of=receiver.of))
        elif isinstance(receiver, domain.DictValue) and name == "update":
            keywords = domain.DictValue(
                tuple((Text((key,)), value) for key, value in arguments.keywords), open=arguments.open
            )
            after.append(receiver.merged(keywords).updated(first))
        else:
            return None
    assignment.change(reader, node.func.value, frozenset(after), scope)
    return UNKNOWN


def attribute(reader: Reader, base: Values, name: str, node: ast.expr, scope: Scope) -> Values:
    """What an attribute of a value may be."""
    with reader.perhaps(surely=len(base) == 1):
        return either(_attribute(reader, value, name, node, scope) for value in base)


def _attribute(  # noqa: C901 (one case for each kind of value)
    reader: Reader, base: Value, name: str, node: ast.expr, scope: Scope
) -> Values:
    match base:
        case domain.External(name=dotted):
            if f"{dotted}.{name}" in SEARCH_PATHS:
                reader.searching.add(scope.module.file)
            return (
                single(domain.External(f"{dotted}.{name}", base.callbacks)) if dotted.count(".") < LONGEST else UNKNOWN
            )
        case domain.LoadedModule(scope=inner):
            return inner.names.get(name) or reader.imported(inner.module.name, name)
        case domain.BotoSession(region=region) | domain.Method(owner=domain.Client(region=region), name="meta") if (
            name == "region_name"
        ):
            return single(region or OWN_REGION)
        case domain.Boto():
            return boto.attribute(reader, base, name, reader.place(node, scope))
        case domain.Method(owner=domain.Client(), name="meta") if name == "client":
            return single(base.owner)
        case domain.ClassValue(node=ast.ClassDef(name=own)) if name == "__name__":
            return domain.text(own)
        case domain.ClassValue() if name == "__subclasses__":
            return single(domain.Method(base, name))
        case domain.Instance() | domain.ClassValue() | domain.Super():
            return classes.attribute(reader, base, name)
        case Text() if shape := shape_of(base):
            return single(domain.Method(base, name)) | records.attribute(shape, name)
        case domain.Nothing():
            return EMPTY
        case _:
            return single(domain.Method(base, name))


def call_all(reader: Reader, callees: Values, arguments: Arguments, node: ast.expr, scope: Scope) -> Values:
    """What calling one of several values returns."""
    owners = {
        owner
        for callee in callees
        for owner in ((isinstance(callee, domain.FunctionValue) and callee.bound) or (callee,))
    }
    by_input = reader.in_function and owners.isdisjoint(reader.by_environment)
    with reader.perhaps(surely=len(callees) == 1 or by_input):
        return either(call(reader, callee, arguments, node, scope) for callee in callees)


def call(reader: Reader, callee: Value, arguments: Arguments, node: ast.expr, scope: Scope) -> Values:  # noqa: C901 (one case for each kind of value)
    """What calling a value returns."""
    match callee:
        case domain.FunctionValue():
            with reader.perhaps(surely=not (node in reader.dropped and records.is_lazy(callee.node))):
                return run(reader, callee, arguments)
        case domain.ClassValue():
            return classes.instantiate(reader, callee, arguments, node, scope)
        case domain.PartialValue(of=of, args=args, keywords=keywords):
            combined = Arguments(
                (*args, *arguments.args), tuple({**dict(keywords), **dict(arguments.keywords)}.items()), arguments.open
            )
            return call_all(reader, of, combined, node, scope)
        case domain.Method(owner=domain.Boto()):
            return boto.called(reader, callee, arguments, reader.place(node, scope))
        case domain.Method(owner=domain.ClassValue() as cls, name="__subclasses__"):
            return classes.subclasses(reader, cls)
        case domain.Method(owner=domain.Pending(result=result), name=name):
            if name == "add_done_callback":
                return call_all(reader, arguments.get("fn", 0), Arguments((single(callee.owner),)), node, scope)
            return result if name in ("result", "get") else UNKNOWN
        case domain.Method():
            return external.method(reader, callee, arguments, node, scope)
        case domain.External(name=name, callbacks=wrapped):
            with reader.perhaps(surely=reader.in_function):
                result = call_all(reader, wrapped, arguments, node, scope)
            return either((external.called(reader, name, arguments, node, scope), result))
        case domain.Instance():
            return method(reader, callee, "__call__", arguments) or UNKNOWN
        case Text() if shape_of(callee):
            return domain.EVENT
        case _:
            return callbacks.call_library(reader, records.called_name(node), arguments, node, scope) or UNKNOWN


def functions(reader: Reader, callees: Values) -> frozenset[domain.FunctionNode]:
    """The functions of the package whose result is that of a call: what a `partial` is of, the `__call__` of an instance."""
    found: set[domain.FunctionNode] = set()
    waiting, seen = [*callees], set(callees)
    while waiting:
        further: Values = EMPTY
        match waiting.pop():
            case domain.FunctionValue(node=node):
                found.add(node)
            case domain.PartialValue(of=of):
                further = of
            case domain.Instance() as instance:
                further = classes.attribute(reader, instance, "__call__")
        waiting += further - seen
        seen |= further
    return frozenset(found)


def method(reader: Reader, owner: domain.Instance, name: str, arguments: Arguments) -> Values:
    """The result of a method of an instance; the empty set if the package does not define it."""
    return run_all(reader, classes.attribute(reader, owner, name), arguments)


def run_all(reader: Reader, values: Values, arguments: Arguments) -> Values:
    """What the functions among values return."""
    functions = [value for value in values if isinstance(value, domain.FunctionValue)]
    with reader.perhaps(surely=len(functions) == 1):
        return either(run(reader, function, arguments) for function in functions)


def run(reader: Reader, code: domain.FunctionValue, arguments: Arguments) -> Values:
    """Read a function's body for these arguments, once a round."""
    if not reader.deep:
        return UNKNOWN
    if code.bound is not None:
        arguments = Arguments((code.bound, *arguments.args), arguments.keywords, arguments.open)
    arguments = reader.context(code.node, arguments)
    frame = (code.node, code.scope, arguments)
    reader.enter(frame)
    if frame in reader.fresh:
        return reader.results.get(frame, EMPTY)
    if reader.depth >= DEEPEST:
        reader.note_unresolved(
            CodePlace(code.scope.module.file, code.node.lineno),
            "begins a function that is called too deep inside others",
        )
        return UNKNOWN
    reader.fresh.add(frame)
    reader.called.setdefault(code.node, code.scope.module)
    inner = reader.scopes.setdefault(frame, Scope(code.scope.module, outer=code.scope, owner=code.scope.owner))
    inner.returned, inner.branches, inner.returns = EMPTY, 0, False
    if code.cls is not None:
        inner.owner = code.cls
    _bind(reader, code, arguments, inner)
    reader.depth += 1
    with reader.inside(frame):
        if isinstance(code.node, ast.Lambda):
            result = expressions.value(reader, code.node.body, inner)
        else:
            statements.execute(reader, code.node.body, inner)
            result = inner.returned
    if inner.yielded is not None:
        of = frozenset() if records.yields_once(code.node) else inner.yielded_of
        result = domain.list_of(inner.yielded, of)
    reader.depth -= 1
    reader.results[frame] = either((reader.results.get(frame, EMPTY), result))
    return reader.results[frame]


def _bind(reader: Reader, code: domain.FunctionValue, arguments: Arguments, inner: Scope) -> None:
    """Give parameters their values: the argument, else the default, else a value of the annotated type."""
    spec = code.node.args
    positional = [*spec.posonlyargs, *spec.args]
    defaults: dict[str, ast.expr] = dict(
        zip(
            [parameter.arg for parameter in positional[len(positional) - len(spec.defaults) :]],
            spec.defaults,
            strict=True,
        )
    )
    defaults |= {
        parameter.arg: default for parameter, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if default
    }
    keywords = dict(arguments.keywords)
    for index, parameter in enumerate([*positional, *spec.kwonlyargs]):
        value = (
            arguments.args[index]
            if index < len(arguments.args) and index < len(positional)
            else keywords.pop(parameter.arg, EMPTY)
        )
        if not value and parameter.arg in defaults:
            value = expressions.value(reader, defaults[parameter.arg], code.scope)
        if domain.opaque(value) and parameter.annotation is not None:
            value = external.annotated(reader, parameter.annotation, code.scope) or value
        inner.names[parameter.arg] = value or UNKNOWN
    if spec.vararg:
        rest = arguments.args[len(positional) :]
        inner.names[spec.vararg.arg] = single(
            domain.ListValue(rest) if not arguments.open else domain.ListValue((UNKNOWN,), alike=True)
        )
    if spec.kwarg:
        items = tuple((Text((name,)), value) for name, value in keywords.items())
        inner.names[spec.kwarg.arg] = single(domain.DictValue(items, open=arguments.open))
