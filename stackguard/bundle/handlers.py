"""Whether the handler that a function names is in its archive, and what it imports."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from difflib import get_close_matches

from policypack.lambda_code.archive import Archive, holding
from policypack.lambda_code.missing_modules import Importer, MissingImport
from policypack.lambda_code.packaging import Search
from policypack.lambda_code.runtime_modules import minor_of
from policypack.python.files import UnreadableError
from policypack.python.interpret import read_imports
from policypack.python.modules import PythonPackage
from stackguard.bundle.config import TABLE, Function
from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.files import File
from stackguard.bundle.metadata import Member


def check(function: Function, own: Sequence[File], dependencies: Sequence[Member], prefix: str) -> None:
    """Find the handler's module, and the function in it where the module is the function's own.

    Raises:
        CannotBundle: it is not there.
    """
    handler = function.table.handler
    if handler is None:
        return
    module, dot, name = handler.rpartition(".")
    base = module.replace(".", "/")
    places = (f"{base}.py", f"{base}/__init__.py")
    where = f'`{function.project_file}`: `handler = "{handler}"` below `[{TABLE}]`'
    if not dot or not module:
        raise CannotBundle(f"{where} names no function of a module, as `package.module.function` does")
    source = next((each for each in own if each.path in places), None)
    if source is None:
        if any(each.path.removeprefix(prefix) in places for each in dependencies):
            return
        modules = [each.path.removesuffix(".py").replace("/", ".") for each in own if each.path.endswith(".py")]
        near = get_close_matches(module, modules, n=1, cutoff=0.5)
        hint = (
            f"did you mean `{near[0]}.{name}`?" if near else f"say with `include` below `[{TABLE}]` what belongs to it"
        )
        raise CannotBundle(f"{where} needs `{places[0]}`, which is not in the archive; {hint}")
    names = _defined(source)
    if names is not None and name not in names:
        near = get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"did you mean `{module}.{near[0]}`?" if near else "define it there, or name another"
        raise CannotBundle(f"{where} needs `{name}`, which `{source.path}` does not define; {hint}")


def check_imports(function: Function, own: Sequence[File], dependencies: Archive | None, prefix: str) -> None:
    """Import the handler's module as the runtime does, without running it.

    Args:
        function: whose; one that names no handler has nothing that is surely imported.
        own: its own files.
        dependencies: what is packed beside them; None where an image installs them, and only own modules can be told.
        prefix: the folder of the dependencies.

    Raises:
        CannotBundle: a module is missing.
    """
    runtime, handler = function.target.runtime, function.table.handler
    minor = minor_of(runtime)
    if handler is None or minor is None:
        return
    files = {each.path: each.content for each in own}
    packed = [] if dependencies is None else [(dependencies, prefix)]
    importer = Importer(Search([(holding(files), ""), *packed]), files.__contains__, minor)
    try:
        found = importer.run(read_imports(PythonPackage(holding(files)), handler, minor))
    except UnreadableError as error:
        raise CannotBundle(f"the archive {error}; mend it") from None
    told = [each for each in found.missing if each.inside or not (found.elsewhere or dependencies is None)]
    if told:
        more = f", and {len(told) - 1} more" if len(told) > 1 else ""
        words = told[0].words(runtime, layered=False)
        raise CannotBundle(
            f'`{function.project_file}`: `handler = "{handler}"` below `[{TABLE}]` {words}{more}; {_remedy(told[0])}'
        )


def _remedy(missing: MissingImport) -> str:
    if missing.inside:
        return "mend the import, or the module"
    package = missing.module.partition(".")[0]
    return (
        f"lock the package that has `{package}`, or remove the import; where a layer that is made elsewhere has it, "
        "leave `handler` out here"
    )


def _defined(source: File) -> set[str] | None:
    """The names that a module binds at its top; None where they cannot be told."""
    try:
        tree = ast.parse(source.content)
    except (SyntaxError, ValueError):
        raise CannotBundle(f"`{source.path}` holds the handler and does not parse as Python; mend it") from None
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found |= {(each.asname or each.name).partition(".")[0] for each in names}
            case ast.Call(func=ast.Name(id="globals" | "setattr" | "exec")):
                return None
    return None if "*" in found or "__getattr__" in found else found
