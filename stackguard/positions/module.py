"""A parsed module of a program: its calls by line, and what its names are bound to. Nothing is imported or run."""

from __future__ import annotations

import ast
import os
import stat
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from policypack.core.reading import files

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scoped = Function | ast.Lambda | ast.Module
CHANGING = frozenset(
    {"append", "clear", "extend", "insert", "pop", "remove", "reverse", "setdefault", "sort", "update"}
)
"""Methods that change a list or a dictionary."""
LONGEST = 1 << 20
"""Bytes of the longest module that is read; those that people write are shorter."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A name that is imported: a module, or a member of one."""

    module: str
    member: str = ""
    level: int = 0
    """Of a relative import, the number of its dots."""


Bound = ast.expr | Function | ast.ClassDef | Imported


@dataclass(eq=False, slots=True)
class Scope:
    """A function or a module: the names that it binds, each with everything that it is bound to."""

    node: Scoped
    module: Module
    outer: Scope | None
    owner: ast.ClassDef | None = None
    """The class of a method."""
    names: dict[str, list[Bound | None]] = field(default_factory=dict)
    """None for what has no expression of its own, such as the variable of a loop."""
    changed: dict[str, list[ast.Call | None]] = field(default_factory=dict)
    """How the value of a name is changed: the call of a method, or None for anything else."""
    returns: list[ast.expr | None] = field(default_factory=list)
    parameters: tuple[str, ...] = ()

    @property
    def is_method(self) -> bool:
        """Whether its first parameter is the object, or the class, that it is called on."""
        decorators = [] if isinstance(self.node, ast.Lambda | ast.Module) else self.node.decorator_list
        static = any(isinstance(name, ast.Name) and name.id == "staticmethod" for name in decorators)
        return self.owner is not None and not static

    def method(self, subject: str, name: str) -> Function | None:
        """The method with a name, if `subject` is the object of the method that this is."""
        if not self.is_method or not self.parameters or self.parameters[0] != subject or self.owner is None:
            return None
        methods = (node for node in self.owner.body if isinstance(node, ast.FunctionDef) and node.name == name)
        return next(methods, None)

    def bind(self, name: str, value: Bound | None) -> None:
        """Note that a name is bound."""
        self.names.setdefault(name, []).append(value)


@dataclass(eq=False, slots=True)
class Module:
    """A parsed file."""

    file: Path
    lines: Sequence[str] = ()
    calls: dict[int, list[tuple[ast.Call, Scope]]] = field(default_factory=dict)
    """By each line that a traceback can have for a call, the calls, with their scopes."""
    scopes: dict[ast.AST, Scope] = field(default_factory=dict)
    looped: set[ast.Call] = field(default_factory=set)
    """The calls in a loop of their function."""
    top: Scope | None = None


def module(file: Path) -> Module | None:
    """The module in a file; None if it cannot be read or parsed."""
    try:
        status = os.stat(file)  # noqa: PTH116 (a path may be too long)
    except (OSError, ValueError):
        return None
    readable = stat.S_ISREG(status.st_mode) and status.st_size <= LONGEST
    return _module(file, status.st_mtime_ns, status.st_size) if readable else None


@lru_cache(maxsize=512)
def _module(file: Path, _modified: int, _size: int) -> Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the program's own spelling
            content = files.content(file)
            tree = ast.parse(content)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    parsed = Module(file, content.decode(errors="replace").split("\n"))
    parsed.top = Scope(tree, parsed, None)
    parsed.scopes[tree] = parsed.top
    left: list[tuple[ast.AST, Scope, ast.ClassDef | None, bool]] = [
        (node, parsed.top, None, False) for node in tree.body
    ]
    while left:
        node, scope, owner, looped = left.pop()
        inner = _visited(node, scope, owner)
        if looped and isinstance(node, ast.Call):
            parsed.looped.add(node)
        own = node if isinstance(node, ast.ClassDef) else None
        looped = inner is scope and (looped or isinstance(node, ast.For | ast.AsyncFor | ast.While))
        left += ((child, inner, own, looped) for child in _children(node))
    return parsed


def _visited(node: ast.AST, scope: Scope, owner: ast.ClassDef | None) -> Scope:
    """Note what a node binds or calls; the scope of what is in it."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            return _function(node, scope, owner)
        case ast.Call():
            _call(node, scope)
        case ast.Return(value=value):
            scope.returns.append(value)
        case ast.Import(names=aliases):
            for alias in aliases:
                first = alias.name.split(".")[0]
                scope.bind(alias.asname or first, Imported(alias.name if alias.asname else first))
        case ast.ImportFrom(names=aliases):
            for alias in aliases:
                scope.bind(alias.asname or alias.name, Imported(node.module or "", alias.name, node.level))
        case _:
            _assigned(node, scope)
    return scope


def _assigned(node: ast.AST, scope: Scope) -> None:
    match node:
        case (
            ast.Assign(targets=[ast.Name(name)], value=value)
            | ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value)
            | ast.NamedExpr(target=ast.Name(name), value=value)
        ):
            scope.bind(name, value)
        case ast.AugAssign(target=ast.Name(name)):
            scope.changed.setdefault(name, []).append(None)
        case ast.ClassDef(name=name):
            scope.bind(name, node)
        case ast.Name(name, ast.Store() | ast.Del()):
            scope.bind(name, None)
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            for name in names:
                scope.bind(name, None)


def _function(node: Function | ast.Lambda, scope: Scope, owner: ast.ClassDef | None) -> Scope:
    """The scope of a function, with its parameters."""
    spec = node.args
    names = tuple(argument.arg for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs))
    inner = Scope(node, scope.module, scope, owner, parameters=names)
    for name in (*names, *(more.arg for more in (spec.vararg, spec.kwarg) if more)):
        inner.bind(name, None)
    if isinstance(node, ast.Lambda):
        inner.returns.append(node.body)
    elif owner is None:  # a name does not lead to a method
        scope.bind(node.name, node)
    scope.module.scopes[node] = inner
    return inner


def _call(node: ast.Call, scope: Scope) -> None:
    for line in {node.lineno, node.func.end_lineno or node.lineno}:
        scope.module.calls.setdefault(line, []).append((node, scope))
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.attr in CHANGING:
        scope.changed.setdefault(node.func.value.id, []).append(node)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """What is in a node, but not the one name that an assignment binds to its value."""
    match node:
        case ast.Assign(targets=[ast.Name()], value=ast.expr() as value):
            yield value
        case ast.AnnAssign(target=ast.Name(), value=value) | ast.AugAssign(target=ast.Name(), value=value):
            yield from filter(None, (value,))
        case ast.NamedExpr(target=ast.Name(), value=value):
            yield value
        case _:
            yield from ast.iter_child_nodes(node)
