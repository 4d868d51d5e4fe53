"""A topic without a KMS key stores its messages unencrypted until they are delivered.

Unlike S3 and SQS, SNS encrypts nothing at rest by default. The key `alias/aws/sns` needs no setup. A key of your own
also controls who may read, and lets S3 or CloudWatch publish to the topic.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.core.controls import controls
from policypack.core.examples import construct, example, reported_at
from policypack.core.policy import Policy, Reading, Resource, Severity, Violation
from policypack.core.tags import Tag


def key_presence(resource: Resource) -> Iterator[Reading[bool]]:
    """Whether a topic names a KMS key. An unknown key is a key."""
    if resource.type == "aws:sns/topic:Topic":
        yield "kmsMasterKeyId", resource["kmsMasterKeyId"] not in (None, "")


def check(present: bool) -> Iterator[Violation]:  # noqa: FBT001 (the value that the reader yields)
    if not present:
        yield Violation("", "without `kmsMasterKeyId` SNS does not encrypt messages at rest")


def _topic(**inputs: Any) -> Resource:
    return construct("aws:sns/topic:Topic", "alerts", **inputs)


POLICY = Policy(
    id="sns-missing-encryption",
    title="Topic keeps messages unencrypted",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.SNS, Tag.ENCRYPTION],
    controls=controls(
        "nist-800-53-r5/CA-9(1)",
        "nist-800-53-r5/CM-3(6)",
        "nist-800-53-r5/SC-7(10)",
        "nist-800-53-r5/SC-13",
        "nist-800-53-r5/SC-28",
        "nist-800-53-r5/SC-28(1)",
        "nist-800-53-r5/SI-7(6)",
    ),
    fix="Set `kmsMasterKeyId` to a key that the topic's publishers may use.",
    references=["https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html"],
    bad=reported_at(
        "kmsMasterKeyId",
        example(_topic(displayName="Alerts")),
        example(_topic(kmsMasterKeyId=""), note="an empty key"),
        example(_topic(fifoTopic=True, name="alerts.fifo"), note="a FIFO topic"),
    ),
    good=[
        example(_topic(kmsMasterKeyId="alias/alerts")),
        example(_topic(kmsMasterKeyId="alias/aws/sns"), note="the AWS managed key"),
    ],
    reads=key_presence,
    check=check,
)
