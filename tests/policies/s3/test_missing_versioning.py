from __future__ import annotations

from typing import Any

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3.missing_versioning import POLICY, SIDECAR
from tests.policies.helpers import reported, silent, undecided_at

V2 = "aws:s3/bucketV2:BucketV2"


def bucket(token: str = "aws:s3/bucket:Bucket", **inputs: Any) -> Resource:
    return Resource(token, "inbox", {"bucket": "inbox", **inputs})


def versioning(status: Any, of: Any = "inbox", token: str = SIDECAR) -> Resource:
    return Resource(token, "inbox", {"bucket": of, "versioningConfiguration": {"status": status}})


test_not_versioned = reported(
    POLICY,
    "",
    bucket(),
    bucket(V2),
    bucket(versioning={"enabled": False}),
    bucket(versioning={"mfaDelete": True}),
    bucket(V2, versionings=[{"enabled": False}]),
    bucket(objectLockEnabled=False),
    (bucket(), versioning("Suspended")),
    (bucket(), versioning("Disabled")),
    (bucket(), versioning("Enabled", of="outbox")),
    (bucket(), versioning("Enabled", of="arn:aws:s3:::inbox")),
    (bucket(V2), versioning("Suspended", token="aws:s3/bucketVersioningV2:BucketVersioningV2")),
    (bucket(), Resource(SIDECAR, "inbox", {"bucket": "inbox"})),
)
test_versioned = silent(
    POLICY,
    (bucket(), versioning("Enabled")),
    (bucket(V2), versioning("Enabled", token="aws:s3/bucketVersioningV2:BucketVersioningV2")),
    bucket(versioning={"enabled": True}),
    bucket(versioning={"enabled": "true"}),
    bucket(V2, versionings=[{"enabled": True}]),
    bucket(objectLockEnabled=True),
    bucket(objectLockConfiguration={"objectLockEnabled": "Enabled"}),
    Resource("aws:s3/directoryBucket:DirectoryBucket", "fast", {"bucket": "fast--use1-az4--x-s3"}),
)
test_unknown = undecided_at(
    POLICY,
    "",
    (bucket(), versioning(UNKNOWN)),
    (bucket(), versioning("Enabled", of=UNKNOWN)),
    bucket(versioning=UNKNOWN),
    bucket(versioning={"enabled": UNKNOWN}),
)
