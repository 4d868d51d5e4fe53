"""Without an access block, one careless policy document or ACL makes a bucket public.

The four switches of Block Public Access belong in a separate resource; `Bucket` accepts none of them. The account's
defaults and an account-wide block are outside of this stack, and can be removed without a change to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.core.controls import controls
from policypack.core.examples import bucket as a_bucket
from policypack.core.examples import construct, example, reported_at
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Undecided, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.bucket import buckets, sidecars
from policypack.resources.references import Sidecars

ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"


@over_stack
def access_blocks(stack: Stack) -> Iterator[Placed[Sidecars]]:
    """The access blocks of each bucket."""
    for bucket in buckets(stack):
        yield bucket, "", sidecars(stack, bucket, ACCESS_BLOCK)


def check(blocks: Sidecars) -> Iterator[Violation | Undecided]:
    if blocks.certain:
        return
    if blocks.possible:
        name = min(block.name for block in blocks.possible)
        yield Undecided("", f"may be the bucket of access block `{name}`, whose `bucket` is unknown until the update")
    else:
        yield Violation("", "no `BucketPublicAccessBlock` in this stack configures this bucket")


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
