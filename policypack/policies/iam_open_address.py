"""An address condition that most of the internet meets protects nothing, and reads as if it did.

`0.0.0.0/0` is the plain spelling. The others are two halves that add up, a range with bits after its mask, IPv4
written as IPv6, and an operator that a request without the key passes, as every request through a VPC endpoint is.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.address_conditions import admits_most, admitting
from policypack.access.solver.bounds import unknown_paths
from policypack.aws.document import PolicyDocument
from policypack.aws.reading import documents
from policypack.policy import Judgement, Policy, Resource, Severity, Undecided, Violation


def check(document: PolicyDocument) -> Iterator[Judgement]:
    """Yields each condition on the caller's address that lets most of the internet through."""
    for statement in document.statements:
        judged = admitting(statement)
        for condition in judged:
            if hole := admits_most(condition, statement):
                yield Violation(condition.path, hole)
        irrelevant = {each.path for each in statement.conditions} - {each.path for each in judged}
        for path in unknown_paths(document, statement, "Condition"):
            if path not in irrelevant:
                yield Undecided(path)


def _bucket_policy(*ranges: str) -> Resource:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::444455556666:role/partner"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::acme-inbox/*",
        "Condition": {"IpAddress": {"aws:SourceIp": list(ranges)}},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return Resource("aws:s3/bucketPolicy:BucketPolicy", "inbox", {"bucket": "acme-inbox", "policy": document})


POLICY = Policy(
    id="iam-open-address",
    title="Address condition lets in most of the internet",
    why=__doc__,
    severity=Severity.HIGH,
    fix="Name the addresses that callers leave from, no broader than /8 (IPv4) or /32 (IPv6) in all, with `IpAddress` or `NotIpAddress`.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status",
    ],
    bad=_bucket_policy("0.0.0.0/1", "128.0.0.0/1"),
    good=_bucket_policy("203.0.113.0/24", "2001:db8:1234::/48"),
    reads=documents("Statement", "Effect"),
    check=check,
)
