"""Names of a function that always have one number, written out: `n = 3` for two slices at it, `position=0` that no call passes."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Mapping, Sequence

from policypack.python.spellings.assigned import calls_by_name

_SPELLINGS = re.compile(r"\b\w+\s*(:\s*int\s*)?=\s*\d")
"""What is in the text of a module that gives a name a number."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def plain(tree: ast.Module, text: str) -> ast.Module:
    """The module of this text with numbers for indexes that no call passes, and for bounds at which a list is split in two."""
    if not _SPELLINGS.search(text):
        return tree
    calls = calls_by_name(tree)
    for function in tree.body:
        if isinstance(function, _Function):
            defaults = _defaults(function, calls.get(function.name, ()))
            _write_out(function, _once(function, _given(function) | defaults), defaults)
    return tree


def _given(function: _Function) -> dict[str, ast.Constant]:
    """The names that a line of a function gives a whole number."""
    found = {}
    for statement in function.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=int()) as value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=int()) as value)
            ):
                found[name] = value
    return found


def _defaults(function: _Function, calls: Sequence[ast.Call] | None) -> dict[str, ast.Constant]:
    """The parameters of a function that always have their default, a whole number.

    A module calls the function by its name only, and passes them nowhere; or it is a handler, which gets an event and a context.

    Args:
        function: of the module.
        calls: of its name, as by `calls_by_name`.
    """
    positional = [*function.args.posonlyargs, *function.args.args]
    required = len(positional) - len(function.args.defaults)
    is_handler = "handler" in function.name and required == 2
    if calls is None or function.decorator_list or not (calls or is_handler):
        return {}
    with_defaults = [*zip(positional[required:], function.args.defaults, strict=True)]
    with_defaults += [
        (parameter, value)
        for parameter, value in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        if value is not None
    ]
    spread = any(isinstance(argument, ast.Starred) for call in calls for argument in call.args)
    keywords = {keyword.arg for call in calls for keyword in call.keywords}
    if spread or None in keywords:
        return {}
    passed = {parameter.arg for parameter in positional[: max((len(call.args) for call in calls), default=0)]}
    return {
        parameter.arg: value
        for parameter, value in with_defaults
        if isinstance(value, ast.Constant)
        and isinstance(value.value, int)
        and parameter.arg not in passed | {keyword for keyword in keywords if keyword}
    }


def _once(function: _Function, given: Mapping[str, ast.Constant]) -> dict[str, ast.Constant]:
    """The names that nothing else gives a value, in the function or one inside it."""
    stored = [
        node.arg if isinstance(node, ast.arg) else node.id
        for node in ast.walk(function)
        if isinstance(node, ast.arg) or (isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load))
    ]
    return {name: value for name, value in given.items() if stored.count(name) == 1}


def _write_out(function: _Function, names: Mapping[str, ast.Constant], defaults: Mapping[str, ast.Constant]) -> None:
    """Replace the names by their numbers: defaults as an index and beside a length, both kinds as the bound of two slices."""
    parts = [node for node in ast.walk(function) if isinstance(node, ast.Subscript)]
    texts = {ast.unparse(part) for part in parts}
    indexes = {part.slice.id for part in parts if isinstance(part.slice, ast.Name)} & names.keys() & defaults.keys()
    for node in ast.walk(function):
        match node:
            case ast.Subscript(slice=ast.Name(id=name) as index) if name in indexes:
                node.slice = _number(names[name], index)
            case ast.Compare(left=ast.Name(id=name) as left, comparators=[ast.Call(func=ast.Name("len"))]) if (
                name in indexes
            ):
                node.left = _number(names[name], left)
            case ast.Compare(left=ast.Call(func=ast.Name("len")), comparators=[ast.Name(id=name) as right]) if (
                name in indexes
            ):
                node.comparators = [_number(names[name], right)]
            case ast.Subscript(slice=ast.Slice(lower=low, upper=high, step=None) as part):
                for name in names.keys() & {bound.id for bound in (low, high) if isinstance(bound, ast.Name)}:
                    base = ast.unparse(node.value)
                    if (low is None or high is None) and {f"{base}[:{name}]", f"{base}[{name}:]"} <= texts:
                        number = _number(names[name], part)
                        part.lower, part.upper = (number, None) if low else (None, number)


def _number(value: ast.Constant, place: ast.expr) -> ast.Constant:
    return ast.copy_location(copy.copy(value), place)
