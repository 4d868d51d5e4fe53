from __future__ import annotations

import json
from typing import Any

from policypack.core.examples import allow, deny, document
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3.plaintext_transport import POLICY
from tests.policies.helpers import messages, reported, silent, undecided, violations

BUCKET = "arn:aws:s3:::inbox"
BOTH = [BUCKET, f"{BUCKET}/*"]
PLAIN = {"Bool": {"aws:SecureTransport": "false"}}


def bucket(name: Any = "inbox", token: str = "aws:s3/bucket:Bucket", **inputs: Any) -> Resource:
    return Resource(token, "inbox", {"bucket": name, **inputs})


def policy(*statements: Any, of: Any = "inbox") -> Resource:
    return Resource("aws:s3/bucketPolicy:BucketPolicy", "inbox-policy", {"bucket": of, "policy": document(*statements)})


def tls(action: Any = "s3:*", resource: Any = BOTH, condition: Any = PLAIN, **elements: Any) -> dict[str, Any]:
    return deny(action, resource, **{"Principal": "*", "Condition": condition, **elements})


test_plain_requests_are_answered = reported(
    POLICY,
    "",
    tls(resource=BUCKET),
    tls(resource=[BUCKET, f"{BUCKET}/incoming/*"]),
    tls(resource=["arn:aws:s3:::other", "arn:aws:s3:::other/*"]),
    tls(action="s3:GetObject"),
    tls(action=["s3:Get*", "s3:Put*"]),
    tls(Principal={"AWS": "arn:aws:iam::111122223333:root"}),
    tls(condition={**PLAIN, "StringEquals": {"s3:prefix": "incoming/"}}),
    tls(Effect="Allow"),
    tls(Principal=None, NotPrincipal={"AWS": "arn:aws:iam::111122223333:role/legacy"}),
    tls(None, NotAction="s3:GetObject"),
    of=lambda statement: (bucket(), policy(statement)),
)
test_plain_requests_are_denied = silent(
    POLICY,
    [tls(action="*", resource="*")],
    [tls(resource=f"{BUCKET}/*"), tls(resource=BUCKET)],
    [tls(Principal={"AWS": "*"})],
    [tls(Principal={"AWS": ["*"]}, condition={"Bool": {"AWS:securetransport": [False]}})],
    [tls(condition={"BoolIfExists": {"aws:SecureTransport": "false"}})],
    [allow(Principal={"AWS": "444455556666"}), tls()],
    [tls(resource=["arn:aws-cn:s3:::inbox", "arn:aws-cn:s3:::inbox/*"])],
    [tls(condition={"BoolIfExists": {"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false"}})],
    [tls("s3:*Object*"), tls(None, NotAction="s3:*Object*")],
    [tls(resource=None, NotResource="arn:aws:s3:::other/*")],
    of=lambda statements: (bucket(), policy(*statements)),
)


def test_where_the_policy_is() -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": tls()})
    beside = Resource("aws:s3/bucketPolicy:BucketPolicy", "inbox", {"bucket": "inbox", "policy": text})
    assert messages(POLICY, bucket(), beside) == []
    assert messages(POLICY, bucket(policy=document(tls()))) == []
    assert len(messages(POLICY, bucket(token="aws:s3/bucketV2:BucketV2"))) == 1
    assert messages(POLICY, bucket(token="aws:s3/bucketV2:BucketV2"), policy(tls())) == []
    assert violations(POLICY, bucket(), policy(tls(), of="outbox")) == [""]


def test_a_bucket_named_by_pulumi_with_a_policy_that_refers_to_it() -> None:
    own = Resource("aws:s3/bucket:Bucket", "inbox", {})
    beside = Resource(
        "aws:s3/bucketPolicy:BucketPolicy",
        "inbox",
        {"bucket": UNKNOWN, "policy": UNKNOWN},
        property_dependencies={"bucket": (own.urn,), "policy": (own.urn,)},
    )
    assert (violations(POLICY, own, beside), len(undecided(POLICY, own, beside))) == ([], 1)


def test_unknown_values() -> None:
    assert len(undecided(POLICY, bucket(), policy(tls(resource=UNKNOWN)))) == 1
    assert len(undecided(POLICY, bucket(), policy(tls(condition=UNKNOWN)))) == 1
    assert len(undecided(POLICY, bucket(), policy(UNKNOWN))) == 1
    assert undecided(POLICY, bucket(), policy(tls(), UNKNOWN)) == []
    assert violations(POLICY, bucket(), policy(allow(Principal={"AWS": "111122223333"}, resource=UNKNOWN))) == [""]


def test_directory_buckets_are_not_concerned() -> None:
    assert messages(POLICY, Resource("aws:s3/directoryBucket:DirectoryBucket", "fast", {"bucket": "fast--x-s3"})) == []
