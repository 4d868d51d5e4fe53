from __future__ import annotations

from typing import Any

from policypack.core.examples import construct
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3.missing_access_block import ACCESS_BLOCK, POLICY
from tests.policies.helpers import outcomes, reported, silent, undecided, violations

BUCKET, V2 = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"


def bucket(name: str = "inbox", token: str = BUCKET, **inputs: Any) -> Resource:
    return Resource(token, name, inputs)


def block(value: Any, *origins: Resource) -> Resource:
    return construct(ACCESS_BLOCK, "block", *origins, at="bucket", bucket=value)


test_missing = reported(POLICY, "", bucket(blockPublicAcls=True, blockPublicPolicy=True), bucket(token=V2))
test_silent = silent(
    POLICY,
    (bucket(), block(UNKNOWN, bucket())),
    (block("inbox-prod"), bucket(bucket="inbox-prod")),
    (bucket(token=V2), block(UNKNOWN, bucket(token=V2))),
    Resource("aws:s3/accessPoint:AccessPoint", "shared", {"bucket": "somebody-elses"}),
)


def test_each_bucket_needs_its_own() -> None:
    stack = (bucket("a"), bucket("b"), bucket("c"), block(UNKNOWN, bucket("b")))
    assert [outcome.resource.name for outcome in outcomes(POLICY, *stack)] == ["a", "c"]


def test_a_block_of_an_unknown_bucket_leaves_it_undecided() -> None:
    stack = (bucket(bucket="inbox"), construct(ACCESS_BLOCK, "block", bucket=UNKNOWN))
    assert (violations(POLICY, *stack), undecided(POLICY, *stack)) == ([], [""])
    assert "`block`" in outcomes(POLICY, *stack)[0].message
