"""A function that writes where it is invoked from invokes itself, again and again, until somebody reads the bill.

S3 tells of each object that the function writes, as it does of anybody's. A prefix or suffix that tells what comes in
from what goes out breaks the circle, and so does a second bucket.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.event_loop import EventLoop, causes, event_loops, feeds_back
from policypack.aws.holders import ROLE_POLICY
from policypack.aws.notification import NOTIFICATION, triggers, unread
from policypack.policy import (
    Judgement,
    Placed,
    Policy,
    Resource,
    Severity,
    Stack,
    Undecided,
    Unknown,
    Violation,
    over_stack,
)
from policypack.resources.tokens import FUNCTION, ROLE

ELSEWHERE = Unknown(
    "invokes a function that is not in this stack, and what it writes is not known",
    "Create the function and its role in this stack, where its policy documents can be read.",
)


@over_stack
def circles(stack: Stack) -> Iterator[Placed[EventLoop]]:
    """Each function that a bucket invokes for what a function can cause."""
    yield from unread(stack)
    for trigger in triggers(stack):
        if trigger.functions.foreign is not False and causes(trigger.entry):
            yield trigger.notification, trigger.path, ELSEWHERE
        for each in event_loops(stack, trigger):
            yield trigger.notification, trigger.path, each


def check(found: EventLoop) -> Iterator[Judgement]:
    for action in found.actions:
        verdict = feeds_back(found, action)
        if isinstance(verdict, Unknown):
            yield Undecided("", verdict.why, verdict.fix)
        elif verdict:
            yield Violation(
                "",
                f"invokes `{found.function}`, whose role allows `{action}` on the same objects, which invokes it again",
            )


def _stack(writes_to: str) -> list[Resource]:
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:read"
    statement = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::acme-inbox/{writes_to}*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    target = {"lambdaFunctionArn": arn, "events": ["s3:ObjectCreated:*"], "filterPrefix": "incoming/"}
    return [
        Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "acme-inbox"}),
        Resource(ROLE, "read", {"name": "read"}),
        Resource(ROLE_POLICY, "read", {"role": "read", "policy": document}),
        Resource(FUNCTION, "read", {"name": "read", "role": "arn:aws:iam::111122223333:role/read"}),
        Resource(NOTIFICATION, "inbox", {"bucket": "acme-inbox", "lambdaFunctions": [target]}),
    ]


POLICY = Policy(
    id="s3-notification-loop",
    title="Function may write what invokes it",
    why=__doc__,
    severity=Severity.HIGH,
    fix="Write to another bucket, or to a prefix that the notification's filter leaves out, and allow no more than that.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html",
    ],
    bad=_stack(""),
    good=_stack("results/"),
    reads=circles,
    check=check,
)
