"""An address range that IAM cannot read makes AWS refuse the document, or the condition never matches.

In an Allow statement nobody is allowed. In a Deny statement for everyone outside of the range, everyone is denied,
administrators included. Python's own address types accept netmasks, leading zeros and numbers that IAM does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.access.solver.bounds import unknown_paths
from policypack.access.solver.conditions import ADDRESS_KEYS, ADDRESS_OPERATORS, address_problems
from policypack.core.examples import allow, bucket_policy, example, reported_at
from policypack.core.policy import Judgement, Policy, Resource, Severity, Undecided, Violation
from policypack.core.tags import Tag
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import documents


def check(document: PolicyDocument) -> Iterator[Judgement]:
    """Yields each condition on an address that IAM cannot read."""
    for statement in document.statements:
        for condition in statement.conditions:
            for message in address_problems(condition):
                yield Violation(condition.path, message)
            if condition.operator in ADDRESS_OPERATORS and not condition.values and not statement.unknown:
                yield Violation(condition.path, "names no address, so it never matches")
        irrelevant = {condition.path for condition in statement.conditions if condition.name not in ADDRESS_KEYS}
        for path in unknown_paths(document, statement, "Condition"):
            if path not in irrelevant:
                yield Undecided(path)


def _from(operator: str, value: Any, key: str = "aws:SourceIp") -> Resource:
    condition = {operator: {key: value}}
    return bucket_policy(allow(Principal={"AWS": "arn:aws:iam::444455556666:role/partner"}, Condition=condition))


POLICY = Policy(
    id="iam-invalid-address",
    title="Address condition that IAM cannot read",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.IAM, Tag.NETWORK, Tag.CORRECTNESS],
    fix="Write each range in CIDR notation, such as `203.0.113.0/24`, with `IpAddress` or `NotIpAddress`.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html",
    ],
    bad=reported_at(
        "policy.Statement[0].Condition.IpAddress.aws:SourceIp",
        example(_from("IpAddress", "203.0.113.0/255.255.255.0")),
        example(_from("IpAddress", "203.0.113.*"), note="a wildcard"),
        example(_from("IpAddress", "010.0.0.0/8"), note="a leading zero"),
        example(
            _from("StringEquals", "203.0.113.0/24"),
            path="policy.Statement[0].Condition.StringEquals.aws:SourceIp",
            note="a string operator",
        ),
        example(
            _from("IpAddress", "10.0.0.0/8", "aws:SourceVpc"),
            path="policy.Statement[0].Condition.IpAddress.aws:SourceVpc",
            note="a key that holds no address",
        ),
    ),
    good=[
        example(_from("IpAddress", "203.0.113.0/24")),
        example(_from("IpAddress", ["54.240.143.7", "2001:DB8:1234:5678::/64"]), note="a single address, and IPv6"),
        example(_from("IpAddress", "54.240.143.77/24"), note="host bits that are set"),
        example(_from("NotIpAddress", "10.0.0.0/8", "aws:VpcSourceIp"), note="an address within a VPC"),
        example(_from("Null", "false"), note="whether there is an address"),
    ],
    requires=["iam-malformed-document"],
    reads=documents("Statement", "Effect"),
    check=check,
)
