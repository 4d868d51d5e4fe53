"""Two resources that manage the same setting overwrite each other: AWS keeps one value, and the last update wins.

Nothing fails. The next update replaces a reviewed bucket policy with another one, or half of the event notifications
never arrive. The same happens when a bucket or role sets something inline that a separate resource also manages, or
when a resource owns a whole set, as `PolicyAttachment` does all attachments of a policy, and another one adds to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from policypack.core.examples import bucket, construct, example, managed_attachment, notification, reported_at, target
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.conflicts import conflicts


class Contested(msgspec.Struct, frozen=True):
    """What is managed twice, and by which resource first."""

    setting: str
    first: str
    inline: str
    effect: str
    owner: str = ""
    """The URN of the first."""


@over_stack
def contested(stack: Stack) -> Iterator[Placed[Contested]]:
    """Each resource that manages what another one already manages."""
    for conflict in conflicts(stack):
        value = Contested(
            conflict.description, conflict.first.name, conflict.inline, conflict.effect, conflict.first.urn
        )
        why = f"may name what `{conflict.first.name}` already manages, and is unknown until the update"
        yield conflict.later, conflict.path, value if conflict.certain else Unknown(why)


def check(contested: Contested) -> Iterator[Violation]:
    how = f"sets `{contested.inline}` inline" if contested.inline else f"already manages {contested.setting}"
    related = ((contested.owner, contested.inline),) if contested.inline else ()
    yield Violation("", f"`{contested.first}` {how}; {contested.effect}", related=related)


EXCLUSIVE = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
REPORTS = "arn:aws:iam::111122223333:policy/reports"
VERSIONED = {"versioningConfiguration": {"status": "Enabled"}}


def _versioning(name: str, **inputs: Any) -> Resource:
    return construct(
        "aws:s3/bucketVersioning:BucketVersioning", name, **{"bucket": "acme-inbox", **VERSIONED, **inputs}
    )


POLICY = Policy(
    id="aws-contested-resource",
    title="Two resources manage the same thing",
    why=__doc__,
    severity=Severity.HIGH,
    generic=True,
    tags=[Tag.AWS, Tag.DEPLOYMENT, Tag.CORRECTNESS],
    fix="Keep one of the two, and merge both settings into it.",
    references=[
        "https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketnotification/",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html",
        "https://www.pulumi.com/registry/packages/aws/api-docs/iam/policyattachment/",
    ],
    bad=reported_at(
        "bucket",
        example(bucket(), _versioning("on"), _versioning("off")),
        example(
            bucket(),
            notification(target(prefix="in/")),
            construct("aws:s3/bucketNotification:BucketNotification", "second", bucket="acme-inbox", eventbridge=True),
            note="two notifications, of which the last replaces the first",
        ),
        example(bucket(versioning={"enabled": True}), _versioning("on"), note="a setting that the bucket has inline"),
        example(
            managed_attachment("AWSLambdaExecute", "first"),
            managed_attachment("AWSLambdaExecute", "second"),
            path="role",
            note="one policy attached twice",
        ),
        example(
            construct("aws:sqs/queue:Queue", "first", name="jobs"),
            construct("aws:sqs/queue:Queue", "second", name="jobs"),
            path="name",
            note="two queues of one name",
        ),
        example(
            construct("aws:iam/policyAttachment:PolicyAttachment", "all", roles=["web"], policyArn=REPORTS),
            construct("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "batch", role="batch", policyArn=REPORTS),
            path="policyArn",
            note="`PolicyAttachment`, which detaches the policy from every other identity of the account",
        ),
    ),
    good=[
        example(bucket(), _versioning("on")),
        example(bucket(), _versioning("on"), notification(), note="two settings of one bucket"),
        example(
            managed_attachment("AWSLambdaExecute", "first"),
            managed_attachment("ReadOnlyAccess", "second"),
            note="two policies of one role",
        ),
        example(
            construct("aws:sqs/queue:Queue", "first", name="jobs", region="eu-west-1"),
            construct("aws:sqs/queue:Queue", "second", name="jobs", region="eu-central-1"),
            note="one name in two regions",
        ),
        example(
            construct(EXCLUSIVE, "all", roleName="web", policyArns=[REPORTS]),
            construct("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "web", role="web", policyArn=REPORTS),
            note="an exclusive list that names what is attached",
        ),
    ],
    subsumes=["s3-missing-access-block", "s3-missing-encryption", "s3-missing-versioning"],
    reads=contested,
    check=check,
)
