"""What a Lambda function's handler does with the records of its event, read from the code that the function runs.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.policy import Placed, Stack, Unknown
from policypack.lambda_code.packaging import functions
from policypack.lambda_code.python_code import NoModule, python_code
from policypack.python.model import Handling

NO_MODULE = "Make `handler` name a module in the packaged code."
TOO_MUCH = Unknown(
    "holds code that is too large, or calls itself in too many ways, to be followed",
    "Package less with the function, or waive this policy for it.",
)


def handlers(stack: Stack) -> Iterator[Placed[Handling]]:
    """What the handler of each Python function does with the records of its event.

    Yields nothing for other runtimes, for container images, for code in a bucket where nothing of the stack is, and
    for code of which a state from another machine has only the hash: there is no code to read. What should be
    readable and is not is yielded as `Unknown`, with the reason.
    """
    for function in functions(stack):
        found = python_code(stack, function)
        if found is None:
            continue
        path, reading = found
        if isinstance(reading, Unknown):
            yield function, path, reading
        elif isinstance(reading, NoModule):
            yield function, path, Unknown(f"holds no module for the handler{reading.where}", NO_MODULE)
        elif reading.exceeded:
            yield function, path, TOO_MUCH
        else:
            # parsing is paid for only where there is code to parse
            from policypack.python.record_loops import handling

            yield function, path, handling(reading)
