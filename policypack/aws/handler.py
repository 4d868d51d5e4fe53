"""A Lambda function's handler, read from the code that the program packages.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.aws.meaning import FUNCTION
from policypack.aws.python_package import Class, Function, Module, Package, UnreadableError
from policypack.aws.record_loops import Handling, handling
from policypack.policy import Asset, Reading, Resource, Unknown

FIX = "Package the function's code from the program's own folder, and judge the program where that folder is."
NOT_CODE = Unknown("is not an archive of code that can be read here", FIX)


def handlers(resource: Resource) -> Iterator[Reading[Handling]]:
    """What the handler of a Python function does with the records of its event.

    Yields nothing for other runtimes, for container images and for code that lies in a bucket: there is no code to
    read. What should be readable and is not is yielded as `Unknown`, with the reason.
    """
    if resource.type == FUNCTION:
        found = resource.once("handling", lambda: _read(resource))
        if found is not None:
            yield "code", found


def _read(resource: Resource) -> Handling | Unknown | None:
    inputs = resource.inputs
    runtime, code, name = inputs.get("runtime"), inputs.get("code"), inputs.get("handler")
    if isinstance(runtime, str) and not runtime.startswith("python"):
        return None
    if code is None or inputs.get("packageType") == "Image" or inputs.get("imageUri") is not None:
        return None
    for value in (runtime, name, code):
        if isinstance(value, Unknown):
            return Unknown(f"cannot be judged, since it or what says how to read it {value.why}", value.fix)
    if not isinstance(runtime, str) or not isinstance(name, str):
        return None
    if not isinstance(code, Asset):
        return NOT_CODE
    try:
        return _handling(Package(code), name, layered=bool(inputs.get("layers")))
    except UnreadableError as error:
        return Unknown(str(error), FIX)
    except RecursionError:
        return Unknown("holds code that is nested too deeply to be read", FIX)


def _handling(package: Package, handler: str, *, layered: bool) -> Handling | Unknown:
    """`handler` is `folder/module.function` or `package.module.function`, as Lambda takes it."""
    path, _, name = handler.rpartition(".")
    module = package.module(path.replace("/", ".")) if path else None
    if module is None:
        where = ", and may be in a layer" if layered else ""
        return Unknown(f"holds no module for the handler{where}", "Make `handler` name a module in the packaged code.")
    found = package.resolve(module, ast.Name(name))
    if isinstance(found, Function):
        return handling(package, found)
    if name not in module.names:
        return Unknown("holds no function for the handler", "Make `handler` name a function in the packaged code.")
    return _wrapped(package, module, name)


def _wrapped(package: Package, module: Module, name: str) -> Handling:
    """What a handler does that is made by a call: the functions of the archive that are given to it get the event."""
    found: list[Handling] = []
    for made in module.names[name]:
        for node in ast.walk(made) if isinstance(made, ast.expr) else ():
            inner = package.resolve(module, node) if isinstance(node, ast.Name | ast.Attribute) else None
            if isinstance(inner, Function) and inner.owner is None:
                found.append(handling(package, inner))
            elif isinstance(inner, Class) and (method := package.method(inner, "__call__")):
                found.append(handling(package, method))
    return Handling(
        tuple(loop for each in found for loop in each.loops),
        tuple(pick for each in found for pick in each.picks),
        any(each.elsewhere for each in found),
    )
