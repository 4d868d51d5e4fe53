from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.lambda_.foreign_bucket import POLICY
from tests.policies.helpers import outcomes, undecided, violations
from tests.policies.invoking import BUCKET_ARN, bucket, permission


@pytest.mark.parametrize(
    ("buckets", "given"),
    [
        ((bucket(),), {"sourceArn": "arn:aws:s3:::acme-inbox-old"}),
        ((bucket(),), {"sourceArn": "arn:aws:s3:::Acme-inbox"}),
        ((), {"sourceArn": BUCKET_ARN}),
        ((bucket(None),), {"sourceArn": BUCKET_ARN}),
        ((bucket(),), {"sourceArn": "arn:aws:s3:::acme-old", "principal": UNKNOWN}),
    ],
)
def test_a_bucket_that_the_stack_does_not_have(buckets: tuple[Resource, ...], given: dict[str, Any]) -> None:
    assert violations(POLICY, *buckets, permission(**given)) == ["sourceArn"]


@pytest.mark.parametrize(
    "resources",
    [
        (bucket(), permission()),
        (bucket(None), permission(bucket(None), at="sourceArn", sourceArn=UNKNOWN)),
        (Resource("aws:s3/bucketV2:BucketV2", "inbox", {"bucket": "acme-inbox"}), permission()),
        (Resource("aws:s3/bucket:Bucket", "inbox", outputs={"bucket": "acme-inbox"}, external=True), permission()),
        (permission(principal="sns.amazonaws.com", sourceArn="arn:aws:sns:eu-west-1:111122223333:alarms"),),
        (permission(sourceArn=None),),
        (permission(sourceArn="arn:aws:s3:::acme-*"),),
        (permission(sourceArn="acme-old"),),
    ],
    ids=["name", "reference", "other token", "only read", "topic", "none", "wildcard", "malformed"],
)
def test_silent(resources: tuple[Resource, ...]) -> None:
    assert outcomes(POLICY, *resources) == []


def test_a_bucket_that_is_not_known_yet_is_undecided() -> None:
    assert undecided(POLICY, bucket(), permission(sourceArn=UNKNOWN)) == ["sourceArn"]
    assert undecided(POLICY, permission(sourceArn=UNKNOWN)) == ["sourceArn"]
    assert undecided(POLICY, bucket(None), permission(sourceArn="arn:aws:s3:::inbox-1a2b3c4")) == ["sourceArn"]
    assert undecided(POLICY, bucket(UNKNOWN), permission()) == ["sourceArn"]
