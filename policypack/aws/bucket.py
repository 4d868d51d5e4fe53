"""Buckets, and which resource configures which bucket.

A resource says which bucket it means by a property (`bucket`, a notification's or a policy's), and that property may
be a reference to the bucket, its name or ARN as text, or a value that nobody knows yet. Names decide where both sides
are known; otherwise Pulumi's record of what the value was computed from does; where neither tells, the bucket is
possible and not certain, and the policy that asks is undecided.

Directory buckets (`aws:s3/directoryBucket:DirectoryBucket`) and S3 tables are left out: AWS blocks public access to
them and encrypts them always, and none of the general purpose bucket's settings applies to them. Source:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-overview.html.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain

import msgspec

from policypack.aws.arn import Arn
from policypack.aws.tables import canonical
from policypack.policy import Reference, Resource, Stack

BUCKET_TYPES = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
DIRECTORY_BUCKET = "aws:s3/directoryBucket:DirectoryBucket"
ANY = ""


class Referred(msgspec.Struct, frozen=True):
    """The buckets of the stack that a property means: at most one of the two is filled.

    Both are empty where the property is absent, or names a bucket that is not in this stack. `certain` holds more
    than one bucket only where two buckets have the same name.
    """

    certain: tuple[Resource, ...] = ()
    possible: tuple[Resource, ...] = ()


class Sidecars(msgspec.Struct, frozen=True):
    """The resources that configure one bucket, type by type, and those of which nobody can tell."""

    certain: tuple[Resource, ...] = ()
    possible: tuple[Resource, ...] = ()


def buckets(stack: Stack) -> tuple[Resource, ...]:
    """Every general purpose bucket, in registration order."""
    return stack.once("buckets", lambda: tuple(each for each in stack.resources if each.type in BUCKET_TYPES))


def bucket_name(bucket: Resource) -> str | None:
    """The bucket's name, from its inputs or its outputs; None where nobody knows it yet."""
    known = (bucket.inputs.get("bucket"), bucket.outputs.get("bucket"), bucket.outputs.get("id"), bucket.id)
    return next((name for name in known if isinstance(name, str) and name), None)


def sidecars(stack: Stack, bucket: Resource, *types: str) -> Sidecars:
    """The resources of these types that configure this bucket by their `bucket` property.

    Args:
        stack: where to look.
        bucket: one of `buckets(stack)`.
        types: type tokens; each stands for its `…V2` twin too.
    """
    index = stack.once("sidecars", lambda: _index(stack))
    found = [each for token in types for urn in (bucket.urn, ANY) if (each := index.get((urn, canonical(token))))]
    if len(found) == 1:
        return found[0]
    return Sidecars(
        tuple(chain.from_iterable(each.certain for each in found)),
        tuple(chain.from_iterable(each.possible for each in found)),
    )


def referred(stack: Stack, resource: Resource, name: str = "bucket") -> Referred:
    """The buckets of this stack that the top-level property `name` of `resource` means, by name, ARN or reference."""
    return stack.once(("bucket", resource.urn, name), lambda: _referred(stack, resource, name, frozenset()))


def _index(stack: Stack) -> Mapping[tuple[str, str], Sidecars]:
    """The sidecars by their bucket's URN, or `ANY` for those that may be any bucket's, and by canonical type."""
    certain: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    possible: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in stack.resources:
        if resource.type.startswith("aws:s3/") and resource.type not in BUCKET_TYPES:
            kind = canonical(resource.type)
            owners = referred(stack, resource)
            for owner in owners.certain:
                certain[owner.urn, kind].append(resource)
            for urn in [ANY] if owners.possible is buckets(stack) else [owner.urn for owner in owners.possible]:
                possible[urn, kind].append(resource)
    return {key: Sidecars(tuple(certain.get(key, ())), tuple(possible.get(key, ()))) for key in (*certain, *possible)}


def _referred(stack: Stack, resource: Resource, name: str, seen: frozenset[str]) -> Referred:
    """`seen` holds the URNs on the way here, so that a malformed state cannot lead round in circles."""
    values = (resource.inputs.get(name), resource.outputs.get(name))
    given = next((each for each in values if isinstance(each, str | Reference)), None)
    origins = (given.urn,) if isinstance(given, Reference) else tuple(resource.property_dependencies.get(name, ()))
    if not origins and all(each is None for each in values):
        return Referred()
    leads = [_lead(stack, urn, seen | {resource.urn}) for urn in origins]
    certain = _unique(bucket for lead in leads if lead for bucket in lead.certain)
    possible = _unique(bucket for lead in leads if lead for bucket in lead.possible)
    if isinstance(given, str):
        return _named(stack, given, certain)
    if len(certain) == 1 and not possible:
        return Referred(certain)
    if certain or possible:
        return Referred(possible=_unique((*certain, *possible)))
    if leads and None not in leads:
        return Referred()
    return Referred(possible=(_named_from(stack).get(origins) if origins else None) or buckets(stack))


def _named_from(stack: Stack) -> Mapping[tuple[str, ...], tuple[Resource, ...]]:
    """The buckets whose names are computed from other resources, by those."""

    def compute() -> dict[tuple[str, ...], tuple[Resource, ...]]:
        found: dict[tuple[str, ...], tuple[Resource, ...]] = {}
        for bucket in buckets(stack):
            if origins := tuple(bucket.property_dependencies.get("bucket", ())):
                found[origins] = (*found.get(origins, ()), bucket)
        return found

    return stack.once("buckets by origin", compute)


def _lead(stack: Stack, urn: str, seen: frozenset[str]) -> Referred | None:
    """The buckets that a value computed from this resource means; None where that tells nothing.

    A sidecar's `bucket` or `id` output names its own bucket, so `bucket=access_block.bucket` means the same bucket as
    the access block; an output of a component means a bucket inside the component.
    """
    resource = stack.by_urn.get(urn)
    if resource is None or urn in seen:
        return None
    if resource.type in BUCKET_TYPES:
        return Referred((resource,))
    if not resource.type.startswith("aws:"):
        inside = tuple(bucket for bucket in buckets(stack) if _inside(stack, bucket, urn))
        return Referred(inside) if len(inside) == 1 else Referred(possible=inside) if inside else None
    if resource.type == DIRECTORY_BUCKET:
        return Referred()
    if resource.type.startswith("aws:s3/"):
        return _referred(stack, resource, "bucket", seen)
    return None


def _inside(stack: Stack, resource: Resource, component: str) -> bool:
    parent = resource.parent
    while parent and parent != component:
        outer = stack.by_urn.get(parent)
        parent = outer.parent if outer else ""
    return bool(parent)


def _named(stack: Stack, text: str, sources: tuple[Resource, ...]) -> Referred:
    """The buckets of a known name or ARN; `sources` are those that the text was computed from."""
    arn = Arn.parse(text)
    name = arn.resource.partition("/")[0] if arn and arn.service == "s3" else text
    if same := _by_name(stack).get(name):
        return Referred(same)
    nameless = tuple(bucket for bucket in sources if bucket_name(bucket) is None)
    if len(nameless) == 1:
        return Referred(nameless)
    unnamed = stack.once("unnamed buckets", lambda: [each for each in buckets(stack) if bucket_name(each) is None])
    return Referred(possible=tuple(each for each in unnamed if _may_be_named(each, name)))


def _by_name(stack: Stack) -> Mapping[str, tuple[Resource, ...]]:
    def compute() -> dict[str, tuple[Resource, ...]]:
        found: dict[str, tuple[Resource, ...]] = {}
        for bucket in buckets(stack):
            if name := bucket_name(bucket):
                found[name] = (*found.get(name, ()), bucket)
        return found

    return stack.once("buckets by name", compute)


def _may_be_named(bucket: Resource, name: str) -> bool:
    """Whether a bucket whose name nobody knows may turn out to have this one.

    Without `bucket` and `bucketPrefix`, Pulumi makes up a name that begins with the resource's own. Source:
    https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming.
    """
    if bucket.inputs.get("bucket") is not None:
        return True
    prefix = bucket.inputs.get("bucketPrefix")
    if prefix is None:
        prefix = f"{bucket.name}-".lower()
    return not isinstance(prefix, str) or name.startswith(prefix)


def _unique(found: Iterable[Resource]) -> tuple[Resource, ...]:
    return tuple({bucket.urn: bucket for bucket in found}.values())
