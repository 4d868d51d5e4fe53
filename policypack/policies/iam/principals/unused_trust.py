"""A service that never uses a role but may assume it has the role's permissions for whoever controls that service.

A trust policy for `ec2.amazonaws.com` on a function's role lets anyone who may pass it start an instance with the
function's permissions.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.role_users import BESIDE, RoleTrust, role_trusts
from policypack.core.examples import allow, construct, document, example, function, lambda_role, reported_at
from policypack.core.policy import Policy, Resource, Severity, Violation
from policypack.core.tags import Tag


def check(trust: RoleTrust) -> Iterator[Violation]:
    if not trust.complete:
        return
    using = {service for services in trust.users.values() for service in services}
    using |= {other for service in using for other in BESIDE.get(service, ())}
    for service, path in trust.services:
        if service not in using:
            first, *others = trust.users
            using_it = f"`{first}` and {len(others)} more refer" if others else f"`{first}` refers"
            yield Violation(path, f"lets `{service}.amazonaws.com` assume the role, which only {using_it} to")


def _trusted(*services: str) -> list[Resource]:
    principal = {"Service": [f"{service}.amazonaws.com" for service in services]}
    trust = document(allow("sts:AssumeRole", None, Principal=principal))
    return [lambda_role("read", assumeRolePolicy=trust), function()]


POLICY = Policy(
    id="iam-unused-trust",
    title="Role trusts a service that never uses it",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.IAM, Tag.LEAST_PRIVILEGE],
    fix="Remove the service from the role's trust policy.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
    ],
    bad=reported_at(
        "assumeRolePolicy.Statement[0].Principal",
        example(*_trusted("lambda", "ec2")),
        example(
            *_trusted("lambda", "apigateway", "edgelambda"), note="API Gateway invokes functions without their role"
        ),
    ),
    good=[
        example(*_trusted("lambda")),
        example(*_trusted("lambda", "edgelambda"), note="a function that CloudFront runs"),
        example(
            *_trusted("lambda", "states"),
            construct(
                "aws:sfn/stateMachine:StateMachine",
                "orders",
                definition="{}",
                roleArn="arn:aws:iam::111122223333:role/read",
            ),
            note="a role that a state machine has too",
        ),
    ],
    requires=["aws-impossible-value"],
    reads=role_trusts,
    check=check,
)
