"""Checks of the handler that a function names: that it is in the archive, with everything that it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from policypack.lambda_code.archive import Archive, holding
from policypack.lambda_code.missing_modules import Importer, Missing
from policypack.lambda_code.packaging import Search
from policypack.lambda_code.runtime_modules import minor_of
from policypack.python.files import UnreadableError
from stackguard.bundle.archive import File
from stackguard.bundle.config import TABLE, Function
from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.metadata import Member


def check(function: Function, own: Sequence[File], dependencies: Sequence[Member], prefix: str) -> None:
    """Find the handler's module, and the function in it where the module is an own file.

    Args:
        function: the function; one that names no handler passes.
        own: its own files.
        dependencies: the files of its dependencies.
        prefix: the folder of the dependencies.

    Raises:
        CannotBundle: it is missing.
    """
    handler = function.table.handler
    if handler is None:
        return
    module, _, name = handler.rpartition(".")
    where = _where(function)
    if not module:
        raise CannotBundle(f"{where} names no function of a module, as `package.module.function` does")
    base = module.replace(".", "/")
    paths = (f"{base}.py", f"{base}/__init__.py")
    source = next((file for file in own if file.path in paths), None)
    if source is None:
        if any(member.path.removeprefix(prefix) in paths for member in dependencies):
            return
        modules = [file.path.removesuffix(".py").replace("/", ".") for file in own if file.path.endswith(".py")]
        near = _near(module, modules)
        hint = f"did you mean `{near}.{name}`?" if near else f"add it with `include` below `[{TABLE}]`"
        raise CannotBundle(f"{where} needs `{paths[0]}`, which is not in the archive; {hint}")
    names = _defined(source)
    if names is not None and name not in names:
        near = _near(name, names)
        hint = f"did you mean `{module}.{near}`?" if near else "define it there, or name another"
        raise CannotBundle(f"{where} needs `{name}`, which `{source.path}` does not define; {hint}")


def check_imports(function: Function, own: Sequence[File], dependencies: Archive | None, prefix: str) -> None:
    """Follow the imports of the handler's module as the runtime does, without running it.

    Args:
        function: the function; one that names no handler passes, as nothing is surely imported.
        own: its own files.
        dependencies: the archive of its dependencies; None where an image installs them, so only own modules are checked.
        prefix: the folder of the dependencies.

    Raises:
        CannotBundle: a module is missing.
    """
    runtime, handler = function.target.runtime, function.table.handler
    minor = minor_of(runtime)
    if handler is None or minor is None:
        return
    files = {file.path: file.content for file in own}
    packed = [] if dependencies is None else [(dependencies, prefix)]
    importer = Importer(Search([(holding(files), ""), *packed]), files.__contains__, minor)
    try:
        imports = importer.run(handler.rpartition(".")[0].replace("/", "."))
    except UnreadableError as error:
        raise CannotBundle(f"the archive {error}; fix it") from None
    is_partial = imports.elsewhere or dependencies is None
    missing = [module for module in imports.missing if module.inside or not is_partial]
    if missing:
        more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
        problem = missing[0].words(runtime, layered=False)
        raise CannotBundle(f"{_where(function)} {problem}{more}; {_remedy(missing[0])}")


def _where(function: Function) -> str:
    return f'`{function.project_file}`: `handler = "{function.table.handler}"` below `[{TABLE}]`'


def _near(name: str, names: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(name, names, n=1, cutoff=0.5)), None)


def _remedy(missing: Missing) -> str:
    if missing.inside:
        return "fix the import, or the module"
    package = missing.module.partition(".")[0]
    return (
        f"lock the package that has `{package}`, or remove the import; if a layer that is built elsewhere has it, "
        "leave `handler` out here"
    )


def _defined(source: File) -> set[str] | None:
    """The names that a module binds; None where they cannot be determined."""
    try:
        tree = ast.parse(source.content)
    except (SyntaxError, ValueError):
        raise CannotBundle(f"`{source.path}` holds the handler and does not parse as Python; fix it") from None
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= {(alias.asname or alias.name).partition(".")[0] for alias in aliases}
            case ast.Call(func=ast.Name(id="globals" | "setattr" | "exec")):
                return None
    return None if "*" in names or "__getattr__" in names else names
