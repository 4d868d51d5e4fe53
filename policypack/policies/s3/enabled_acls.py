"""With ACLs enabled, whoever writes an object may own it and may share it, whatever the bucket policy says.

Access is then decided in as many places as there are objects, and no review of documents shows it. Since April 2023
AWS disables ACLs in new buckets. Few services still need them, such as CloudFront's legacy access logs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policypack.core.examples import bucket as a_bucket
from policypack.core.examples import construct, example
from policypack.core.memo import memoized
from policypack.core.policy import Placed, Policy, Reading, Resource, Severity, Stack, Unknown, Violation, over_stack
from policypack.core.tags import Tag
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
"""The types that deliver to buckets by ACL only: the property, and the path in it, that name the bucket.

Sources: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html and
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-data-feeds.html.
"""


@over_stack
def acls(stack: Stack) -> Iterator[Placed[str]]:
    """What enables or sets ACLs of buckets to which no service delivers by ACL."""
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


def check(setting: str) -> Iterator[Violation]:
    yield Violation("", f"{setting} needs ACLs, which `BucketOwnerEnforced` disables")


def _controls(ownership: str) -> Resource:
    return construct(CONTROLS, "inbox", bucket="acme-inbox", rule={"objectOwnership": ownership})


def _acl(acl: str) -> Resource:
    return construct(BUCKET_ACL, "inbox", bucket="acme-inbox", acl=acl)


FEED = construct("aws:ec2/spotDatafeedSubscription:SpotDatafeedSubscription", "usage", bucket="acme-inbox")

POLICY = Policy(
    id="s3-enabled-acls",
    title="Bucket whose ACLs are enabled",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.S3, Tag.PUBLIC_ACCESS],
    fix="Set Object Ownership to `BucketOwnerEnforced`, remove ACLs, and grant access by bucket policy.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-12",
    ],
    bad=[
        example(a_bucket(), _controls("ObjectWriter"), path="rule.objectOwnership"),
        example(a_bucket(), _controls("BucketOwnerPreferred"), path="rule.objectOwnership", note="the owner preferred"),
        example(a_bucket(), _acl("log-delivery-write"), path="acl", note="an ACL for log delivery"),
    ],
    good=[
        example(a_bucket(), _controls("BucketOwnerEnforced")),
        example(a_bucket(), note="the default, which disables ACLs"),
        example(a_bucket(), _acl("private"), note="the ACL that gives no one else access"),
        example(a_bucket(), _controls("BucketOwnerPreferred"), FEED, note="a data feed, which AWS delivers by ACL"),
    ],
    requires=["s3-public-acl"],
    reads=acls,
    check=check,
)
