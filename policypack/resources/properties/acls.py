"""Settings that enable the ACLs of buckets; a stack in, the settings out.

Sources of `NEED_ACLS`: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html
and https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-data-feeds.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policypack.core.memo import memoized
from policypack.core.policy import Placed, Reading, Resource, Stack, Unknown
from policypack.iam.document_readers import value_at, values_at
from policypack.resources.index import by_canonical_type
from policypack.resources.references import resolve, resolve_all
from policypack.resources.tokens import BUCKET_TYPES

CONTROLS = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
BUCKET_ACL = "aws:s3/bucketAcl:BucketAcl"
SETTINGS: Mapping[str, tuple[str, ...]] = {
    CONTROLS: ("rule[*].objectOwnership",),
    BUCKET_ACL: ("acl", "accessControlPolicy.grants[*].grantee"),
    "aws:s3/bucket:Bucket": ("acl", "grants[*]"),
    "aws:s3/bucketLogging:BucketLogging": ("targetGrants[*].grantee",),
}
"""By canonical type, the paths of Object Ownership, canned ACLs and grantees."""
GRANTEE = ("uri", "id", "emailAddress")
"""The properties that name a grantee."""
DISABLED = ("BucketOwnerEnforced", "private")
"""The values that need no ACLs: of Object Ownership, and the canned ACL that gives no one but the owner access."""
NEED_ACLS: Mapping[str, tuple[str, str]] = {
    "aws:cloudfront/distribution:Distribution": ("loggingConfig", "bucket"),
    "aws:ec2/spotDatafeedSubscription:SpotDatafeedSubscription": ("bucket", ""),
}
"""The types that deliver to buckets by ACL only: the property, and the path in it, that name the bucket."""


def enabled_acls(stack: Stack) -> Iterator[Placed[str]]:
    """What enables or sets ACLs of buckets to which no service delivers by ACL; empty for a bucket by itself."""
    yield from ((bucket, "", "") for bucket in stack.of(*BUCKET_TYPES))
    for token in SETTINGS:
        for resource in by_canonical_type(stack).get(token, ()):
            for path, value in _enabling(resource, SETTINGS[token]):
                of_bucket = resource.type in BUCKET_TYPES
                own = [resource] if of_bucket else resolve(stack, resource, "bucket", *BUCKET_TYPES).resources
                if _receivers(stack).isdisjoint(bucket.urn for bucket in own):
                    yield resource, path, value


def _enabling(resource: Resource, places: Sequence[str]) -> Iterator[Reading[str]]:
    owner = value_at(resource.inputs, "accessControlPolicy.owner.id")
    for place in places:
        for path, value in values_at(resource.inputs, place):
            if isinstance(value, Mapping):
                name = next((name for name in GRANTEE if value.get(name)), "")
                if name and value[name] != owner:
                    yield f"{path}.{name}", "a grant"
            elif isinstance(value, Unknown) or value not in DISABLED:
                yield path, value if isinstance(value, Unknown) else f"`{value}`"


@memoized
def _receivers(stack: Stack) -> frozenset[str]:
    """The URNs of the buckets to which a service delivers by ACL, and which it names by name or domain name."""
    return frozenset(
        referent.resource.urn
        for token, (name, inner) in NEED_ACLS.items()
        for resource in stack.of(token)
        for _, value in values_at(resource.inputs, f"{name}[*].{inner}" if inner else name)
        for resolved in resolve_all(stack, resource, name, [_named(value)], *BUCKET_TYPES)
        for referent in resolved.all
    )


def _named(value: Any) -> Any:
    """The name in a bucket's domain name."""
    return value.partition(".s3")[0] if isinstance(value, str) else value
