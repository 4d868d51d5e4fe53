"""A function that writes to the place that invokes it invokes itself, again and again, until someone reads the bill.

S3 sends an event for each object that the function writes, as for any other. A prefix or suffix that separates input
from output breaks the loop, and so does a second bucket.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.access.event_loop import EventLoop, causes, event_loops, feeds_back, sole_grant
from policypack.core.examples import (
    allow,
    bucket,
    deny,
    example,
    execution_role,
    function,
    notification,
    reported_at,
    target,
)
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Undecided, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.notification import FUNCTIONS, triggers, unread

ELSEWHERE = Unknown(
    "invokes a function that is not in this stack, and what it writes is not known",
    "Create the function and its role in this stack, where its policy documents can be read.",
)


@over_stack
def loops(stack: Stack) -> Iterator[Placed[EventLoop]]:
    """Each function that a bucket invokes for what a function can cause."""
    yield from unread(stack)
    for trigger in triggers(stack, FUNCTIONS):
        if trigger.targets.foreign is not False and causes(trigger.entry):
            yield trigger.notification, trigger.path, ELSEWHERE
        for loop in event_loops(stack, trigger):
            yield trigger.notification, trigger.path, loop


def check(loop: EventLoop) -> Iterator[Violation | Undecided]:
    for action in loop.actions:
        verdict = feeds_back(loop, action)
        if isinstance(verdict, Unknown):
            yield Undecided("", verdict.why, verdict.fix)
        elif verdict:
            message = (
                f"invokes `{loop.function}`, whose role allows `{action}` on the same objects, which invokes it again"
            )
            yield Violation("", message, related=sole_grant(loop, action))


OBJECTS = "arn:aws:s3:::acme-inbox/*"


def _stack(*statements: Any, **entry: Any) -> list[Resource]:
    return [bucket(), *execution_role(*statements), function(), notification(target(**entry))]


POLICY = Policy(
    id="s3-notification-loop",
    title="Function may write what invokes it",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.S3, Tag.RELIABILITY, Tag.COST],
    fix="Write to another bucket, or to a prefix that the notification's filter leaves out, and allow no more than that.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html",
    ],
    bad=reported_at(
        "lambdaFunctions[0].lambdaFunctionArn",
        example(*_stack(allow("s3:PutObject", OBJECTS), prefix="incoming/")),
        example(
            *_stack(allow("s3:PutObject", "arn:aws:s3:::acme-inbox/*.csv"), prefix="incoming/", suffix=".csv"),
            note="the same suffix for input and output",
        ),
        example(
            *_stack(allow("s3:PutObject", OBJECTS), deny("s3:PutObject", "arn:aws:s3:::acme-inbox/out/*")),
            note="a denial that leaves other prefixes",
        ),
        example(*_stack(allow("s3:PutObjectTagging", OBJECTS), events=["s3:ObjectTagging:*"]), note="object tags"),
    ),
    good=[
        example(*_stack(allow("s3:PutObject", "arn:aws:s3:::acme-inbox/results/*"), prefix="incoming/")),
        example(*_stack(allow("s3:PutObject", "arn:aws:s3:::acme-results/*")), note="another bucket"),
        example(*_stack(allow("s3:PutObject", OBJECTS), events=["s3:ObjectRemoved:*"]), note="a removal event"),
        example(
            *_stack(allow("s3:*", "*"), deny("s3:PutObject", "arn:aws:s3:::acme-inbox/in/*"), prefix="in/"),
            note="a denial of the input prefix",
        ),
    ],
    requires=["s3-malformed-notification"],
    reads=loops,
    check=check,
)
