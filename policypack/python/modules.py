"""Modules of an archive, parsed one by one as they are asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from policypack.python.files import Files, UnreadableError, source_of

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


class NotPythonError(UnreadableError):
    """A file that does not parse as Python."""

    def __init__(self, file: str) -> None:
        super().__init__(f"holds `{file}`, which does not parse as Python")
        self.file = file


@dataclass(frozen=True, slots=True)
class Import:
    """A name that stands for a module, or for a member of one."""

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
    """What it imports under which name, at its top or inside its functions; the name `*` stands for everything."""
    named: tuple[str, ...] = ()
    """The modules that it imports by `importlib.import_module("name")`."""

    @property
    def parent(self) -> str:
        """The package that relative imports begin from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @property
    def stars(self) -> tuple[str, ...]:
        """The modules that it imports everything from."""
        return tuple(each.module for name, each in self.imported if name == "*")


class Package:
    """The modules of an archive, by dotted name.

    Args:
        files: of the archive, and of what Lambda has beside it.
    """

    def __init__(self, files: Files) -> None:
        self.files = files
        self._modules: dict[str, Module | None] = {}

    def module(self, name: str) -> Module | None:
        """The module of this dotted name, or None where the archive has none.

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
        found = source_of(self.files, name)
        return None if found is None else parsed(name, *found)


@lru_cache(maxsize=256)
def parsed(name: str, file: str, content: str | bytes) -> Module:
    """A module of this text.

    Raises:
        NotPythonError: it does not parse.
    """
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotPythonError(file) from None
    module = Module(name, file, tree, file.endswith("/__init__.py"), len(content))
    module.imported = tuple(_imports(tree, module.parent))
    module.named = tuple(_named(tree))
    return module


def absolute(parent: str, node: ast.ImportFrom) -> str:
    """The dotted name of the module that is imported from, by a module in the package `parent`."""
    if not node.level:
        return node.module or ""
    parts = parent.split(".") if parent else []
    kept = parts[: max(len(parts) - (node.level - 1), 0)]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _named(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str() as name), *_],
            ) if not name.startswith("."):
                yield name


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
