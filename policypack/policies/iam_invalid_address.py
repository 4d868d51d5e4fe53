"""A range that IAM does not read as one makes AWS refuse the document, or the condition never match.

In a grant nobody gets in; in a denial of everybody outside the range, everybody is outside, administrators too.
Python's own address types accept netmasks, leading zeros and numbers that IAM does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.solver.bounds import unknown_paths
from policypack.access.solver.conditions import ADDRESS_KEYS, ADDRESS_OPERATORS, address_problems
from policypack.aws.document import PolicyDocument
from policypack.aws.reading import documents
from policypack.policy import Judgement, Policy, Resource, Severity, Undecided, Violation


def check(document: PolicyDocument) -> Iterator[Judgement]:
    """Yields each condition on an address that names none."""
    for statement in document.statements:
        for condition in statement.conditions:
            for message in address_problems(condition):
                yield Violation(condition.path, message)
            if condition.operator in ADDRESS_OPERATORS and not condition.values and not statement.unknown:
                yield Violation(condition.path, "names no address, so it never matches")
        irrelevant = {each.path for each in statement.conditions if each.name not in ADDRESS_KEYS}
        for path in unknown_paths(document, statement, "Condition"):
            if path not in irrelevant:
                yield Undecided(path)


def _bucket_policy(cidr: str) -> Resource:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::444455556666:role/partner"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::acme-inbox/*",
        "Condition": {"IpAddress": {"aws:SourceIp": cidr}},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return Resource("aws:s3/bucketPolicy:BucketPolicy", "inbox", {"bucket": "acme-inbox", "policy": document})


POLICY = Policy(
    id="iam-invalid-address",
    title="Address condition that IAM cannot read",
    why=__doc__,
    severity=Severity.HIGH,
    fix="Write each range in CIDR notation, such as `203.0.113.0/24`, with `IpAddress` or `NotIpAddress`.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html",
    ],
    bad=_bucket_policy("203.0.113.0/255.255.255.0"),
    good=_bucket_policy("203.0.113.0/24"),
    reads=documents("Statement", "Effect"),
    check=check,
)
