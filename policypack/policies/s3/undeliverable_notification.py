"""A notification does not allow S3 to send to the queue or topic: that needs a policy document on the destination.

Without it the update fails, because S3 sends a test message when it saves the notification. If the document or the
key's permission is removed later nothing fails: objects arrive and no message follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.access.deliveries import Admission, admissions
from policypack.core.examples import (
    ACCOUNT,
    BUCKET_ARN,
    CREATED,
    allow,
    bucket,
    construct,
    document,
    example,
    notification,
    reported_at,
)
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Undecided, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.notification import DESTINATIONS, unread

UNSURE = "may send to a queue or topic whose policy document does not allow it"
BESIDE = "Write the policy document with the destination's own `arn` and the bucket's own `arn`."


@over_stack
def answers(stack: Stack) -> Iterator[Placed[Admission]]:
    """Whether S3 may send to each queue and topic of the stack that a notification names."""
    yield from unread(stack, *DESTINATIONS)
    for delivery, admitted in admissions(stack):
        own = [answer for destination, answer in admitted if not destination.external]
        if own and delivery.targets.only is None:
            own = [] if all(answer.allowed for answer in own) else [Admission(allowed=None)]
        yield from ((delivery.notification, delivery.path, answer) for answer in own)


def check(answer: Admission) -> Iterator[Violation | Undecided]:
    if answer.allowed is None:
        yield Undecided("", UNSURE, BESIDE)
    elif not answer.allowed:
        yield Violation("", answer.obstacle, related=answer.related)


QUEUE_ARN = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"
S3 = {"Service": "s3.amazonaws.com"}
OF_BUCKET = {"ArnEquals": {"aws:SourceArn": BUCKET_ARN}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}


def _queue(**inputs: Any) -> Resource:
    return construct("aws:sqs/queue:Queue", "jobs", name="jobs", **inputs)


def _allowing(action: str = "sqs:SendMessage", **elements: Any) -> Resource:
    statement = allow(action, QUEUE_ARN, **{"Principal": S3, "Condition": OF_BUCKET, **elements})
    return construct(
        "aws:sqs/queuePolicy:QueuePolicy", "jobs", _queue(), at="queueUrl", queueUrl="jobs", policy=document(statement)
    )


def _notifying(*after: Resource) -> Resource:
    queues = [{"queueArn": QUEUE_ARN, "events": CREATED}]
    return notification(after=(_queue(), *after), at="queues", lambdaFunctions=None, queues=queues)


def _stack(policy: Resource, **inputs: Any) -> list[Resource]:
    return [bucket(), _queue(**inputs), policy, _notifying()]


POLICY = Policy(
    id="s3-undeliverable-notification",
    title="Notification names a queue or topic that S3 may not send to",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.S3, Tag.DEPLOYMENT, Tag.RELIABILITY],
    fix="Allow `s3.amazonaws.com` to `sqs:SendMessage` or `sns:Publish` for this bucket's ARN in the destination's policy document, and in that of its KMS key to `kms:GenerateDataKey` and `kms:Decrypt`.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/ways-to-add-notification-config-to-bucket.html",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
    ],
    bad=reported_at(
        "queues[0].queueArn",
        example(*_stack(_allowing(Condition={"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::acme-archive"}}))),
        example(bucket(), _queue(), _notifying(), note="no policy document at all"),
        example(*_stack(_allowing(Principal={"Service": "sns.amazonaws.com"})), note="another service"),
        example(*_stack(_allowing("sqs:ReceiveMessage")), note="another action"),
        example(*_stack(_allowing(), kmsMasterKeyId="alias/aws/sqs"), note="a key that S3 may not use"),
    ),
    good=[
        example(*_stack(_allowing())),
        example(*_stack(_allowing("sqs:*", Condition=None)), note="every bucket"),
        example(
            bucket(),
            _notifying(),
            note="a queue that is not in this stack",
        ),
        example(
            bucket(),
            notification(lambdaFunctions=None, eventbridge=True),
            note="EventBridge, which needs no document",
        ),
    ],
    requires=["s3-malformed-notification"],
    reads=answers,
    check=check,
)
