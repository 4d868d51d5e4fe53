from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3.missing_access_block import POLICY
from tests.policies.helpers import outcomes, silent, undecided, violations

BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"


def bucket(name: str = "inbox", token: str = "aws:s3/bucket:Bucket", **inputs: Any) -> Resource:
    return Resource(token, name, inputs)


def block(value: Any, *origins: Resource, name: str = "block") -> Resource:
    dependencies = {"bucket": tuple(each.urn for each in origins)} if origins else {}
    return Resource(BLOCK, name, {"bucket": value}, property_dependencies=dependencies)


ACCOUNT_BLOCK = Resource(
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
    "account",
    {"blockPublicAcls": True, "blockPublicPolicy": True, "ignorePublicAcls": True, "restrictPublicBuckets": True},
)


@pytest.mark.parametrize(
    "stack",
    [
        (bucket(blockPublicAcls=True, blockPublicPolicy=True),),
        (bucket(token="aws:s3/bucketV2:BucketV2"),),
        (bucket(bucket="inbox"), block("outbox")),
        (bucket("inbox"), bucket("outbox"), block(UNKNOWN, bucket("outbox"))),
        (bucket(), ACCOUNT_BLOCK),
    ],
    ids=[
        "switches on the bucket",
        "old token",
        "block of another name",
        "block of another bucket",
        "account block only",
    ],
)
def test_missing(stack: tuple[Resource, ...]) -> None:
    found = outcomes(POLICY, *stack)
    assert [(each.kind, each.resource.name) for each in found] == [("violation", "inbox")]


test_silent = silent(
    POLICY,
    {
        "by reference": (bucket(), block(UNKNOWN, bucket())),
        "by name": (bucket(bucket="inbox-prod"), block("inbox-prod")),
        "block first": (block("inbox-prod"), bucket(bucket="inbox-prod")),
        "old token": (
            bucket(token="aws:s3/bucketV2:BucketV2"),
            block(UNKNOWN, bucket(token="aws:s3/bucketV2:BucketV2")),
        ),
        "directory bucket": (
            Resource("aws:s3/directoryBucket:DirectoryBucket", "fast", {"bucket": "fast--use1-az4--x-s3"}),
        ),
        "no bucket": (Resource("aws:s3/accessPoint:AccessPoint", "shared", {"bucket": "somebody-elses"}),),
    },
)


def test_each_bucket_needs_its_own() -> None:
    stack = (bucket("a"), bucket("b"), bucket("c"), block(UNKNOWN, bucket("b")))
    assert [each.resource.name for each in outcomes(POLICY, *stack)] == ["a", "c"]


def test_a_block_of_an_unknown_bucket_leaves_it_undecided() -> None:
    stack = (bucket(bucket="inbox"), block(UNKNOWN))
    assert violations(POLICY, *stack) == []
    assert undecided(POLICY, *stack) == [""]
    assert "`block`" in outcomes(POLICY, *stack)[0].message
