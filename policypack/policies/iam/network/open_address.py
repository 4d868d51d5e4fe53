"""An address condition that most of the internet meets protects nothing, although it looks like protection.

`0.0.0.0/0` is the plain form. Others are two halves that add up to it, a range with bits after its mask, IPv4 written
as IPv6, and an operator that matches requests without the key, such as every request through a VPC endpoint. A grant
with a `Not` operator allows every network except the listed ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.access.address_conditions import admits_most, admitting
from policypack.access.solver.bounds import unknown_paths
from policypack.core.examples import allow, bucket_policy, deny, example, reported_at
from policypack.core.policy import Judgement, Policy, Resource, Severity, Undecided, Violation
from policypack.core.tags import Tag
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import documents


def check(document: PolicyDocument) -> Iterator[Judgement]:
    """Yields each condition on the caller's network that most of the internet meets."""
    for statement in document.statements:
        judged = admitting(statement)
        for condition in judged:
            if hole := admits_most(condition, statement):
                yield Violation(condition.path, hole)
        irrelevant = {condition.path for condition in statement.conditions} - {condition.path for condition in judged}
        for path in unknown_paths(document, statement, "Condition"):
            if path not in irrelevant:
                yield Undecided(path)


def _from(operator: str, *ranges: str, **more: Any) -> Resource:
    condition = {operator: {"aws:SourceIp": list(ranges)}, **more}
    return bucket_policy(allow(Principal={"AWS": "arn:aws:iam::444455556666:role/partner"}, Condition=condition))


POLICY = Policy(
    id="iam-open-address",
    title="Address condition allows most of the internet",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.IAM, Tag.NETWORK, Tag.PUBLIC_ACCESS],
    fix="Name the addresses that callers come from, no broader than /8 (IPv4) or /32 (IPv6) in all, with `IpAddress` or `NotIpAddress`.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status",
    ],
    bad=reported_at(
        "policy.Statement[0].Condition.IpAddress.aws:SourceIp",
        example(_from("IpAddress", "0.0.0.0/1", "128.0.0.0/1")),
        example(_from("IpAddress", "54.240.143.77/0"), note="a range with bits after its mask"),
        example(_from("IpAddress", "::ffff:0.0.0.0/96"), note="IPv4 written as IPv6"),
        example(
            _from("IpAddressIfExists", "203.0.113.0/24"),
            path="policy.Statement[0].Condition.IpAddressIfExists.aws:SourceIp",
            note="an operator that matches requests without the key",
        ),
        example(
            _from("IpAddressIfExists", "203.0.113.0/24", StringNotEquals={"aws:SourceVpce": "vpce-0a1b2c3d"}),
            path="policy.Statement[0].Condition.StringNotEquals.aws:SourceVpce",
            note="a grant to every VPC endpoint but one",
        ),
        example(
            bucket_policy(
                deny(
                    "s3:*",
                    "*",
                    Principal="*",
                    Condition={"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/0"]}},
                )
            ),
            path="policy.Statement[0].Condition.NotIpAddress.aws:SourceIp",
            note="a denial that applies to hardly anyone",
        ),
    ),
    good=[
        example(_from("IpAddress", "203.0.113.0/24", "2001:db8:1234::/48")),
        example(_from("IpAddress", "10.0.0.0/8", "172.16.0.0/12"), note="private networks"),
        example(
            _from("IpAddressIfExists", "203.0.113.0/24", StringEqualsIfExists={"aws:SourceVpc": "vpc-0a1b2c3d"}),
            note="a request has either an address or a VPC",
        ),
        example(
            bucket_policy(deny("s3:*", "*", Principal="*", Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})),
            note="a denial of the whole internet",
        ),
    ],
    requires=["iam-malformed-document"],
    reads=documents("Statement", "Effect"),
    check=check,
)
