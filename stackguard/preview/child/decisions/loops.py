"""Finds loops whose number of runs is a decision, for `rewriter.py`.

A loop over a slice of a list of unknown length runs once for each requested element. What it derives from an element is
seen; what it leaves behind that is not derived from one, a flag or a counter that is compared, depends on their number.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from typing import Any

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
LOOPS = (ast.For, ast.AsyncFor)
FILLING = frozenset({"append", "add", "appendleft", "insert", "extend", "update", "setdefault"})
COUNTING = frozenset({"len", "bool", "any", "all", "sum"})
DECIDING: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("If", "While", "IfExp", "Assert"), ("test",)),
    "BoolOp": ("values",),
    "Compare": ("left", "comparators"),
    "UnaryOp": ("operand",),
    "comprehension": ("ifs",),
    "Subscript": ("slice",),
    "Return": ("value",),
    "Match": ("subject",),
}
"""By node, the expressions that it decides on; a function's result counts as one."""


def deciding(tree: Any) -> set[int]:
    """The loops of a module, by identity, that reveal how often they ran."""
    identities: set[int] = set()
    for scope in ast.walk(tree):
        if isinstance(scope, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)):
            inside = [*_within(scope.body)]
            shared = any(isinstance(node, (ast.Global, ast.Nonlocal)) for node in inside)
            loops = [node for node in inside if isinstance(node, LOOPS)]
            identities |= {id(loop) for loop in loops if Loop(loop, tree if shared else scope).decides()}
    return identities


def _within(body: Any) -> Iterator[Any]:
    """All nodes of some statements but those in functions and classes that are defined there."""
    queue = [*body]
    while queue:
        node = queue.pop()
        yield node
        if not isinstance(node, SCOPES):
            queue.extend(ast.iter_child_nodes(node))


def _names(node: Any, context: type) -> set[str]:
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, context)}


def loaded(node: Any) -> set[str]:
    """The variables that an expression, or some code, uses."""
    return _names(node, ast.Load)


def stored(node: Any) -> set[str]:
    """The variables that a target, or some code, assigns."""
    return _names(node, ast.Store)


class Loop:
    """One loop; `scope` is all code that may see the variables that it assigns."""

    def __init__(self, loop: Any, scope: Any) -> None:
        self.loop, self.scope = loop, scope
        self.inside = [*_within(loop.body)]
        self.derived = self.derived_names()

    def derived_names(self) -> set[str]:
        """The variables that are an element, or derived from one."""
        names, before = stored(self.loop.target), set[str]()
        while names != before:
            before = set(names)
            for node in self.inside:
                if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
                    if node.value is not None and loaded(node.value) & names:
                        names |= stored(node)
                elif isinstance(node, LOOPS) and loaded(node.iter) & names:
                    names |= stored(node.target)
        return names

    def decides(self) -> bool:
        """Whether it reveals how often it ran."""
        used = set().union(*map(loaded, self.loop.body))
        left = self.loop.orelse and any(isinstance(node, ast.Break) for node in self.inside)
        return bool(left) or not stored(self.loop.target) & used or any(map(self.leaves, self.inside))

    def leaves(self, node: Any) -> bool:
        """Whether a statement reveals that it ran."""
        if isinstance(node, ast.Return):
            return node.value is None or not loaded(node.value) & self.derived
        if isinstance(node, ast.AugAssign):
            return isinstance(node.target, ast.Name) and node.target.id in self.tested - self.derived
        if isinstance(node, ast.Assign):
            if loaded(node.value) & self.derived:
                return any(stored(target) & self.missed for target in node.targets)
            if not any(isinstance(part, ast.Call) for part in ast.walk(node.value)):
                return any(map(self.seen_outside, node.targets))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FILLING:
            return isinstance(node.func.value, ast.Name) and node.func.value.id in self.counted
        return False

    def seen_outside(self, target: Any) -> bool:
        """Whether the target of an assignment is used elsewhere, before it is assigned again."""
        if isinstance(target, (ast.Attribute, ast.Subscript)):
            return not loaded(target) & self.derived
        return bool(stored(target) & self.used)

    def outside(self, names: set[str] | None = None) -> Iterator[Any]:
        """All nodes outside of the loop that may read its variables, except loops that assign these first."""
        queue: list[Any] = [self.scope]
        while queue:
            node = queue.pop()
            if node is self.loop:
                queue.extend(node.orelse)
                continue
            if names and isinstance(node, (*LOOPS, ast.While)):
                first = {name for line in node.body if isinstance(line, ast.Assign) for name in stored(line)}
                if names <= first:
                    continue
            yield node
            queue.extend(ast.iter_child_nodes(node))

    @functools.cached_property
    def used(self) -> set[str]:
        """The variables that are used outside of the loop."""
        own = {name for node in self.inside if isinstance(node, ast.Assign) for name in stored(node)} - self.derived
        return {name for name in own if any(_reads(node, name) for node in self.outside({name}))}

    @functools.cached_property
    def tested(self) -> set[str]:
        """The variables that are decided on or returned outside of the loop."""
        return set().union(*(loaded(test) for node in self.outside() for test in _tests(node)))

    @functools.cached_property
    def missed(self) -> set[str]:
        """The variables that are compared with None outside of the loop: None if it did not run."""
        comparisons = [node for node in self.outside() if isinstance(node, ast.Compare)]
        comparisons = [node for node in comparisons if any(isinstance(how, (ast.Is, ast.IsNot)) for how in node.ops)]
        return {node.left.id for node in comparisons if isinstance(node.left, ast.Name)}

    @functools.cached_property
    def counted(self) -> set[str]:
        """The collections that are counted, compared or branched on outside of the loop."""
        tests = [test for node in self.outside() for test in _tests(node) if not isinstance(node, ast.Return)]
        for node in self.outside():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in COUNTING:
                tests += node.args
        return {name.id for name in tests if isinstance(name, ast.Name)}


def _reads(node: Any, name: str) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id == name


def _tests(node: Any) -> list[Any]:
    """The expressions that a node decides on."""
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        return []
    values = [getattr(node, field) for field in DECIDING.get(type(node).__name__, ())]
    return [test for value in values for test in (value if isinstance(value, list) else [value]) if test is not None]
