from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, bucket_policy, deny, role_policy
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.network.open_address import POLICY
from tests.policies.helpers import messages, reported, silent, undecided_at, violations

NARROW = "203.0.113.0/24"
PATH = "policy.Statement[0].Condition.IpAddress.aws:SourceIp"
BROAD = [
    "0.0.0.0/0",
    "::/0",
    "::ffff:0:0/95",
    [NARROW, "0.0.0.0/0"],
    ["0.0.0.0/2", "64.0.0.0/2"],
    [f"{first}.0.0.0/8" for first in range(11, 16)],
]


def granted(operator: str, value: Any, key: str = "aws:SourceIp", **more: Any) -> Resource:
    return bucket_policy(allow(Principal="*", Condition={operator: {key: value}, **more}))


def denied(operator: str, value: Any) -> Resource:
    return bucket_policy(deny("s3:*", "*", Principal="*", Condition={operator: {"aws:SourceIp": value}}))


@pytest.mark.parametrize("values", BROAD)
@pytest.mark.parametrize("operator", ["IpAddress", "ipaddress", "IpAddressIfExists", "ForAnyValue:IpAddress"])
@pytest.mark.parametrize("key", ["aws:SourceIp", "AWS:SOURCEIP"])
def test_most_of_the_internet(values: Any, operator: str, key: str) -> None:
    assert violations(POLICY, granted(operator, values, key)) == [f"policy.Statement[0].Condition.{operator}.{key}"]


@pytest.mark.parametrize("operator", ["NotIpAddress", "NotIpAddressIfExists", "ForAllValues:NotIpAddress"])
def test_a_denial_that_hardly_anybody_meets(operator: str) -> None:
    (message,) = messages(POLICY, denied(operator, [NARROW, "0.0.0.0/0"]))
    assert message.startswith("`0.0.0.0/0` is most of the internet")


@pytest.mark.parametrize(
    "resource",
    [
        granted("ForAllValues:IpAddress", NARROW),
        granted("NotIpAddress", NARROW),
        denied("ForAnyValue:NotIpAddress", NARROW),
    ],
)
def test_a_narrow_range_that_narrows_nothing(resource: Resource) -> None:
    assert len(violations(POLICY, resource)) == 1


test_identity_policies_and_unknown_ranges = reported(
    POLICY,
    PATH,
    role_policy(allow(Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})),
    granted("IpAddress", ["0.0.0.0/0", UNKNOWN]),
)
test_silent = silent(
    POLICY,
    granted("IpAddress", [NARROW, "2001:db8::/32", "54.240.143.7"]),
    granted("IpAddress", "54.0.0.0/8"),
    granted("IpAddress", NARROW, NotIpAddress={"aws:SourceIp": "203.0.113.7"}),
    granted("StringEquals", "0.0.0.0/0", "aws:SourceAccount"),
    granted("StringEquals", UNKNOWN, "aws:SourceVpc"),
    denied("NotIpAddress", NARROW),
)
test_unknown = undecided_at(POLICY, PATH, granted("IpAddress", [NARROW, UNKNOWN]))
