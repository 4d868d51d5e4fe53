"""Access control lists: which of their grants are public, and what those allow.

AWS calls an ACL public if it grants anything to the group `AllUsers` or `AuthenticatedUsers`, as three canned ACLs do.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html (groups, canned ACLs, and which actions
a permission stands for) and "The meaning of public" in
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from policypack.access.exposure.exposure import PublicGrant
from policypack.access.exposure.outsiders import ANYONE, STRANGER, Outsider
from policypack.core.policy import Reading, Resource, Unknown
from policypack.iam.document_readers import values_at
from policypack.iam.tables import canonical
from policypack.resources.naming import physical_name

BUCKET = "aws:s3/bucket:Bucket"
LOGGING = "aws:s3/bucketLogging:BucketLogging"
OBJECTS = ("aws:s3/bucketObject:BucketObject", "aws:s3/objectCopy:ObjectCopy", LOGGING)
"""Types with ACLs of objects; those of the others are ACLs of buckets."""
PLACES: Mapping[str, tuple[tuple[str, str], ...]] = {
    BUCKET: (("", "acl"), ("grants[*]", "uri")),
    "aws:s3/bucketAcl:BucketAcl": (("", "acl"), ("accessControlPolicy.grants[*]", "grantee.uri")),
    LOGGING: (("targetGrants[*]", "grantee.uri"),),
    "aws:s3/bucketObject:BucketObject": (("", "acl"),),
    "aws:s3/objectCopy:ObjectCopy": (("", "acl"), ("grants[*]", "uri")),
}
"""By canonical type, the paths of its canned ACL or its grants, and in each the path of the ACL or the group's URI."""
BUCKET_PROPERTIES: Mapping[str, str] = {**dict.fromkeys(PLACES, "bucket"), LOGGING: "targetBucket"}
"""By canonical type, the property that names the bucket."""

CANNED: Mapping[str, tuple[Outsider, str]] = {
    "public-read": (ANYONE, "READ"),
    "public-read-write": (ANYONE, "WRITE"),
    "authenticated-read": (STRANGER, "READ"),
}
GROUPS: Mapping[str, Outsider] = {
    "/groups/global/allusers": ANYONE,
    "/groups/global/authenticatedusers": STRANGER,
}
ON_BUCKET: Mapping[str, str] = {
    "FULL_CONTROL": "s3:PutObject",
    "WRITE": "s3:PutObject",
    "READ": "s3:ListBucket",
    "WRITE_ACP": "s3:PutBucketAcl",
    "READ_ACP": "s3:GetBucketAcl",
}
ON_OBJECT: Mapping[str, str] = {
    "FULL_CONTROL": "s3:GetObject",
    "READ": "s3:GetObject",
    "WRITE_ACP": "s3:PutObjectAcl",
    "READ_ACP": "s3:GetObjectAcl",
}
"""By permission, one of the actions that it stands for, the most harmful permission first."""


class AclGrant(msgspec.Struct, frozen=True):
    """A canned ACL or the URI of a group, with the permissions of the group and the bucket or object."""

    value: str
    permissions: tuple[str, ...]
    of_object: bool
    bucket: str
    key: str

    @property
    def public_grant(self) -> PublicGrant | None:
        """What it allows everybody; None if it is not a grant to everybody."""
        actions = ON_OBJECT if self.of_object else ON_BUCKET
        group = GROUPS.get(self.value.lower().partition("acs.amazonaws.com")[2])
        first = next((permission for permission in actions if permission in self.permissions), "READ")
        who, permission = CANNED.get(self.value, (group, first))
        if who is None:
            return None
        action = actions.get(permission, "s3:GetObject")
        arn = self.bucket if self.bucket.startswith("arn:") else f"arn:aws:s3:::{self.bucket}"
        resource = f"{arn}/{self.key}" if self.of_object or action == "s3:PutObject" else arn
        named = "the canned ACL" if self.value in CANNED else "a grant to the group"
        return PublicGrant(who, action, resource, f"{named} `{self.value.rpartition('/')[2]}` is to everybody")


def acl_grants(resource: Resource) -> Iterator[Reading[AclGrant]]:
    """Each canned ACL and each grant to a group in the ACL that a resource sets."""
    kind = canonical(resource.type)
    for place, inner in PLACES.get(kind, ()):
        for start, entry in values_at(resource.inputs, place):
            for path, value in values_at(entry, inner, start):
                if isinstance(value, Unknown):
                    yield path, value
                elif isinstance(value, str):
                    permissions = _permissions(entry) if place else ()
                    yield path, AclGrant(value, permissions, kind in OBJECTS, _bucket(resource, kind), _key(resource))


def _permissions(entry: Any) -> tuple[str, ...]:
    value = entry.get("permissions", entry.get("permission"))
    return tuple(name.upper() for name in (value if isinstance(value, list) else [value]) if isinstance(name, str))


def _bucket(resource: Resource, kind: str) -> str:
    """The bucket's name, or one in the form of Pulumi's generated names."""
    name = physical_name(resource) if kind == BUCKET else resource.inputs.get(BUCKET_PROPERTIES[kind])
    return name if isinstance(name, str) and name else f"{resource.name}-1a2b3c4"


def _key(resource: Resource) -> str:
    key = resource.inputs.get("key")
    return key if isinstance(key, str) and key else "x"
