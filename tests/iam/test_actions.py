"""AWS's actions, and the resources that they fit."""

from __future__ import annotations

import pytest

from policypack.iam.actions import Action, exists, expand, key_type, names, whole_service, widen
from policypack.iam.condition_keys import narrows, scopes
from policypack.iam.document import Condition

TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"


def action(name: str) -> Action:
    (expanded,) = expand(name)
    return expanded


def test_expand_ignores_case_and_reads_wildcards() -> None:
    assert {str(match) for match in expand("S3:getobjec?")} == {"s3:GetObject"}
    assert {"s3:GetObject", "s3:GetBucketPolicy"} <= {str(match) for match in expand("s3:Get*")}
    assert expand("*") == expand("*:*") > expand("s3:*") > expand("s3:Get*")


@pytest.mark.parametrize("typo", ["s3:GetObjects", "s3:", "GetObject", "s4:GetObject", "s3:Get[O]bject", ""])
def test_a_typing_error_expands_to_nothing(typo: str) -> None:
    assert not expand(typo)


def test_services() -> None:
    assert exists("s3")
    assert exists("EC2")
    assert not exists("s4")
    assert "GetObject" in names("s3")
    assert names("s4") == []


@pytest.mark.parametrize("pattern", ["*", "**", "*:*", "s3:*", "S3:*", "s3:**", "s3:?*"])
def test_whole_service(pattern: str) -> None:
    assert whole_service(pattern)


@pytest.mark.parametrize("pattern", ["s3:Get*", "s3:GetObject", "s3:?", "x:y", "sts:*s*", "s4:Get*", "rds-db:connect"])
def test_less_than_a_service(pattern: str) -> None:
    assert not whole_service(pattern)


@pytest.mark.parametrize(
    ("name", "resource", "fits"),
    [
        ("s3:GetObject", "arn:aws:s3:::inbox/*", True),
        ("s3:GetObject", "arn:aws:s3:::inbox", False),
        ("dynamodb:PutItem", f"{TABLE}/index/*", False),
        ("dynamodb:PutItem", f"{TABLE}/*", False),
        ("dynamodb:PutItem", f"{TABLE}*", True),
        ("dynamodb:Query", f"{TABLE}/*", True),
        ("dynamodb:Query", f"{TABLE}/stream/2020-01-01T00:00:00.000", False),
        ("dynamodb:GetRecords", f"{TABLE}/index/*", False),
        ("dynamodb:GetRecords", f"{TABLE}/*", True),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/service-role/deploy/x", True),
        ("ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:111122223333:repository/shop/api/web", True),
        ("events:PutRule", "arn:aws:events:eu-west-1:111122223333:rule/aws.partner/acme.com/shop/nightly", True),
        ("s3:GetObject", "arn:aws:s3:::inbox*", True),
        ("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:accesspoint/in/object/*", True),
        ("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:inbox/*", False),
        ("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/bucket}/*", True),
        ("s3:ListBucket", "arn:aws:s3:::inbox", True),
        ("s3:ListBucket", "arn:aws:s3:::inbox/*", False),
        ("s3:ListBucket", "arn:aws:s3:::*", True),
        ("s3:ListBucket", "arn:*", True),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::inbox", False),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::*", True),
        ("s3:ListAllMyBuckets", "arn:aws:sqs:*:*:*", False),
        ("logs:DescribeLogGroups", "arn:aws:logs:eu-west-1:111122223333:log-group:*", True),
        ("s3:ListAllMyBuckets", "*", True),
        ("s3:ListAllMyBuckets", "**", True),
        ("logs:PutLogEvents", "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/x:*", True),
        ("logs:PutLogEvents", "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/x", False),
        ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:dead", True),
        ("sqs:SendMessage", "arn:aws:sns:eu-west-1:111122223333:dead", False),
        ("ssm:GetParameter", "arn:aws:ssm:eu-west-1::parameter/aws/service/x", True),
        ("execute-api:Invoke", "execute-api:/prod/GET/pets", True),
    ],
)
def test_fits(name: str, resource: str, *, fits: bool) -> None:
    assert action(name).fits(resource) is fits


@pytest.mark.parametrize(
    ("name", "resource", "covered"),
    [
        ("s3:PutObject", "arn:aws:s3:::*", True),
        ("s3:PutObject", "arn:aws:s3:::*/*", True),
        ("s3:PutObject", "arn:aws:s3*", True),
        ("s3:PutObject", "arn:aws:s3:::inbox/*", False),
        ("s3:PutObject", "arn:aws:s3:::*/in/*", False),
        ("s3:PutObject", "arn:aws:s3:::${aws:username}/*", False),
        ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:*", True),
        ("sqs:SendMessage", "arn:aws:sqs:*:*:dead", False),
        ("logs:PutLogEvents", "arn:aws:logs:*:*:*", True),
        ("logs:PutLogEvents", "arn:aws:logs:*:*:log-group:*:*", True),
        ("logs:PutLogEvents", "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/x:*", False),
        ("securityhub:EnableSecurityHub", "arn:aws:securityhub:eu-west-1:111122223333:hub/default", False),
    ],
)
def test_covered_by(name: str, resource: str, *, covered: bool) -> None:
    assert any(form.covered_by(resource) for form in action(name).formats) is covered


def test_condition_keys_of_an_action() -> None:
    listing = action("s3:ListBucket")
    assert listing.knows("S3:Prefix")
    assert listing.knows("aws:PrincipalTag/team")
    assert listing.knows("aws:ResourceTag/team")
    assert not listing.knows("s3:x-amz-acl")
    assert action("s3:GetObject").knows("s3:ExistingObjectTag/team")
    assert action("ssm:GetParameters").knows("ssm:ResourceTag/team")
    assert action("sagemaker:DescribeModel").knows("sagemaker:ResourceTag/team")
    assert key_type("s3", "s3:ExistingObjectTag/team") == "String"
    assert key_type("s3", "s3:nonsense") is None
    assert key_type("s4", "s4:nonsense") is None


def test_widen() -> None:
    assert widen("arn:aws:s3:::b/${aws:username}/${*}") == "arn:aws:s3:::b/*/?"


@pytest.mark.parametrize(
    "condition",
    [
        Condition("StringEquals", "aws:ResourceTag/team", ("blue",)),
        Condition("StringLike", "S3:Prefix", ("in/*",)),
        Condition("StringEquals", "kms:ViaService", ("s3.eu-west-1.amazonaws.com",), "ForAnyValue"),
    ],
)
def test_a_condition_that_narrows_the_resources(condition: Condition) -> None:
    assert narrows(condition)
    assert scopes([condition])


@pytest.mark.parametrize(
    "condition",
    [
        Condition("StringLike", "s3:prefix", ("in/*", "*")),
        Condition("StringNotEquals", "s3:prefix", ("in/",)),
        Condition("StringEquals", "s3:prefix", ("in/",), if_exists=True),
        Condition("StringEquals", "s3:prefix", ("in/",), "ForAllValues"),
        Condition("Null", "s3:prefix", ("false",)),
        Condition("Bool", "aws:SecureTransport", ("true",)),
    ],
)
def test_a_condition_that_does_not(condition: Condition) -> None:
    assert not scopes([condition])
