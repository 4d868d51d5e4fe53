"""Imports of a stack's Python functions that neither their archives, their layers nor their runtime contain."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import msgspec

from policypack.core.policy import Placed, Resource, Stack, Unknown
from policypack.lambda_code.archive import Archive
from policypack.lambda_code.missing_modules import MissingImport
from policypack.lambda_code.packaging import (
    UNSURE,
    HandlerName,
    Search,
    code_property,
    judged_handlers,
    layers,
    opened_layers,
    python_folders,
    read_code,
    variables,
)
from policypack.lambda_code.python_code import TOO_MUCH, Followed
from policypack.lambda_code.runtime_modules import minor_of

_PATH = ("AWS_LAMBDA_EXEC_WRAPPER", "PYTHONPATH")
"""Variables that add places where modules are looked for."""
_PACKAGE_IT = "Package the module with the function, where Lambda looks by itself."


class MissingImports(msgspec.Struct, frozen=True):
    """Imports that surely fail on a runtime; `layered` if layers of the stack were searched, too."""

    missing: tuple[MissingImport, ...] = ()
    runtime: str = ""
    layered: bool = False


def imported(stack: Stack) -> Iterator[Placed[MissingImports]]:
    """What the handler of each function whose archive can be read cannot import."""
    return judged_handlers(stack, partial(_imported, stack), "python")


def _imported(stack: Stack, function: Resource, runs: HandlerName) -> Iterator[tuple[str, MissingImports | Unknown]]:
    minor = minor_of(runs.runtime)
    if minor is None:
        return
    found = read_code(stack, function, lambda archive: tuple(_judged(stack, function, runs, archive, minor)))
    path = code_property(function)
    yield from ((path, each) for each in (found if isinstance(found, tuple) else (found,)) if each is not None)


def _judged(
    stack: Stack, function: Resource, runs: HandlerName, archive: Archive, minor: int
) -> Iterator[MissingImports | Unknown]:
    # parsing is paid for only where there is code to parse
    from policypack.lambda_code.installed_files import published
    from policypack.lambda_code.missing_modules import Importer
    from policypack.python.interpret import read_imports
    from policypack.python.modules import PythonPackage

    held = layers(stack, function)
    archives, unread = opened_layers(stack, held)
    theirs = published(archive)
    adds = any(each in variables(function) for each in _PATH)
    importer = Importer(
        Search.beside(archive, archives, python_folders(runs.runtime)),
        lambda file: file not in theirs and archive.find(file) is not None,
        minor,
        elsewhere=adds,
    )
    program = PythonPackage(Followed.beside(archive, archives, python_folders(runs.runtime)))
    reading = read_imports(program, runs.handler, minor)
    if reading.exceeded:
        yield TOO_MUCH
    found = importer.run(reading)
    open_end = found.elsewhere or unread or held.others
    certain = tuple(each for each in found.missing if each.inside or not open_end)
    yield MissingImports(certain, runs.runtime, bool(archives))
    if held.foreign or unread:
        return  # a module that is missing here may be in a layer from outside the stack
    for each in found.missing:
        if each not in certain:
            yield _undecided(each.words(runs.runtime, layered=bool(archives)), elsewhere=found.elsewhere)


def _undecided(words: str, *, elsewhere: bool) -> Unknown:
    if elsewhere:
        return Unknown(f"{words}, but more places are looked in, which the code or a variable adds", _PACKAGE_IT)
    return Unknown(f"{words}, but perhaps a layer that is known only after the update", UNSURE.fix)
