"""Buckets, and the sidecars that configure each, by their `bucket` property.

Directory buckets (`aws:s3/directoryBucket:DirectoryBucket`) and S3 tables are left out: AWS always blocks public access
to them and encrypts them, and no setting of general purpose buckets applies to them. Source:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-overview.html.
"""

from __future__ import annotations

from policypack.core.policy import Resource, Stack
from policypack.resources.index import index_of
from policypack.resources.references import Sidecars, sidecars_of
from policypack.resources.tokens import BUCKET_TYPES


def buckets(stack: Stack) -> tuple[Resource, ...]:
    """Every general purpose bucket, in registration order."""
    return index_of(stack, BUCKET_TYPES).resources


def sidecars(stack: Stack, bucket: Resource, *types: str) -> Sidecars:
    """The resources of these types that configure this bucket by their `bucket` property.

    Args:
        stack: where to look.
        bucket: one of `buckets(stack)`.
        types: type tokens; each includes its `…V2` twin.
    """
    groups = [sidecars_of(stack, bucket, token, "bucket", *BUCKET_TYPES) for token in types]
    return Sidecars(
        tuple(sidecar for group in groups for sidecar in group.certain),
        tuple(sidecar for group in groups for sidecar in group.possible),
    )
