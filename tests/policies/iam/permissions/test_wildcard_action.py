"""Grants of every action, in the spellings that mean the same."""

from __future__ import annotations

from typing import Any

from policypack.core.examples import allow, bucket_policy, deny, document, role, role_policy
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.permissions.wildcard_action import POLICY
from tests.policies.helpers import reported, silent, undecided, violations

ROOT = {"AWS": "arn:aws:iam::111122223333:root"}


def key(*statements: dict[str, Any]) -> Resource:
    return Resource("aws:kms/key:Key", "key", {"policy": document(*statements)})


patterns = ["*:*", "S3:*", "s3:**", "s3:?*", ["s3:GetObject", "sqs:*"]]
test_spellings = reported(
    POLICY, "policy.Statement[0].Action", *patterns, of=lambda pattern: role_policy(allow(pattern))
)
test_resource_based_documents = reported(
    POLICY,
    "policy.Statement[0].Action",
    bucket_policy(allow("s3:*", Principal=ROOT)),
    key(allow("kms:*", "*", Principal="*")),
    key(allow("*", "*", Principal=ROOT)),
)
test_silent = silent(
    POLICY,
    role_policy(allow("s3:?")),
    role_policy(deny(None, "*", NotAction=["s3:GetObject"])),
    key(allow("kms:*", "*", Principal={"AWS": "111122223333"})),
    Resource("aws:organizations/policy:Policy", "full", {"content": document(allow("*", "*"))}),
)


def test_a_trust_policy() -> None:
    trust = role(allow("sts:*", None, Principal={"Service": "lambda.amazonaws.com"}))
    assert violations(POLICY, trust) == ["assumeRolePolicy.Statement[0].Action"]


def test_unknown() -> None:
    assert undecided(POLICY, role_policy(allow(UNKNOWN))) == ["policy.Statement[0].Action"]
    assert undecided(POLICY, key(allow("kms:*", "*", Principal={"AWS": UNKNOWN}))) == ["policy.Statement[0].Principal"]
    assert undecided(POLICY, role_policy(allow(resource=UNKNOWN))) == []


def topic(action: str, principal: str, *arns: Any) -> Resource:
    statement = allow(action, [*arns], Principal={"AWS": principal})
    return Resource("aws:sns/topicPolicy:TopicPolicy", "alerts", {"policy": document(statement)})


ALERTS = "arn:aws:sns:eu-west-1:111122223333:alerts"
test_the_own_account = silent(
    POLICY,
    topic("SNS:*", "arn:aws:iam::111122223333:root", ALERTS),
    topic("sns:*", "111122223333", ALERTS),
)
test_another_account_or_identity = reported(
    POLICY,
    "policy.Statement[0].Action",
    topic("SNS:*", "arn:aws:iam::444455556666:root", ALERTS),
    topic("SNS:*", "arn:aws:iam::111122223333:role/admin", ALERTS),
    topic("*", "arn:aws:iam::111122223333:root", ALERTS),
    topic("SNS:*", "111122223333", ALERTS, ALERTS.replace("1111", "4444")),
    topic("SNS:*", "111122223333", "*"),
    topic("SNS:*", "111122223333", ALERTS, UNKNOWN),
)
