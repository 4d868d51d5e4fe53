"""Members of a module once it is imported: whether it surely has one, surely has not, or may have."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python.modules import AnyFunction, Import, Module, Package

_MAKERS = frozenset({"__getattr__", "__path__", "exec", "globals", "locals", "setattr", "vars"})


def defines(package: Package, module: Module, name: str, depth: int = 8) -> bool | None:
    """Whether a module has a member of this name once it is imported; None where its code does not tell."""
    itself = Import(module.name, name)  # `from . import name` in the package binds nothing but that module
    imported = (name, itself) in module.imported and package.readable(f"{module.name}.{name}") is not None
    return imported or binds(package, module, name, depth)


def binds(package: Package, module: Module, name: str, depth: int = 8) -> bool | None:
    """Whether a module's code gives it a member of this name, which hides a module of its package."""
    if depth == 0:
        return None
    if name in _assigned(module):
        return True
    itself = Import(module.name, name)
    given = (each for bound, each in module.imported if bound == name and each != itself)
    found = [_bound(package, each, depth) for each in given]
    for star in module.stars:
        target = package.readable(star)
        found.append(defines(package, target, name, depth - 1) if target else None)
    if True in found or any(isinstance(each, ast.Name) and _stores(each, name) for each in ast.walk(module.tree)):
        return True
    return None if None in found or makes_names(module) else False


def members(module: Module) -> list[str]:
    """The names that a module's own statements give it."""
    return list(dict.fromkeys([*_assigned(module), *(name for name, _ in module.imported if name != "*")]))


def makes_names(module: Module) -> bool:
    """Whether names or submodules of a module may come about in ways that only running it shows."""
    return any(map(_makes_names, ast.walk(module.tree)))


def _bound(package: Package, given: Import, depth: int) -> bool | None:
    """Whether an import finds what it imports: only what the archive itself holds can be looked into."""
    target = package.readable(given.module) if given.member else None
    if target is None:
        return True
    inner = package.readable(f"{given.module}.{given.member}")
    return bool(inner) or defines(package, target, given.member, depth - 1)


def _assigned(module: Module) -> Iterator[str]:
    """The names of functions, classes and simple assignments at a module's top."""
    for statement in _top_level(module.tree.body):
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                yield name


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body and of the branches in it, but not of functions and classes."""
    for statement in body:
        yield statement
        if not isinstance(statement, AnyFunction | ast.ClassDef):
            for name in ("body", "orelse", "finalbody"):
                yield from _top_level(getattr(statement, name, []))
            for inner in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
                yield from _top_level(inner.body)


def _stores(node: ast.Name, name: str) -> bool:
    return node.id == name and isinstance(node.ctx, ast.Store)


def _makes_names(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.name == "__getattr__"
    if isinstance(node, ast.alias):
        return "__getattr__" in (node.name, node.asname)
    if isinstance(node, ast.Attribute):
        return node.attr == "modules"
    return isinstance(node, ast.Name) and node.id in _MAKERS
