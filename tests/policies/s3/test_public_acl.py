from __future__ import annotations

from typing import Any

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3.public_acl import POLICY
from tests.policies.helpers import reported_with, silent, undecided, undecided_with, violations

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
INTERNET = "anyone on the internet, from 198.51.100.7, may "
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"


def made(token: str, **inputs: Any) -> Resource:
    return Resource(f"aws:s3/{token[0].lower()}{token[1:]}:{token}", "inbox", inputs)


def policy(*grantees: Any, permission: str = "READ") -> dict[str, Any]:
    return {"owner": {"id": "me"}, "grants": [{"permission": permission, "grantee": grantee} for grantee in grantees]}


test_public = reported_with(
    POLICY,
    (made("Bucket", acl="public-read"), "acl", "may `s3:ListBucket` on `arn:aws:s3:::inbox-1a2b3c4`:"),
    (made("BucketV2", acl="public-read-write"), "acl", INTERNET),
    (made("BucketAclV2", acl="public-read"), "acl", INTERNET),
    (made("BucketObjectv2", acl="public-read"), "acl", INTERNET),
    (made("ObjectCopy", acl="public-read"), "acl", INTERNET),
    (made("Bucket", grants=[{"id": "me"}, {"type": "Group", "uri": ALL_USERS}]), "grants[1].uri", INTERNET),
    (made("ObjectCopy", grants=[{"uri": ALL_USERS}]), "grants[0].uri", INTERNET),
    (made("BucketLogging", targetGrants=[{"grantee": {"uri": ALL_USERS}}]), "targetGrants[0].grantee.uri", INTERNET),
    (
        made("BucketAcl", accessControlPolicy=policy({"id": "me"}, {"uri": AUTHENTICATED})),
        "accessControlPolicy.grants[1].grantee.uri",
        "anyone with an AWS account",
    ),
    (
        made("BucketAcl", accessControlPolicy=policy({"uri": ALL_USERS.replace("http:", "https:")})),
        "accessControlPolicy.grants[0].grantee.uri",
        INTERNET,
    ),
    (
        made("Bucket", bucket="acme", grants=[{"uri": ALL_USERS, "permissions": ["READ_ACP"]}]),
        "grants[0].uri",
        "may `s3:GetBucketAcl` on `arn:aws:s3:::acme`:",
    ),
    (
        made("BucketAcl", bucket="acme", accessControlPolicy=policy({"uri": ALL_USERS}, permission="WRITE")),
        "accessControlPolicy.grants[0].grantee.uri",
        "may `s3:PutObject` on `arn:aws:s3:::acme/x`: a grant to the group `AllUsers` is to everybody",
    ),
    (
        made(
            "BucketLogging",
            targetBucket="logs",
            targetGrants=policy({"uri": ALL_USERS}, permission="FULL_CONTROL")["grants"],
        ),
        "targetGrants[0].grantee.uri",
        "may `s3:GetObject` on `arn:aws:s3:::logs/x`:",
    ),
)
test_silent = silent(
    POLICY,
    made("Bucket", acl="aws-exec-read"),
    made("Bucket", grants=[{"type": "Group", "uri": LOG_DELIVERY}]),
    made("BucketAcl", accessControlPolicy=policy({"id": "me", "type": "CanonicalUser"})),
    Resource("aws:ssm/parameter:Parameter", "p", {"acl": "public-read", "value": ALL_USERS}),
)


unknown = "is known only after the update"
test_undecided = undecided_with(
    POLICY,
    (made("BucketAcl", acl=UNKNOWN), "acl", unknown),
    (made("Bucket", grants=UNKNOWN), "grants", unknown),
    (
        made("BucketAcl", accessControlPolicy=policy({"uri": UNKNOWN})),
        "accessControlPolicy.grants[0].grantee.uri",
        unknown,
    ),
    (made("BucketAcl", accessControlPolicy=UNKNOWN), "accessControlPolicy", unknown),
)


def test_a_known_grant_is_reported_beside_an_unknown_one() -> None:
    resource = made("Bucket", grants=[{"uri": UNKNOWN}, {"uri": ALL_USERS}])
    assert violations(POLICY, resource) == ["grants[1].uri"]
    assert undecided(POLICY, resource) == ["grants[0].uri"]
