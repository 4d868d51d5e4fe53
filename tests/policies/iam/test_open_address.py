from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN
from policypack.policies.iam.open_address import POLICY
from tests.policies.helpers import allow, bucket_policy, deny, messages, role_policy, undecided, violations

NARROW = "203.0.113.0/24"


@pytest.mark.parametrize(
    "values",
    [
        "0.0.0.0/0",
        "::/0",
        ["0.0.0.0/1", "128.0.0.0/1"],
        "54.240.143.77/0",
        "::ffff:0.0.0.0/96",
        "::ffff:0:0/95",
        [NARROW, "0.0.0.0/0"],
        ["0.0.0.0/2", "64.0.0.0/2"],
        [f"{first}.0.0.0/8" for first in range(11, 16)],
    ],
)
@pytest.mark.parametrize("operator", ["IpAddress", "ipaddress", "IpAddressIfExists", "ForAnyValue:IpAddress"])
@pytest.mark.parametrize("key", ["aws:SourceIp", "AWS:SOURCEIP"])
def test_most_of_the_internet(values: Any, operator: str, key: str) -> None:
    granted = allow(Principal="*", Condition={operator: {key: values}})
    assert violations(POLICY, bucket_policy(granted)) == [f"policy.Statement[0].Condition.{operator}.{key}"]


@pytest.mark.parametrize("operator", ["NotIpAddress", "NotIpAddressIfExists", "ForAllValues:NotIpAddress"])
def test_a_denial_that_hardly_anybody_meets(operator: str) -> None:
    denied = deny("s3:*", "*", Principal="*", Condition={operator: {"aws:SourceIp": [NARROW, "0.0.0.0/0"]}})
    (message,) = messages(POLICY, bucket_policy(denied))
    assert message.startswith("`0.0.0.0/0` is most of the internet")


def test_identity_policies_too() -> None:
    assert violations(POLICY, role_policy(allow(Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}))) != []


@pytest.mark.parametrize(
    "statement",
    [
        allow(Principal="*", Condition={"ForAllValues:IpAddress": {"aws:SourceIp": NARROW}}),
        allow(Principal="*", Condition={"IpAddressIfExists": {"aws:SourceIp": NARROW}}),
        allow(Principal="*", Condition={"NotIpAddress": {"aws:SourceIp": NARROW}}),
        deny("s3:*", "*", Principal="*", Condition={"ForAnyValue:NotIpAddress": {"aws:SourceIp": NARROW}}),
    ],
)
def test_a_narrow_range_that_narrows_nothing(statement: Any) -> None:
    assert len(violations(POLICY, bucket_policy(statement))) == 1


@pytest.mark.parametrize(
    "statement",
    [
        allow(Principal="*", Condition={"IpAddress": {"aws:SourceIp": [NARROW, "2001:db8::/32", "54.240.143.7"]}}),
        allow(Principal="*", Condition={"IpAddress": {"aws:SourceIp": "54.0.0.0/8"}}),
        deny("s3:*", "*", Principal="*", Condition={"NotIpAddress": {"aws:SourceIp": NARROW}}),
        allow(
            Principal="*",
            Condition={"IpAddress": {"aws:SourceIp": NARROW}, "NotIpAddress": {"aws:SourceIp": "203.0.113.7"}},
        ),
        allow(
            Principal="*",
            Condition={
                "IpAddressIfExists": {"aws:SourceIp": NARROW},
                "StringEqualsIfExists": {"aws:SourceVpc": "vpc-0a1b2c3d"},
            },
        ),
        allow(Principal="*", Condition={"StringEquals": {"aws:SourceAccount": "0.0.0.0/0"}}),
    ],
)
def test_looks_alike(statement: Any) -> None:
    assert messages(POLICY, bucket_policy(statement)) == []


def test_the_message_names_the_ranges_and_an_address() -> None:
    granted = allow(Principal="*", Condition={"IpAddress": {"aws:SourceIp": [NARROW, "0.0.0.0/1", "128.0.0.0/1"]}})
    (message,) = messages(POLICY, bucket_policy(granted))
    assert message == "`0.0.0.0/1`, `128.0.0.0/1` are most of the internet: 198.51.100.7 is let in, for one"


def test_unknown_values() -> None:
    partly = allow(Principal="*", Condition={"IpAddress": {"aws:SourceIp": [NARROW, UNKNOWN]}})
    assert undecided(POLICY, bucket_policy(partly)) == ["policy.Statement[0].Condition.IpAddress.aws:SourceIp"]
    broad = allow(Principal="*", Condition={"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", UNKNOWN]}})
    assert violations(POLICY, bucket_policy(broad)) == ["policy.Statement[0].Condition.IpAddress.aws:SourceIp"]
    elsewhere = allow(Principal=UNKNOWN, resource=UNKNOWN, Condition={"StringEquals": {"aws:SourceVpc": UNKNOWN}})
    assert undecided(POLICY, bucket_policy(elsewhere)) == []
