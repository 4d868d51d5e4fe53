"""`ForAllValues` beside `Null: false` on the same key is sound, so every policy reads it like the plain operator."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, bucket_policy, document, role, role_policy
from policypack.core.policy import Resource
from policypack.policies import POLICIES
from tests.policies.helpers import outcomes

OBJECTS = "arn:aws:s3:::inbox/*"


def required(operator: str, key: str, value: str) -> dict[str, Any]:
    return {f"ForAllValues:{operator}": {key: value}, "Null": {key: "false"}}


def of_bucket(principal: Any, operator: str, key: str, value: str) -> Resource:
    return bucket_policy(allow("s3:GetObject", OBJECTS, Principal=principal, Condition=required(operator, key, value)))


def of_queue(principal: Any, operator: str, key: str, value: str) -> Resource:
    queue = "arn:aws:sqs:eu-west-1:111122223333:jobs"
    statement = allow("sqs:SendMessage", queue, Principal=principal, Condition=required(operator, key, value))
    return Resource(
        "aws:sqs/queuePolicy:QueuePolicy",
        "jobs",
        {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs", "policy": document(statement)},
    )


PARTNER = {"AWS": "arn:aws:iam::444455556666:role/partner"}


@pytest.mark.parametrize(
    "resource",
    [
        of_bucket("*", "StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"),
        of_bucket("*", "StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
        of_bucket("*", "StringEquals", "aws:SourceVpce", "vpce-0a1b2c3d"),
        of_bucket(PARTNER, "IpAddress", "aws:SourceIp", "203.0.113.0/24"),
        of_queue({"Service": "sns.amazonaws.com"}, "StringEquals", "AWS:SourceAccount", "111122223333"),
        role_policy(
            allow("s3:ListBucket", "arn:aws:s3:::inbox", Condition=required("StringLike", "s3:prefix", "in/*"))
        ),
        role_policy(
            allow(
                "dynamodb:GetItem",
                "arn:aws:dynamodb:eu-west-1:111122223333:table/*",
                Condition=required("StringEquals", "dynamodb:LeadingKeys", "${aws:username}"),
            )
        ),
        role_policy(allow("ec2:StopInstances", "*", Condition=required("StringEquals", "aws:ResourceTag/team", "a"))),
        role(
            allow(
                "sts:AssumeRole",
                None,
                Principal=PARTNER,
                Condition=required("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
            )
        ),
    ],
    ids=lambda resource: resource.type,
)
def test_nothing_is_reported(resource: Resource) -> None:
    policies = [policy for policy in POLICIES if not policy.over_stack]
    assert [outcome.message for policy in policies for outcome in outcomes(policy, resource)] == []
