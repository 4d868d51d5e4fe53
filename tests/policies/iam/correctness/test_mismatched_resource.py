"""Actions and resources that do not belong together."""

from __future__ import annotations

from policypack.core.examples import allow, bucket_policy, deny, role, role_policy
from policypack.core.policy import UNKNOWN
from policypack.policies.iam.correctness.mismatched_resource import POLICY
from tests.policies.helpers import messages, silent, undecided, violations

BUCKET, OBJECTS = "arn:aws:s3:::inbox", "arn:aws:s3:::inbox/*"
ACTION, RESOURCE = "policy.Statement[0].Action", "policy.Statement[0].Resource"


def test_neither_fits_the_other() -> None:
    for statement in (
        allow("s3:ListAllMyBuckets", BUCKET),
        allow("sqs:SendMessage", "arn:aws:sns:eu-west-1:111122223333:dead"),
        allow("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:inbox/*"),
    ):
        assert violations(POLICY, role_policy(statement)) == [ACTION]
    assert violations(POLICY, bucket_policy(deny("s3:PutObject", BUCKET, Principal="*"))) == [ACTION]
    assert violations(POLICY, role_policy(allow("s3:ListBucket", [BUCKET, OBJECTS]))) == [RESOURCE]


def test_a_wrong_arn_is_reported_once() -> None:
    for action, resource in (
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-central-1:111122223333:resize"),
        ("dynamodb:GetItem", "arn:aws:dynamodb:eu-central-1:111122223333:orders"),
    ):
        assert violations(POLICY, role_policy(allow(action, resource))) == [ACTION]


def test_the_message_quotes_what_the_action_needs() -> None:
    [message] = messages(POLICY, role_policy(allow("sqs:SendMessage", BUCKET)))
    assert message.endswith("`sqs:SendMessage` needs `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`")


test_silent = silent(
    POLICY,
    allow("s3:*", [BUCKET, OBJECTS]),
    allow("*", OBJECTS),
    allow("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:accesspoint/in/object/*"),
    allow("s3:GetObject", "arn:*:s3:::inbox*"),
    allow("ssm:GetParameter", "arn:aws:ssm:eu-west-1::parameter/aws/service/x"),
    allow("ec2:RunInstances", ["arn:aws:ec2:*::image/*", "arn:aws:ec2:*:*:instance/*"]),
    allow(None, OBJECTS, NotAction="s3:ListBucket"),
    allow("s3:ListBucket", None, NotResource=OBJECTS),
    allow("s3:GetObjects", OBJECTS),
    allow("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
    allow("apigateway:GET", "arn:aws:apigateway:*::/apis"),
    allow("s3:GetObject", [OBJECTS, UNKNOWN]),
    of=role_policy,
)
test_documents_without_resources = silent(POLICY, role(allow("sts:AssumeRole", None, Principal="*")))


def test_unknown() -> None:
    assert RESOURCE in undecided(POLICY, role_policy(allow("s3:GetObject", [BUCKET, UNKNOWN])))
    assert violations(POLICY, role_policy(allow(["s3:GetObject", UNKNOWN], BUCKET))) == [ACTION]
