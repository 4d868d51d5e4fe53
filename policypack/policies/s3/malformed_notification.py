"""A notification that S3 cannot read as it was meant delivers nothing, delivers everything, or stops the update.

Filters are two plain texts, a prefix and a suffix: rules, wildcards and patterns from other tools are not filters, so
a function runs for every object or for none. An event that S3 does not know is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import FUNCTION_ARN, construct, example, notification, target
from policypack.core.policy import Judgement, Policy, Reading, Resource, Severity, Undecided, Unknown, Violation
from policypack.core.tags import Tag
from policypack.resources.notification import NOTIFICATION, problems


def shapes(resource: Resource) -> Iterator[Reading[list[tuple[str, str | Unknown]]]]:
    """What is wrong, or unknown, in the arguments of a `BucketNotification`."""
    if resource.type == NOTIFICATION:
        yield "", list(problems(resource.inputs))


def check(found: list[tuple[str, str | Unknown]]) -> Iterator[Judgement]:
    for path, problem in found:
        yield Undecided(path, problem.why, problem.fix) if isinstance(problem, Unknown) else Violation(path, problem)


POLICY = Policy(
    id="s3-malformed-notification",
    title="Event notification that S3 does not read as it was meant",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.S3, Tag.DEPLOYMENT, Tag.CORRECTNESS],
    fix="Give each target its ARN, the events by the names S3 has for them, and a plain `filterPrefix` or `filterSuffix`.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html",
        "https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketnotification/",
    ],
    bad=[
        example(notification(target(prefix="incoming/*")), path="lambdaFunctions[0].filterPrefix"),
        example(notification(target(suffix=r"\.csv$")), path="lambdaFunctions[0].filterSuffix", note="a pattern"),
        example(
            notification(target(events=["s3:ObjectCreated"])),
            path="lambdaFunctions[0].events[0]",
            note="half of an event",
        ),
        example(
            notification(target(events=["Object Created"])),
            path="lambdaFunctions[0].events[0]",
            note="EventBridge's name for the event",
        ),
        example(
            notification(target(prefix="my folder/")),
            path="lambdaFunctions[0].filterPrefix",
            note="a space, which keys write as `+`",
        ),
        example(
            notification(target("read")), path="lambdaFunctions[0].lambdaFunctionArn", note="a name instead of an ARN"
        ),
    ],
    good=[
        example(notification(target(prefix="incoming/"))),
        example(notification(target(f"{FUNCTION_ARN}:live")), note="an alias of the function"),
        example(notification(target(events=["s3:ObjectRemoved:Delete", "s3:Replication:*"])), note="other events"),
        example(notification(target(prefix="a+b/c%20(1)'s_x-y.z/")), note="signs that are no pattern"),
        example(
            construct(NOTIFICATION, "inbox", bucket="acme-inbox", eventbridge=True),
            note="EventBridge, which needs no target",
        ),
    ],
    reads=shapes,
    check=check,
)
