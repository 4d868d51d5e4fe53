"""A call that the role does not allow fails when it is first made, which is often in production.

The code says which operations it calls and on what, the stack says what the role allows, and Lambda itself writes logs,
traces and dead letters by that role. What the one needs and the other lacks is known before anything is deployed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from policypack.aws.holders import ROLE_POLICY
from policypack.policy import Asset, Judgement, Placed, Policy, Resource, Severity, Stack, over_stack
from policypack.resources.tokens import FUNCTION, ROLE

if TYPE_CHECKING:
    from policypack.access.unused import Missing


@over_stack
def needs(stack: Stack) -> Iterator[Placed[Missing]]:
    """Each need of a function that its role does not meet."""
    if any(stack.of(FUNCTION)):
        from policypack.access.least import lacks

        yield from lacks(stack)


def check(found: Missing) -> Iterator[Judgement]:
    from policypack.access.least import told

    yield told(found)


def writing(allowed: str | list[str]) -> list[Resource]:
    """A function that writes one object, and whose role allows these actions beside its logs: an example for two policies."""
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
    write = {"Effect": "Allow", "Action": allowed, "Resource": "arn:aws:s3:::acme-kept/orders/*"}
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
    id="lambda-missing-permission",
    title="Function's code calls what its role does not allow",
    why=__doc__,
    severity=Severity.HIGH,
    fix="Allow the action on that resource in the role's policy document, or take the call out of the code.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    ],
    bad=writing("s3:GetObject"),
    good=writing("s3:PutObject"),
    reads=needs,
    check=check,
)
