"""A notification does not allow its bucket to invoke the function: that needs a permission on the function.

Without it the update fails, because S3 tests the invocation when it saves the notification. If the permission is
removed later nothing fails: objects arrive and nothing processes them.

A function outside the stack has its permissions beside it, where this policy cannot see them. It is undecided only if
this stack has a permission for such a function, and that is for another function or bucket.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.core.examples import (
    CREATED,
    FUNCTION_ARN,
    bucket,
    example,
    function,
    notification,
    permission,
    reported_at,
)
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Undecided, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.notification import FUNCTIONS, triggers, unread
from policypack.resources.permission import allowing, nearly_allowing, serves_outsiders

BESIDE = "Create the permission in this stack, for the function's own `name` and the bucket's own `arn`."
ELSEWHERE = Unknown("names a function that is not in this stack, and its permissions may be elsewhere", BESIDE)
LATER = Unknown("names a function that is known only after the update", "Pass the function's own `arn`.")


class Invoked(msgspec.Struct, frozen=True):
    """A function that a notification invokes, and the number of permissions that do, or may, allow it.

    `surely` is False if the notification may mean another function, or the permission may be in another stack.
    """

    function: str
    surely: bool
    allowing: int
    perhaps: int
    related: tuple[tuple[str, str], ...] = ()
    """The URN and the path of each value that keeps a permission from allowing it."""


@over_stack
def invocations(stack: Stack) -> Iterator[Placed[Invoked]]:
    """Each function that each notification invokes."""
    yield from unread(stack, FUNCTIONS)
    for trigger in triggers(stack, FUNCTIONS):
        functions = trigger.targets
        if functions.foreign is not False:
            here = functions.foreign is None or serves_outsiders(stack)
            if here and not allowing(stack, trigger, None).certain:
                yield trigger.notification, trigger.path, ELSEWHERE if functions.foreign else LATER
            continue
        path = "lambdaFunctions" if functions.between else trigger.path
        for named in functions.all:
            if named.resource.external and not serves_outsiders(stack):
                continue
            permissions = allowing(stack, trigger, named)
            surely = (len(functions.certain) == 1 or functions.between) and not named.resource.external
            certain, possible = len(permissions.certain), len(permissions.possible)
            related = () if certain or possible else nearly_allowing(stack, trigger, named)
            invoked = Invoked(named.resource.name, surely, certain, possible, related)
            yield trigger.notification, path, invoked


def check(invoked: Invoked) -> Iterator[Violation | Undecided]:
    if invoked.allowing:
        return
    if not invoked.surely or invoked.perhaps:
        yield Undecided("", f"may invoke `{invoked.function}`, and whether a permission allows it is unknown", BESIDE)
    else:
        message = f"invokes `{invoked.function}`, which has no permission for this bucket and its account"
        yield Violation("", message, related=invoked.related)


def _stack(**source: str) -> list[Resource]:
    return [bucket(), function(), permission(**source), notification()]


POLICY = Policy(
    id="s3-missing-invoke-permission",
    title="Notification invokes a function that has no permission for it",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.S3, Tag.DEPLOYMENT, Tag.RELIABILITY],
    fix="Add an `aws.lambda_.Permission` for the function with `s3.amazonaws.com` and this bucket's ARN.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html",
    ],
    bad=reported_at(
        "lambdaFunctions[0].lambdaFunctionArn",
        example(*_stack(sourceArn="arn:aws:s3:::acme-archive")),
        example(bucket(), function(), notification(), note="no permission at all"),
        example(*_stack(principal="sns.amazonaws.com"), note="a permission for another service"),
        example(*_stack(sourceArn="arn:aws:s3:::acme-inbox/*"), note="the objects instead of the bucket"),
        example(*_stack(qualifier="live"), note="a permission for an alias"),
    ),
    good=[
        example(*_stack(sourceArn="arn:aws:s3:::acme-inbox")),
        example(*_stack(function=FUNCTION_ARN), note="the function by its ARN"),
        example(*_stack(sourceArn="arn:aws:s3:::acme-*"), note="a pattern that matches the bucket"),
        example(bucket(), notification(), note="a function that is not in this stack"),
        example(
            bucket(),
            notification(
                lambdaFunctions=None,
                queues=[{"queueArn": "arn:aws:sqs:eu-west-1:111122223333:inbox", "events": CREATED}],
            ),
            note="a queue, which has a policy document instead",
        ),
    ],
    requires=["s3-malformed-notification"],
    reads=invocations,
    check=check,
)
