"""Exceptions by the names of their classes: what a `raise` raises, and what that derives from."""

from __future__ import annotations

import ast
import builtins

from policypack.python.values import Class, External, Values


def ancestors(classes: Values, depth: int = 8) -> set[str] | None:
    """The names of classes and of those that they derive from; None where they are not all known."""
    found: set[str] = set()
    for each in classes:
        if isinstance(each, External) and (known := builtin(each.name.removeprefix("builtins."))):
            found |= {one.__name__ for one in known.__mro__}
            continue
        above = ancestors(each.bases, depth - 1) if isinstance(each, Class) and depth else None
        if not isinstance(each, Class) or above is None:
            return None
        found |= {each.node.name, *above}
    return found or None


def builtin(name: str) -> type[BaseException] | None:
    """The exception of Python itself that has this name."""
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def raised_name(statement: ast.Raise) -> str:
    """The class that a `raise` names; empty where it raises anew what was caught."""
    raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
    if isinstance(raised, ast.Attribute):
        return raised.attr
    return raised.id if isinstance(raised, ast.Name) else ""


def last_names(node: ast.expr | None) -> set[str]:
    """The last parts of the classes in an `except` or among the bases of a class."""
    if isinstance(node, ast.Tuple):
        return {name for each in node.elts for name in last_names(each)}
    if isinstance(node, ast.Attribute):
        return {node.attr}
    return {node.id} if isinstance(node, ast.Name) else set()
