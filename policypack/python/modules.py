"""Modules of an archive: parsed when they are needed, with what they import and define."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from policypack.python import spellings
from policypack.python.files import Files, UnreadableError, source_of

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


class NotPythonError(UnreadableError):
    """A file that does not parse as Python."""

    def __init__(self, file: str) -> None:
        super().__init__(f"holds `{file}`, which does not parse as Python")
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is sent to another process."""
        return type(self), (self.file,)


@dataclass(frozen=True, slots=True)
class Import:
    """The module, or the member of one, that a name is imported from."""

    module: str
    member: str = ""


@dataclass(eq=False, slots=True)
class Module:
    """A parsed module."""

    name: str
    file: str
    tree: ast.Module
    is_package: bool = False
    size: int = 0
    imported: tuple[tuple[str, Import], ...] = ()
    """What it imports under which name, at its top or inside its functions; the name `*` is everything."""
    named: tuple[str, ...] = ()
    """The modules that it imports by their whole names: `import a.b`, `importlib.import_module("a.b")`."""

    @property
    def parent(self) -> str:
        """The package that relative imports begin from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @property
    def stars(self) -> tuple[str, ...]:
        """The modules that it imports everything from."""
        return tuple(imported.module for name, imported in self.imported if name == "*")


class PythonPackage:
    """The modules of an archive, by dotted name.

    Args:
        files: of the archive, and of what Lambda has beside it.
    """

    def __init__(self, files: Files) -> None:
        self.files = files
        self._modules: dict[str, Module | None] = {}

    def module(self, name: str) -> Module | None:
        """The module of this dotted name, or None if the archive has none.

        Raises:
            UnreadableError: its file cannot be read or parsed.
        """
        if name not in self._modules:
            self._modules[name] = self._load(name) if all(name.split(".")) else None
        return self._modules[name]

    def readable(self, name: str) -> Module | None:
        """A module that is followed for what it may do; one that does not parse is a library's business."""
        try:
            return self.module(name)
        except UnreadableError:
            return None

    def _load(self, name: str) -> Module | None:
        source = source_of(self.files, name)
        return None if source is None else parsed(name, *source)


@lru_cache(maxsize=256)
def parsed(name: str, file: str, content: str | bytes) -> Module:
    """A module of this text.

    Raises:
        NotPythonError: it does not parse.
    """
    try:
        tree = spellings.plain(ast.parse(content), content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotPythonError(file) from None
    module = Module(name, file, tree, file.endswith("/__init__.py"), len(content))
    module.imported = tuple(_imports(tree, module.parent))
    module.named = tuple(_named(tree, module.parent))
    return module


def absolute(parent: str, node: ast.ImportFrom) -> str:
    """The dotted name of the module that is imported from, by a module in the package `parent`."""
    if not node.level:
        return node.module or ""
    parts = parent.split(".") if parent else []
    kept = parts[: max(len(parts) - (node.level - 1), 0)]
    return ".".join([*kept, *([node.module] if node.module else [])])


def absolute_name(parent: str, name: str) -> str:
    """The dotted name of a module that `import_module` gets, which may begin with dots, in the package `parent`."""
    inner = name.lstrip(".")
    return absolute(parent, ast.ImportFrom(inner or None, [], len(name) - len(inner)))


def _named(tree: ast.Module, parent: str) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str() as name), *_],
            ):
                yield absolute_name(parent, name)
            case ast.Import(names=names):
                yield from (alias.name for alias in names)


def _imports(tree: ast.Module, parent: str) -> Iterator[tuple[str, Import]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, Import(alias.name)) if alias.asname else (top, Import(top))
        elif isinstance(node, ast.ImportFrom):
            source = absolute(parent, node)
            for alias in node.names:
                yield alias.asname or alias.name, Import(source, alias.name)


MOST_FILES = 200
MOST_BYTES = 4_000_000
"""What is read at most: the function's own modules are the nearest to the handler, and come first."""


@dataclass(slots=True)
class ImportedModules:
    """The modules of one program by dotted name, and the files of it that do not parse."""

    modules: dict[str, Module] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    cut: bool = False
    """Whether there are more than are read."""


def imported_modules(package: PythonPackage, entry: str, known: Container[str] = ()) -> ImportedModules:
    """A module and what it imports, and what those import.

    Args:
        package: contains the modules.
        entry: the dotted name of the handler's module.
        known: packages that are not looked into.

    Raises:
        UnreadableError: the archive cannot be read, or has no such module.
    """
    program = ImportedModules()
    seen: set[str] = set()
    waiting = deque([entry])
    size = 0
    while waiting:
        name = waiting.popleft()
        if name in seen or not all(name.split(".")) or name.partition(".")[0] in known:
            continue
        seen.add(name)
        if (outer := name.rpartition(".")[0]) and outer not in seen:
            waiting.append(outer)
        try:
            module = package.module(name)
        except NotPythonError as error:
            program.broken.append(error.file)
            continue
        if module is None:
            if name == entry:
                raise UnreadableError(f"holds no module `{entry}`, which the handler is in")
            continue
        size += module.size
        if len(program.modules) == MOST_FILES or size > MOST_BYTES:
            program.cut = True
            return program
        program.modules[name] = module
        waiting += module.named
        for _, imported in module.imported:
            waiting += [imported.module, f"{imported.module}.{imported.member}" if imported.module else imported.member]
    return program


_MAKERS = frozenset({"__getattr__", "__path__", "exec", "globals", "locals", "setattr", "vars"})


def defines(find: Callable[[str], Module | None], module: Module, name: str, depth: int = 8) -> bool | None:
    """Whether an imported module has a member of this name; None if its code does not show that.

    Args:
        find: returns the module of a dotted name, or None if it cannot be read.
        module: may have the member.
        name: of the member.
        depth: how many modules away the member may be defined.
    """
    itself = Import(module.name, name)  # `from . import name` in the package binds nothing but that module
    imported = (name, itself) in module.imported and find(f"{module.name}.{name}") is not None
    return imported or binds(find, module, name, depth)


def binds(find: Callable[[str], Module | None], module: Module, name: str, depth: int = 8) -> bool | None:
    """Whether a module's code defines a member of this name, which hides a module of its package: as `defines`."""
    if depth == 0:
        return None
    if name in _assigned(module):
        return True
    itself = Import(module.name, name)
    imports = (imported for bound, imported in module.imported if bound == name and imported != itself)
    answers = [_bound(find, imported, depth) for imported in imports]
    for star in module.stars:
        target = find(star)
        answers.append(defines(find, target, name, depth - 1) if target else None)
    if True in answers or any(
        isinstance(node, ast.Name) and _stores(node, name) for node in _imported_part(module.tree)
    ):
        return True
    return None if None in answers or makes_names(module) else False


def members(module: Module) -> list[str]:
    """The names that a module's own statements define."""
    return list(dict.fromkeys([*_assigned(module), *(name for name, _ in module.imported if name != "*")]))


def makes_names(module: Module) -> bool:
    """Whether names or submodules of a module may come about in ways that only running it shows."""
    return any(map(_makes_names, ast.walk(module.tree)))


def _bound(find: Callable[[str], Module | None], imported: Import, depth: int) -> bool | None:
    """Whether an import finds what it imports; modules outside the archive are taken to have it."""
    target = find(imported.module) if imported.member else None
    if target is None:
        return True
    return bool(find(f"{imported.module}.{imported.member}")) or defines(find, target, imported.member, depth - 1)


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
            only_run = isinstance(statement, ast.If) and is_main(statement.test) is False
            for name in ("orelse",) if only_run else ("body", "orelse", "finalbody"):
                yield from _top_level(getattr(statement, name, []))
            for inner in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
                yield from _top_level(inner.body)


def is_main(test: ast.expr) -> bool | None:
    """The result of a comparison of `__name__` with `"__main__"`, as Lambda imports the module; None for another one."""
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]):
            return False
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.NotEq()], comparators=[ast.Constant(value="__main__")]):
            return True
    return None


def _imported_part(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a module, but for the statements that do not run where something imports it."""
    left = [tree]
    while left:
        node = left.pop()
        yield node
        skipped = node.body if isinstance(node, ast.If) and is_main(node.test) is False else []
        left += (child for child in ast.iter_child_nodes(node) if child not in skipped)


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
