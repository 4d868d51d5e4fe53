"""A call that the role does not allow fails when it is first made, which is often in production.

The code shows which operations it calls and on which resources, and the stack shows what the role allows. Lambda itself
also uses the role, for logs, traces and dead letters. So a missing permission is known before the deployment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from policypack.core.examples import ACCOUNT, allow, deny, example, execution_role, packaged, reported_at
from policypack.core.policy import Judgement, Placed, Policy, Resource, Severity, Stack, over_stack
from policypack.core.tags import Tag
from policypack.resources.tokens import FUNCTION

if TYPE_CHECKING:
    from policypack.access.least_privilege.comparison import MissingPermission


@over_stack
def needs(stack: Stack) -> Iterator[Placed[MissingPermission]]:
    """Each need of a function that its role does not meet."""
    if any(stack.of(FUNCTION)):
        from policypack.access.least_privilege.readers import lacks

        yield from lacks(stack)


def check(missing: MissingPermission) -> Iterator[Judgement]:
    from policypack.access.least_privilege.readers import judge_missing

    yield judge_missing(missing)


LOGS = allow(
    ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/keep:*",
)
CODE = """\
import boto3


def handler(event, context):
    boto3.client("s3").put_object(Bucket="acme-kept", Key="orders/" + event["id"])
"""


def writing(*statements: Any, **inputs: Any) -> list[Resource]:
    """A function that writes one object, with a role of these statements: the example of two policies."""
    function = packaged(
        {"index.py": CODE}, title="keep", name="keep", role=f"arn:aws:iam::{ACCOUNT}:role/keep", **inputs
    )
    return [*execution_role(*statements, title="keep"), function]


def writes(action: Any = "s3:PutObject", to: Any = "arn:aws:s3:::acme-kept/orders/*") -> dict[str, Any]:
    """The statement that allows it to write."""
    return allow(action, to)


POLICY = Policy(
    id="lambda-missing-permission",
    title="Function's code calls what its role does not allow",
    why=__doc__,
    severity=Severity.HIGH,
    language="Python",
    tags=[Tag.LAMBDA, Tag.RELIABILITY],
    fix="Allow the action on that resource in the role's policy document, or remove the call from the code.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    ],
    bad=reported_at(
        "role",
        example(*writing(LOGS, writes("s3:GetObject"))),
        example(*writing(LOGS, writes(to="arn:aws:s3:::acme-kept/returns/*")), note="another prefix"),
        example(*writing(LOGS, writes(), deny("s3:*", "*")), note="a denial elsewhere in the role"),
        example(
            *writing(LOGS, writes(), tracingConfig={"mode": "Active"}),
            path=["role", "role"],
            note="traces, which Lambda itself writes",
        ),
    ),
    good=[
        example(*writing(LOGS, writes())),
        example(*writing(LOGS, writes("s3:Put*", "arn:aws:s3:::acme-kept/*")), note="more than the call needs"),
        example(*writing(LOGS, writes(), tracingConfig={"mode": "PassThrough"}), note="no traces of its own"),
    ],
    requires=["lambda-missing-handler"],
    subsumes=["lambda-unused-permission"],
    reads=needs,
    check=check,
)
