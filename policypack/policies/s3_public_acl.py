"""A public ACL gives the bucket or the object to the internet, or to everybody who has any AWS account at all.

It works beside the bucket policy: whoever reviews only policy documents sees nothing. "Authenticated users" means
every AWS customer, not the users of this account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policypack.aws.tables import canonical
from policypack.policy import Policy, Reading, Resource, Severity, Unknown, Violation

BUCKET = ("acl", "grants[*].uri")
OBJECT = ("acl",)
PATHS = {
    "aws:s3/bucket:Bucket": BUCKET,
    "aws:s3/bucketAcl:BucketAcl": ("acl", "accessControlPolicy.grants[*].grantee.uri"),
    "aws:s3/bucketLogging:BucketLogging": ("targetGrants[*].grantee.uri",),
    "aws:s3/bucketObject:BucketObject": OBJECT,
    "aws:s3/objectCopy:ObjectCopy": BUCKET,
}
"""Where each type holds a canned ACL or a group, by canonical type."""

CANNED = {
    "public-read": "lets anybody on the internet read",
    "public-read-write": "lets anybody on the internet read and write",
    "authenticated-read": "lets everybody with an AWS account read",
}
GROUPS = {
    "/groups/global/allusers": "grants access to anybody on the internet",
    "/groups/global/authenticatedusers": "grants access to everybody with an AWS account",
}


def acls(resource: Resource) -> Iterator[Reading[str]]:
    """Each canned ACL, and the URI of each group that an ACL grants access to."""
    for pattern in PATHS.get(canonical(resource.type), ()):
        yield from _texts(resource.inputs, pattern.split("."), "")


def _texts(value: Any, names: list[str], path: str) -> Iterator[Reading[str]]:
    if isinstance(value, Unknown) or (isinstance(value, str) and not names):
        yield path, value
    elif isinstance(value, Mapping) and names:
        name = names[0].removesuffix("[*]")
        inner, place = value.get(name), f"{path}.{name}".lstrip(".")
        if isinstance(inner, list):
            for index, each in enumerate(inner):
                yield from _texts(each, names[1:], f"{place}[{index}]")
        else:
            yield from _texts(inner, names[1:], place)


def check(acl: str) -> Iterator[Violation]:
    group = acl.lower().partition("acs.amazonaws.com")[2]
    if effect := CANNED.get(acl) or GROUPS.get(group):
        yield Violation("", f"this ACL {effect}")


POLICY = Policy(
    id="s3-public-acl",
    title="ACL gives access to the public",
    why=__doc__,
    severity=Severity.CRITICAL,
    fix="Leave ACLs off (`BucketOwnershipControls` with `BucketOwnerEnforced`), and grant access by bucket policy.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html",
    ],
    bad=Resource("aws:s3/bucketAcl:BucketAcl", "inbox", {"bucket": "acme-inbox", "acl": "public-read"}),
    good=Resource("aws:s3/bucketAcl:BucketAcl", "inbox", {"bucket": "acme-inbox", "acl": "private"}),
    reads=acls,
    check=check,
)
