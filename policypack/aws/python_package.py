"""The Python modules in an archive, read one by one as they are asked for, and what their names stand for."""

from __future__ import annotations

import ast
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from policypack.policy import Asset

MAX_BYTES = 2_000_000
"""Of one module. People write a hundredth of that."""

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


class UnreadableError(Exception):
    """A module cannot be read here. The message is a clause that follows the property's name."""


class AbsentError(UnreadableError):
    """The code lies on another machine."""


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
        archive: an asset whose files are on this machine.
    """

    def __init__(self, archive: Asset) -> None:
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
        base = name.replace(".", "/")
        for file in (f"{base}.py", f"{base}/__init__.py"):
            content = content_of(self.archive, file)
            if content is not None:
                module = Module(file, name, _parsed(content, file), self)
                _index(module, is_package=file.endswith("/__init__.py"))
                return module
        return None

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


def _parsed(content: bytes, file: str) -> ast.Module:
    if len(content) > MAX_BYTES:
        raise UnreadableError(f"holds `{file}`, which is too large to be read")
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
            source = _absolute(parent, node)
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


def _absolute(parent: str, node: ast.ImportFrom) -> str:
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
            for handler in getattr(statement, "handlers", []):
                yield from _top_level(handler.body)


def content_of(archive: Asset, file: str) -> bytes | None:
    """The bytes of one file of an archive, or None where there is no such file."""
    if archive.members is not None:
        return _member(archive, file)
    if archive.uri is not None:
        raise UnreadableError("is at a URL, and is not read from there")
    if archive.path is None:
        raise AbsentError("is not on this machine")
    path = Path(archive.path)
    try:
        if path.is_dir():
            inside = path / file
            return inside.read_bytes() if inside.is_file() else None
        if not path.exists():
            raise AbsentError("is packaged from a path that is not on this machine")
        return _packed(path, file)
    except (OSError, zipfile.BadZipFile, tarfile.TarError, RuntimeError):
        raise UnreadableError("is packaged from a file that cannot be read") from None


def _packed(path: Path, file: str) -> bytes | None:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            names = {each.removeprefix("./"): each for each in packed.namelist()}
            if file not in names:
                return None
            if packed.getinfo(names[file]).file_size > MAX_BYTES:
                raise UnreadableError(f"holds `{file}`, which is too large to be read")
            return packed.read(names[file])
    if tarfile.is_tarfile(path):
        with tarfile.open(path) as packed_tar:
            member = next((each for each in packed_tar if each.name.removeprefix("./") == file), None)
            stream = packed_tar.extractfile(member) if member and member.size <= MAX_BYTES else None
            return stream.read() if stream else None
    raise UnreadableError("is packaged from a file that is no archive")


def _member(archive: Asset, file: str) -> bytes | None:
    for name, asset in (archive.members or {}).items():
        place = name.removeprefix("./").strip("/")
        if asset.archive:
            inside = file if place in ("", ".") else file.removeprefix(f"{place}/")
            found = content_of(asset, inside) if inside != file or place in ("", ".") else None
            if found is not None:
                return found
        elif place == file:
            return _text(asset)
    return None


def _text(asset: Asset) -> bytes:
    if asset.text is not None:
        return asset.text.encode()
    if asset.path is None:
        raise UnreadableError("holds a file that is not on this machine")
    try:
        path = Path(asset.path)
        return path.read_bytes() if path.stat().st_size <= MAX_BYTES else b"\0" * (MAX_BYTES + 1)
    except OSError:
        raise UnreadableError("holds a file that is not on this machine") from None
