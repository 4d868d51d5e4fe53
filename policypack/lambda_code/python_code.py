"""Python code of functions, read once for all policies.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html, and
https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-searchpath for where Lambda looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Placed, Resource, Stack, Unknown
from policypack.lambda_code import packaging
from policypack.lambda_code.archive import Archive
from policypack.lambda_code.event_sources import delivery
from policypack.lambda_code.installed_files import idle
from policypack.lambda_code.packaging import HandlerName, Layers, Search
from policypack.lambda_code.runtime_modules import minor_of
from policypack.python.files import UnreadableError
from policypack.python.model import Handling

if TYPE_CHECKING:
    from policypack.python.interpret import ProgramReading

NO_MODULE = "Make `handler` name a module in the packaged code."
TOO_MUCH = Unknown(
    "holds code that is too large, or calls itself in too many ways, to be followed",
    "Package less with the function, or waive this policy for it.",
)
NO_FUNCTION = Unknown("holds no function for the handler", "Make `handler` name a function in the packaged code.")


class NoModule(msgspec.Struct, frozen=True):
    """A handler's module that is not in the code that can be read; `layered` if a layer may contain it."""

    name: str
    layered: bool = False

    @property
    def where(self) -> str:
        """A clause that follows what is missing."""
        return ", and may be in a layer" if self.layered else ""


@memoized
def python_code(stack: Stack, function: Resource) -> tuple[str, ProgramReading | NoModule | Unknown] | None:
    """What a function's code does, or why that is unknown, with the path of the property in question.

    Args:
        stack: contains its layers and the objects of buckets.
        function: an `aws:lambda/function:Function`.

    Returns:
        None for other runtimes, for container images, for code in a bucket where nothing of the stack is, and for
        code of which a state from another machine has only the hash. `Unknown` for what should be readable and is
        not.
    """
    runs = packaging.handler_name(stack, function, "python")
    if not isinstance(runs, HandlerName):
        return runs
    layers = packaging.layers_of(stack, function)
    reading = packaging.read_code(
        stack, function, lambda archive: read_program(stack, archive, layers, runs.runtime, runs.handler)
    )
    return None if reading is None else (packaging.code_property(function), reading)


class Followed(Search):
    """The files that are followed: published packages are not, unless they call AWS themselves."""

    def __init__(self, places: Iterable[tuple[Archive, str]]) -> None:
        super().__init__(places)
        self._idle = {id(archive): _idle(archive) for archive, _ in self.places}

    def content(self, name: str) -> bytes | None:
        """The content of one file, or None if no place has one that is followed; raises `UnreadableError`."""
        place = self.place(name)
        if place is None:
            return None
        archive, file = place
        return None if file in self._idle[id(archive)] else archive.content(file)


def _idle(archive: Archive) -> frozenset[str]:
    try:
        return idle(archive)
    except UnreadableError:  # of a file that perhaps nothing imports
        return frozenset()


def read_program(
    stack: Stack, archive: Archive, layers: Layers, runtime: str, handler: str
) -> ProgramReading | NoModule | Unknown:
    """What a program does: the code in an archive, with what Lambda finds in the layers.

    Raises:
        UnreadableError: a file that has to be read cannot be.
    """
    # parsing is paid for only where there is code to parse
    from policypack.python.interpret import read
    from policypack.python.modules import PythonPackage

    archives, unread = packaging.opened_layers(stack, layers)
    package = PythonPackage(Followed.beside(archive, archives, packaging.python_folders(runtime)))
    module = handler.rpartition(".")[0].replace("/", ".")
    if package.module(module) is None:
        return NoModule(module, layers.others or unread)
    reading = read(package, handler, minor_of(runtime))
    return reading if reading.exceeded or reading.handlers else NO_FUNCTION


def handlers(stack: Stack) -> Iterator[Placed[Handling]]:
    """What the handler of each Python function does with the records of its event.

    Yields nothing for other runtimes, for container images, for code in a bucket where nothing of the stack is, and
    for code of which a state from another machine has only the hash: there is no code to read. What should be
    readable and is not is yielded as `Unknown`, with the reason.
    """
    for function in packaging.functions(stack):
        code = python_code(stack, function)
        if code is None:
            continue
        path, reading = code
        if isinstance(reading, Unknown):
            yield function, path, reading
        elif isinstance(reading, NoModule):
            yield function, path, Unknown(f"holds no module for the handler{reading.where}", NO_MODULE)
        elif reading.exceeded:
            yield function, path, TOO_MUCH
        else:
            # parsing is paid for only where there is code to parse
            from policypack.python.handling.summary import handling

            sent = delivery(stack, function)
            result = handling(reading)
            yield (
                function,
                path,
                msgspec.structs.replace(
                    result,
                    single=result.single or sent.single,
                    several=sent.several,
                    most=sent.most,
                    retries=sent.retries,
                    redelivered=sent.redelivered,
                    heeded=sent.heeded,
                ),
            )
