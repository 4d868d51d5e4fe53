from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3.open_access_block import POLICY, SWITCHES
from tests.policies.helpers import messages, outcomes, silent, undecided, violations

CLOSED: dict[str, Any] = dict.fromkeys(SWITCHES, True)
BUCKET_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"


def block(token: str = BUCKET_BLOCK, **switches: Any) -> Resource:
    return Resource(token, "block", {"bucket": "inbox", **switches})


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("value", [False, "false", None])
def test_each_switch_counts(name: str, value: object) -> None:
    assert violations(POLICY, block(**{**CLOSED, name: value})) == [name]


def test_a_switch_that_is_not_written_is_off() -> None:
    assert violations(POLICY, block()) == list(SWITCHES)
    assert "not set" in messages(POLICY, block())[0]


test_silent = silent(
    POLICY,
    {
        "closed in text": block(**dict.fromkeys(SWITCHES, "true")),
        "account": block("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", **CLOSED),
        "no access block": Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"}),
    },
)


def test_a_known_breach_is_reported_beside_an_unknown_switch() -> None:
    resource = block(**{**CLOSED, "blockPublicPolicy": UNKNOWN, "blockPublicAcls": False})
    assert violations(POLICY, resource) == ["blockPublicAcls"]
    assert undecided(POLICY, resource) == ["blockPublicPolicy"]


def point(settings: object) -> Resource:
    inputs = {"bucket": "inbox", "publicAccessBlockConfiguration": settings}
    return Resource("aws:s3/accessPoint:AccessPoint", "point", inputs)


def test_a_switch_of_an_access_point_is_on_until_it_is_written_off() -> None:
    assert violations(POLICY, point({"restrictPublicBuckets": False})) == [
        "publicAccessBlockConfiguration.restrictPublicBuckets"
    ]
    assert outcomes(POLICY, point(None)) == []
    assert outcomes(POLICY, point({})) == []
    assert outcomes(POLICY, point({"ignorePublicAcls": True})) == []
    assert undecided(POLICY, point(UNKNOWN)) == ["publicAccessBlockConfiguration"]
    assert undecided(POLICY, point({"ignorePublicAcls": UNKNOWN})) == [
        "publicAccessBlockConfiguration.ignorePublicAcls"
    ]


def test_a_switch_of_a_multi_region_access_point() -> None:
    details = {"name": "global", "publicAccessBlock": {"blockPublicPolicy": False}}
    token = "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint"
    assert violations(POLICY, Resource(token, "point", {"details": details})) == [
        "details.publicAccessBlock.blockPublicPolicy"
    ]
    assert undecided(POLICY, Resource(token, "point", {"details": UNKNOWN})) == ["details.publicAccessBlock"]
