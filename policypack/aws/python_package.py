"""The Python modules in an archive, read one by one as they are asked for, and what their names stand for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from policypack.aws.archive import UnreadableError

_MAKERS = frozenset({"__getattr__", "__path__", "exec", "globals", "locals", "setattr", "vars"})

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


class Files(Protocol):
    """Files by name."""

    def content(self, name: str, /) -> bytes | None:
        """The whole of one file, or None where there is none; raises `UnreadableError`."""


@dataclass(eq=False, slots=True)
class Function:
    """A function or method: where it stands, the class that it belongs to and the function that it stands in."""

    node: AnyFunction
    module: Module
    owner: Class | None = None
    outer: Function | None = None
    inner: dict[str, Function] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Class:
    """A class and its methods."""

    node: ast.ClassDef
    module: Module
    methods: dict[str, Function] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Import:
    """A name that stands for a module, or for a member of one."""

    module: str
    member: str = ""


@dataclass(eq=False, slots=True)
class Module:
    """A parsed module and what its names may stand for, the likeliest first; an expression is an alias."""

    file: str
    name: str
    tree: ast.Module
    package: Package
    names: dict[str, list[Function | Class | Import | ast.expr]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)


Definition = Function | Class | Module


class Package:
    """The modules of an archive, by dotted name.

    Args:
        archive: its files.
    """

    def __init__(self, archive: Files) -> None:
        self.archive = archive
        self._modules: dict[str, Module | None] = {}

    def module(self, name: str) -> Module | None:
        """The module of this dotted name, or None where the archive has none.

        Raises:
            UnreadableError: its file cannot be read or parsed.
        """
        if name not in self._modules:
            self._modules[name] = self._load(name) if all(name.split(".")) else None
        return self._modules[name]

    def _load(self, name: str) -> Module | None:
        found = source_of(self.archive, name)
        if found is None:
            return None
        file, content = found
        module = Module(file, name, _parsed(content, file), self)
        _index(module, is_package=file.endswith("/__init__.py"))
        return module

    def resolve(self, module: Module, expression: ast.expr, depth: int = 8) -> Definition | None:
        """What a name or a dotted name stands for in a module, where the archive defines it."""
        if depth == 0:
            return None
        if isinstance(expression, ast.Name):
            return self._named(module, expression.id, depth)
        if isinstance(expression, ast.Attribute):
            base = self.resolve(module, expression.value, depth - 1)
            if isinstance(base, Module):
                return self._named(base, expression.attr, depth) or self.module(f"{base.name}.{expression.attr}")
            if isinstance(base, Class):
                return self.method(base, expression.attr)
        return None

    def method(self, owner: Class, name: str, depth: int = 8) -> Function | None:
        """A method of a class or of the classes that it derives from."""
        if name in owner.methods or depth == 0:
            return owner.methods.get(name)
        bases = (self.resolve(owner.module, base) for base in owner.node.bases)
        found = (self.method(base, name, depth - 1) for base in bases if isinstance(base, Class))
        return next((each for each in found if each), None)

    def defines(self, module: Module, name: str, depth: int = 8) -> bool | None:
        """Whether a module has a member of this name once it is imported; None where its code does not tell."""
        itself = Import(module.name, name)  # `from . import name` in the package binds nothing but that module
        imported = itself in module.names.get(name, ()) and self._readable(f"{module.name}.{name}") is not None
        return imported or self.binds(module, name, depth)

    def binds(self, module: Module, name: str, depth: int = 8) -> bool | None:
        """Whether a module's code gives it a member of this name, which hides a module of its package."""
        if depth == 0:
            return None
        given = (each for each in module.names.get(name, ()) if each != Import(module.name, name))
        found = [self._bound(each, depth) for each in given]
        stars = [(star, self._readable(star)) for star in module.stars]
        found += [self.defines(target, name, depth - 1) if target else None for _, target in stars]
        if True in found or any(isinstance(each, ast.Name) and _binds(each, name) for each in ast.walk(module.tree)):
            return True
        return None if None in found or makes_names(module) else False

    def _bound(self, given: Function | Class | Import | ast.expr, depth: int) -> bool | None:
        """Whether an import finds what it imports: only what the archive itself holds can be looked into."""
        target = self._readable(given.module) if isinstance(given, Import) and given.member else None
        if target is None or not isinstance(given, Import):
            return True
        return bool(self._readable(f"{given.module}.{given.member}")) or self.defines(target, given.member, depth - 1)

    def _named(self, module: Module, name: str, depth: int) -> Definition | None:
        if depth == 0:
            return None
        found = (self._stands_for(module, each, depth) for each in module.names.get(name, ()))
        targets = (self._readable(star) for star in module.stars if name not in module.names)
        members = (self._named(target, name, depth - 1) for target in targets if target)
        return next((each for each in (*found, *members) if each), None)

    def _stands_for(self, module: Module, given: Function | Class | Import | ast.expr, depth: int) -> Definition | None:
        if isinstance(given, ast.expr):
            return self.resolve(module, given, depth - 1)
        if not isinstance(given, Import):
            return given
        target = self._readable(given.module)
        if not given.member:
            return target
        member = self._named(target, given.member, depth - 1) if target else None
        return member or self._readable(f"{given.module}.{given.member}")

    def _readable(self, name: str) -> Module | None:
        """A module that is followed for what it may do; one that does not parse is a library's business."""
        try:
            return self.module(name)
        except UnreadableError:
            return None


def source_of(files: Files, name: str) -> tuple[str, bytes] | None:
    """The file and the text of the module of this dotted name, or None where there is none.

    Raises:
        UnreadableError: it cannot be read.
    """
    base = name.replace(".", "/")
    for file in (f"{base}/__init__.py", f"{base}.py"):  # where there are both, Python takes the package
        content = files.content(file)
        if content is not None:
            return file, content
    return None


def _binds(node: ast.Name, name: str) -> bool:
    return node.id == name and isinstance(node.ctx, ast.Store)


def makes_names(module: Module) -> bool:
    """Whether names or submodules of a module may come about in ways that only running it shows."""
    return any(map(_makes_names, ast.walk(module.tree)))


def _makes_names(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.name == "__getattr__"
    if isinstance(node, ast.alias):
        return "__getattr__" in (node.name, node.asname)
    if isinstance(node, ast.Attribute):
        return node.attr == "modules"
    return isinstance(node, ast.Name) and node.id in _MAKERS


def _parsed(content: bytes, file: str) -> ast.Module:
    try:
        return ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise UnreadableError(f"holds `{file}`, which does not parse as Python") from None


def _index(module: Module, *, is_package: bool) -> None:
    """Fill in what the module's names stand for."""
    for statement in _top_level(module.tree.body):
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                module.names.setdefault(statement.name, []).insert(0, function_of(statement, module))
            case ast.ClassDef():
                owner = Class(statement, module)
                methods = (each for each in statement.body if isinstance(each, AnyFunction))
                owner.methods |= {each.name: function_of(each, module, owner) for each in methods}
                module.names.setdefault(statement.name, []).insert(0, owner)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                module.names.setdefault(name, []).insert(0, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                module.names.setdefault(name, []).insert(0, value)
    parent = module.name if is_package else module.name.rpartition(".")[0]
    for name, found in _imports(module.tree, parent):
        if name == "*":
            module.stars.append(found.module)
        else:
            module.names.setdefault(name, []).append(found)


def _imports(tree: ast.Module, parent: str) -> Iterator[tuple[str, Import]]:
    """What a module imports, at its top or inside its functions; `parent` is the package that it is in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, Import(alias.name)) if alias.asname else (top, Import(top))
        elif isinstance(node, ast.ImportFrom):
            source = absolute(parent, node)
            for alias in node.names:
                yield alias.asname or alias.name, Import(source, alias.name)


def function_of(
    node: AnyFunction, module: Module, owner: Class | None = None, outer: Function | None = None
) -> Function:
    """A function with those that are defined inside it."""
    found = Function(node, module, owner, outer)
    for each in _top_level(node.body):
        if isinstance(each, AnyFunction):
            found.inner[each.name] = function_of(each, module, owner, found)
    return found


def absolute(parent: str, node: ast.ImportFrom) -> str:
    """The dotted name of the module that is imported from, by a module in the package `parent`."""
    if not node.level:
        return node.module or ""
    parts = parent.split(".") if parent else []
    kept = parts[: len(parts) - (node.level - 1)]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body and of the branches in it, but not of functions and classes."""
    for statement in body:
        yield statement
        if not isinstance(statement, AnyFunction | ast.ClassDef):
            for name in ("body", "orelse", "finalbody"):
                yield from _top_level(getattr(statement, name, []))
            for inner in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
                yield from _top_level(inner.body)
