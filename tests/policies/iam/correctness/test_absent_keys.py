"""Conditions of Allow statements that match requests without their key, and those whose key each request has."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, bucket_policy, deny, granted, role, role_policy
from policypack.policies.iam.correctness.absent_key_allowed import POLICY
from tests.policies.helpers import messages, outcomes

ORGANIZATION = "o-a1b2c3d4e5"
ENDPOINT = {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}}
NAMED = {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id", "total"]}}
MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}


@pytest.mark.parametrize(
    ("action", "condition"),
    [
        ("s3:GetObject", {"StringEqualsIfExists": {"aws:PrincipalTag/team": "ledger"}}),
        ("s3:GetObject", {"stringlikeifexists": {"AWS:principaltag/team": ["ledger", "audit"]}}),
        ("s3:GetObject", {"ForAnyValue:StringLikeIfExists": {"aws:PrincipalOrgPaths": f"{ORGANIZATION}/*"}}),
        ("s3:DeleteObject", MFA),
        ("s3:DeleteObject", {"NumericLessThanIfExists": {"aws:MultiFactorAuthAge": "3600"}}),
        ("s3:GetObject", ENDPOINT),
        ("s3:GetObject", {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-0a1b2c3d4e5f60718"}}),
        ("s3:GetObject", {"StringEqualsIfExists": {"aws:username": "anna"}}),
        ("s3:GetObject", {"ForAllValues:StringLike": {"aws:TagKeys": ["team"]}}),
        (["kms:Decrypt", "kms:Encrypt"], {"StringEqualsIfExists": {"kms:EncryptionContext:shop": "1"}}),
        ("kms:GenerateDataKey", {"StringLikeIfExists": {"kms:ViaService": "s3.*.amazonaws.com"}}),
        ("dynamodb:GetItem", {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id"]}}),
        (["dynamodb:PutItem", "dynamodb:Quer*"], {"ForAllValues:StringLike": {"DynamoDB:attributes": ["id", "name"]}}),
        ("dynamodb:Scan", {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id"], "dynamodb:LeadingKeys": "a"}}),
        (["dynamodb:GetItem", "dynamodb:Scan"], {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["anna"]}}),
        (["s3:GetObject", "s3:GetObjectVersion"], {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["a"]}}),
    ],
)
def test_keys_that_callers_do_without_are_reported(action: Any, condition: dict[str, Any]) -> None:
    assert messages(POLICY, granted(action, Condition=condition)) != []


@pytest.mark.parametrize(
    ("action", "condition"),
    [
        ("ec2:RunInstances", {"StringEqualsIfExists": {"ec2:InstanceType": "t4g.micro"}}),
        ("ec2:RunInstances", {"StringEqualsIfExists": {"aws:RequestTag/team": "ledger"}}),
        ("s3:GetObject", {"StringEqualsIfExists": {"aws:ResourceAccount": "111122223333"}}),
        ("s3:GetObject", {"StringEqualsIfExists": {"aws:RequestedRegion": "eu-west-1"}}),
        ("s3:GetObject", {"BoolIfExists": {"aws:ViaAWSService": "true"}}),
        ("s3:GetObject", {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
        ("s3:GetObject", {**ENDPOINT, "IpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}}),
        ("s3:GetObject", {**ENDPOINT, "StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d4e5f60718"}}),
        ("s3:GetObject", {**MFA, "Null": {"aws:MultiFactorAuthPresent": "false"}}),
        (["ec2:CreateTags", "ec2:RunInstances"], {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
        ("*", {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
        ("dynamodb:GetItem", {**NAMED, "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}}),
        ("dynamodb:Query", {**NAMED, "Null": {"dynamodb:Attributes": "false"}}),
        (["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], NAMED),
        (["dynamodb:GetItem", "dynamodb:Query"], {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["anna"]}}),
        (["kms:Decrypt", "kms:ListAliases"], {"StringEqualsIfExists": {"kms:EncryptionContext:shop": "1"}}),
        ("kms:*", {"StringEqualsIfExists": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
        ("kms:CreateGrant", {"StringEqualsIfExists": {"kms:CallerAccount": "111122223333"}}),
    ],
)
def test_keys_that_requests_have_are_not(action: Any, condition: dict[str, Any]) -> None:
    assert outcomes(POLICY, granted(action, Condition=condition)) == []


def test_a_trust_policy_that_asks_for_an_external_id_if_there_is_one_is_reported() -> None:
    statement = allow(
        "sts:AssumeRole",
        None,
        Principal={"AWS": "arn:aws:iam::444455556666:root"},
        Condition={"StringEqualsIfExists": {"sts:ExternalId": "3f9a"}},
    )
    assert messages(POLICY, role(statement)) != []


def test_sources_are_a_restriction_for_services_only() -> None:
    source = {"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}
    assert messages(POLICY, bucket_policy(allow(Principal="*", Condition=source))) != []
    assert outcomes(POLICY, bucket_policy(allow(Principal={"Service": "logs.amazonaws.com"}, Condition=source))) == []


def test_a_denial_of_the_key_makes_up_for_it() -> None:
    denial = deny("*", "*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})
    assert outcomes(POLICY, role_policy(allow("s3:DeleteObject", Condition=MFA), denial)) == []
