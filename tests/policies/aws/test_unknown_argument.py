from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.policies.aws.unknown_argument import POLICY
from tests.policies.helpers import messages, reported_with, silent, violations


def bucket(token: str = "aws:s3/bucket:Bucket", provider: str = "", **inputs: Any) -> Resource:
    return Resource(token, "inbox", inputs, provider=provider)


def notification(**inputs: Any) -> Resource:
    return Resource("aws:s3/bucketNotification:BucketNotification", "events", {"bucket": "inbox", **inputs})


test_unknown_arguments = reported_with(
    POLICY,
    (
        bucket("aws:s3/bucketV2:BucketV2", restrictPublicBuckets=True),
        "restrictPublicBuckets",
        "`BucketPublicAccessBlock`",
    ),
    (bucket(logGroupName="x"), "logGroupName", "takes no argument `logGroupName`"),
    (Resource("aws:s3/bucketPolicy:BucketPolicy", "p", {"ignorePublicAcls": True}), "ignorePublicAcls", "take it"),
    (bucket(block_public_policy=UNKNOWN), "block_public_policy", "`BucketPublicAccessBlock`"),
    (notification(filter_rules=[]), "filter_rules", "`filterSuffix`"),
    (notification(lambda_functions=[]), "lambda_functions", "did you mean `lambdaFunctions`"),
)


def test_every_unknown_argument_is_reported() -> None:
    resource = bucket(bucket="inbox", blockPublicAcls=True, colour="blue")
    assert violations(POLICY, resource) == ["blockPublicAcls", "colour"]


test_silent = silent(
    POLICY,
    bucket(tags={"any": "thing"}, tagsAll={"any": "thing"}),  # added by the provider
    bucket("aws:s3/bucketV2:BucketV2", versionings=[], tagsAll={}),
    Resource("aws:brandnew/thing:Thing", "thing", {"anything": True}),
    Resource("acme:index:Site", "site", {"blockPublicAcls": True}, custom=False),
    Resource("pulumi:providers:aws", "home", {"anything": True}),
    replace(bucket(colour="blue"), external=True),
)


URN = "urn:pulumi:stack::project::pulumi:providers:aws::{}"


def outcome(resource: Resource, *others: Resource) -> list[tuple[str, str]]:
    return [
        (outcome.kind.value, outcome.path) for outcome in evaluate([POLICY], Stack((resource, *others), Settings()))
    ]


@pytest.mark.parametrize(
    ("provider", "kinds"),
    [
        ("default_6_83_0", []),
        ("default_8_0_0", []),
        ("default_7_0_1", [("violation", "colour")]),
        ("default_7_51_0_alpha_1", [("violation", "colour")]),
        ("default_7_999_0", [("undecided", "colour")]),
        ("default", [("violation", "colour")]),
    ],
)
def test_the_table_judges_what_it_is_not_older_than(provider: str, kinds: list[tuple[str, str]]) -> None:
    assert outcome(bucket(provider=URN.format(provider), bucket="b", colour="blue")) == kinds


@pytest.mark.parametrize(
    ("version", "kinds"),
    [("6.83.0", []), ("7.0.1", [("violation", "colour")]), ("v7.999.0", [("undecided", "colour")])],
)
def test_the_version_of_an_explicit_provider(version: str, kinds: list[tuple[str, str]]) -> None:
    provider = Resource("pulumi:providers:aws", "home", {"version": version}, URN.format("home"))
    assert outcome(bucket(provider=provider.urn, colour="blue"), provider) == kinds


@pytest.mark.parametrize("provider", ["default_6_83_0", "default_7_0_1", "default_7_999_0"])
def test_the_programs_own_sdk_decides_where_it_is_known(provider: str) -> None:
    accepts = frozenset({"bucket", "colour"})
    resource = replace(bucket(provider=URN.format(provider), bucket="b", colour="blue", size=1), accepts=accepts)
    assert outcome(resource) == [("violation", "size")]


def test_a_type_that_only_the_programs_sdk_has() -> None:
    resource = Resource("aws:brandnew/thing:Thing", "t", {"name": "t", "nmae": "t"}, accepts=frozenset({"name"}))
    assert messages(POLICY, resource) == ["`Thing` takes no argument `nmae`; did you mean `name`?"]
