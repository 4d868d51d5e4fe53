"""What a role allows and the code never uses is of use to nobody but whoever takes the function over.

The code says which operations it calls and on what. An action that is never called, a resource that is never addressed
and a wildcard that allows more than what is called are not needed, and can go before they are misused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from policypack.aws.holders import ROLE_POLICY
from policypack.aws.meaning import FUNCTION, ROLE
from policypack.policy import Asset, Judgement, Placed, Policy, Resource, Severity, Stack, over_stack

if TYPE_CHECKING:
    from policypack.access.unused import Over


@over_stack
def excess(stack: Stack) -> Iterator[Placed[Over]]:
    """Each element of a role that allows more than its function needs."""
    if any(stack.of(FUNCTION)):
        from policypack.access.least import excesses

        yield from excesses(stack)


def check(found: Over) -> Iterator[Judgement]:
    from policypack.access.least import exceeding

    yield exceeding(found)


def _stack(*actions: str) -> list[Resource]:
    lines = (
        "import boto3",
        "def handler(event, context):",
        '    boto3.client("s3").put_object(Bucket="acme-kept", Key="orders/" + event["id"])',
    )
    logs = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/keep:*",
    }
    write = {"Effect": "Allow", "Action": list(actions), "Resource": "arn:aws:s3:::acme-kept/orders/*"}
    code = Asset(archive=True, members={"index.py": Asset(text="\n".join(lines))})
    return [
        Resource(ROLE, "keep", {"name": "keep"}),
        Resource(
            ROLE_POLICY, "keep", {"role": "keep", "policy": {"Version": "2012-10-17", "Statement": [logs, write]}}
        ),
        Resource(
            FUNCTION,
            "keep",
            {
                "name": "keep",
                "role": "arn:aws:iam::111122223333:role/keep",
                "runtime": "python3.13",
                "handler": "index.handler",
                "code": code,
            },
        ),
    ]


POLICY = Policy(
    id="lambda-unused-permission",
    title="Role allows what its function's code never uses",
    why=__doc__,
    severity=Severity.MEDIUM,
    fix="Take the action or resource out of the statement, or name only what the code calls.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
    ],
    bad=_stack("s3:PutObject", "s3:DeleteObject"),
    good=_stack("s3:PutObject"),
    reads=excess,
    check=check,
)
