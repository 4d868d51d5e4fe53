"""A permission that the code never uses helps only an attacker who takes over the function.

The code shows which operations it calls and on which resources. An action that is never called, a resource that is
never accessed, and a wildcard that allows more than the calls need can be removed before someone misuses them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from policypack.core.examples import allow, example, reported_at
from policypack.core.policy import Judgement, Placed, Policy, Severity, Stack, over_stack
from policypack.core.tags import Tag
from policypack.policies.lambda_.missing_permission import LOGS, writes, writing
from policypack.resources.tokens import FUNCTION

if TYPE_CHECKING:
    from policypack.access.least_privilege.comparison import ExcessPermission


@over_stack
def excess(stack: Stack) -> Iterator[Placed[ExcessPermission]]:
    """Each element of a role that allows more than its function needs."""
    if any(stack.of(FUNCTION)):
        from policypack.access.least_privilege.readers import excesses

        yield from excesses(stack)


def check(excessive: ExcessPermission) -> Iterator[Judgement]:
    from policypack.access.least_privilege.readers import judge_excess

    yield judge_excess(excessive)


POLICY = Policy(
    id="lambda-unused-permission",
    title="Role allows what its function's code never uses",
    why=__doc__,
    severity=Severity.MEDIUM,
    language="Python",
    tags=[Tag.LAMBDA, Tag.LEAST_PRIVILEGE],
    fix="Remove the action or resource from the statement, or name only what the code calls.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
    ],
    bad=reported_at(
        "policy.Statement[1].Action",
        example(*writing(LOGS, writes(["s3:PutObject", "s3:DeleteObject"]))),
        example(*writing(LOGS, writes("s3:Put*")), note="a wildcard"),
        example(
            *writing(LOGS, writes(to="arn:aws:s3:::acme-kept/*")),
            path="policy.Statement[1].Resource",
            note="the whole bucket, where the code writes one prefix",
        ),
        example(
            *writing(LOGS, writes(to=["arn:aws:s3:::acme-kept/orders/*", "arn:aws:s3:::acme-spare/*"])),
            path="policy.Statement[1].Resource",
            note="a bucket that the code never names",
        ),
    ),
    good=[
        example(*writing(LOGS, writes())),
        example(
            *writing(LOGS, writes(), allow("xray:PutTraceSegments", "*"), tracingConfig={"mode": "Active"}),
            note="what Lambda itself needs for traces",
        ),
    ],
    requires=["lambda-missing-handler"],
    reads=excess,
    check=check,
)
