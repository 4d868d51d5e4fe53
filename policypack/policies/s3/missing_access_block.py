"""Without an access block, one careless policy document or ACL makes a bucket public.

The four switches of Block Public Access belong in a separate resource; `Bucket` accepts none of them. The account's
defaults and an account-wide block are outside of this stack, and can be removed without a change to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from policypack.core.controls import controls
from policypack.core.examples import bucket as a_bucket
from policypack.core.examples import construct, example, reported_at
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Undecided, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.bucket import buckets, meant_for, sidecars
from policypack.resources.references import Sidecars

ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"


class AccessBlocks(msgspec.Struct, frozen=True):
    """The access blocks of a bucket, and those of another one of which one may be meant for it."""

    own: Sidecars
    elsewhere: tuple[tuple[str, str], ...] = ()


@over_stack
def access_blocks(stack: Stack) -> Iterator[Placed[AccessBlocks]]:
    """The access blocks of each bucket."""
    for bucket in buckets(stack):
        own = sidecars(stack, bucket, ACCESS_BLOCK)
        yield bucket, "", AccessBlocks(own, meant_for(stack, bucket, ACCESS_BLOCK))


def check(blocks: AccessBlocks) -> Iterator[Violation | Undecided]:
    if blocks.own.certain:
        return
    if blocks.own.possible:
        name = min(block.name for block in blocks.own.possible)
        yield Undecided("", f"may be the bucket of access block `{name}`, whose `bucket` is unknown until the update")
    else:
        message = "no `BucketPublicAccessBlock` in this stack configures this bucket"
        yield Violation("", message, related=blocks.elsewhere)


CLOSED: dict[str, Any] = {
    "blockPublicAcls": True,
    "blockPublicPolicy": True,
    "ignorePublicAcls": True,
    "restrictPublicBuckets": True,
}


def _block(of: str) -> Resource:
    return construct(ACCESS_BLOCK, "inbox", bucket=of, **CLOSED)


POLICY = Policy(
    id="s3-missing-access-block",
    title="Bucket has no access block",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.S3, Tag.PUBLIC_ACCESS, Tag.AWS_FSBP],
    controls=controls("aws-fsbp/S3.8", "cis-aws-5.0/2.1.4"),
    fix="Add a `BucketPublicAccessBlock` whose `bucket` is this bucket's `id`, with all four switches true.",
    references=["https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"],
    bad=reported_at(
        "",
        example(a_bucket()),
        example(a_bucket(), _block("acme-outbox"), note="an access block of another bucket"),
        example(
            a_bucket(),
            construct("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", "account", **CLOSED),
            note="the account's access block, which can be removed without this stack",
        ),
    ),
    good=[
        example(a_bucket(), _block("acme-inbox")),
        example(
            construct(
                "aws:s3/directoryBucket:DirectoryBucket",
                "fast",
                bucket="fast--use1-az4--x-s3",
                location={"name": "use1-az4", "type": "AvailabilityZone"},
            ),
            note="a directory bucket, which cannot be public",
        ),
    ],
    reads=access_blocks,
    check=check,
)
