"""What a role allows and the code never uses is of use to nobody but whoever takes the function over.

The code says which operations it calls and on what. An action that is never called, a resource that is never addressed
and a wildcard that allows more than what is called are not needed, and can go before they are misused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from policypack.policies.lambda_missing_permission import writing
from policypack.policy import Judgement, Placed, Policy, Severity, Stack, over_stack
from policypack.resources.tokens import FUNCTION

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
    bad=writing(["s3:PutObject", "s3:DeleteObject"]),
    good=writing(["s3:PutObject"]),
    reads=excess,
    check=check,
)
