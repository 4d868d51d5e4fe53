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
from policypack.lambda_code import packaging
from policypack.lambda_code.archive import Archive, printable
from policypack.lambda_code.languages.javascript import exported
from policypack.lambda_code.languages.ruby import defines_method
from policypack.lambda_code.packaging import HandlerName, Layers, Search

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
    """What is wrong with a handler; nothing if all fields are empty."""

    file: str = ""
    """A file that is missing."""
    elsewhere: str = ""
    """A file of that name in another folder of the archive."""
    undefined: tuple[str, str] = ("", "")
    """A file, and the name that it does not define."""
    form: str = ""
    """The form of the runtime's handlers, if this one does not have it."""
    not_executable: str = ""


def handler_problems(stack: Stack) -> Iterator[Placed[HandlerProblem]]:
    """What is wrong, or nothing, with the handler of each function whose archive can be read."""
    return packaging.judged_handlers(stack, partial(_problem, stack))


def _problem(stack: Stack, function: Resource, runs: HandlerName) -> Iterator[tuple[str, HandlerProblem | Unknown]]:
    layers = packaging.layers_of(stack, function)
    problem = packaging.read_code(
        stack, function, lambda archive: _Reader(stack, archive, layers, runs.runtime).problem(runs.handler)
    )
    missing = isinstance(problem, HandlerProblem) and problem.file
    if missing and "AWS_LAMBDA_EXEC_WRAPPER" in packaging.variables(function):
        yield "handler", WRAPPED
    elif problem is not None:
        of_handler = problem in (OTHER_LAYER, RUNNING) or isinstance(problem, HandlerProblem)
        yield "handler" if of_handler else packaging.code_property(function), problem


class _Reader:
    """Finds the files that a runtime loads for a handler."""

    def __init__(self, stack: Stack, archive: Archive, layers: Layers, runtime: str) -> None:
        self.archive = archive
        self.runtime = runtime
        self.layers, unread = packaging.opened_layers(stack, layers)
        self.unread = layers.others or unread

    def problem(self, handler: str) -> HandlerProblem | Unknown:
        """What is wrong with a handler."""
        family = re.match(r"[a-z]*", self.runtime)
        match family[0] if family else "":
            case "python":
                return self._python(handler)
            case "nodejs":
                return self._node(handler)
            case "ruby":
                return self._ruby(handler)
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
        alike = [member for member in self.archive.members if posixpath.basename(member) == name]
        return HandlerProblem(printable(file), printable(min(alike, default="")))

    def _python(self, handler: str) -> HandlerProblem | Unknown:
        from policypack.python.modules import PythonPackage, defines

        path, _, name = handler.rpartition(".")
        dotted = path.replace("/", ".")
        if not all(dotted.split(".")) or not name:
            return HandlerProblem(form="module.function")
        places = self._places(packaging.python_folders(self.runtime))
        package = PythonPackage(places)
        module = package.module(dotted)
        if module is None:
            base = dotted.replace(".", "/")
            return (
                HandlerProblem()
                if any(_compiled(file, base) for file in places.names())
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
        problem = self._first_of([*files, *(f"node_modules/{file}" for file in files)], roots)
        loaded = next((file for file in files[:4] if self._places(roots).find(file)), "")
        if problem != HandlerProblem() or not loaded.endswith("js"):
            return problem
        names = exported(self._text(loaded, roots))
        return problem if names is None or {name, name.partition(".")[0]} & names else _undefined(loaded, name)

    def _ruby(self, handler: str) -> HandlerProblem | Unknown:
        path, _, name = handler.partition(".")
        folders = ("ruby/lib/",)
        problem = self._first_of([f"{path}.rb"], folders)
        method = name.rpartition(".")[2]
        if problem != HandlerProblem() or not method:
            return problem
        defined = defines_method(self._text(f"{path}.rb", folders), method)
        return _undefined(f"{path}.rb", name) if defined is False else problem

    def _text(self, file: str, folders: Sequence[str]) -> str:
        return (self._places(folders).content(file) or b"").decode(errors="replace")

    def _bootstrap(self) -> HandlerProblem | Unknown:
        places = self._places(("",))
        bootstrap = places.find("bootstrap")
        if bootstrap is None:
            return self._absent("bootstrap")
        return HandlerProblem(not_executable="bootstrap" if bootstrap.executable is False else "")

    def _java(self, handler: str) -> HandlerProblem | Unknown:
        if self.layers or self.unread or any(member.endswith(".jar") for member in self.archive.members):
            return HandlerProblem()  # the class may be in any of them
        return self._first_of([f"{handler.partition('::')[0].replace('.', '/')}.class"], ())


def _undefined(file: str, name: str) -> HandlerProblem:
    return HandlerProblem(undefined=(printable(file), printable(name)))


def _compiled(file: str, base: str) -> bool:
    """Whether a file is a module of this name that is not in the form of source."""
    return file in (f"{base}.pyc", f"{base}/__init__.pyc") or (file.startswith(f"{base}.") and file.endswith(".so"))
