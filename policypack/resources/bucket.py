"""Buckets, and the sidecars that configure each, by their `bucket` property.

Directory buckets (`aws:s3/directoryBucket:DirectoryBucket`) and S3 tables are left out: AWS always blocks public access
to them and encrypts them, and no setting of general purpose buckets applies to them. Source:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-overview.html.
"""

from __future__ import annotations

from policypack.core.memo import memoized
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


def meant_for(stack: Stack, bucket: Resource, token: str) -> tuple[tuple[str, str], ...]:
    """The sidecars of a type of which one may be meant for a bucket that has none, by URN and property.

    Only if no other bucket lacks one and exactly one other bucket has two: else two may be missing for themselves.
    """
    lacking, doubled = _unequal(stack, token)
    return tuple((sidecar.urn, "bucket") for sidecar in doubled) if lacking == bucket.urn else ()


@memoized
def _unequal(stack: Stack, token: str) -> tuple[str, tuple[Resource, ...]]:
    """The URN of the only bucket without a sidecar of this type, and the two of another one; else nothing."""
    found = [(bucket.urn, sidecars(stack, bucket, token)) for bucket in buckets(stack)]
    lacking = [urn for urn, beside in found if not beside.certain]
    several = [beside.certain for _, beside in found if len(beside.certain) > 1]
    if len(lacking) == len(several) == 1 and len(several[0]) == 2 and not any(beside.possible for _, beside in found):
        return lacking[0], several[0]
    return "", ()
