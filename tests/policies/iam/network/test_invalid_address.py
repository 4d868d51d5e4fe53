from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, bucket_policy, deny, role_policy
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.network.invalid_address import POLICY
from tests.policies.helpers import messages, reported, silent, undecided, undecided_at, violations

PATH = "policy.Statement[0].Condition.IpAddress.aws:SourceIp"
CIDR = ["300.1.1.1/24", "203.0.113.0/33", "2001:db8::/129", "203.0.113.0/", "203.0.113.0/024"]
OTHERS = ["203.0.113.0-203.0.113.255", "203.0.113", "fe80::1%eth0", "*", "office.acme.example", "${aws:VpcSourceIp}"]


def granted(value: Any, key: str = "aws:SourceIp", operator: str = "IpAddress") -> Resource:
    return role_policy(allow(Condition={operator: {key: value}}))


@pytest.mark.parametrize("value", [*CIDR, *OTHERS, "", 0])
@pytest.mark.parametrize("key", ["aws:SourceIp", "AWS:sourceip", "aws:VpcSourceIp"])
def test_no_range(value: Any, key: str) -> None:
    for operator in ("IpAddress", "NotIpAddressIfExists"):
        statement = deny("s3:*", "*", Principal="*", Condition={operator: {key: ["203.0.113.0/24", value]}})
        assert violations(POLICY, bucket_policy(statement)) == [f"policy.Statement[0].Condition.{operator}.{key}"]


@pytest.mark.parametrize("operator", ["StringLike", "StringNotEqualsIfExists", "ForAnyValue:StringEquals"])
def test_a_text_operator_on_an_address(operator: str) -> None:
    (message,) = messages(POLICY, granted("203.0.113.0/24", operator=operator))
    assert "write `" in message
    assert ("`NotIpAddressIfExists`" in message) == ("Not" in operator)


test_an_empty_list = reported(POLICY, PATH, granted([]))
test_silent = silent(
    POLICY,
    granted(["203.0.113.0/24", "2001:DB8:1234:5678::/64", "54.240.143.7", " 192.0.2.0/24"]),
    granted("vpc-0a1b2c3d", "aws:SourceVpc", "StringEquals"),
    granted("10.0.0.0/8", "ec2-instance-connect:privateIpAddress"),
    granted(UNKNOWN, "aws:SourceVpc", "StringEquals"),
)
test_unknown = undecided_at(POLICY, PATH, granted(UNKNOWN))


def test_a_wrong_range_beside_an_unknown_one() -> None:
    both = granted(["203.0.113.*", UNKNOWN])
    assert (violations(POLICY, both), undecided(POLICY, both)) == ([PATH], [PATH])
