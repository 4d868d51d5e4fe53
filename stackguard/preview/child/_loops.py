"""Says which loops decide by how often they run: the child's side of `_rewriting.py`, which asks it of each module.

A loop over a slice of a list of unknown length runs as often as was asked for. What it makes of an element is seen;
what it leaves behind that is not made of one, a flag, a counter that is compared, says how many there were.
"""

from __future__ import annotations

import ast
import functools
from typing import Any

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
SCOPES = (*FUNCTIONS, ast.ClassDef)
FILLING = frozenset({"append", "add", "appendleft", "insert", "extend", "update", "setdefault"})
COUNTING = frozenset({"len", "bool", "any", "all", "sum"})


def deciding(tree: Any) -> set[int]:
    """The loops of a module, by identity, that leave behind how often they ran."""
    found: set[int] = set()
    for scope in ast.walk(tree):
        if isinstance(scope, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)):
            inside = [*within(scope.body)]
            free = {name for each in inside if isinstance(each, (ast.Global, ast.Nonlocal)) for name in each.names}
            loops = [each for each in inside if isinstance(each, (ast.For, ast.AsyncFor))]
            found |= {id(loop) for loop in loops if Loop(loop, scope, tree, free).decides()}
    return found


def within(body: Any) -> Any:
    """All nodes of some statements but those in functions and classes that are defined there."""
    queue = [*body]
    while queue:
        node = queue.pop()
        yield node
        if not isinstance(node, SCOPES):
            queue.extend(ast.iter_child_nodes(node))


def loaded(node: Any) -> set[str]:
    """The variables that an expression, or some code, uses."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}


def reads(node: Any, name: str) -> bool:
    """Whether a node is the use of a variable."""
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id == name


def stored(node: Any) -> set[str]:
    """The variables that a target, or some code, assigns."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


class Loop:
    """One loop, in the function or module that it stands in."""

    def __init__(self, loop: Any, scope: Any, tree: Any, free: set[str]) -> None:
        self.loop, self.scope, self.tree, self.free = loop, scope, tree, free
        self.inside = [*within(loop.body)]
        self.made = self.of_elements()

    def of_elements(self) -> set[str]:
        """The variables that hold an element, or what is made of one."""
        found: set[str] = stored(self.loop.target)
        before: set[str] = set()
        while found != before:
            before = set(found)
            for each in self.inside:
                if isinstance(each, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
                    if each.value is not None and loaded(each.value) & found:
                        found |= stored(each)
                elif isinstance(each, (ast.For, ast.AsyncFor)) and loaded(each.iter) & found:
                    found |= stored(each.target)
        return found

    def decides(self) -> bool:
        """Whether it leaves behind how often it ran."""
        used = set().union(*(loaded(each) for each in self.loop.body))
        if not stored(self.loop.target) & used:
            return True
        if self.loop.orelse and any(isinstance(each, ast.Break) for each in self.inside):
            return True
        return any(self.leaves(each) for each in self.inside)

    def leaves(self, node: Any) -> bool:
        """Whether a statement leaves behind that it ran."""
        if isinstance(node, ast.Return):
            return node.value is None or not loaded(node.value) & self.made
        if isinstance(node, ast.AugAssign):
            return isinstance(node.target, ast.Name) and node.target.id in self.tested - self.made
        if isinstance(node, ast.Assign):
            if loaded(node.value) & self.made:
                return any(stored(each) & self.missed for each in node.targets)
            plain = not any(isinstance(each, ast.Call) for each in ast.walk(node.value))
            if plain:
                return any(self.seen_outside(each) for each in node.targets)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FILLING:
            return isinstance(node.func.value, ast.Name) and node.func.value.id in self.counted
        return False

    def seen_outside(self, target: Any) -> bool:
        """Whether what is assigned here is used elsewhere, and not only where it is assigned anew before."""
        if isinstance(target, (ast.Attribute, ast.Subscript)):
            return not loaded(target) & self.made
        return bool(stored(target) & self.used)

    def outside(self, names: set[str] | None = None) -> Any:
        """All nodes outside of the loop that may see its variables; none of other loops that assign these first."""
        queue: list[Any] = [self.tree if self.free else self.scope]
        while queue:
            node = queue.pop()
            if node is self.loop:
                queue.extend(node.orelse)
                continue
            if names and isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
                first = {name for each in node.body if isinstance(each, ast.Assign) for name in stored(each)}
                if names <= first:
                    continue
            yield node
            queue.extend(ast.iter_child_nodes(node))

    @functools.cached_property
    def used(self) -> set[str]:
        """The variables that are used outside of the loop."""
        own = {name for each in self.inside if isinstance(each, ast.Assign) for name in stored(each)} - self.made
        return {name for name in own if any(reads(each, name) for each in self.outside({name}))}

    @functools.cached_property
    def tested(self) -> set[str]:
        """The variables by which something is decided, or which are returned, outside of the loop."""
        return set().union(*(loaded(each) for node in self.outside() for each in tests(node)))

    @functools.cached_property
    def missed(self) -> set[str]:
        """The variables that are compared with nothing outside of the loop: they hold it where it did not run."""
        found = [each for each in self.outside() if isinstance(each, ast.Compare)]
        found = [each for each in found if any(isinstance(how, (ast.Is, ast.IsNot)) for how in each.ops)]
        return {each.left.id for each in found if isinstance(each.left, ast.Name)}

    @functools.cached_property
    def counted(self) -> set[str]:
        """The collections that are counted, compared or branched on outside of the loop."""
        found = [each for node in self.outside() for each in tests(node) if not isinstance(node, ast.Return)]
        for node in self.outside():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in COUNTING:
                found += node.args
        return {each.id for each in found if isinstance(each, ast.Name)}


def tests(node: Any) -> list[Any]:
    """The expressions by which a node decides; what a function returns is taken for one."""
    if isinstance(node, (ast.If, ast.While, ast.IfExp, ast.Assert)):
        return [node.test]
    if isinstance(node, ast.BoolOp):
        return [*node.values]
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.UnaryOp):
        return [node.operand] if isinstance(node.op, ast.Not) else []
    if isinstance(node, ast.comprehension):
        return [*node.ifs]
    if isinstance(node, ast.Subscript):
        return [node.slice]
    if isinstance(node, ast.Return):
        return [node.value] if node.value is not None else []
    return [node.subject] if type(node).__name__ == "Match" else []
