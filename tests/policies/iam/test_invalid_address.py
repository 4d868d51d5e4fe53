from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN
from policypack.policies.iam.invalid_address import POLICY
from tests.policies.helpers import allow, bucket_policy, deny, messages, role_policy, undecided, violations


@pytest.mark.parametrize(
    "value",
    [
        "300.1.1.1/24",
        "203.0.113.0/33",
        "2001:db8::/129",
        "203.0.113.0/255.255.255.0",
        "203.0.113.0-203.0.113.255",
        "203.0.113.*",
        "010.0.0.0/8",
        "203.0.113",
        "fe80::1%eth0",
        "203.0.113.0/",
        "203.0.113.0/024",
        "*",
        "office.acme.example",
        "${aws:VpcSourceIp}",
        "",
        0,
    ],
)
@pytest.mark.parametrize("key", ["aws:SourceIp", "AWS:sourceip", "aws:VpcSourceIp"])
def test_no_range(value: Any, key: str) -> None:
    for operator in ("IpAddress", "NotIpAddressIfExists"):
        statement = deny("s3:*", "*", Principal="*", Condition={operator: {key: ["203.0.113.0/24", value]}})
        assert violations(POLICY, bucket_policy(statement)) == [f"policy.Statement[0].Condition.{operator}.{key}"]


@pytest.mark.parametrize(
    "operator", ["StringEquals", "StringLike", "StringNotEqualsIfExists", "ForAnyValue:StringEquals"]
)
def test_a_text_operator_on_an_address(operator: str) -> None:
    statement = allow(Condition={operator: {"aws:SourceIp": "203.0.113.0/24"}})
    (message,) = messages(POLICY, role_policy(statement))
    assert "write `" in message
    assert ("`NotIpAddressIfExists`" in message) == ("Not" in operator)


def test_an_empty_list() -> None:
    assert violations(POLICY, role_policy(allow(Condition={"IpAddress": {"aws:SourceIp": []}}))) != []


@pytest.mark.parametrize(
    "condition",
    [
        {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:DB8:1234:5678::/64", "54.240.143.7", " 192.0.2.0/24"]}},
        {"StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}},
        {"IpAddress": {"ec2-instance-connect:privateIpAddress": "10.0.0.0/8"}},
    ],
)
def test_looks_alike(condition: Any) -> None:
    assert messages(POLICY, role_policy(allow(Condition=condition))) == []


def test_unknown_values() -> None:
    known = allow(Condition={"IpAddress": {"aws:SourceIp": ["203.0.113.*", UNKNOWN]}})
    path = "policy.Statement[0].Condition.IpAddress.aws:SourceIp"
    assert (violations(POLICY, role_policy(known)), undecided(POLICY, role_policy(known))) == ([path], [path])
    alone = allow(Condition={"IpAddress": {"aws:SourceIp": UNKNOWN}})
    assert (violations(POLICY, role_policy(alone)), undecided(POLICY, role_policy(alone))) == ([], [path])
    elsewhere = allow(UNKNOWN, UNKNOWN, Condition={"StringEquals": {"aws:SourceVpc": UNKNOWN}})
    assert undecided(POLICY, role_policy(elsewhere)) == []
