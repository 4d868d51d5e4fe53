"""Lambda takes any name for a handler, and whether the code has it shows only at the first event.

The deployment succeeds, and from then on every invocation fails. With events from S3 nobody is told: they are retried
twice and are lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import example, packaged, reported_at
from policypack.core.policy import Judgement, Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag
from policypack.lambda_code.handler_check import HandlerProblem, handler_problems


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


HANDLE = "def handle(event, context):\n    return 'done'\n"


def _function(handler: str, files: dict[str, str], runtime: str = "python3.13") -> Resource:
    return packaged(files, handler=handler, runtime=runtime)


POLICY = Policy(
    id="lambda-missing-handler",
    title="Archive does not hold the function's handler",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.LAMBDA, Tag.RELIABILITY],
    fix="Name a file and a function that the archive, or a layer of the stack, holds: `app.main.handle` for `handle` in `app/main.py`.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html",
    ],
    bad=reported_at(
        "handler",
        example(_function("main.handler", {"app/main.py": HANDLE})),
        example(
            _function("app.main.handler", {"app/main.py": HANDLE}), note="a function that the file does not define"
        ),
        example(_function("handle", {"handle.py": HANDLE}), note="a file without a function"),
        example(_function("index.handler", {"dist/index.js": ""}, "nodejs22.x"), note="a file one folder deeper"),
        example(
            _function("bootstrap", {"main": ""}, "provided.al2023"), note="a custom runtime without its `bootstrap`"
        ),
    ),
    good=[
        example(_function("app.main.handle", {"app/main.py": HANDLE})),
        example(
            _function("app.handle", {"app/__init__.py": "from .main import handle", "app/main.py": HANDLE}),
            note="a handler that the package imports",
        ),
        example(_function("index.handler", {"index.mjs": ""}, "nodejs22.x"), note="a module of JavaScript"),
        example(
            _function("anything", {"bootstrap": ""}, "provided.al2023"),
            note="a custom runtime, which reads the name itself",
        ),
    ],
    reads=over_stack(handler_problems),
    check=check,
)
