"""Conditions without an effect, and conditions with one."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, bucket_policy, deny, role, role_policy
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.correctness.ineffective_condition import POLICY
from tests.policies.helpers import messages, silent, undecided_at


def denied(operator: str, key: str, value: Any) -> Resource:
    return role_policy(deny("s3:UpdateObjectEncryption", "*", Condition={operator: {key: value}}))


@pytest.mark.parametrize(
    ("key", "suggestion"),
    [
        ("aws:SourceIPs", "aws:SourceIp"),
        ("aws:PrincipalOrgId2", "aws:PrincipalOrgID"),
        ("s3:prefixes", "s3:prefix"),
        ("iam:PassedToServices", "iam:PassedToService"),
    ],
)
def test_a_key_that_no_request_has(key: str, suggestion: str) -> None:
    for operator in ("StringEquals", "StringNotEqualsIfExists", "Null"):
        assert messages(POLICY, denied(operator, key, "true")) == [
            f"`{key}` is not in AWS's reference of condition keys, so a request may never have it; did you mean `{suggestion}`?"
        ]


@pytest.mark.parametrize(
    ("operator", "key", "value", "clause"),
    [
        ("NumericLessThan", "aws:PrincipalAccount", 5, "compares a number, and `aws:PrincipalAccount` is a text"),
        ("DateLessThan", "aws:MultiFactorAuthAge", "2026-01-01", "and `aws:MultiFactorAuthAge` is a number"),
        ("NumericLessThan", "aws:MultiFactorAuthAge", "hunter2", "`aws:MultiFactorAuthAge` has another type"),
        ("Null", "aws:SourceVpce", "yes", "takes `true` or `false`"),
        ("ArnLike", "aws:PrincipalArn", "admin", "a value for `aws:PrincipalArn` has another type"),
        ("StringEquals", "aws:userid", ["AIDA1", "AROA1:*"], "`StringEquals` takes `*` for a plain character; `String"),
        ("StringEqualsIgnoreCase", "aws:userid", "AROA1:*", "takes `*` for a plain character; `StringLike`"),
    ],
)
def test_values(operator: str, key: str, value: Any, clause: str) -> None:
    (message,) = messages(POLICY, denied(operator, key, value))
    assert clause in message
    assert "hunter2" not in message


test_silent = silent(
    POLICY,
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
    of=denied,
)
test_documents_without_unknown_conditions = silent(POLICY, role_policy(allow(resource=UNKNOWN)))
test_unknown = undecided_at(
    POLICY, "policy.Statement[0].Condition.StringEquals.aws:userid", denied("StringEquals", "aws:userid", UNKNOWN)
)


def test_everywhere_a_document_has_conditions() -> None:
    wrong = {"Condition": {"StringEquals": {"aws:PrincipleArn": "x"}}}
    assert messages(POLICY, bucket_policy(deny("*", "*", Principal="*", **wrong)))
    assert messages(POLICY, role(allow("*", None, Principal={"AWS": "111122223333"}, **wrong)))
    assert messages(POLICY, role_policy(allow(None, "*", NotAction="s3:*", **wrong)))


@pytest.mark.parametrize("key", ["aws:TagKeys", "aws:RequestTag/team"])
@pytest.mark.parametrize("action", ["s3:PutObjectTagging", ["s3:PutObject", "s3:GetObject"], "s3:PutObject*"])
def test_the_tags_of_a_request_for_objects(action: Any, key: str) -> None:
    granting = role_policy(allow(action, "*", Condition={"StringEquals": {key: "team"}}))
    assert ["S3 has `s3:RequestObjectTag" in message for message in messages(POLICY, granting)] == [True]


@pytest.mark.parametrize("action", ["s3:TagResource", "s3:*", "s3:CreateBucket", ["s3:PutObject", "ec2:RunInstances"]])
def test_the_tags_of_a_request_for_other_resources(action: Any) -> None:
    granting = role_policy(allow(action, "*", Condition={"StringEquals": {"aws:TagKeys": "team"}}))
    assert messages(POLICY, granting) == []
