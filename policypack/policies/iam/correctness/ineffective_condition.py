"""A condition that AWS accepts and that can never work as written limits nothing.

No request contains a misspelled key, `StringEquals` compares `*` as a plain character, and no number equals a word.
The grant then never applies, or the denial always does; with `Not` or `IfExists` in the operator it is the
other way round.
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


def _denied(operator: str, key: str, value: Any) -> Resource:
    return role_policy(deny("s3:UpdateObjectEncryption", "*", Condition={operator: {key: value}}))


POLICY = Policy(
    id="iam-ineffective-condition",
    title="Condition that cannot work as written",
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
            _denied("ArnNotLike", "aws:PrincipleArn", "arn:aws:iam::111122223333:role/admin-*"),
            path="policy.Statement[0].Condition.ArnNotLike.aws:PrincipleArn",
        ),
        example(
            _denied("StringNotEquals", "aws:userid", "AROA1:*"),
            path="policy.Statement[0].Condition.StringNotEquals.aws:userid",
            note="a `*` that is compared as a character",
        ),
        example(
            _denied("Bool", "aws:SecureTransport", "no"),
            path="policy.Statement[0].Condition.Bool.aws:SecureTransport",
            note="a value that is neither true nor false",
        ),
        example(
            _denied("NumericLessThan", "s3:max-keys", "ten"),
            path="policy.Statement[0].Condition.NumericLessThan.s3:max-keys",
            note="a word for a number",
        ),
        example(
            _denied("StringEquals", "aws:ViaAWSService", "x"),
            path="policy.Statement[0].Condition.StringEquals.aws:ViaAWSService",
            note="a text for a key that holds `true` or `false`",
        ),
    ],
    good=[
        example(_denied("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/admin-*")),
        example(_denied("StringNotLike", "aws:userid", "AROA1:*"), note="an operator that accepts wildcards"),
        example(_denied("Bool", "AWS:securetransport", "FALSE"), note="upper and lower case make no difference"),
        example(_denied("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z"), note="a date in ISO 8601"),
        example(
            _denied("StringEquals", "token.actions.githubusercontent.com:sub", "repo:a/b"),
            note="an identity provider's key",
        ),
    ],
    requires=["iam-malformed-document", "iam-invalid-address", "iam-linter-report"],
    reads=documents("Condition"),
    check=check,
)
