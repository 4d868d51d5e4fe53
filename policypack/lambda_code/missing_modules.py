"""Imports of a program that find nothing in its archive, its layers and its runtime.

Sources: https://docs.python.org/3/reference/import.html, and
https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-searchpath for where Lambda looks.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING

import msgspec

from policypack.core.policy import Placed, Resource, Stack, Unknown
from policypack.core.spelling import similar
from policypack.lambda_code import packaging
from policypack.lambda_code.archive import Archive
from policypack.lambda_code.installed_files import published
from policypack.lambda_code.packaging import HandlerName, Search
from policypack.lambda_code.python_code import TOO_MUCH, Followed
from policypack.lambda_code.runtime_modules import change, has, minor_of
from policypack.python.files import CodePlace, UnreadableError
from policypack.python.model import Imported
from policypack.python.modules import Module, NotPythonError, PythonPackage, defines, makes_names, members

if TYPE_CHECKING:
    from policypack.python.interpret import ProgramReading

_ALIKE = 0.75
_PATH = ("AWS_LAMBDA_EXEC_WRAPPER", "PYTHONPATH")
"""Variables that add places to look for modules in."""
_VENDORED = frozenset({"site-packages", "dist-packages", "vendor", "vendored", "_vendor", "third_party", "extern"})
_OF_A_RELEASE = re.compile(rb"^(?:from [.\w]+ import .*\b)?__(?:version|author|license|copyright)__\b", re.MULTILINE)
"""What a published package says of itself, and a function's own code does not."""
_PACKAGE_IT = "Package the module with the function, where Lambda looks by itself."


class MissingImport(msgspec.Struct, frozen=True):
    """An import that fails: of a module, of the member `member` of one, or by more dots than there are packages."""

    place: CodePlace
    module: str = ""
    member: str = ""
    hint: str = ""
    """A clause; empty if there is no suggestion."""
    inside: bool = False
    """Whether only the archive could contain it, and no layer."""

    def words(self, runtime: str, *, layered: bool) -> str:
        """A clause: what fails, and where.

        Args:
            runtime: as Lambda names it: `python3.13`.
            layered: whether layers were looked into, too.
        """
        if not self.module:
            return f"imports with more dots (`{self.place}`) than there are packages around the module"
        hint = f"; {self.hint}" if self.hint else ""
        if self.member:
            return f"imports `{self.member}` from `{self.module}` (`{self.place}`), which does not define it{hint}"
        searched = ", nor a layer, nor" if layered else " nor"
        lacking = "the archive does not hold" if self.inside else f"neither the archive{searched} `{runtime}` has"
        return f"imports `{self.module}` (`{self.place}`), which {lacking}{hint}"


class MissingImports(msgspec.Struct, frozen=True):
    """Imports that fail on a runtime once they run; `layered` if layers of the stack were searched, too."""

    missing: tuple[MissingImport, ...] = ()
    runtime: str = ""
    layered: bool = False


class FailedImports(msgspec.Struct, frozen=True):
    """Imports of a program that fail; `elsewhere` if code or a variable adds places to look in."""

    missing: tuple[MissingImport, ...] = ()
    elsewhere: bool = False


def imported(stack: Stack) -> Iterator[Placed[MissingImports]]:
    """What the handler of each function whose archive can be read cannot import."""
    return packaging.judged_handlers(stack, partial(_imported, stack), "python")


def _imported(stack: Stack, function: Resource, runs: HandlerName) -> Iterator[tuple[str, MissingImports | Unknown]]:
    minor = minor_of(runs.runtime)
    if minor is None:
        return
    values = packaging.read_code(stack, function, lambda archive: tuple(_judged(stack, function, runs, archive, minor)))
    path = packaging.code_property(function)
    yield from ((path, value) for value in (values if isinstance(values, tuple) else (values,)) if value is not None)


def _judged(
    stack: Stack, function: Resource, runs: HandlerName, archive: Archive, minor: int
) -> Iterator[MissingImports | Unknown]:
    # parsing is paid for only where there is code to parse
    from policypack.python.interpret import read_imports

    layers, folders = packaging.layers_of(stack, function), packaging.python_folders(runs.runtime)
    archives, unread = packaging.opened_layers(stack, layers)
    theirs = published(archive)
    importer = Importer(
        Search.beside(archive, archives, folders),
        lambda file: file not in theirs and archive.find(file) is not None,
        runs.handler,
        minor,
        elsewhere=any(variable in packaging.variables(function) for variable in _PATH),
    )
    reading = read_imports(PythonPackage(Followed.beside(archive, archives, folders)), runs.handler, minor)
    if reading.exceeded:
        yield TOO_MUCH
    failed = importer.run(reading)
    open_end = failed.elsewhere or unread or layers.others
    certain = tuple(missing for missing in failed.missing if missing.inside or not open_end)
    yield MissingImports(certain, runs.runtime, bool(archives))
    if layers.foreign or unread:
        return  # a module that is missing here may be in a layer from outside the stack
    perhaps, fix = "but perhaps a layer that is known only after the update", packaging.UNSURE.fix
    if failed.elsewhere:
        perhaps, fix = "but more places are looked in, which the code or a variable adds", _PACKAGE_IT
    for missing in failed.missing:
        if missing not in certain:
            yield Unknown(f"{missing.words(runs.runtime, layered=bool(archives))}, {perhaps}", fix)


class Importer:
    """Looks for what a program imports, as its runtime does.

    Args:
        files: the archive and the layers, in the places where Lambda looks.
        is_own: whether a file is the function's own. Imports of published packages are not judged: others ran them.
        handler: as Lambda names it.
        minor: of the runtime's Python.
        elsewhere: whether the environment adds places to look in.
    """

    def __init__(
        self, files: Search, is_own: Callable[[str], bool], handler: str, minor: int, *, elsewhere: bool = False
    ) -> None:
        self._files = files
        self._top = handler.replace("/", ".").partition(".")[0]
        self._package = PythonPackage(files)
        self._index = _Index(files)
        self._is_own = is_own
        self._minor = minor
        self._elsewhere = elsewhere
        self._libraries: dict[str, bool] = {}

    def run(self, reading: ProgramReading) -> FailedImports:
        """What the imports of a program do not find.

        Raises:
            UnreadableError: an own module that is imported cannot be parsed.
        """
        for name in sorted(frame for frame in reading.reader.reached(self._is_library) if isinstance(frame, str)):
            self._own(name)
        self._elsewhere |= any(map(self._is_own, reading.reader.searching))
        by_name: dict[tuple[str, str], MissingImport] = {}
        for statement in reading.reader.imports_of(self._is_library):
            missing = self._failing(statement) if self._is_own(statement.place.file) else None
            if missing:
                by_name.setdefault((missing.module, missing.member), missing)
        return FailedImports(tuple(by_name.values()), self._elsewhere)

    def _is_library(self, file: str) -> bool:
        """Whether a file is a library's that was copied here: what its functions import is often optional."""
        top, *inner = file.split("/")
        if _VENDORED & {top, *inner}:
            return True
        if not inner or top == self._top:
            return False
        if top not in self._libraries:
            content = self._files.content(f"{top}/__init__.py") or b""
            self._libraries[top] = bool(_OF_A_RELEASE.search(content))
        return self._libraries[top]

    def _own(self, name: str) -> Module | None:
        """The own module of this name."""
        try:
            module = self._package.module(name)
        except NotPythonError as error:
            if self._is_own(error.file):
                raise
            return None
        return module if module and self._is_own(module.file) else None

    def _failing(self, statement: Imported) -> MissingImport | None:
        """What an import does not find, if it is made: where it is the last resort, all before it fail too."""
        missing = self._lacking(statement)
        for alternatives in statement.unless if missing else ():
            first = next(filter(None, map(self._lacking, alternatives)), None)
            if first is None or missing is None:
                return None
            name = f"{first.module}.{first.member}" if first.member else first.module
            hint = f"`{name}`, which is tried first, is missing too"
            missing = msgspec.structs.replace(missing, hint=hint, inside=missing.inside and first.inside)
        return missing

    def _lacking(self, statement: Imported) -> MissingImport | None:
        """What an import does not find, unless it may be in a place that is added."""
        missing = self._missing(statement)
        if missing is None or missing.inside or not self._elsewhere:
            return missing
        return None if self._index.is_anywhere(missing.module.partition(".")[0]) else missing

    def _missing(self, statement: Imported) -> MissingImport | None:
        """What an import does not find."""
        if not statement.module:
            return MissingImport(statement.place, inside=True)
        if statement.member and f"{statement.module}.{statement.member}" in self._index:
            return None
        absent = self._absent(statement.place, statement.module)
        return absent or (self._undefined(statement) if statement.member else None)

    def _absent(self, place: CodePlace, name: str) -> MissingImport | None:
        """A module that nothing contains, if that can be determined."""
        top, *rest = name.split(".")
        if not self._index.is_regular(top) and has(self._minor, top):
            return None
        if top not in self._index:
            return MissingImport(place, name, hint=self._hint(name) or change(top))
        parent = top
        for part in rest:
            child = f"{parent}.{part}"
            if child not in self._index:
                inside = self._index.is_regular(parent)
                if inside and self._makes_names(parent):
                    return None
                return MissingImport(place, name, hint=self._hint(name), inside=inside)
            parent = child
        return None

    def _makes_names(self, name: str) -> bool:
        """Whether a package may have submodules that are no files, or cannot be looked into."""
        try:
            module = self._package.module(name)
        except UnreadableError:
            return True
        return module is None or makes_names(module)

    def _undefined(self, statement: Imported) -> MissingImport | None:
        """A member that a module surely does not have."""
        name, member = statement.module, statement.member
        if member == "*" or member.startswith("__"):
            return None
        if not self._index.is_regular(name):  # a package without a file of its own has nothing but modules
            known = name in self._index and not has(self._minor, name.partition(".")[0])
            full = f"{name}.{member}"
            return MissingImport(statement.place, full, hint=self._hint(full)) if known else None
        module = self._own(name)
        if module is None or defines(self._package.readable, module, member) is not False:
            return None
        names = [other for other in members(module) if other != member]
        near = self._index.near(f"{name}.{member}") or similar(member, names, cutoff=_ALIKE)
        return MissingImport(statement.place, name, member, f"there is `{near[0]}`" if near else "", inside=True)

    def _hint(self, name: str) -> str:
        near = self._index.near(name)
        return f"there is `{near[0]}`" if near else ""


class _Index:
    """The modules that files make up, by dotted name; a folder is a package even without a file of its own."""

    def __init__(self, files: Search) -> None:
        self._modules: set[str] = set()
        self._folders: set[str] = set()
        for file in files.names():
            folder, _, base = file.rpartition("/")
            while folder and folder not in self._folders:
                self._folders.add(folder)
                folder = folder.rpartition("/")[0]
            stem = base.partition(".")[0]
            if base in (f"{stem}.py", f"{stem}.pyc") or base.endswith(".so"):
                self._modules.add((file.removesuffix(base) + stem).removesuffix("/__init__"))

    @cached_property
    def _by_depth(self) -> dict[int, list[str]]:
        by_depth: dict[int, list[str]] = defaultdict(list)
        for module in sorted(self._modules):
            by_depth[module.count("/")].append(module)
        return by_depth

    def __contains__(self, name: str) -> bool:
        path = name.replace(".", "/")
        return path in self._modules or path in self._folders

    def is_regular(self, name: str) -> bool:
        """Whether a module of this name hides files in later places."""
        return name.replace(".", "/") in self._modules

    def is_anywhere(self, name: str) -> bool:
        """Whether a module of this name, which has no dot, is in any folder."""
        return any(path == name or path.endswith(f"/{name}") for path in (*self._modules, *self._folders))

    def near(self, name: str) -> list[str]:
        """The module of the same depth with the most similar name, if one is similar."""
        path = name.replace(".", "/")
        alike = self._by_depth.get(path.count("/"), ())
        return [match.replace("/", ".") for match in similar(path, alike, cutoff=_ALIKE)]
