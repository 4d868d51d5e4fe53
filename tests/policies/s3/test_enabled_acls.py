from __future__ import annotations

from typing import Any

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3.enabled_acls import POLICY
from policypack.resources.properties.acls import BUCKET_ACL, CONTROLS
from tests.policies.helpers import reported, silent, undecided_at, violations

BUCKET = Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"})
OWNER = {"id": "75aa57f09aa0c8ca"}
GROUP = {"type": "Group", "uri": "http://acs.amazonaws.com/groups/s3/LogDelivery"}


def beside(token: str, inputs: dict[str, Any]) -> tuple[Resource, ...]:
    return BUCKET, Resource(token, "inbox", {"bucket": "inbox", **inputs})


def granted(*grantees: dict[str, Any]) -> dict[str, Any]:
    grants = [{"permission": "READ", "grantee": grantee} for grantee in grantees]
    return {"accessControlPolicy": {"owner": OWNER, "grants": grants}}


def cloudfront(bucket: Any, *origins: str) -> Resource:
    return Resource(
        "aws:cloudfront/distribution:Distribution",
        "site",
        {"loggingConfig": {"bucket": bucket}},
        property_dependencies={"loggingConfig": origins},
    )


test_ownership = reported(
    POLICY,
    "rule.objectOwnership",
    (CONTROLS, {"rule": {"objectOwnership": "ObjectWriter"}}),
    (CONTROLS, {"rule": {"objectOwnership": "BucketOwnerPreferred"}}),
    (CONTROLS, {"bucket": "elsewhere", "rule": {"objectOwnership": "ObjectWriter"}}),
    of=beside,
)
test_canned = reported(
    POLICY,
    "acl",
    (BUCKET_ACL, {"acl": "log-delivery-write"}),
    (BUCKET_ACL, {"acl": "public-read"}),
    (BUCKET_ACL, {"acl": "aws-exec-read"}),
    ("aws:s3/bucketAclV2:BucketAclV2", {"acl": "authenticated-read"}),
    ("aws:s3/bucketV2:BucketV2", {"acl": "bucket-owner-full-control"}),
    of=beside,
)
test_grants = reported(
    POLICY,
    "accessControlPolicy.grants[1].grantee.id",
    (BUCKET_ACL, granted({"type": "CanonicalUser", **OWNER}, {"type": "CanonicalUser", "id": "c4c1ede66af53448"})),
    of=beside,
)
test_disabled = silent(
    POLICY,
    (CONTROLS, {"rule": {"objectOwnership": "BucketOwnerEnforced"}}),
    (BUCKET_ACL, {"acl": "private"}),
    (BUCKET_ACL, granted({"type": "CanonicalUser", **OWNER})),
    (BUCKET_ACL, granted()),
    ("aws:s3/bucketV2:BucketV2", {"acl": "private", "grants": []}),
    ("aws:s3/bucketLogging:BucketLogging", {"targetBucket": "logs", "targetPrefix": "inbox/"}),
    ("aws:s3/bucketObject:BucketObject", {"key": "a", "acl": "bucket-owner-full-control"}),
    of=beside,
)
test_unknown = undecided_at(
    POLICY, "rule.objectOwnership", (CONTROLS, {"rule": {"objectOwnership": UNKNOWN}}), of=beside
)


def test_where_grants_are() -> None:
    bucket = Resource("aws:s3/bucket:Bucket", "logs", {"grants": [{"permissions": ["WRITE"], **GROUP}]})
    logging = {"targetBucket": "logs", "targetGrants": [{"permission": "READ", "grantee": GROUP}]}
    assert violations(POLICY, bucket) == ["grants[0].uri"]
    assert violations(POLICY, *beside("aws:s3/bucketLogging:BucketLogging", logging)) == ["targetGrants[0].grantee.uri"]


def test_services_that_deliver_by_acl() -> None:
    """CloudFront names the bucket by a domain name, which is built from it."""
    controls = beside(CONTROLS, {"rule": {"objectOwnership": "BucketOwnerPreferred"}})
    place = ["rule.objectOwnership"]
    assert violations(POLICY, *controls, cloudfront("inbox.s3.amazonaws.com")) == []
    assert violations(POLICY, *controls, cloudfront("inbox.s3.eu-west-1.amazonaws.com")) == []
    assert violations(POLICY, *controls, cloudfront(UNKNOWN, BUCKET.urn)) == []
    assert violations(POLICY, *controls, cloudfront("logs.s3.amazonaws.com")) == place
    feed = "aws:ec2/spotDatafeedSubscription:SpotDatafeedSubscription"
    assert violations(POLICY, *controls, Resource(feed, "usage", {"bucket": "inbox"})) == []
    assert violations(POLICY, *controls, Resource(feed, "usage", {"bucket": "outbox"})) == place
