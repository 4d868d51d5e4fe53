"""Other spellings of `itertools.batched(records, 10)`, rewritten as one: slices at every tenth index; and helpers of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

from policypack.python.spellings.numbers import constants

_SLICED = re.compile(r"range\s*\(\s*0\s*,\s*len\s*\(")
"""What is in the text of a module that takes slices so."""
_Numbers = Mapping[str, ast.Constant]
"""The constants of a module that are whole numbers, by name."""


def plain(tree: ast.Module, text: str) -> ast.Module:
    """The module of this text with `batched` for chunks of a size that it fixes."""
    if not _SLICED.search(text):
        return tree
    numbers = constants(tree)
    rewritten: ast.Module = _Rewriter(numbers).visit(tree)
    return rewritten


def chunked_by(
    function: ast.AST, call: ast.Call, trees: Sequence[ast.Module], *, bound: ast.ClassDef | None = None
) -> tuple[ast.expr, int] | None:
    """What a call passes to a function that does nothing but return it in chunks, and their size; None of other functions.

    Args:
        function: what is called.
        call: the call.
        trees: the modules of both, in which constants and instances are.
        bound: the class of the instance that is the first argument of a method.
    """
    if not isinstance(function, ast.FunctionDef) or (found := _source(function, {})) is None:
        return None
    given = _bound(function.args, call, skip=bound is not None)
    base, size = (given.get(part.id, part) if isinstance(part, ast.Name) else part for part in found)
    if isinstance(size, ast.Name):
        numbers = (constants(tree) for tree in trees)
        size = next((known[size.id] for known in numbers if size.id in known), size)
    elif isinstance(size, ast.Attribute) and bound is not None:
        size = _kept(bound, size, trees) or size
    if not isinstance(found[0], ast.Name) or found[0].id not in given:
        return None
    return (base, size.value) if isinstance(size, ast.Constant) and isinstance(size.value, int) else None


def _kept(cls: ast.ClassDef, size: ast.Attribute, trees: Sequence[ast.Module]) -> ast.expr | None:
    """The number that all instances of a class keep as an attribute, which one line of the class gives it."""
    given = [
        statement.value
        for statement in ast.walk(cls)
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if (isinstance(target, ast.Attribute) and target.attr == size.attr)
        or (isinstance(target, ast.Name) and target.id == size.attr)
    ]
    nodes = {node for tree in trees for node in ast.walk(tree)}
    stored = [node for node in nodes if isinstance(node, ast.Attribute) and node.attr == size.attr]
    own = {target for statement in ast.walk(cls) if isinstance(statement, ast.Assign) for target in statement.targets}
    changed = any(not isinstance(node.ctx, ast.Load) and node not in own for node in stored)
    if len(given) != 1 or changed or not isinstance(size.value, ast.Name):
        return None
    if not isinstance(given[0], ast.Name):
        return given[0]
    made = [
        node
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == cls.name
    ]
    initializers = [part for part in cls.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
    if len(initializers) != 1 or not made or any(call.args or call.keywords for call in made):
        return None
    return _bound(initializers[0].args, made[0], skip=True).get(given[0].id)


def _source(function: ast.FunctionDef, numbers: _Numbers) -> tuple[ast.expr, ast.expr] | None:
    """What a function does nothing but return in chunks, and their size."""
    match function.body:
        case [ast.Expr(value=ast.Constant()), *body] | body:
            pass
    match body:
        case [
            ast.For(
                target=ast.Name(id=index),
                iter=source,
                body=[ast.Expr(value=ast.Yield(value=ast.expr() as chunk))],
                orelse=[],
            )
        ]:
            return _sliced(chunk, index, source, numbers)
        case [ast.Return(value=ast.ListComp() | ast.GeneratorExp() as made)]:
            return _comprehended(made, numbers)
    return None


def _comprehended(made: ast.ListComp | ast.GeneratorExp, numbers: _Numbers) -> tuple[ast.expr, ast.expr] | None:
    match made.generators:
        case [ast.comprehension(target=ast.Name(id=index), iter=source, ifs=[])]:
            return _sliced(made.elt, index, source, numbers)
    return None


def _sliced(chunk: ast.expr, index: str, source: ast.expr, numbers: _Numbers) -> tuple[ast.expr, ast.expr] | None:
    """What `chunk` is a slice of, and its size: `x[i:i + n]`, for each `i` in `range(0, len(x), n)`."""
    match source, chunk:
        case (
            ast.Call(
                func=ast.Name("range"),
                args=[ast.Constant(value=0), ast.Call(func=ast.Name("len"), args=[counted]), size],
            ),
            ast.Subscript(
                value=base,
                slice=ast.Slice(
                    lower=ast.Name(id=lower),
                    upper=ast.BinOp(left=ast.Name(id=upper), op=ast.Add(), right=width),
                    step=None,
                ),
            ),
        ) if lower == upper == index and ast.dump(counted) == ast.dump(base):
            size, width = (numbers.get(part.id, part) if isinstance(part, ast.Name) else part for part in (size, width))
            return (base, size) if ast.dump(size) == ast.dump(width) else None
    return None


class _Rewriter(ast.NodeTransformer):
    """Rewrites a module; `numbers` are its constants."""

    def __init__(self, numbers: _Numbers) -> None:
        self.numbers = numbers

    def _batched(self, node: ast.expr, found: tuple[ast.expr, ast.expr] | None) -> ast.Call | None:
        """A call of `batched` in the place of a node; None if the size is not known."""
        if found is None:
            return None
        base, size = found
        number = self.numbers.get(size.id) if isinstance(size, ast.Name) else size
        if not isinstance(number, ast.Constant):
            return None
        name = ast.Attribute(ast.Name("itertools", ast.Load()), "batched", ast.Load())
        return ast.fix_missing_locations(
            ast.copy_location(ast.Call(name, [base, ast.Constant(number.value)], []), node)
        )

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        """Rewrite a list of chunks."""
        self.generic_visit(node)
        return self._batched(node, _comprehended(node, self.numbers)) or node

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        """Rewrite an iterator of chunks."""
        self.generic_visit(node)
        return self._batched(node, _comprehended(node, self.numbers)) or node

    def visit_For(self, node: ast.For) -> ast.AST:
        """Rewrite a loop over indexes that takes a chunk by each, and uses the index for nothing else."""
        self.generic_visit(node)
        match node:
            case ast.For(
                target=ast.Name(id=index),
                iter=source,
                body=[ast.Assign(targets=[ast.Name() as chunk], value=value), *body],
            ) if body and not any(
                isinstance(inner, ast.Name) and inner.id == index for statement in body for inner in ast.walk(statement)
            ):
                made = self._batched(source, _sliced(value, index, source, self.numbers))
                if made is not None:
                    return ast.copy_location(ast.For(chunk, made, body, node.orelse), node)
        return node


def _bound(parameters: ast.arguments, call: ast.Call, *, skip: bool) -> dict[str, ast.expr]:
    """The parameters of a function with what a call passes, or their defaults; empty if it unpacks something.

    Args:
        parameters: of the function.
        call: what passes the arguments.
        skip: whether the first parameter is the instance of a method.
    """
    if any(isinstance(argument, ast.Starred) for argument in call.args) or any(not one.arg for one in call.keywords):
        return {}
    names = [parameter.arg for parameter in parameters.args][skip:]
    defaults = dict(zip(names[::-1], parameters.defaults[::-1], strict=False))
    passed = dict(zip(names, call.args, strict=False))
    return defaults | passed | {one.arg: one.value for one in call.keywords if one.arg}
