"""With ACLs enabled, whoever writes an object may own it and may share it, whatever the bucket policy says.

Access is then decided in as many places as there are objects, and no review of documents shows it. Since April 2023
AWS disables ACLs in new buckets. Few services still need them, such as CloudFront's legacy access logs.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.controls import controls
from policypack.core.examples import bucket as a_bucket
from policypack.core.examples import construct, example
from policypack.core.policy import Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.properties.acls import BUCKET_ACL, CONTROLS, enabled_acls


def check(setting: str) -> Iterator[Violation]:
    if setting:
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
    tags=[Tag.S3, Tag.PUBLIC_ACCESS, Tag.AWS_FSBP],
    controls=controls("aws-fsbp/S3.12"),
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
    reads=over_stack(enabled_acls),
    check=check,
)
