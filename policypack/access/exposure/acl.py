"""Access control lists: which of their grants are public, and what those allow.

AWS calls an ACL public if it grants anything to the group `AllUsers` or `AuthenticatedUsers`, as three canned ACLs do.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html (groups, canned ACLs, and which actions
a permission grants) and "The meaning of public" in
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from policypack.access.exposure.exposure import public_grant
from policypack.access.exposure.outsiders import ANYONE, STRANGER, Outsider
from policypack.access.solver.verdict import Answer
from policypack.core.policy import UNKNOWN, Reading, Resource, Unknown
from policypack.core.values import has_unknown
from policypack.iam.document_readers import values_at
from policypack.iam.tables import canonical
from policypack.resources.naming import physical_name

BUCKET = "aws:s3/bucket:Bucket"
BUCKET_ACL = "aws:s3/bucketAcl:BucketAcl"
LOGGING = "aws:s3/bucketLogging:BucketLogging"
OBJECTS = ("aws:s3/bucketObject:BucketObject", "aws:s3/objectCopy:ObjectCopy", LOGGING)
"""Types with ACLs of objects; those of the others are ACLs of buckets."""
PLACES: Mapping[str, tuple[tuple[str, str], ...]] = {
    BUCKET: (("", "acl"), ("grants[*]", "uri")),
    BUCKET_ACL: (("", "acl"), ("accessControlPolicy.grants[*]", "grantee.uri")),
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
CANNED_SERVICES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "aws-exec-read": ("ec2.amazonaws.com", ("READ",)),
    "log-delivery-write": ("delivery.logs.amazonaws.com", ("WRITE", "READ_ACP")),
}
"""Canned ACLs for AWS services: the service and its permissions."""
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
"""By permission, one of the actions that it grants, the most harmful permission first."""


class AclGrant(msgspec.Struct, frozen=True):
    """One grant of an ACL: its path, the grantee as a document's principal, and its permissions."""

    path: str
    grantee: str | Unknown
    permissions: tuple[str, ...]
    outsider: Outsider | None = None
    """Who the grantee is, if it is one of the public groups."""


def acl_grants(resource: Resource) -> Iterator[AclGrant]:
    """Every grant of the ACLs that a resource sets, except those to the bucket's owner by a canned ACL."""
    for place, inner in PLACES.get(canonical(resource.type), ()):
        for start, entry in values_at(resource.inputs, place):
            if isinstance(entry, Unknown):
                yield AclGrant(start, entry, ("FULL_CONTROL",))
            elif not place:
                yield from _canned_grants(inner, entry.get(inner))
            elif isinstance(entry, Mapping) and isinstance(grantee := entry.get("grantee", entry), Mapping):
                values = (grantee.get(name) for name in ("uri", "id", "emailAddress", "email"))
                named = next((value for value in values if value not in (None, "")), "")
                group = GROUPS.get(str(named).lower().partition("acs.amazonaws.com")[2])
                if isinstance(named, str | Unknown) and named:
                    who = "*" if group and isinstance(named, str) else named
                    yield AclGrant(start, who, _permissions(entry), group)


def _canned_grants(path: str, acl: Any) -> Iterator[AclGrant]:
    if isinstance(acl, Unknown):
        yield AclGrant(path, acl, ("FULL_CONTROL",))
    elif not isinstance(acl, str):
        return
    elif acl in CANNED:
        outsider, permission = CANNED[acl]
        both = ("READ", "WRITE") if permission == "WRITE" else (permission,)
        yield AclGrant(path, "*", both, outsider)
    elif acl in CANNED_SERVICES:
        yield AclGrant(path, *CANNED_SERVICES[acl])


def granted_actions(resource: Resource, permissions: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The actions that permissions grant, each with the ARN that it is on."""
    kind = canonical(resource.type)
    actions = ON_OBJECT if kind in OBJECTS else ON_BUCKET
    for permission in permissions:
        names = actions.values() if permission == "FULL_CONTROL" else [actions.get(permission, "")]
        for action in filter(None, dict.fromkeys(names)):
            yield action, _target(resource, kind, action)


def public_acls(resource: Resource) -> Iterator[Reading[Answer]]:
    """Each canned ACL or grant to a group that a resource sets, if it is public, or unknown."""
    kind = canonical(resource.type)
    for place, inner in PLACES.get(kind, ()):
        for start, entry in values_at(resource.inputs, place):
            for path, value in values_at(entry, inner, start):
                if has_unknown(value):
                    yield path, value if isinstance(value, Unknown) else UNKNOWN
                elif isinstance(value, str) and (
                    grant := _grant(resource, value, _permissions(entry) if place else ())
                ):
                    yield path, grant


def _grant(resource: Resource, value: str, permissions: Sequence[str]) -> Answer | None:
    """The public grant by a canned ACL, or by the URI of a group with these permissions; None if it is not public."""
    kind = canonical(resource.type)
    actions = ON_OBJECT if kind in OBJECTS else ON_BUCKET
    group = GROUPS.get(value.lower().partition("acs.amazonaws.com")[2])
    first = next((permission for permission in actions if permission in permissions), "READ")
    outsider, permission = CANNED.get(value, (group, first))
    if outsider is None:
        return None
    action = actions.get(permission, "s3:GetObject")
    target = _target(resource, kind, action)
    named = "the canned ACL" if value in CANNED else "a grant to the group"
    return public_grant(outsider, action, target, f"{named} `{value.rpartition('/')[2]}` is to everybody")


def _target(resource: Resource, kind: str, action: str) -> str:
    """The ARN of what an action is on: an object, or the bucket."""
    bucket = _bucket(resource, kind)
    arn = bucket if bucket.startswith("arn:") else f"arn:aws:s3:::{bucket}"
    return f"{arn}/{_key(resource)}" if kind in OBJECTS or action == "s3:PutObject" else arn


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
