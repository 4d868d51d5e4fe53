"""What a Lambda function runs: the archive of its code, and the layers that the stack has for it.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html and
https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Self, TypeVar

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Asset, Placed, Resource, Stack, Unknown
from policypack.lambda_code.archive import AbsentError, Archive, ArchivedFile, opened, opened_zip
from policypack.lambda_code.code_objects import code_objects
from policypack.python.files import UnreadableError
from policypack.resources.references import resolve_all
from policypack.resources.tokens import FUNCTION, LAYER

T = TypeVar("T")

FIX = "Package the function's code from the program's own folder, and judge the program where that folder is."
NOT_CODE = Unknown("is not an archive of code that can be read here", FIX)
UNSURE = Unknown(
    "may have a layer of this stack, which is known only after the update",
    "Pass the layer's own `arn` to the function.",
)


NOT_SURE = Unknown(
    "may be in one of this stack's objects, and in which is known only after the update",
    "Pass the object's own `bucket` and `key` to the function, and make the object from an archive.",
)

_TEXTS = ("contentBase64", "content")
"""Properties of an object that contain its content as text: in Base64, or in UTF-8."""


class Layers(msgspec.Struct, frozen=True):
    """The layers of a function: those that the stack has, and whether there are or may be others."""

    known: tuple[Resource, ...] = ()
    others: bool = False
    foreign: bool = False
    """Whether some surely are from outside the stack: their ARNs are known, their content is not."""
    unsure: bool = False
    """Whether one of the stack's layers may be among them, which is unknown before the update."""
    count: int | None = 0
    """How many there are in all; None if that is unknown before the update."""


class Search:
    """Search for files in several archives, below a folder in each; the first match counts."""

    def __init__(self, places: Iterable[tuple[Archive, str]]) -> None:
        self.places = tuple(places)

    @classmethod
    def beside(cls, archive: Archive, layers: Iterable[Archive], folders: Sequence[str]) -> Self:
        """Files of a function's own archive, then of its layers, below the folders in which its runtime looks."""
        return cls([(archive, ""), *((layer, folder) for layer in layers for folder in folders)])

    def find(self, name: str) -> ArchivedFile | None:
        """The file of this name, or None if no place has one."""
        return next((file for archive, folder in self.places if (file := archive.find(folder + name))), None)

    def place(self, name: str) -> tuple[Archive, str] | None:
        """The archive that a file of this name is taken from, and its full name there, or None if none has one."""
        places = ((archive, folder + name) for archive, folder in self.places if archive.find(folder + name))
        return next(places, None)

    def names(self) -> Iterator[str]:
        """The files in all places, by the name that finds them."""
        for archive, folder in self.places:
            yield from (member.removeprefix(folder) for member in archive.members if member.startswith(folder))

    def content(self, name: str) -> bytes | None:
        """The content of one file, or None if no place has one; raises `UnreadableError`."""
        contents = (archive.content(folder + name) for archive, folder in self.places)
        return next((content for content in contents if content is not None), None)


class HandlerName(msgspec.Struct, frozen=True):
    """What a function runs, as Lambda names it."""

    runtime: str
    handler: str


def handler_name(stack: Stack, function: Resource, family: str = "") -> HandlerName | tuple[str, Unknown] | None:
    """Runtime and handler of a function whose code the stack has, or the path of the one that is unknown.

    Args:
        stack: contains the objects of buckets that may contain the code.
        function: an `aws:lambda/function:Function`.
        family: the runtimes in question begin so: `python`; None is returned for others.
    """
    runtime, handler = function.inputs.get("runtime"), function.inputs.get("handler")
    other = isinstance(runtime, str) and not runtime.startswith(family)
    if other or runtime is None or code_of(stack, function) is None:
        return None
    for path, value in (("runtime", runtime), ("handler", handler)):
        if isinstance(value, Unknown):
            return path, value
    return HandlerName(runtime, handler) if isinstance(runtime, str) and isinstance(handler, str) else None


def judged_handlers(
    stack: Stack, judge: Callable[[Resource, HandlerName], Iterator[tuple[str, T | Unknown]]], family: str = ""
) -> Iterator[Placed[T]]:
    """What `judge` yields for each function, and the runtimes and handlers that are unknown: as `handler_name`."""
    for function in functions(stack):
        runs = handler_name(stack, function, family)
        if isinstance(runs, HandlerName):
            yield from ((function, path, value) for path, value in judge(function, runs))
        elif runs is not None:
            yield function, *runs


def functions(stack: Stack) -> Iterator[Resource]:
    """The functions that the stack makes and that run a zip file, not a container image."""
    for function in stack.of(FUNCTION):
        if not function.external and not is_image(function):
            yield function


def code_property(function: Resource) -> str:
    """The property of a function or layer that contains its code, or refers to it."""
    return "code" if function.inputs.get("code") is not None else "s3Key"


def code_of(stack: Stack, resource: Resource) -> tuple[Resource, str] | Unknown | None:
    """The resource that contains the code of a function or layer, and its property.

    Returns:
        None for container images, and for code in an object outside the stack. `Unknown` if several objects of the
        stack may contain it.
    """
    if is_image(resource):
        return None
    if resource.inputs.get("code") is not None:
        return resource, "code"
    objects = code_objects(stack, resource)
    if objects.certain is None:
        return NOT_SURE if objects.possible else None
    inputs = objects.certain.inputs
    return objects.certain, next((name for name in _TEXTS if inputs.get(name) is not None), "source")


def read_code(stack: Stack, resource: Resource, read: Callable[[Archive], T]) -> T | Unknown | None:
    """What `read` returns for the archive of a function or layer.

    Args:
        stack: contains the objects of buckets that may contain the code.
        resource: the function or layer.
        read: raises `UnreadableError` if the archive does.

    Returns:
        None for container images, for code in an object outside the stack, and for code of which a state from another
        machine has only the hash. `Unknown` if the code should be readable and is not.
    """
    location = code_of(stack, resource)
    if location is None or isinstance(location, Unknown):
        return location
    holder, name = location
    code = holder.inputs.get(name)
    if isinstance(code, Unknown):
        return code
    if not isinstance(code, Asset) and not (isinstance(code, str) and name in _TEXTS):
        return NOT_CODE
    try:
        return read(packaged(holder, name))
    except AbsentError as error:
        # A state records the hash of code that was read, and judged, where the program ran.
        return None if isinstance(code, Asset) and recorded(code) else Unknown(str(error), FIX)
    except UnreadableError as error:
        return Unknown(str(error), FIX)
    except RecursionError:
        return Unknown("holds code that is nested too deeply to be read", FIX)


@memoized
def packaged(holder: Resource, name: str) -> Archive:
    """The archive in a property of a function, layer or object of a bucket, opened once for all that read it.

    Raises:
        UnreadableError: it cannot be read here.
    """
    code = holder.inputs[name]
    return opened(code) if isinstance(code, Asset) else _decoded(name, code)


def _decoded(name: str, content: str) -> Archive:
    """The zip file in the text of an object: `contentBase64`, or `content` as UTF-8."""
    if name == "content":
        return opened_zip(content.encode(errors="surrogatepass"))
    try:
        data = b64decode("".join(content.splitlines()), validate=True)
    except ValueError:
        raise UnreadableError("is packaged from an object whose `contentBase64` is not Base64") from None
    return opened_zip(data)


def recorded(code: Asset) -> bool:
    """Whether this comes from a state: the engine adds a hash once it has read the code."""
    return bool(code.hash) or any(recorded(member) for member in (code.members or {}).values())


def layers_of(stack: Stack, function: Resource) -> Layers:
    """The layers of a function."""
    value = function.inputs.get("layers")
    if value is None:
        return Layers()
    values = value if isinstance(value, list) else [value]
    resolved = resolve_all(stack, function, "layers", values, LAYER)
    known = {
        named.resource.urn: named.resource
        for layer in resolved
        for named in (layer.certain or (layer.possible if layer.between else ()))
    }
    return Layers(
        tuple(known.values()),
        others=any(not (layer.certain or layer.between) for layer in resolved),
        foreign=any(layer.foreign is True for layer in resolved),
        unsure=any(layer.possible and not layer.between for layer in resolved),
        count=len(values) if isinstance(value, list) else None,
    )


def variables(function: Resource) -> Mapping[str, Any]:
    """A function's environment variables, as far as they are known."""
    environment = function.inputs.get("environment")
    values = environment.get("variables") if isinstance(environment, dict) else None
    return values if isinstance(values, dict) else {}


def opened_layers(stack: Stack, layers: Layers) -> tuple[tuple[Archive, ...], bool]:
    """The archives of those layers that the stack has, and whether one of them cannot be read here."""
    read = [read_code(stack, layer, lambda archive: archive) for layer in layers.known]
    archives = tuple(archive for archive in read if isinstance(archive, Archive))
    return archives, len(archives) < len(read)


def python_folders(runtime: str) -> tuple[str, ...]:
    """The folders of a layer in which a Python runtime looks for modules."""
    return ("python/", f"python/lib/{runtime}/site-packages/")


def is_image(resource: Resource) -> bool:
    """Whether a function runs a container image."""
    return resource.inputs.get("packageType") == "Image" or resource.inputs.get("imageUri") is not None
