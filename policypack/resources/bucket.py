"""Buckets, and the sidecars that configure each, by their `bucket` property.

Directory buckets (`aws:s3/directoryBucket:DirectoryBucket`) and S3 tables are left out: AWS always blocks public access
to them and encrypts them, and no setting of general purpose buckets applies to them. Source:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-overview.html.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Resource, Stack
from policypack.iam.tables import canonical
from policypack.resources.index import index_of
from policypack.resources.references import resolve
from policypack.resources.tokens import BUCKET_TYPES

ANY = ""


class Sidecars(msgspec.Struct, frozen=True):
    """The resources that configure one bucket, type by type, and those that may."""

    certain: tuple[Resource, ...] = ()
    possible: tuple[Resource, ...] = ()


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
    owned = [_by_bucket(stack, canonical(token)) for token in types]
    groups = [index.get(urn, Sidecars()) for index in owned for urn in (bucket.urn, ANY)]
    return Sidecars(
        tuple(sidecar for group in groups for sidecar in group.certain),
        tuple(sidecar for group in groups for sidecar in group.possible),
    )


@memoized
def _by_bucket(stack: Stack, kind: str) -> Mapping[str, Sidecars]:
    """The sidecars of one canonical type by their bucket's URN, or `ANY` for those that may be any bucket's."""
    certain: dict[str, list[Resource]] = defaultdict(list)
    possible: dict[str, list[Resource]] = defaultdict(list)
    for token in stack.by_type:
        for resource in stack.of(token) if canonical(token) == kind else ():
            owners = resolve(stack, resource, "bucket", *BUCKET_TYPES)
            for owner in owners.resources:
                certain[owner.urn].append(resource)
            for urn in [ANY] if owners.untraced else [owner.urn for owner in owners.candidates]:
                possible[urn].append(resource)
    return {urn: Sidecars(tuple(certain.get(urn, ())), tuple(possible.get(urn, ()))) for urn in (*certain, *possible)}
