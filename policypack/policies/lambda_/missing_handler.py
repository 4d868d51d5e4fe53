"""Lambda accepts any handler name, and only the first event shows whether the code has it.

The deployment succeeds, and from then on every invocation fails. Events from S3 are retried twice and then lost,
without a notice.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import example, packaged, reported_at
from policypack.core.policy import Judgement, Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag
from policypack.lambda_code.handler_check import HandlerProblem, handler_problems


def check(problem: HandlerProblem) -> Iterator[Judgement]:
    file, name = problem.undefined
    if problem.form:
        yield Violation("", f"is not of the form `{problem.form}`, so Lambda cannot call it")
    if problem.file:
        hint = f"; there is `{problem.elsewhere}`" if problem.elsewhere else ""
        yield Violation("", f"needs `{problem.file}`, which the function's archive does not contain{hint}")
    if name:
        yield Violation("", f"names `{name}`, which `{file}` does not define")
    if problem.not_executable:
        yield Violation("", f"is started by `{problem.not_executable}`, which is not executable in the archive")


HANDLE = "def handle(event, context):\n    return 'done'\n"


def _function(handler: str, files: dict[str, str], runtime: str = "python3.13") -> Resource:
    return packaged(files, handler=handler, runtime=runtime)


POLICY = Policy(
    id="lambda-missing-handler",
    title="Archive does not contain the function's handler",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.LAMBDA, Tag.RELIABILITY],
    fix="Name a file and a function in the archive or in a layer of the stack: `app.main.handle` for `handle` in `app/main.py`.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html",
    ],
    bad=reported_at(
        "handler",
        example(_function("main.handler", {"app/main.py": HANDLE})),
        example(_function("app.main.handler", {"app/main.py": HANDLE}), note="an undefined function"),
        example(_function("handle", {"handle.py": HANDLE}), note="a file without a function"),
        example(_function("index.handler", {"dist/index.js": ""}, "nodejs22.x"), note="a file one folder deeper"),
        example(_function("bootstrap", {"main": ""}, "provided.al2023"), note="a missing `bootstrap`"),
    ),
    good=[
        example(_function("app.main.handle", {"app/main.py": HANDLE})),
        example(
            _function("app.handle", {"app/__init__.py": "from .main import handle", "app/main.py": HANDLE}),
            note="a handler that the package imports",
        ),
        example(_function("index.handler", {"index.mjs": ""}, "nodejs22.x"), note="a JavaScript module"),
        example(_function("anything", {"bootstrap": ""}, "provided.al2023"), note="a custom runtime"),
    ],
    subsumes=["lambda-missing-module"],
    reads=over_stack(handler_problems),
    check=check,
)
