"""A public ACL gives the internet access to the bucket or object, or to everyone who has any AWS account.

It works in addition to the bucket policy, so a review of policy documents alone does not show it. "Authenticated users"
means every AWS customer, not the users of this account. If ACLs are disabled or blocked, AWS refuses it and the
update fails.
"""

from __future__ import annotations

from policypack.access.exposure.acl import public_acls
from policypack.access.exposure.exposure import judge
from policypack.core.controls import Control
from policypack.core.examples import bucket, construct, example, reported_at
from policypack.core.policy import Policy, Resource, Severity
from policypack.core.tags import Tag

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"


def _acl(acl: str) -> Resource:
    return construct("aws:s3/bucketAcl:BucketAcl", "inbox", bucket="acme-inbox", acl=acl)


def _granted(group: str) -> Resource:
    grant = {"permission": "READ", "grantee": {"type": "Group", "uri": group}}
    return construct(
        "aws:s3/bucketAcl:BucketAcl",
        "inbox",
        bucket="acme-inbox",
        accessControlPolicy={"owner": {"id": OWNER}, "grants": [grant]},
    )


POLICY = Policy(
    id="s3-public-acl",
    title="ACL gives access to the public",
    why=__doc__,
    severity=Severity.CRITICAL,
    tags=[Tag.S3, Tag.PUBLIC_ACCESS, Tag.AWS_FSBP],
    controls=[Control("aws-fsbp/S3.2"), Control("aws-fsbp/S3.3", broader=True)],
    fix="Leave ACLs off (`BucketOwnershipControls` with `BucketOwnerEnforced`), and grant access by bucket policy.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html",
    ],
    bad=reported_at(
        "acl",
        example(_acl("public-read")),
        example(_acl("authenticated-read"), note="everyone who has any AWS account"),
        example(_granted(ALL_USERS), path="accessControlPolicy.grants[0].grantee.uri", note="a grant to a group"),
        example(bucket(acl="public-read-write"), note="inline at the bucket"),
        example(
            construct(
                "aws:s3/bucketObject:BucketObject", "logo", bucket="acme-inbox", key="logo.png", acl="public-read"
            ),
            note="a single object",
        ),
    ),
    good=[
        example(_acl("private")),
        example(_granted(LOG_DELIVERY), note="a group of AWS's own log delivery"),
        example(_acl("log-delivery-write"), note="the same as a canned ACL"),
        example(
            construct(
                "aws:s3/bucketObject:BucketObject",
                "note",
                bucket="acme-inbox",
                key="note.txt",
                acl="bucket-owner-full-control",
                content="public-read",
            ),
            note="a value of another property",
        ),
    ],
    reads=public_acls,
    check=judge,
)
