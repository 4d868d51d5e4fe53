"""Actions that AWS does not have."""

from __future__ import annotations

import pytest

from policypack.core.policy import UNKNOWN
from policypack.policies.iam.unknown_action import POLICY
from tests.policies.helpers import allow, bucket_policy, deny, messages, role, role_policy, undecided, violations


@pytest.mark.parametrize(
    "pattern",
    ["s3:GetObjects", "s3:ListObjects", "s3.GetObject", "s3:", "dynamo:GetItem", "s3:Get[O]bject", "s3 :Get*"],
)
def test_typing_errors(pattern: str) -> None:
    assert violations(POLICY, role_policy(allow(["s3:GetObject", pattern]))) == ["policy.Statement[0].Action"]


def test_everywhere_a_document_names_actions() -> None:
    assert violations(POLICY, bucket_policy(deny("s3:PutObjectACLs", "*", Principal="*")))
    assert violations(POLICY, role({"Effect": "Allow", "Principal": "*", "Action": "sts:AsumeRole"}))
    assert violations(POLICY, role_policy(deny(None, "*", NotAction="iam:GetUsers"))) == [
        "policy.Statement[0].NotAction"
    ]


def test_the_message_suggests_what_was_meant() -> None:
    (message,) = messages(POLICY, role_policy(allow("s3:GetObjects")))
    assert message == "`s3:GetObjects` is not in AWS's reference of actions; did you mean `s3:GetObject`?"
    (message,) = messages(POLICY, role_policy(allow("lamda:InvokeFunction")))
    assert message.endswith("did you mean `lambda`?")


@pytest.mark.parametrize("pattern", ["evidently:ListProjects", "deepracer:*", "IoTEvents:List*"])
def test_what_aws_withdrew_is_told_as_such(pattern: str) -> None:
    """AWS's own managed policies still name these; nothing was misspelled, so nothing else is suggested."""
    (message,) = messages(POLICY, role_policy(allow(["s3:GetObject", pattern])))
    assert message == f"`{pattern}` is no longer in AWS's reference of actions: AWS has withdrawn or renamed it"


@pytest.mark.parametrize(
    "pattern",
    ["S3:GETOBJECT", "s3:Get*", "*", "*:*", "apigateway:GET", "execute-api:Invoke", "ssmmessages:OpenDataChannel"],
)
def test_real_actions(pattern: str) -> None:
    assert violations(POLICY, role_policy(allow(pattern))) == []


def test_unknown() -> None:
    assert undecided(POLICY, role_policy(allow(["s3:GetObject", UNKNOWN]))) == ["policy.Statement[0].Action[1]"]
    assert undecided(POLICY, role_policy(allow(resource=UNKNOWN))) == []
