"""A queue with encryption switched off stores every message unencrypted until it is read.

SQS encrypts new queues by default (SSE-SQS). So this needs `sqsManagedSseEnabled` set to false without a KMS key, or a
queue that is older than that default. Its messages often contain customer data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.core.controls import controls
from policypack.core.examples import construct, example, reported_at
from policypack.core.policy import Policy, Reading, Resource, Severity, Unknown, Violation
from policypack.core.tags import Tag


def managed_encryption(resource: Resource) -> Iterator[Reading[bool]]:
    """Whether a queue is encrypted: by a KMS key, of which an unknown one counts, or by SQS itself."""
    if resource.type == "aws:sqs/queue:Queue":
        enabled = resource["sqsManagedSseEnabled"]
        if enabled is None or resource["kmsMasterKeyId"] not in (None, ""):
            yield "", True
        else:
            yield "sqsManagedSseEnabled", enabled if isinstance(enabled, Unknown) else str(enabled).lower() == "true"


def check(enabled: bool) -> Iterator[Violation]:  # noqa: FBT001 (the value that the reader yields)
    if not enabled:
        yield Violation(
            "", "`sqsManagedSseEnabled` is false and there is no `kmsMasterKeyId`: messages are not encrypted"
        )


def _queue(**inputs: Any) -> Resource:
    return construct("aws:sqs/queue:Queue", "jobs", **inputs)


POLICY = Policy(
    id="sqs-missing-encryption",
    title="Queue keeps messages unencrypted",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.SQS, Tag.ENCRYPTION, Tag.AWS_FSBP],
    controls=controls("aws-fsbp/SQS.1"),
    fix="Set `kmsMasterKeyId` to your own key, or leave `sqsManagedSseEnabled` at its default, true.",
    references=[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-sqs-sse-queue.html",
    ],
    bad=reported_at(
        "sqsManagedSseEnabled",
        example(_queue(sqsManagedSseEnabled=False)),
        example(_queue(sqsManagedSseEnabled=False, kmsMasterKeyId=""), note="an empty key"),
    ),
    good=[
        example(_queue(kmsMasterKeyId="alias/jobs")),
        example(_queue(), note="the default, which AWS encrypts with a key of its own"),
        example(_queue(sqsManagedSseEnabled=False, kmsMasterKeyId="alias/aws/sqs"), note="the AWS managed key"),
    ],
    reads=managed_encryption,
    check=check,
)
