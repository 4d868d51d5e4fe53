from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, bucket_policy, role_policy
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.network.untrusted_address import POLICY
from tests.policies.helpers import silent, undecided, violations

OURS = {"trusted_cidrs": ("203.0.113.0/24", "2001:db8:1::/48")}


def allowed(value: Any, operator: str = "IpAddress", key: str = "aws:SourceIp") -> Resource:
    return bucket_policy(allow(Principal="*", Condition={operator: {key: value}}))


@pytest.mark.parametrize(
    "resource",
    [
        allowed(["203.0.113.0/24", "198.51.100.7"], key="AWS:SOURCEIP"),
        allowed("2001:db8:2::/48", "ForAnyValue:IpAddressIfExists"),
        role_policy(allow(Condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}})),
    ],
)
def test_a_range_that_is_not_trusted(resource: Resource) -> None:
    (path,) = violations(POLICY, resource, **OURS)
    assert path.lower().endswith("aws:sourceip")
    assert violations(POLICY, resource) == []  # without the setting nothing is judged


test_silent = silent(
    POLICY,
    allowed(["203.0.113.0/24", "2001:db8:1:2::/64"]),
    allowed("203.0.113.77/28"),
    allowed("198.51.100.0/24", key="aws:VpcSourceIp"),
    allowed("not a range"),
    **OURS,
)


def test_an_unknown_range_is_undecided() -> None:
    assert undecided(POLICY, allowed(UNKNOWN), **OURS) == ["policy.Statement[0].Condition.IpAddress.aws:SourceIp"]
