"""A function that anybody may invoke does its work, with its role, for anybody, at the account's expense.

A permission for `*` opens it to every AWS account, and a function URL without authorization to the whole internet. A
layer that is shared with `*` gives away the code in it.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.exposure.invoking import invoking
from policypack.access.exposure.opening import waiting
from policypack.access.exposure.sharing import shares
from policypack.access.solver.verdict import Answer, Verdict
from policypack.policy import Judgement, Policy, Reading, Resource, Severity, Undecided, Unknown, Violation
from policypack.resources.tokens import PERMISSION


def answers(resource: Resource) -> Iterator[Reading[Answer]]:
    """Whom a permission, a function's URL or a layer's permission lets in."""
    if resource.type == PERMISSION:
        opening = invoking(resource)
        yield opening.path, opening.answer
    elif resource.type.startswith("aws:lambda/"):
        for path, lets in shares(resource):
            if lets:
                yield path, waiting(lets) if isinstance(lets, Unknown) else lets.answer


def check(answer: Answer) -> Iterator[Judgement]:
    if answer.verdict is Verdict.PUBLIC:
        yield Violation("", answer.told)
    elif answer.verdict is Verdict.UNDECIDED:
        yield Undecided("")


POLICY = Policy(
    id="lambda-public-invoke",
    title="Function that anybody may invoke",
    why=__doc__,
    severity=Severity.CRITICAL,
    fix="Name the service, account or organization that may invoke it, and set a URL's `authorizationType` to `AWS_IAM`.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-1",
    ],
    bad=Resource(PERMISSION, "partners", {"function": "read", "action": "lambda:InvokeFunction", "principal": "*"}),
    good=Resource(
        PERMISSION,
        "partners",
        {
            "function": "read",
            "action": "lambda:InvokeFunction",
            "principal": "*",
            "principalOrgId": "o-a1b2c3d4e5",
        },
    ),
    reads=answers,
    check=check,
)
