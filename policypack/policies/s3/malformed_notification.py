"""A notification that S3 interprets differently delivers nothing, delivers everything, or stops the update.

A filter is a plain prefix and a plain suffix. With rules, wildcards or patterns from other tools, the function runs for
every object or for none. S3 refuses an event type that it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import FUNCTION_ARN, construct, example, notification, reported_at, target
from policypack.core.policy import Judgement, Policy, Reading, Resource, Severity, Undecided, Unknown, Violation
from policypack.core.tags import Tag
from policypack.resources.notification import NOTIFICATION
from policypack.resources.notification import problems as problems_of


def shapes(resource: Resource) -> Iterator[Reading[list[tuple[str, str | Unknown]]]]:
    """What is wrong or unknown in the arguments of a `BucketNotification`."""
    if resource.type == NOTIFICATION:
        yield "", list(problems_of(resource.inputs))


def check(problems: list[tuple[str, str | Unknown]]) -> Iterator[Judgement]:
    for path, problem in problems:
        yield Undecided(path, problem.why, problem.fix) if isinstance(problem, Unknown) else Violation(path, problem)


POLICY = Policy(
    id="s3-malformed-notification",
    title="Event notification that S3 interprets differently or refuses",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.S3, Tag.DEPLOYMENT, Tag.CORRECTNESS],
    fix="Give each target its ARN, the events by S3's names, and a plain `filterPrefix` or `filterSuffix`.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html",
        "https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketnotification/",
    ],
    bad=reported_at(
        "lambdaFunctions[0].filterPrefix",
        example(notification(target(prefix="incoming/*"))),
        example(notification(target(suffix=r"\.csv$")), path="lambdaFunctions[0].filterSuffix", note="a pattern"),
        example(
            notification(target(events=["s3:ObjectCreated"])),
            path="lambdaFunctions[0].events[0]",
            note="an incomplete event name",
        ),
        example(
            notification(target(events=["Object Created"])),
            path="lambdaFunctions[0].events[0]",
            note="EventBridge's name for the event",
        ),
        example(notification(target(prefix="my folder/")), note="a space, which keys write as `+`"),
        example(
            notification(target("read")), path="lambdaFunctions[0].lambdaFunctionArn", note="a name instead of an ARN"
        ),
    ),
    good=[
        example(notification(target(prefix="incoming/"))),
        example(notification(target(f"{FUNCTION_ARN}:live")), note="an alias of the function"),
        example(notification(target(events=["s3:ObjectRemoved:Delete", "s3:Replication:*"])), note="other events"),
        example(notification(target(prefix="a+b/c%20(1)'s_x-y.z/")), note="characters that form no pattern"),
        example(construct(NOTIFICATION, "inbox", bucket="acme-inbox", eventbridge=True), note="EventBridge only"),
    ],
    reads=shapes,
    check=check,
)
