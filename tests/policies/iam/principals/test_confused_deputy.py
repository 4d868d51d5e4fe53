from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, bucket_policy, deny, document
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.principals.confused_deputy import POLICY
from policypack.policies.iam.principals.public_policy import POLICY as PUBLIC
from tests.policies.helpers import messages, undecided, violations

ACCOUNT = "111122223333"
TRAIL = f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/all"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}
BUCKET = {"Service": "s3.amazonaws.com"}


def let(principal: Any = SERVICE, condition: Any = None) -> dict[str, Any]:
    return allow("s3:PutObject", "arn:aws:s3:::inbox/*", Principal=principal, Condition=condition)


def topic_policy(*statements: Any) -> Resource:
    return Resource("aws:sns/topicPolicy:TopicPolicy", "news", {"arn": "topic", "policy": document(*statements)})


def key_policy(*statements: Any) -> Resource:
    return Resource("aws:kms/key:Key", "logs", {"policy": document(*statements)})


@pytest.mark.parametrize(
    ("principal", "condition"),
    [
        (SERVICE, None),
        (SERVICE, {"Bool": {"aws:SecureTransport": "true"}}),
        (BUCKET, {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::acme-inbox"}}),
        ({"Service": ["config.amazonaws.com", "delivery.logs.amazonaws.com"], "AWS": ACCOUNT}, None),
        (SERVICE, {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}),
        (SERVICE, {"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:*:trail/all"}}),
        (SERVICE, {"StringLike": {"aws:SourceAccount": "*"}}),
        (SERVICE, {"StringNotEquals": {"aws:SourceAccount": "444455556666"}}),
        (BUCKET, {"ArnLike": {"aws:SourceArn": ["arn:aws:s3:::acme-inbox", TRAIL]}}),
        (BUCKET, {"ArnLike": {"aws:SourceArn": UNKNOWN}}),
    ],
)
def test_a_service_is_let_in_for_everybody(principal: Any, condition: Any) -> None:
    resource = bucket_policy(let(principal, condition))
    assert violations(POLICY, resource) == ["policy.Statement[0]"]
    assert violations(PUBLIC, resource) == undecided(POLICY, resource) == []


@pytest.mark.parametrize(
    ("principal", "condition"),
    [
        (SERVICE, {"ArnEquals": {"aws:SourceArn": TRAIL}}),
        (SERVICE, {"StringLike": {"AWS:SOURCEARN": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"}}),
        (SERVICE, {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}),
        (SERVICE, {"StringEquals": {"aws:SourceAccount": "${aws:ResourceAccount}"}}),
        (SERVICE, {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}),
        (SERVICE, {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-a1b2c3d4e5/r-ab12/*"}}),
        (SERVICE, {"ArnEquals": {"aws:SourceArn": UNKNOWN}}),
        (SERVICE, {"StringEquals": {"aws:SourceAccount": UNKNOWN}}),
        ({"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}, None),
        ({"AWS": ACCOUNT}, None),
    ],
)
def test_a_service_is_let_in_for_one_account(principal: Any, condition: Any) -> None:
    resource = bucket_policy(let(principal, condition))
    assert violations(POLICY, resource) == undecided(POLICY, resource) == []


def test_the_example_says_who_does_what() -> None:
    (message,) = messages(POLICY, bucket_policy(let()))
    assert message.startswith(
        "`cloudtrail.amazonaws.com`, working for another account, may `s3:PutObject` on `arn:aws:s3:::inbox/"
    )
    assert "`aws:SourceAccount`" in message
    (message,) = messages(POLICY, topic_policy(let(BUCKET, {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::inbox"}})))
    assert "has no account" in message


def test_a_denial_of_other_accounts_counts() -> None:
    others = {"StringNotEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}
    assert violations(POLICY, bucket_policy(let(), deny("s3:*", "*", Principal="*", Condition=others))) == []
    asked = {"StringNotEquals": {"aws:SourceAccount": ACCOUNT}, "Null": {"aws:SourceAccount": "false"}}
    assert violations(POLICY, bucket_policy(let(), deny("s3:*", "*", Principal="*", Condition=asked))) == []
    assert violations(POLICY, bucket_policy(let(), deny("s3:Get*", "*", Principal="*", Condition=others))) != []


def test_whose_data_is_encrypted_says_for_whom() -> None:
    def logs(condition: Any) -> Resource:
        return key_policy(allow("kms:Decrypt", "*", Principal={"Service": "logs.amazonaws.com"}, Condition=condition))

    key = "kms:EncryptionContext:aws:logs:arn"
    assert violations(POLICY, logs({"ArnLike": {key: f"arn:aws:logs:eu-west-1:{ACCOUNT}:*"}})) == []
    assert undecided(POLICY, logs({"ArnLike": {key: UNKNOWN}})) == []
    assert violations(POLICY, logs({"ArnLike": {key: "arn:aws:logs:*:*:*"}})) == ["policy.Statement[0]"]
    assert violations(POLICY, logs({"StringEquals": {"kms:EncryptionContext:app": "x"}})) == ["policy.Statement[0]"]


def test_what_is_open_to_everybody_is_said_once() -> None:
    resource = bucket_policy(let({"AWS": "*", "Service": "sns.amazonaws.com"}))
    assert violations(POLICY, resource) == []
    assert violations(PUBLIC, resource) == ["policy.Statement[0]"]


def test_a_trust_document_is_another_matter() -> None:
    trust = document(allow("sts:AssumeRole", None, Principal={"Service": "lambda.amazonaws.com"}))
    assert violations(POLICY, Resource("aws:iam/role:Role", "r", {"assumeRolePolicy": trust})) == []


def test_an_unknown_that_decides() -> None:
    unknown = {**let(), "Action": UNKNOWN}
    assert undecided(POLICY, bucket_policy(unknown)) == ["policy.Statement[0]"]
    assert undecided(POLICY, bucket_policy(let(SERVICE, UNKNOWN))) == ["policy.Statement[0]"]
    assert (
        undecided(POLICY, bucket_policy({**unknown, "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}})) == []
    )
