"""A function that anybody may invoke does its work, with its role, for anybody, at the account's expense.

A permission for `*` opens it to every AWS account, and a function URL without authorization to the whole internet. A
layer that is shared with `*` gives away the code in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.access.exposure.exposure import waiting
from policypack.access.exposure.invoking import invoking
from policypack.access.exposure.sharing import shares
from policypack.access.solver.verdict import Answer, Verdict
from policypack.core.examples import construct, example, permission
from policypack.core.policy import Judgement, Policy, Reading, Resource, Severity, Undecided, Unknown, Violation
from policypack.core.tags import Tag
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
        yield Violation("", answer.message)
    elif answer.verdict is Verdict.UNDECIDED:
        yield Undecided("")


def _partners(**inputs: Any) -> Resource:
    given = {"principal": "*", "sourceArn": None, "sourceAccount": None, **inputs}
    return permission(title="partners", **given)


def _url(authorization: str) -> Resource:
    return construct("aws:lambda/functionUrl:FunctionUrl", "url", functionName="read", authorizationType=authorization)


POLICY = Policy(
    id="lambda-public-invoke",
    title="Function that anybody may invoke",
    why=__doc__,
    severity=Severity.CRITICAL,
    tags=[Tag.LAMBDA, Tag.PUBLIC_ACCESS, Tag.AWS_FSBP],
    fix="Name the service, account or organization that may invoke it, and set a URL's `authorizationType` to `AWS_IAM`.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-1",
    ],
    bad=[
        example(_partners(), path="principal"),
        example(_url("NONE"), path="authorizationType", note="a URL without authorization"),
        example(_partners(sourceArn="arn:aws:s3:::*"), path="principal", note="a source that is any"),
        example(
            construct(
                "aws:lambda/layerVersionPermission:LayerVersionPermission",
                "tools",
                layerName="tools",
                versionNumber=1,
                statementId="all",
                action="lambda:GetLayerVersion",
                principal="*",
            ),
            path="principal",
            note="a layer, with the code in it",
        ),
    ],
    good=[
        example(_partners(principalOrgId="o-a1b2c3d4e5")),
        example(_url("AWS_IAM"), note="a URL for signed requests"),
        example(_partners(sourceAccount="111122223333"), note="one account's sources"),
        example(_partners(principal="s3.amazonaws.com"), note="a service, which `lambda-confused-deputy` judges"),
    ],
    reads=answers,
    check=check,
)
