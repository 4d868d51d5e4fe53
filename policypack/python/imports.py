"""The imports that run as soon as a module of Python is imported itself, and whether one that fails is caught."""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable, Iterator, Sequence

import msgspec

from policypack.python.modules import AnyFunction, Module, absolute

_COMPARED: dict[type[ast.cmpop], Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
_SEARCHES = ("addsitedir", "meta_path", "modules", "path", "path_hooks")


class Imported(msgspec.Struct, frozen=True):
    """One thing that is imported: a module, or the member `member` of one.

    `module` is a dotted name, or empty where a relative import leads out of all packages. `sure` says that it is
    imported whenever the module is, and that nothing there catches it where it fails.
    """

    module: str
    member: str
    line: int
    sure: bool


def imports(module: Module, minor: int) -> Iterator[Imported]:
    """What runs when a module is imported; what only its functions import is left out.

    Args:
        module: which.
        minor: of the Python that runs it: 13 for Python 3.13.
    """
    parent = module.parent
    for node, sure in _run(module.tree.body, minor, sure=True):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Imported(alias.name, "", node.lineno, sure)
            continue
        out = node.level > (parent.count(".") + 1 if parent else 0)
        for alias in node.names:
            yield Imported("" if out else absolute(parent, node), alias.name, node.lineno, sure)


def searches(module: Module) -> bool:
    """Whether a module changes where modules come from."""
    return any(_searches(node) for node in ast.walk(module.tree))


def _searches(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return owner.strip("_") in ("sys", "site") and name in _SEARCHES
        case ast.ImportFrom(module="sys" | "site", names=names):
            return any(each.name in (*_SEARCHES, "*") for each in names)
    return False


def _run(body: Sequence[ast.stmt], minor: int, *, sure: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """The import statements of a body and of what is in it, each with whether it surely runs unprotected."""
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield statement, sure
        elif not isinstance(statement, AnyFunction):
            for inner, runs in _bodies(statement, minor):
                yield from _run(inner, minor, sure=sure and runs)


def _bodies(statement: ast.stmt, minor: int) -> Iterator[tuple[Sequence[ast.stmt], bool]]:
    """The bodies in a statement that may run, each with whether it surely does, unprotected, where the statement does."""
    match statement:
        case ast.If(test=test, body=body, orelse=orelse):
            taken = _truth(test, minor)
            yield ([], True) if taken is False else (body, taken is True)
            yield ([], True) if taken is True else (orelse, taken is False)
        case (
            ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody)
            | ast.TryStar(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody)
        ):
            protected = any(_catches(each.type) for each in handlers)
            yield [*body, *orelse], not protected
            yield from ((each.body, False) for each in handlers)
            yield finalbody, True
        case ast.ClassDef(body=body):
            yield body, True
        case ast.Match(cases=cases):
            yield from ((each.body, False) for each in cases)
        case _:  # a loop may not run, and a context manager may catch
            yield from ((getattr(statement, name, []), False) for name in ("body", "orelse"))


def _catches(given: ast.expr | None) -> bool:
    """Whether an `except` may catch an import that fails; only built-in exceptions are known not to."""
    if isinstance(given, ast.Tuple):
        return any(map(_catches, given.elts))
    known = getattr(builtins, given.id, None) if isinstance(given, ast.Name) else None
    if not isinstance(known, type):
        return True
    return issubclass(ModuleNotFoundError, known) or issubclass(known, ImportError)


def _truth(test: ast.expr, minor: int) -> bool | None:
    """What a condition comes to where Lambda imports the module; None where it depends on more."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _truth(operand, minor)
            return None if inner is None else not inner
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]):
            return False
        case ast.Compare(left=left, ops=[compared], comparators=[ast.Tuple(elts=elements)]):
            numbers = [each.value for each in elements if isinstance(each, ast.Constant) and type(each.value) is int]
            compare = _COMPARED.get(type(compared))
            if compare and _is_version(left) and 0 < len(numbers) == len(elements) < 3:
                # `sys.version_info` has more parts than it is compared with, so the two are never equal
                return compare((3, minor, 0), tuple(numbers))
    return None


def _is_version(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "version_info"
