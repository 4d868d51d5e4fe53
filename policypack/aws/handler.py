"""A Lambda function's handler, read from the code that the program packages.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.aws.archive import Archive
from policypack.aws.meaning import FUNCTION
from policypack.aws.packaging import is_packaged, read_code
from policypack.policy import Reading, Resource, Unknown
from policypack.python.handling import Handling

NO_MODULE = "Make `handler` name a module in the packaged code."
NO_FUNCTION = "Make `handler` name a function in the packaged code."
TOO_MUCH = "holds code that is too large, or calls itself in too many ways, to be followed"
TOO_MUCH_FIX = "Package less with the function, or waive this policy for it."


def handlers(resource: Resource) -> Iterator[Reading[Handling]]:
    """What the handler of a Python function does with the records of its event.

    Yields nothing for other runtimes, for container images, for code that lies in a bucket, and for code of which a
    state from another machine has only the hash: there is no code to read. What should be readable and is not is yielded as `Unknown`, with the reason.
    """
    if resource.type == FUNCTION:
        found = resource.once("handling", lambda: _read(resource))
        if found is not None:
            yield found


def _read(resource: Resource) -> Reading[Handling] | None:
    inputs = resource.inputs
    runtime, name = inputs.get("runtime"), inputs.get("handler")
    if isinstance(runtime, str) and not runtime.startswith("python"):
        return None
    if not is_packaged(resource):
        return None
    for path, value in (("runtime", runtime), ("handler", name)):
        if isinstance(value, Unknown):
            return path, value
    if not isinstance(runtime, str) or not isinstance(name, str):
        return None

    def judge(archive: Archive) -> Handling | Unknown:
        # parsing is paid for only where there is code to parse
        from policypack.python.interpret import read
        from policypack.python.modules import Package
        from policypack.python.record_loops import handling

        package, module = Package(archive), name.rpartition(".")[0].replace("/", ".")
        if package.module(module) is None:
            where = ", and may be in a layer" if inputs.get("layers") else ""
            return Unknown(f"holds no module for the handler{where}", NO_MODULE)
        reading = read(package, name)
        if reading.exceeded:
            return Unknown(TOO_MUCH, TOO_MUCH_FIX)
        if not reading.handlers:
            return Unknown("holds no function for the handler", NO_FUNCTION)
        return handling(reading)

    found = read_code(resource, judge)
    return None if found is None else ("code", found)
