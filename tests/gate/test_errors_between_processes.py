"""Every error of the project arrives in another process as it was: the same type, message and facts."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

import policypack
import stackguard

ROOT = Path(stackguard.__file__).parents[1]
ARGUMENTS = {"str": "a.py: it's `x`, is not\nné", "int": 7, "int | None": 7}
"""By annotation of a parameter."""


def _bases(definition: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).rpartition(".")[2] for base in definition.bases}


def _error_classes() -> Iterator[type[BaseException]]:
    """Those of both packages, found in the source: what happens to be imported is not all of them."""
    definitions = [
        (file, node)
        for package in (stackguard, policypack)
        for file in sorted(Path(package.__file__ or "").parent.rglob("*.py"))
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    ]
    names = {"ClickException"}
    names |= {name for name, of in vars(builtins).items() if isinstance(of, type) and issubclass(of, BaseException)}
    while more := {node.name for _, node in definitions if _bases(node) & names} - names:
        names |= more
    for file, node in definitions:
        if _bases(node) & names:
            module = importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
            yield getattr(module, node.name)


def _example(error: type[BaseException]) -> BaseException:
    own = [of for of in error.__mro__ if of.__module__.partition(".")[0] in {"stackguard", "policypack"}]
    if not any("__init__" in vars(of) for of in own):
        return error(ARGUMENTS["str"])
    _, *parameters = inspect.signature(error.__init__).parameters.values()
    return error(*(ARGUMENTS[parameter.annotation] for parameter in parameters))


@pytest.mark.parametrize("error", [*_error_classes()], ids=lambda error: f"{error.__module__}.{error.__name__}")
def test_an_error_arrives_as_it_was(error: type[BaseException]) -> None:
    sent = _example(error)
    arrived = pickle.loads(pickle.dumps(sent))
    assert (type(arrived), str(arrived), vars(arrived)) == (error, str(sent), vars(sent))


def test_the_errors_are_found() -> None:
    assert {"CannotJudge", "SettingsError", "NoFileError", "NotPythonError"} <= {
        one.__name__ for one in _error_classes()
    }
