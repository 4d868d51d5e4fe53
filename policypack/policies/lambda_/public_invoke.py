"""Anyone can invoke a public function, which then acts with its role and at the account's expense.

A permission for `*` opens it to every AWS account, and a function URL without authorization opens it to the internet. A
layer that is shared with `*` exposes its code.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.exposure.exposure import judge
from policypack.access.exposure.invoking import invoking
from policypack.access.exposure.sharing import shares
from policypack.access.solver.verdict import Answer
from policypack.core.controls import Control
from policypack.core.examples import construct, example, open_permission, reported_at
from policypack.core.policy import Policy, Reading, Resource, Severity
from policypack.core.tags import Tag
from policypack.resources.tokens import PERMISSION


def answers(resource: Resource) -> Iterator[Reading[Answer]]:
    """The verdict on a permission, a function URL or a layer's permission."""
    if resource.type == PERMISSION:
        exposure = invoking(resource)
        yield exposure.path, exposure.answer
    elif resource.type.startswith("aws:lambda/"):
        yield from shares(resource)


def _url(authorization: str) -> Resource:
    return construct("aws:lambda/functionUrl:FunctionUrl", "url", functionName="read", authorizationType=authorization)


POLICY = Policy(
    id="lambda-public-invoke",
    title="Function that anyone may invoke",
    why=__doc__,
    severity=Severity.CRITICAL,
    tags=[Tag.LAMBDA, Tag.PUBLIC_ACCESS, Tag.AWS_FSBP],
    controls=[
        Control(
            "aws-fsbp/Lambda.1",
            types=(
                "aws:lambda/permission:",
                "aws:lambda/functionUrl:",
            ),
        )
    ],
    fix="Name the service, account or organization that may invoke it, and set a URL's `authorizationType` to `AWS_IAM`.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-1",
    ],
    bad=reported_at(
        "principal",
        example(open_permission("*")),
        example(_url("NONE"), path="authorizationType", note="a URL without authorization"),
        example(open_permission("*", sourceArn="arn:aws:s3:::*"), note="a source ARN that matches any bucket"),
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
            note="a layer, with the code in it",
        ),
    ),
    good=[
        example(open_permission("*", principalOrgId="o-a1b2c3d4e5")),
        example(_url("AWS_IAM"), note="a URL for signed requests"),
        example(open_permission("*", sourceAccount="111122223333"), note="sources of one account"),
        example(open_permission("s3.amazonaws.com"), note="a service, which `lambda-confused-deputy` judges"),
    ],
    reads=answers,
    check=judge,
)
