from __future__ import annotations

from typing import Any

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3.missing_encryption import POLICY
from tests.policies.helpers import reported, silent, undecided, violations

KIND = "aws:s3/bucketServerSideEncryptionConfiguration{0}:BucketServerSideEncryptionConfiguration{0}"
KMS = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": UNKNOWN}}
KEY_ONLY = {"bucketKeyEnabled": True}


def bucket(token: str = "Bucket", **inputs: Any) -> Resource:
    return Resource(f"aws:s3/{token[0].lower()}{token[1:]}:{token}", "inbox", {"bucket": "inbox", **inputs})


def sidecar(*rules: Any, name: Any = "inbox", suffix: str = "") -> Resource:
    return Resource(KIND.format(suffix), "encryption", {"bucket": name, "rules": list(rules)})


test_missing = reported(
    POLICY,
    "",
    {
        "another bucket's": (bucket(), sidecar(KMS, name="outbox")),
        "empty list": (bucket("BucketV2", serverSideEncryptionConfigurations=[]),),
        "inline without default": (bucket(serverSideEncryptionConfiguration={"rule": KEY_ONLY}),),
    },
)
test_silent = silent(
    POLICY,
    {
        "sidecar": (bucket(), sidecar(KMS)),
        "old token": (bucket(), sidecar(KMS, suffix="V2")),
        "unknown rule": (bucket(), sidecar(UNKNOWN)),
        "inline list": (bucket("BucketV2", serverSideEncryptionConfigurations=[{"rules": [KMS]}]),),
        "inline unknown": (bucket(serverSideEncryptionConfiguration=UNKNOWN),),
        "directory bucket": (Resource("aws:s3/directoryBucket:DirectoryBucket", "fast", {}),),
    },
)


def test_a_sidecar_of_an_unknown_bucket_leaves_it_undecided() -> None:
    stack = (bucket(), sidecar(KMS, name=UNKNOWN))
    assert undecided(POLICY, *stack) == [""]
    assert violations(POLICY, *stack) == []
