from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3.open_access_block import POLICY, SWITCHES
from tests.policies.helpers import reported, silent, undecided, undecided_at, violations

CLOSED: dict[str, Any] = dict.fromkeys(SWITCHES, True)
ACCOUNT = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
IN_POINT, IN_DETAILS = "publicAccessBlockConfiguration", "details.publicAccessBlock"


def block(token: str = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", **switches: Any) -> Resource:
    return Resource(token, "block", {"bucket": "inbox", **switches})


def point(settings: object) -> Resource:
    return Resource("aws:s3/accessPoint:AccessPoint", "point", {"bucket": "inbox", IN_POINT: settings})


def multi_region(details: object) -> Resource:
    return Resource("aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint", "point", {"details": details})


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("value", [False, "false", None])
def test_each_switch_counts(name: str, value: object) -> None:
    assert violations(POLICY, block(**{**CLOSED, name: value})) == [name]


def test_a_known_breach_is_reported_beside_an_unknown_switch() -> None:
    resource = block(**{**CLOSED, "blockPublicPolicy": UNKNOWN, "blockPublicAcls": False})
    assert violations(POLICY, resource) == ["blockPublicAcls"]
    assert undecided(POLICY, resource) == ["blockPublicPolicy"]


OPEN = {"name": "global", "publicAccessBlock": {"blockPublicPolicy": False}}
test_a_multi_region_access_point = reported(POLICY, f"{IN_DETAILS}.blockPublicPolicy", multi_region(OPEN))
test_unknown_details = undecided_at(POLICY, IN_DETAILS, multi_region(UNKNOWN))
test_unknown_switches = undecided_at(POLICY, IN_POINT, point(UNKNOWN))
test_an_unknown_switch = undecided_at(POLICY, f"{IN_POINT}.ignorePublicAcls", point({"ignorePublicAcls": UNKNOWN}))
test_silent = silent(
    POLICY,
    block(**dict.fromkeys(SWITCHES, "true")),
    block(ACCOUNT, **CLOSED),
    Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"}),
    point(None),
    point({}),
)
