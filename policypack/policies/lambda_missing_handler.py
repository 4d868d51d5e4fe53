"""Lambda takes any name for a handler, and whether the code has it shows only at the first event.

The deployment succeeds, and from then on every invocation fails. With events from S3 nobody is told: they are retried
twice and are lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.aws.handler_check import HandlerProblem, handler_problems
from policypack.aws.meaning import FUNCTION
from policypack.policy import Asset, Judgement, Policy, Resource, Severity, Violation, over_stack


def check(found: HandlerProblem) -> Iterator[Judgement]:
    file, name = found.undefined
    if found.form:
        yield Violation("", f"is not of the form `{found.form}`, so it names nothing that Lambda could call")
    if found.file:
        hint = f"; there is `{found.elsewhere}`" if found.elsewhere else ""
        yield Violation("", f"needs `{found.file}`, which the function's archive does not hold{hint}")
    if name:
        yield Violation("", f"names `{name}`, which `{file}` does not define")
    if found.not_executable:
        yield Violation("", f"is started by `{found.not_executable}`, which the archive does not let anyone execute")


def _function(handler: str) -> Resource:
    archive = Asset(
        archive=True, members={"app/main.py": Asset(text="def handle(event, context):\n    return 'done'\n")}
    )
    return Resource(FUNCTION, "read", {"runtime": "python3.13", "handler": handler, "code": archive})


POLICY = Policy(
    id="lambda-missing-handler",
    title="Archive does not hold the function's handler",
    why=__doc__,
    severity=Severity.HIGH,
    fix="Name a file and a function that the archive, or a layer of the stack, holds: `app.main.handle` for `handle` in `app/main.py`.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html",
    ],
    bad=_function("main.handler"),
    good=_function("app.main.handle"),
    reads=over_stack(handler_problems),
    check=check,
)
