"""Conditions that never do what they say, and those that do."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN
from policypack.policies.iam.ineffective_condition import POLICY
from policypack.policies.iam.linter_report import POLICY as LINTER
from tests.policies.helpers import allow, bucket_policy, deny, messages, outcomes, role, role_policy, undecided

NEW = "s3:UpdateObjectEncryption"
"""An action that Parliament's data lacks, so that it judges nothing beside it."""


def told(operator: str, key: str, value: Any) -> list[str]:
    statement = deny(NEW, "*", Condition={operator: {key: value}})
    return messages(POLICY, role_policy(allow(), statement))


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("aws:PrincipleArn", "aws:PrincipalArn"),
        ("aws:SourceIPs", "aws:SourceIp"),
        ("aws:PrincipalOrgId2", "aws:PrincipalOrgID"),
        ("s3:prefixes", "s3:prefix"),
        ("iam:PassedToServices", "iam:PassedToService"),
    ],
)
def test_a_key_that_no_request_has(key: str, meant: str) -> None:
    for operator in ("StringEquals", "StringNotEqualsIfExists", "Null"):
        (message,) = told(operator, key, "true")
        assert message == (
            f"`{key}` is not in AWS's reference of condition keys, so a request may never have it; did you mean `{meant}`?"
        )


@pytest.mark.parametrize(
    ("operator", "key", "value", "clause"),
    [
        (
            "StringEquals",
            "aws:ViaAWSService",
            "x",
            "`StringEquals` compares a text, and `aws:ViaAWSService` holds `true`",
        ),
        ("NumericLessThan", "aws:PrincipalAccount", 5, "compares a number, and `aws:PrincipalAccount` holds a text"),
        ("DateLessThan", "aws:MultiFactorAuthAge", "2026-01-01", "compares a date, and `aws:MultiFactorAuthAge` holds"),
        ("DateLessThan", "aws:CurrentTime", "01.02.2026", "a value for `aws:CurrentTime` is none"),
        ("NumericLessThan", "aws:MultiFactorAuthAge", "an hour", "a value for `aws:MultiFactorAuthAge` is none"),
        ("Bool", "aws:SecureTransport", "no", "a value for `aws:SecureTransport` is none"),
        ("Null", "aws:SourceVpce", "yes", "takes `true` or `false`"),
        ("ArnLike", "aws:PrincipalArn", "admin", "a value for `aws:PrincipalArn` is none"),
    ],
)
def test_types(operator: str, key: str, value: Any, clause: str) -> None:
    (message,) = told(operator, key, value)
    assert clause in message


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase"])
def test_a_wildcard_that_is_none(operator: str) -> None:
    (message,) = told(operator, "aws:userid", ["AIDA1", "AROA1:*"])
    assert message.startswith(f"`{operator}` takes `*` for a plain character; `String")


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("StringEquals", "aws:PrincipalTag/team", "${aws:ResourceTag/team, '*'}"),
        ("StringEquals", "aws:userid", "${*}"),
        ("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/a"),
        ("ArnLike", "aws:PrincipalArn", ["*", "arn:aws:iam::*:role/a", "${aws:PrincipalArn}"]),
        ("ArnLike", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::inbox/*"),
        ("StringEquals", "secretsmanager:ResourceTag/team", "blue"),
        ("StringEquals", "ec2:ResourceTag/team", "blue"),
        ("StringEquals", "saml:aud", "https://signin.aws.amazon.com/saml"),
        ("DateLessThan", "aws:EpochTime", 1767225600),
        ("NumericLessThan", "aws:EpochTime", 1767225600),
        ("NumericLessThanIfExists", "aws:MultiFactorAuthAge", 3600),
        ("Null", "aws:SourceVpce", "TRUE"),
        ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
        ("Bool", "aws:IsMcpServiceAction", "true"),
    ],
)
def test_what_works(operator: str, key: str, value: Any) -> None:
    assert told(operator, key, value) == []


def test_everywhere_a_document_has_conditions() -> None:
    wrong = {"Condition": {"StringEquals": {"aws:PrincipleArn": "x"}}}
    assert messages(POLICY, bucket_policy(deny("*", "*", Principal="*", **wrong)))
    trust = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", **wrong}
    assert messages(POLICY, role(trust))
    assert messages(POLICY, role_policy(allow(None, "*", NotAction="s3:*", **wrong)))


def test_what_parliament_says_is_not_said_again() -> None:
    statement = role_policy(allow(Condition={"NumericEquals": {"aws:MultiFactorAuthAge": "an hour"}}))
    assert len(messages(LINTER, statement)) == 1
    assert messages(POLICY, statement) == []


def test_no_value_is_quoted() -> None:
    assert not [each for each in told("NumericLessThan", "aws:MultiFactorAuthAge", "hunter2") if "hunter2" in each]


def test_unknown() -> None:
    statement = deny("*", "*", Condition={"StringEquals": {"aws:userid": UNKNOWN}})
    assert undecided(POLICY, role_policy(statement)) == ["policy.Statement[0].Condition.StringEquals.aws:userid"]
    assert outcomes(POLICY, role_policy(allow(resource=UNKNOWN))) == []
