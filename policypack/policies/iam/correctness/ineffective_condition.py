"""A condition that AWS takes and that can never do what it says is a limit on paper only.

A key that is misspelled is in no request, `StringEquals` compares a `*` as a character, and a date that is none equals
nothing. A grant then never applies, or a denial always does, or, with `Not` or `IfExists` in its name, the other way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.core.examples import deny, example, role_policy
from policypack.core.policy import Policy, Resource, Severity, Violation
from policypack.core.tags import Tag
from policypack.iam.condition_problems import ineffective
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import documents


def check(document: PolicyDocument) -> Iterator[Violation]:
    for path, clause in ineffective(document):
        yield Violation(path, clause)


def _limited(operator: str, key: str, value: Any) -> Resource:
    return role_policy(deny("s3:UpdateObjectEncryption", "*", Condition={operator: {key: value}}))


POLICY = Policy(
    id="iam-ineffective-condition",
    title="Condition does not do what it says by AWS's reference",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.IAM, Tag.CORRECTNESS],
    fix="Write the key and the operator as AWS documents them, with values of the type that the operator compares.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html",
    ],
    bad=[
        example(
            _limited("ArnNotLike", "aws:PrincipleArn", "arn:aws:iam::111122223333:role/admin-*"),
            path="policy.Statement[0].Condition.ArnNotLike.aws:PrincipleArn",
        ),
        example(
            _limited("StringNotEquals", "aws:userid", "AROA1:*"),
            path="policy.Statement[0].Condition.StringNotEquals.aws:userid",
            note="a `*` that is compared as a character",
        ),
        example(
            _limited("Bool", "aws:SecureTransport", "no"),
            path="policy.Statement[0].Condition.Bool.aws:SecureTransport",
            note="a value that is neither true nor false",
        ),
        example(
            _limited("DateLessThan", "aws:CurrentTime", "01.02.2026"),
            path="policy.Statement[0].Condition.DateLessThan.aws:CurrentTime",
            note="a date that is none",
        ),
        example(
            _limited("StringEquals", "aws:ViaAWSService", "x"),
            path="policy.Statement[0].Condition.StringEquals.aws:ViaAWSService",
            note="a text for a key that holds `true` or `false`",
        ),
    ],
    good=[
        example(_limited("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/admin-*")),
        example(_limited("StringNotLike", "aws:userid", "AROA1:*"), note="an operator that knows wildcards"),
        example(_limited("Bool", "AWS:securetransport", "FALSE"), note="upper and lower case are one"),
        example(_limited("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z"), note="a date by ISO 8601"),
        example(
            _limited("StringEquals", "token.actions.githubusercontent.com:sub", "repo:a/b"),
            note="a key of an identity provider",
        ),
    ],
    requires=["iam-malformed-document", "iam-invalid-address", "iam-linter-report"],
    reads=documents("Condition"),
    check=check,
)
