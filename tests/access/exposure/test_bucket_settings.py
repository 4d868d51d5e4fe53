"""Exposures of a bucket with Block Public Access, Object Ownership and access points."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.examples import allow, document
from policypack.core.policy import UNKNOWN, Resource
from tests.access.stacks import ACCOUNT_BLOCK, BUCKET, BUCKET_BLOCK, BUCKET_POLICY, OPEN, by_name, verdict

CONTROLS = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
POINT = "aws:s3/accessPoint:AccessPoint"
ALL_OFF = {"publicAccessBlockConfiguration": {"restrictPublicBuckets": False}}


def provider(name: str, **inputs: Any) -> Resource:
    return Resource("pulumi:providers:aws", name, inputs)


def account_wide(*providers: Resource) -> Verdict:
    """A public bucket of the first provider, and an account's access block of the last."""
    return verdict(
        "inbox",
        *providers,
        Resource(BUCKET, "inbox", {"policy": OPEN}, provider=f"{providers[0].urn}::id"),
        Resource(ACCOUNT_BLOCK, "all", {"restrictPublicBuckets": True}, provider=f"{providers[-1].urn}::id"),
    )


def test_an_account_block_applies_to_buckets_of_its_account() -> None:
    here, there = provider("here", profile="one", region="eu-west-1"), provider("there", profile="two")
    assert account_wide(here) is Verdict.NOT_PUBLIC
    assert account_wide(here, provider("us", profile="one", region="us-east-1")) is Verdict.NOT_PUBLIC
    assert account_wide(here, there) is Verdict.UNDECIDED, "two profiles may be of one account"
    one, two = provider("one", allowedAccountIds=["111122223333"]), provider("two", allowedAccountIds=["444455556666"])
    assert account_wide(one, two) is Verdict.PUBLIC


def test_a_document_of_a_bucket_that_is_not_known_yet() -> None:
    """It decides only where the buckets that it may be of differ."""
    policy = Resource(BUCKET_POLICY, "sidecar", {"bucket": UNKNOWN, "policy": OPEN})
    buckets = Resource(BUCKET, "one", {}), Resource(BUCKET, "two", {})
    assert verdict("sidecar", *buckets, policy) is Verdict.PUBLIC
    shut = [Resource(BUCKET_BLOCK, name, {"bucket": name, "restrictPublicBuckets": True}) for name in ("one", "two")]
    named = Resource(BUCKET, "one", {"bucket": "one"}), Resource(BUCKET, "two", {"bucket": "two"})
    assert verdict("sidecar", *named, policy, shut[0]) is Verdict.UNDECIDED
    assert verdict("sidecar", *named, policy, *shut) is Verdict.NOT_PUBLIC


def test_a_block_of_a_bucket_that_is_not_known_yet_decides() -> None:
    buckets = Resource(BUCKET, "one", {"bucket": "one", "policy": OPEN}), Resource(BUCKET, "two", {"bucket": "two"})
    block = Resource(BUCKET_BLOCK, "block", {"bucket": UNKNOWN, "restrictPublicBuckets": True})
    assert verdict("one", *buckets, block) is Verdict.UNDECIDED
    assert verdict("two", *buckets, block) is Verdict.NOT_PUBLIC
    off = Resource(BUCKET_BLOCK, "block", {"bucket": UNKNOWN, "restrictPublicBuckets": False})
    assert verdict("one", *buckets, off) is Verdict.PUBLIC, "a block that is off decides nothing"


def test_a_bucket_outside_the_stack_has_its_settings_by_name() -> None:
    policy = Resource(BUCKET_POLICY, "sidecar", {"bucket": "theirs", "policy": OPEN})
    block = Resource(BUCKET_BLOCK, "block", {"bucket": "theirs", "restrictPublicBuckets": True})
    other = Resource(BUCKET_BLOCK, "block", {"bucket": "others", "restrictPublicBuckets": True})
    assert verdict("sidecar", policy, block) is Verdict.NOT_PUBLIC
    assert verdict("sidecar", policy, other) is Verdict.PUBLIC


@pytest.mark.parametrize(
    ("resources", "note"),
    [
        (
            [Resource(BUCKET_BLOCK, "block", {"bucket": "acme", "blockPublicAcls": True})],
            "`blockPublicAcls` of `block`",
        ),
        ([], "created since April 2023"),
    ],
)
def test_the_reason_notes_that_aws_refuses_an_acl(resources: Sequence[Resource], note: str) -> None:
    bucket = Resource(BUCKET, "inbox", {"bucket": "acme", "acl": "public-read"})
    entry = by_name(bucket, *resources)["inbox"]
    assert entry.verdict is Verdict.PUBLIC
    assert note in entry.exposure.answer.why


def test_the_reason_notes_that_aws_refuses_a_document() -> None:
    block = Resource(BUCKET_BLOCK, "block", {"bucket": "acme", "blockPublicPolicy": True})
    entry = by_name(Resource(BUCKET, "inbox", {"bucket": "acme", "policy": OPEN}), block)["inbox"]
    assert "`blockPublicPolicy` of `block` makes AWS refuse this document" in entry.exposure.answer.why


def test_a_resource_has_all_its_exposures_worst_first() -> None:
    unknown = Resource("aws:s3/bucketAcl:BucketAcl", "acl", {"bucket": "acme", "acl": UNKNOWN})
    entry = by_name(
        Resource(BUCKET, "inbox", {"bucket": "acme"}),
        unknown,
        Resource(BUCKET_POLICY, "policy", {"bucket": "acme", "policy": OPEN}),
    )["inbox"]
    assert [(exposure.by.name, exposure.answer.verdict) for exposure in entry.exposures] == [
        ("policy", Verdict.PUBLIC),
        ("acl", Verdict.UNDECIDED),
    ]


def controls(bucket: Any, setting: Any) -> Resource:
    return Resource(CONTROLS, "controls", {"bucket": bucket, "rule": {"objectOwnership": setting}})


def acl(bucket: Any) -> Resource:
    return Resource("aws:s3/bucketAcl:BucketAcl", "acl", {"bucket": bucket, "acl": "public-read"})


def test_controls_of_an_unknown_bucket_decide_if_they_disable_acls() -> None:
    bucket, other = Resource(BUCKET, "inbox", {"bucket": "acme"}), Resource(BUCKET, "other", {})
    assert verdict("inbox", bucket, other, acl("acme"), controls(UNKNOWN, "BucketOwnerEnforced")) is Verdict.UNDECIDED
    assert verdict("inbox", bucket, other, acl("acme"), controls(UNKNOWN, UNKNOWN)) is Verdict.UNDECIDED
    assert verdict("inbox", bucket, other, acl("acme"), controls(UNKNOWN, "ObjectWriter")) is Verdict.PUBLIC


def test_controls_of_a_bucket_outside_the_stack() -> None:
    assert verdict("acl", acl("theirs"), controls("theirs", "BucketOwnerEnforced")) is Verdict.NOT_PUBLIC
    assert verdict("acl", acl("theirs"), controls("others", "BucketOwnerEnforced")) is Verdict.PUBLIC


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ({"bucket": "acme", "restrictPublicBuckets": UNKNOWN}, "is not known yet"),
        ({"bucket": UNKNOWN, "restrictPublicBuckets": True}, "may or may not be of this bucket"),
    ],
)
def test_the_reason_for_an_undecided_switch(block: Any, reason: str) -> None:
    bucket, other = Resource(BUCKET, "inbox", {"bucket": "acme", "policy": OPEN}), Resource(BUCKET, "other", {})
    entry = by_name(bucket, other, Resource(BUCKET_BLOCK, "block", block))["inbox"]
    expected = f"`restrictPublicBuckets` of `block` decides, and {reason}"
    assert (entry.verdict, entry.exposure.answer.why) == (Verdict.UNDECIDED, expected)


@pytest.mark.parametrize("switch", ["blockPublicPolicy", "blockPublicAcls"])
def test_an_unknown_switch_adds_no_note(switch: str) -> None:
    inputs = {"bucket": "acme", **({"policy": OPEN} if switch == "blockPublicPolicy" else {"acl": "public-read"})}
    block = Resource(BUCKET_BLOCK, "block", {"bucket": "acme", switch: UNKNOWN})
    entry = by_name(Resource(BUCKET, "inbox", inputs), block)["inbox"]
    assert entry.verdict is Verdict.PUBLIC
    assert switch not in entry.exposure.answer.why


def test_an_unknown_setting_of_an_access_point_decides() -> None:
    point = Resource(POINT, "point", {"bucket": "theirs", "policy": OPEN, "vpcConfiguration": UNKNOWN, **ALL_OFF})
    entry = by_name(point)["point"]
    assert (entry.verdict, entry.exposure.path) == (Verdict.UNDECIDED, "vpcConfiguration")
    inside = document(allow(Principal={"AWS": "111122223333"}))
    closed = Resource(POINT, "point", {"bucket": "b", "policy": inside, "vpcConfiguration": UNKNOWN, **ALL_OFF})
    assert verdict("point", closed) is Verdict.NOT_PUBLIC
    settings = Resource(POINT, "point", {"bucket": "b", "policy": OPEN, "publicAccessBlockConfiguration": UNKNOWN})
    assert by_name(settings)["point"].exposure.path == "publicAccessBlockConfiguration.restrictPublicBuckets"


def test_an_access_point_of_one_of_several_buckets() -> None:
    point = Resource(POINT, "point", {"bucket": UNKNOWN, "policy": OPEN, **ALL_OFF})
    buckets = Resource(BUCKET, "one", {"bucket": "one"}), Resource(BUCKET, "two", {"bucket": "two"})
    block = Resource(BUCKET_BLOCK, "block", {"bucket": "one", "restrictPublicBuckets": True})
    assert verdict("point", *buckets, point) is Verdict.PUBLIC
    assert verdict("point", *buckets, point, block) is Verdict.UNDECIDED
    assert verdict("point", buckets[0], point, block) is Verdict.NOT_PUBLIC, "there is only one that it can be of"


def test_a_multi_region_access_point_whose_settings_are_not_known_yet() -> None:
    token = "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint"
    details = {"name": "global", "publicAccessBlock": UNKNOWN}
    sidecar = "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy"
    policy = Resource(sidecar, "policy", {"details": {"name": "global", "policy": json.dumps(OPEN)}})
    assert verdict("point", Resource(token, "point", {"details": details}), policy) is Verdict.UNDECIDED
    off = {"name": "global", "publicAccessBlock": {"restrictPublicBuckets": False}}
    assert verdict("point", Resource(token, "point", {"details": off}), policy) is Verdict.PUBLIC


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ({"allowedAccountIds": ["1"]}, {"allowedAccountIds": ["1"], "profile": "p"}, Verdict.NOT_PUBLIC),
        ({"allowedAccountIds": '["1"]'}, {"allowedAccountIds": '["1"]', "profile": "p"}, Verdict.NOT_PUBLIC),
        ({"allowedAccountIds": ["1", "2"]}, {"allowedAccountIds": ["1", "2"], "profile": "p"}, Verdict.UNDECIDED),
        ({"allowedAccountIds": ["1", "2"]}, {"allowedAccountIds": ["2"], "profile": "p"}, Verdict.UNDECIDED),
        ({"allowedAccountIds": ["1"]}, {"profile": "p"}, Verdict.UNDECIDED),
        ({"profile": UNKNOWN}, {"profile": UNKNOWN}, Verdict.UNDECIDED),
        ({"assumeRoles": [{"roleArn": UNKNOWN}]}, {"assumeRoles": [{"roleArn": UNKNOWN}]}, Verdict.UNDECIDED),
        ({"assumeRoles": [{"roleArn": "a"}]}, {"assumeRoles": [{"roleArn": "a"}]}, Verdict.NOT_PUBLIC),
    ],
)
def test_two_providers_of_one_account_or_two(mine: Any, theirs: Any, expected: Verdict) -> None:
    assert account_wide(provider("mine", **mine), provider("theirs", **theirs)) is expected
