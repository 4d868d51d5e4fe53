from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.untrusted_address import POLICY
from tests.policies.helpers import allow, bucket_policy, deny, role_policy, undecided, violations

OURS = {"trusted_cidrs": ("203.0.113.0/24", "2001:db8:1::/48")}


def allowed(**condition: Any) -> Resource:
    return bucket_policy(allow(Principal="*", Condition=condition))


@pytest.mark.parametrize(
    "resource",
    [
        allowed(IpAddress={"aws:SourceIp": "198.51.100.0/24"}),
        allowed(IpAddress={"AWS:SOURCEIP": ["203.0.113.0/24", "198.51.100.7"]}),
        allowed(**{"ForAnyValue:IpAddressIfExists": {"aws:SourceIp": "2001:db8:2::/48"}}),
        bucket_policy(
            deny("s3:*", "*", Principal="*", Condition={"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}})
        ),
        role_policy(allow(Condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}})),
    ],
)
def test_a_strange_range_is_reported(resource: Resource) -> None:
    (path,) = violations(POLICY, resource, **OURS)
    assert path.lower().endswith("aws:sourceip")


@pytest.mark.parametrize(
    "resource",
    [
        allowed(IpAddress={"aws:SourceIp": ["203.0.113.0/24", "2001:db8:1:2::/64"]}),
        allowed(IpAddress={"aws:SourceIp": "203.0.113.77/28"}),
        allowed(IpAddress={"aws:VpcSourceIp": "198.51.100.0/24"}),
        bucket_policy(deny("s3:*", "*", Principal="*", Condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}})),
        allowed(IpAddress={"aws:SourceIp": "not a range"}),
    ],
)
def test_looks_alike(resource: Resource) -> None:
    assert violations(POLICY, resource, **OURS) == []


def test_nothing_is_judged_without_the_setting() -> None:
    assert violations(POLICY, allowed(IpAddress={"aws:SourceIp": "198.51.100.0/24"})) == []


def test_an_unknown_range_is_undecided() -> None:
    found = undecided(POLICY, allowed(IpAddress={"aws:SourceIp": UNKNOWN}), **OURS)
    assert found == ["policy.Statement[0].Condition.IpAddress.aws:SourceIp"]
