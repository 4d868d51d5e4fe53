"""The check of a function's handler: that the archive contains it and everything that it imports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from policypack.lambda_code.archive import Archive, archive_of
from policypack.lambda_code.missing_modules import Importer, MissingImport
from policypack.lambda_code.packaging import Search
from policypack.lambda_code.runtime_modules import minor_of
from policypack.python.files import UnreadableError
from policypack.python.interpret import read_imports
from policypack.python.modules import PythonPackage, defines, members
from stackguard.bundle.archive import ArchiveFile
from stackguard.bundle.config import TABLE, FunctionProject
from stackguard.bundle.errors import CannotBundle


def check(function: FunctionProject, own: Sequence[ArchiveFile], dependencies: Archive | None, prefix: str) -> None:
    """Find the handler as the runtime does, without running anything: its module, its function, its imports.

    A function that names no handler passes. `dependencies` is their archive, with the folder `prefix` in it; None if
    an image installs them.

    Raises:
        CannotBundle: the module, the function or an imported module is missing.
    """
    handler = function.table.handler
    if handler is None:
        return
    where = f'`{function.project_file}`: `handler = "{handler}"` below `[{TABLE}]`'
    path, _, name = handler.rpartition(".")
    module = path.replace("/", ".")
    if not module:
        raise CannotBundle(f"{where} names no function of a module, as `package.module.function` does")
    code = archive_of({file.path: file.content for file in own})
    minor = minor_of(function.target.runtime)
    assert minor is not None  # only Python's runtimes can be chosen
    installed = [] if dependencies is None else [(dependencies, prefix)]
    try:
        _check_defined(module, name, code, installed, where)
        importer = Importer(Search([(code, ""), *installed]), code.members.__contains__, handler, minor)
        imports = importer.run(read_imports(PythonPackage(code), handler, minor))
    except UnreadableError as error:
        raise CannotBundle(f"the archive {error}; fix it") from None
    is_partial = imports.elsewhere or dependencies is None
    missing = [item for item in imports.missing if item.inside or not is_partial]
    if missing:
        more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
        problem = missing[0].words(function.target.runtime, layered=False)
        raise CannotBundle(f"{where} {problem}{more}; {_remedy(missing[0])}")


def _check_defined(module: str, name: str, code: Archive, installed: Sequence[tuple[Archive, str]], where: str) -> None:
    """Find the handler's function, if its module is an own file: modules of dependencies are not read."""
    package = PythonPackage(code)
    source = package.module(module)
    if source is None:
        base = module.replace(".", "/")
        paths = (f"{base}.py", f"{base}/__init__.py")
        if any(f"{prefix}{path}" in dependencies.members for dependencies, prefix in installed for path in paths):
            return
        modules = (path.removesuffix(".py").replace("/", ".") for path in code.members if path.endswith(".py"))
        near = _near(module, modules)
        hint = f"did you mean `{near}.{name}`?" if near else f"add it with `include` below `[{TABLE}]`"
        raise CannotBundle(f"{where} needs `{paths[0]}`, which is not in the archive; {hint}")
    if defines(package.readable, source, name) is False:
        near = _near(name, members(source))
        hint = f"did you mean `{module}.{near}`?" if near else "define it there, or name another"
        raise CannotBundle(f"{where} needs `{name}`, which `{source.file}` does not define; {hint}")


def _near(name: str, names: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(name, names, n=1, cutoff=0.5)), None)


def _remedy(missing: MissingImport) -> str:
    if missing.inside:
        return "fix the import, or the module"
    package = missing.module.partition(".")[0]
    return (
        f"lock the package that has `{package}`, or remove the import; if a layer that is built elsewhere has it, "
        "leave `handler` out here"
    )
