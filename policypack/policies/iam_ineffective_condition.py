"""A condition that AWS takes and that can never do what it says is a limit on paper only.

A key that is misspelled is in no request, `StringEquals` compares a `*` as a character, and a date that is none equals
nothing. A grant then never applies, or a denial always does, or, with `Not` or `IfExists` in its name, the other way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.aws.condition_problems import ineffective
from policypack.aws.document import PolicyDocument
from policypack.aws.reading import documents
from policypack.policy import Policy, Resource, Severity, Violation


def check(document: PolicyDocument) -> Iterator[Violation]:
    for path, clause in ineffective(document):
        yield Violation(path, clause)


def _limited(condition: dict[str, Any]) -> Resource:
    return Resource(
        "aws:iam/rolePolicy:RolePolicy",
        "reader",
        {
            "role": "reader",
            "policy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Action": "*",
                        "Resource": "*",
                        "Condition": condition,
                    }
                ],
            },
        },
    )


POLICY = Policy(
    id="iam-ineffective-condition",
    title="Condition does not do what it says by AWS's reference",
    why=__doc__,
    severity=Severity.MEDIUM,
    fix="Write the key and the operator as AWS documents them, with values of the type that the operator compares.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html",
    ],
    bad=_limited({"StringNotEquals": {"aws:PrincipleArn": "arn:aws:iam::111122223333:role/admin-*"}}),
    good=_limited({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/admin-*"}}),
    reads=documents("Condition"),
    check=check,
)
