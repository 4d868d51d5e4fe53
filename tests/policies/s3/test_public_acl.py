from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3.public_acl import POLICY
from tests.policies.helpers import messages, silent, undecided, violations

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"


def made(token: str, **inputs: Any) -> Resource:
    return Resource(f"aws:s3/{token[0].lower()}{token[1:]}:{token}", "inbox", inputs)


def policy(*grantees: Any) -> dict[str, Any]:
    return {"owner": {"id": "me"}, "grants": [{"permission": "READ", "grantee": each} for each in grantees]}


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (made("Bucket", acl="public-read"), "acl"),
        (made("BucketV2", acl="public-read-write"), "acl"),
        (made("Bucket", grants=[{"id": "me"}, {"type": "Group", "uri": ALL_USERS}]), "grants[1].uri"),
        (made("BucketAclV2", acl="public-read"), "acl"),
        (
            made("BucketAcl", accessControlPolicy=policy({"id": "me"}, {"uri": AUTHENTICATED})),
            "accessControlPolicy.grants[1].grantee.uri",
        ),
        (
            made("BucketAcl", accessControlPolicy=policy({"uri": ALL_USERS.replace("http:", "https:")})),
            "accessControlPolicy.grants[0].grantee.uri",
        ),
        (made("BucketObjectv2", acl="public-read"), "acl"),
        (made("ObjectCopy", acl="public-read"), "acl"),
        (made("ObjectCopy", grants=[{"uri": ALL_USERS}]), "grants[0].uri"),
        (made("BucketLogging", targetGrants=[{"grantee": {"uri": ALL_USERS}}]), "targetGrants[0].grantee.uri"),
    ],
)
def test_public(resource: Resource, path: str) -> None:
    assert violations(POLICY, resource) == [path]


@pytest.mark.parametrize(
    ("resource", "request_"),
    [
        (made("Bucket", acl="public-read"), "may `s3:ListBucket` on `arn:aws:s3:::inbox-1a2b3c4`:"),
        (made("BucketAcl", bucket="acme", acl="public-read-write"), "may `s3:PutObject` on `arn:aws:s3:::acme/x`:"),
        (
            made("BucketObject", bucket="acme", key="a/b", acl="public-read"),
            "may `s3:GetObject` on `arn:aws:s3:::acme/a/b`:",
        ),
        (
            made("Bucket", bucket="acme", grants=[{"uri": ALL_USERS, "permissions": ["READ_ACP"]}]),
            "may `s3:GetBucketAcl` on `arn:aws:s3:::acme`:",
        ),
        (
            made(
                "BucketAcl",
                bucket="acme",
                accessControlPolicy={"grants": [{"permission": "WRITE", "grantee": {"uri": ALL_USERS}}]},
            ),
            "may `s3:PutObject` on `arn:aws:s3:::acme/x`: a grant to the group `AllUsers` is to everybody",
        ),
        (
            made(
                "BucketLogging",
                targetBucket="logs",
                targetGrants=[{"permission": "FULL_CONTROL", "grantee": {"uri": ALL_USERS}}],
            ),
            "may `s3:GetObject` on `arn:aws:s3:::logs/x`:",
        ),
    ],
)
def test_the_message_shows_a_request(resource: Resource, request_: str) -> None:
    (message,) = messages(POLICY, resource)
    assert request_ in message
    assert message.startswith("anyone on the internet, from 198.51.100.7, may ")


test_silent = silent(
    POLICY,
    made("Bucket", acl="aws-exec-read"),
    made("Bucket", grants=[{"type": "Group", "uri": LOG_DELIVERY}]),
    made("BucketAcl", accessControlPolicy=policy({"id": "me", "type": "CanonicalUser"})),
    Resource("aws:ssm/parameter:Parameter", "p", {"acl": "public-read", "value": ALL_USERS}),
)


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (made("BucketAcl", acl=UNKNOWN), "acl"),
        (made("Bucket", grants=UNKNOWN), "grants"),
        (made("BucketAcl", accessControlPolicy=policy({"uri": UNKNOWN})), "accessControlPolicy.grants[0].grantee.uri"),
        (made("BucketAcl", accessControlPolicy=UNKNOWN), "accessControlPolicy"),
    ],
)
def test_undecided(resource: Resource, path: str) -> None:
    assert undecided(POLICY, resource) == [path]
    assert violations(POLICY, resource) == []


def test_a_known_grant_is_reported_beside_an_unknown_one() -> None:
    resource = made("Bucket", grants=[{"uri": UNKNOWN}, {"uri": ALL_USERS}])
    assert violations(POLICY, resource) == ["grants[1].uri"]
    assert undecided(POLICY, resource) == ["grants[0].uri"]
