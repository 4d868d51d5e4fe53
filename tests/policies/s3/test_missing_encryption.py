from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3.missing_encryption import POLICY
from tests.policies.helpers import outcomes, undecided, violations

KIND = "aws:s3/bucketServerSideEncryptionConfiguration{0}:BucketServerSideEncryptionConfiguration{0}"
KMS = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": UNKNOWN}}
KEY_ONLY = {"bucketKeyEnabled": True}


def bucket(token: str = "Bucket", **inputs: Any) -> Resource:
    return Resource(f"aws:s3/{token[0].lower()}{token[1:]}:{token}", "inbox", {"bucket": "inbox", **inputs})


def sidecar(*rules: Any, name: Any = "inbox", suffix: str = "") -> Resource:
    return Resource(KIND.format(suffix), "encryption", {"bucket": name, "rules": list(rules)})


@pytest.mark.parametrize(
    "stack",
    [
        (bucket(), sidecar(KMS, name="outbox")),
        (bucket("BucketV2", serverSideEncryptionConfigurations=[]),),
        (bucket(serverSideEncryptionConfiguration={"rule": KEY_ONLY}),),
    ],
    ids=["another bucket's", "empty list", "inline without default"],
)
def test_missing(stack: tuple[Resource, ...]) -> None:
    assert violations(POLICY, *stack) == [""]


@pytest.mark.parametrize(
    "stack",
    [
        (bucket(), sidecar(KMS)),
        (bucket(), sidecar(KMS, suffix="V2")),
        (bucket(), sidecar(UNKNOWN)),
        (bucket("BucketV2", serverSideEncryptionConfigurations=[{"rules": [KMS]}]),),
        (bucket(serverSideEncryptionConfiguration=UNKNOWN),),
        (Resource("aws:s3/directoryBucket:DirectoryBucket", "fast", {}),),
    ],
    ids=[
        "sidecar",
        "old token",
        "unknown rule",
        "inline list",
        "inline unknown",
        "directory bucket",
    ],
)
def test_silent(stack: tuple[Resource, ...]) -> None:
    assert outcomes(POLICY, *stack) == []


def test_a_sidecar_of_an_unknown_bucket_leaves_it_undecided() -> None:
    stack = (bucket(), sidecar(KMS, name=UNKNOWN))
    assert undecided(POLICY, *stack) == [""]
    assert violations(POLICY, *stack) == []
