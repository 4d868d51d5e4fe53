"""Classes of the package whose instances only keep what they get: making one is no work."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python.domain import ClassValue, External

_STORING = {"__init__", "__post_init__", "__repr__", "__str__", "__eq__", "__hash__", "__lt__", "__slots__"}
"""Special methods that work on nothing but the instance, if they do nothing else."""
_INITIALIZERS = {"__init__", "__post_init__"}
_BASES = {"builtins.object", "abc.ABC", "typing.NamedTuple", "typing.Protocol", "pydantic.BaseModel"}
_ON_CLASSES = {"dataclass", "total_ordering", "final", "define", "frozen"}
_PROPERTIES = {"property", "cached_property"}
_ON_METHODS = {"staticmethod", "classmethod", "abstractmethod", "override"} | _PROPERTIES
_FACTORIES = {"default_factory", "factory"}
_DEEPEST = 6


def initializers(cls: ClassValue, depth: int = _DEEPEST) -> list[ast.stmt] | None:
    """What runs when an instance is made, without what it stores in itself; None if that is not known.

    Classes with a special method or a decorator that may do anything are not known, nor are those with
    such a base.
    """
    node = cls.node
    methods = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    special = {one.name for one in methods if one.name.startswith("__")}
    on_class = {_last(decorator) for decorator in node.decorator_list}
    on_methods = {_last(decorator) for one in methods for decorator in one.decorator_list}
    outside = any(isinstance(one, ast.Global | ast.Nonlocal) for one in ast.walk(node))
    known = len(cls.bases) >= len(node.bases) and not node.keywords and not outside
    if not depth or not known or special - _STORING or on_class - _ON_CLASSES or on_methods - _ON_METHODS:
        return None
    statements = [part for one in methods if _runs(one) for part in _stored_values(one)]
    statements += [call for one in node.body for call in _factories(one)]
    for base in cls.bases:
        inherited = initializers(base, depth - 1) if isinstance(base, ClassValue) else None
        if isinstance(base, External) and base.name in _BASES:
            inherited = []
        if inherited is None:
            return None
        statements += inherited
    return statements


def _runs(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a method runs when an instance is made, or without a call, as a property does."""
    return method.name in _INITIALIZERS or bool({_last(one) for one in method.decorator_list} & _PROPERTIES)


def _factories(statement: ast.stmt) -> Iterator[ast.stmt]:
    """The call that makes the default of a field: `field(default_factory=list)`."""
    match statement:
        case ast.AnnAssign(value=ast.Call(keywords=keywords)):
            yield from (ast.Expr(ast.Call(one.value, [], [])) for one in keywords if one.arg in _FACTORIES)


def _last(node: ast.expr) -> str:
    """The last part of a decorator's name."""
    called = node.func if isinstance(node, ast.Call) else node
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _stored_values(method: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    """The statements of an initializer, with the values alone where it stores them in its instance."""
    own = method.args.args[0].arg if method.args.args else ""
    return [_without_target(statement, own) for statement in method.body]


def _without_target(statement: ast.stmt, own: str) -> ast.stmt:
    match statement:
        case (
            ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name))], value=value)
            | ast.AnnAssign(target=ast.Attribute(value=ast.Name(id=name)), value=ast.expr() as value)
        ) if name == own:
            return ast.Expr(value)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name("super")), attr="__init__"))):
            return ast.Pass()
    return statement
