"""Where Lambda enters a function's code: the file that each runtime looks for, in the archive and in the layers.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html, nodejs-handler.html, ruby-handler.html,
java-handler.html and csharp-handler.html beside it, https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
(`bootstrap`), https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html (the folders of a layer).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from functools import partial

import msgspec

from policypack.core.policy import Placed, Resource, Stack, Unknown
from policypack.lambda_code.archive import Archive, printable
from policypack.lambda_code.packaging import (
    HandlerName,
    Layers,
    Search,
    code_property,
    judged_handlers,
    layers,
    opened_layers,
    python_folders,
    read_code,
    variables,
)

OTHER_LAYER = Unknown(
    "may name code in a layer that cannot be read here",
    "Create the layer in this stack, from an archive, or package the handler with the function.",
)
RUNNING = Unknown(
    "names a function that its module makes while it is imported, if at all",
    "Define the handler, or assign it, at the top of its module.",
)
WRAPPED = Unknown(
    "is read by the wrapper in `AWS_LAMBDA_EXEC_WRAPPER`",
    "Name the function's own handler, or waive this policy for it.",
)
_OPT = "/opt/"
_TASK = "/var/task/"


class HandlerProblem(msgspec.Struct, frozen=True):
    """What is wrong with a handler; nothing is where all are empty."""

    file: str = ""
    """Which nothing holds."""
    elsewhere: str = ""
    """A file of that name in another folder of the archive."""
    undefined: tuple[str, str] = ("", "")
    """A file, and the name that it does not define."""
    form: str = ""
    """How the runtime reads a handler, where this one is not of that form."""
    not_executable: str = ""


def handler_problems(stack: Stack) -> Iterator[Placed[HandlerProblem]]:
    """What is wrong, or nothing, with the handler of each function whose archive can be read."""
    return judged_handlers(stack, partial(_problem, stack))


def _problem(stack: Stack, function: Resource, runs: HandlerName) -> Iterator[tuple[str, HandlerProblem | Unknown]]:
    found = read_code(
        stack,
        function,
        lambda archive: _Reader(stack, archive, layers(stack, function), runs.runtime).problem(runs.handler),
    )
    if isinstance(found, HandlerProblem) and found.file and "AWS_LAMBDA_EXEC_WRAPPER" in variables(function):
        yield "handler", WRAPPED
    elif found is not None:
        yield (
            "handler"
            if found in (OTHER_LAYER, RUNNING) or isinstance(found, HandlerProblem)
            else code_property(function),
            found,
        )


class _Reader:
    """Looks for what a runtime looks for."""

    def __init__(self, stack: Stack, archive: Archive, found: Layers, runtime: str) -> None:
        self.archive = archive
        self.runtime = runtime
        self.layers, unread = opened_layers(stack, found)
        self.unread = found.others or unread

    def problem(self, handler: str) -> HandlerProblem | Unknown:
        """What is wrong with a handler."""
        family = re.match(r"[a-z]*", self.runtime)
        match family[0] if family else "":
            case "python":
                return self._python(handler)
            case "nodejs":
                return self._node(handler)
            case "ruby":
                return self._first_of([f"{handler.partition('.')[0]}.rb"], ("ruby/lib/",))
            case "provided":
                return self._bootstrap()
            case "dotnet" | "dotnetcore":
                return self._first_of([f"{handler.partition('::')[0]}.dll"], ())
            case "java":
                return self._java(handler)
        return HandlerProblem()

    def _places(self, folders: Sequence[str]) -> Search:
        return Search.beside(self.archive, self.layers, folders)

    def _first_of(self, files: Sequence[str], folders: Sequence[str]) -> HandlerProblem | Unknown:
        places = self._places(folders)
        if any(places.find(file) for file in files):
            return HandlerProblem()
        return self._absent(files[0], layered=bool(folders))

    def _absent(self, file: str, *, layered: bool = True) -> HandlerProblem | Unknown:
        if layered and self.unread:
            return OTHER_LAYER
        name = posixpath.basename(file)
        alike = [each for each in self.archive.members if posixpath.basename(each) == name]
        return HandlerProblem(printable(file), printable(min(alike, default="")))

    def _python(self, handler: str) -> HandlerProblem | Unknown:
        from policypack.python.modules import PythonPackage, defines

        path, _, name = handler.rpartition(".")
        dotted = path.replace("/", ".")
        if not all(dotted.split(".")) or not name:
            return HandlerProblem(form="module.function")
        places = self._places(python_folders(self.runtime))
        package = PythonPackage(places)
        module = package.module(dotted)
        if module is None:
            base = dotted.replace(".", "/")
            return (
                HandlerProblem()
                if any(_compiled(each, base) for each in places.names())
                else self._absent(f"{base}.py")
            )
        defined = defines(package.readable, module, name)
        if defined is None:
            return RUNNING
        return HandlerProblem() if defined else HandlerProblem(undefined=(module.file, name))

    def _node(self, handler: str) -> HandlerProblem | Unknown:
        folder, base = posixpath.split(handler)
        module, _, name = base.partition(".")
        if not module or not name:
            return HandlerProblem(form="module.function")
        path = posixpath.normpath(posixpath.join(folder, module))
        version = self.runtime.removeprefix("nodejs").partition(".")[0]
        roots: tuple[str, ...] = ("nodejs/node_modules/", f"nodejs/node{version}/node_modules/")
        if path.startswith(_OPT):
            path, roots = path.removeprefix(_OPT), ("",)
        path = path.removeprefix(_TASK)
        files = [f"{path}{ending}" for ending in (".js", "", ".mjs", ".cjs", "/index.js", "/package.json")]
        return self._first_of([*files, *(f"node_modules/{each}" for each in files)], roots)

    def _bootstrap(self) -> HandlerProblem | Unknown:
        places = self._places(("",))
        found = places.find("bootstrap")
        if found is None:
            return self._absent("bootstrap")
        return HandlerProblem(not_executable="bootstrap" if found.executable is False else "")

    def _java(self, handler: str) -> HandlerProblem | Unknown:
        if self.layers or self.unread or any(each.endswith(".jar") for each in self.archive.members):
            return HandlerProblem()  # the class may be in any of them
        return self._first_of([f"{handler.partition('::')[0].replace('.', '/')}.class"], ())


def _compiled(file: str, base: str) -> bool:
    """Whether a file is a module of this name that is not in the form of source."""
    return file in (f"{base}.pyc", f"{base}/__init__.pyc") or (file.startswith(f"{base}.") and file.endswith(".so"))
