"""A permission for a bucket outside of the stack allows whoever owns, or registers, a bucket of that name.

Bucket names are global, and the first to ask gets them. The name of a bucket that was renamed or deleted, or a mistyped
name, is free for anyone.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.core.examples import bucket, example, reported_at
from policypack.core.examples import permission as a_permission
from policypack.core.policy import Judgement, Placed, Policy, Severity, Stack, Undecided, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.permission import S3, permission
from policypack.resources.references import resolve
from policypack.resources.tokens import BUCKET_TYPES, PERMISSION


class Source(msgspec.Struct, frozen=True):
    """The bucket that a permission names: whether it is, or may be, in the stack."""

    certain: bool
    possible: bool


@over_stack
def sources(stack: Stack) -> Iterator[Placed[Source]]:
    """The bucket of each permission of S3."""
    for resource in stack.of(PERMISSION):
        granted = permission(resource)
        arn = granted.arn
        unknown = isinstance(granted.source_arn, Unknown)
        if (unknown and granted.service == S3) or (arn and arn.service == "s3"):
            buckets = resolve(stack, resource, "sourceArn", *BUCKET_TYPES)
            yield resource, "sourceArn", Source(bool(buckets.certain), unknown or bool(buckets.possible))


def check(source: Source) -> Iterator[Judgement]:
    if source.certain:
        return
    if source.possible:
        yield Undecided("", "names a bucket that is known only after the update", "Pass the bucket's own `arn`.")
    else:
        yield Violation("", "names a bucket that is not in this stack, so anyone may own that name")


POLICY = Policy(
    id="lambda-foreign-bucket",
    title="Permission for a bucket that is not in the stack",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.LAMBDA, Tag.SUPPLY_CHAIN, Tag.CROSS_ACCOUNT],
    fix="Pass the `arn` of the stack's own bucket, or read the other one with `aws.s3.Bucket.get`.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/BucketRestrictions.html",
    ],
    bad=reported_at(
        "sourceArn",
        example(bucket(), a_permission(sourceArn="arn:aws:s3:::acme-inbx")),
        example(a_permission(), note="a bucket that the stack no longer has"),
    ),
    good=[
        example(bucket(), a_permission()),
        example(
            a_permission(
                principal="sns.amazonaws.com", sourceArn="arn:aws:sns:eu-west-1:111122223333:alarms", sourceAccount=None
            ),
            note="another service, whose ARN contains the account",
        ),
    ],
    requires=["lambda-malformed-source-arn"],
    subsumes=["s3-missing-invoke-permission"],
    reads=sources,
    check=check,
)
