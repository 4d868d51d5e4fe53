from __future__ import annotations

from typing import Any

import pytest

from policypack.policies.aws_unknown_argument import POLICY
from policypack.policy import UNKNOWN, Resource
from tests.policies.helpers import messages, outcomes, violations


def bucket(token: str = "aws:s3/bucket:Bucket", provider: str = "", **inputs: Any) -> Resource:
    return Resource(token, "inbox", inputs, provider=provider)


def notification(**inputs: Any) -> Resource:
    return Resource("aws:s3/bucketNotification:BucketNotification", "events", {"bucket": "inbox", **inputs})


@pytest.mark.parametrize(
    ("resource", "path", "hint"),
    [
        (bucket(blockPublicAcls=True), "blockPublicAcls", "`BucketPublicAccessBlock`"),
        (
            bucket("aws:s3/bucketV2:BucketV2", restrictPublicBuckets=True),
            "restrictPublicBuckets",
            "`BucketPublicAccessBlock`",
        ),
        (bucket(block_public_policy=UNKNOWN), "block_public_policy", "`BucketPublicAccessBlock`"),
        (bucket(forceDestory=True), "forceDestory", "did you mean `forceDestroy`"),
        (notification(filterPrefix="in/"), "filterPrefix", "`lambdaFunctions`"),
        (notification(filter_rules=[]), "filter_rules", "`filterSuffix`"),
        (notification(lambda_functions=[]), "lambda_functions", "did you mean `lambdaFunctions`"),
        (
            Resource("aws:lambda/permission:Permission", "p", {"sourceArns": []}),
            "sourceArns",
            "did you mean `sourceArn`",
        ),
    ],
)
def test_unknown_arguments(resource: Resource, path: str, hint: str) -> None:
    assert violations(POLICY, resource) == [path]
    assert hint in messages(POLICY, resource)[0]


def test_every_unknown_argument_is_reported() -> None:
    resource = bucket(bucket="inbox", blockPublicAcls=True, colour="blue")
    assert violations(POLICY, resource) == ["blockPublicAcls", "colour"]


@pytest.mark.parametrize(
    "resource",
    [
        bucket(bucket="inbox", forceDestroy=False, acl="private", region="eu-west-1"),
        bucket(tags={"any": "thing"}, tagsAll={"any": "thing"}),
        bucket("aws:s3/bucketV2:BucketV2", versionings=[], tagsAll={}),
        notification(lambdaFunctions=[{"filterPrefix": "in/"}]),
        Resource("aws:brandnew/thing:Thing", "thing", {"anything": True}),
        Resource("acme:index:Site", "site", {"blockPublicAcls": True}, custom=False),
        Resource("pulumi:providers:aws", "home", {"anything": True}),
    ],
    ids=["real ones", "added by the provider", "old token", "nested", "newer type", "component", "provider"],
)
def test_silent(resource: Resource) -> None:
    assert outcomes(POLICY, resource) == []


def test_another_major_version_of_the_provider_is_not_judged() -> None:
    urn = "urn:pulumi:stack::project::pulumi:providers:aws::default_{}"
    assert outcomes(POLICY, bucket(provider=urn.format("6_83_0"), colour="blue")) == []
    assert violations(POLICY, bucket(provider=urn.format("7_99_0"), colour="blue")) == ["colour"]
