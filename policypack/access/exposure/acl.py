"""Access control lists: which of their grants are to everybody, and what those let everybody do.

AWS calls an ACL public if it grants anything to the group `AllUsers` or `AuthenticatedUsers`, as three canned ACLs do.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html (groups, canned ACLs, and which actions
a permission stands for) and "The meaning of public" in
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from policypack.access.exposure.opening import PublicGrant
from policypack.access.exposure.outsiders import ANYONE, STRANGER, Outsider
from policypack.core.policy import Reading, Resource, Unknown
from policypack.iam.tables import canonical
from policypack.resources.naming import physical_name

BUCKET = "aws:s3/bucket:Bucket"
LOGGING = "aws:s3/bucketLogging:BucketLogging"
OBJECTS = ("aws:s3/bucketObject:BucketObject", "aws:s3/objectCopy:ObjectCopy", LOGGING)
"""Types whose ACL is that of objects; the others' is that of a bucket."""
PLACES: Mapping[str, tuple[str, ...]] = {
    BUCKET: ("acl", "grants[*].uri"),
    "aws:s3/bucketAcl:BucketAcl": ("acl", "accessControlPolicy.grants[*].grantee.uri"),
    LOGGING: ("targetGrants[*].grantee.uri",),
    "aws:s3/bucketObject:BucketObject": ("acl",),
    "aws:s3/objectCopy:ObjectCopy": ("acl", "grants[*].uri"),
}
"""Where each type holds a canned ACL or the URI of a group, by canonical type."""
OWNERS: Mapping[str, str] = {**dict.fromkeys(PLACES, "bucket"), LOGGING: "targetBucket"}
"""The property that says of which bucket an ACL is."""

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
"""By permission, one of the actions that it stands for, those first that say most of what is lost."""


class Grant(msgspec.Struct, frozen=True):
    """A canned ACL or the URI of a group, with what the group is granted and on which bucket or object."""

    value: str
    permissions: tuple[str, ...]
    of_object: bool
    bucket: str
    key: str

    @property
    def lets(self) -> PublicGrant | None:
        """What it lets everybody do; None where it is a grant to somebody, or to nobody."""
        group = GROUPS.get(self.value.lower().partition("acs.amazonaws.com")[2])
        who, permission = CANNED.get(self.value, (group, self._first()))
        if who is None:
            return None
        action = (ON_OBJECT if self.of_object else ON_BUCKET).get(permission, "s3:GetObject")
        named = "the canned ACL" if self.value in CANNED else "a grant to the group"
        return PublicGrant(
            who, action, self._named(action), f"{named} `{self.value.rpartition('/')[2]}` is to everybody"
        )

    def _first(self) -> str:
        table = ON_OBJECT if self.of_object else ON_BUCKET
        return next((each for each in table if each in self.permissions), "READ")

    def _named(self, action: str) -> str:
        bucket = self.bucket if self.bucket.startswith("arn:") else f"arn:aws:s3:::{self.bucket}"
        return f"{bucket}/{self.key}" if self.of_object or action == "s3:PutObject" else bucket


def grants(resource: Resource) -> Iterator[Reading[Grant]]:
    """Each canned ACL, and each grant to a group, in the ACL that a resource sets."""
    kind = canonical(resource.type)
    for place in PLACES.get(kind, ()):
        for path, value, entry in _texts(resource.inputs, place.split("."), "", {}):
            if isinstance(value, Unknown):
                yield path, value
            else:
                yield path, Grant(value, _permissions(entry), kind in OBJECTS, _bucket(resource), _key(resource))


def _texts(
    value: Any, names: list[str], path: str, entry: Mapping[str, Any]
) -> Iterator[tuple[str, str | Unknown, Mapping[str, Any]]]:
    """The texts at a path such as `grants[*].uri`, each with the entry of the list that it is in."""
    if isinstance(value, Unknown) or (isinstance(value, str) and not names):
        yield path, value, entry
    elif isinstance(value, Mapping) and names:
        name = names[0].removesuffix("[*]")
        inner, place = value.get(name), f"{path}.{name}".lstrip(".")
        if isinstance(inner, list):
            for index, each in enumerate(inner):
                yield from _texts(each, names[1:], f"{place}[{index}]", each if isinstance(each, Mapping) else {})
        else:
            yield from _texts(inner, names[1:], place, entry)


def _permissions(entry: Mapping[str, Any]) -> tuple[str, ...]:
    found = entry.get("permissions", entry.get("permission"))
    listed = found if isinstance(found, list) else [found]
    return tuple(each.upper() for each in listed if isinstance(each, str))


def _bucket(resource: Resource) -> str:
    """The bucket's name, or one in the form of those that Pulumi makes up."""
    kind = canonical(resource.type)
    given = physical_name(resource) if kind == BUCKET else resource.inputs.get(OWNERS[kind])
    return given if isinstance(given, str) and given else f"{resource.name}-1a2b3c4"


def _key(resource: Resource) -> str:
    key = resource.inputs.get("key")
    return key if isinstance(key, str) and key else "x"
