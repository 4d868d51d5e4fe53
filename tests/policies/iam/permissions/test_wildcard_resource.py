"""Grants on every resource, and the actions that cannot be narrowed."""

from __future__ import annotations

from policypack.core.examples import allow, deny, role_policy
from policypack.core.policy import UNKNOWN
from policypack.policies.iam.permissions.wildcard_resource import POLICY
from tests.policies.helpers import messages, reported, silent, undecided, violations

test_spellings = reported(
    POLICY,
    "policy.Statement[0].Resource",
    ("s3:GetObject", "**"),
    ("s3:GetObject", "arn:*"),
    ("s3:PutObject", "arn:aws:s3:::*/*"),
    (["s3:ListAllMyBuckets", "dynamodb:GetItem"], "*"),
    ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:*"),
    ("logs:PutLogEvents", "arn:aws:logs:*:*:*"),
    ("logs:PutLogEvents", "arn:aws:logs:eu-central-1:444455556666:*"),
    ("logs:CreateLogGroup", "arn:aws:logs:*:444455556666:*"),
    ("logs:CreateLogGroup", "arn:aws:logs:eu-central-1:*:log-group:*"),
    ("logs:CreateLogGroup", ["arn:aws:logs:eu-central-1:444455556666:*", "*"]),
    ("logs:DeleteLogGroup", "arn:aws:logs:eu-central-1:444455556666:*"),
    ("*", "*"),
    (None, "*", {"NotAction": "iam:*"}),
    ("ec2:TerminateInstances", "*", {"Condition": {"StringEqualsIfExists": {"aws:ResourceTag/team": "blue"}}}),
    of=lambda action, resource, elements=None: role_policy(allow(action, resource, **(elements or {}))),
)
test_silent = silent(
    POLICY,
    allow(["xray:PutTraceSegments", "ecr:GetAuthorizationToken", "sts:GetCallerIdentity"], "*"),
    allow("logs:PutLogEvents", "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/x:*"),
    allow("logs:CreateLogGroup", ["arn:aws:logs:eu-central-1:444455556666:*", "arn:aws:logs:us-east-2:444455556666:*"]),
    allow("logs:CreateLogGroup", "arn:aws:logs:eu-central-1:444455556666:log-group:*"),
    allow("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/bucket}/*"),
    allow("s3:*", ["arn:aws:s3:::inbox", "arn:aws:s3:::inbox/*"]),
    allow("iam:PassRole", "*", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
    allow("ec2:RunInstances", ["arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:*:*:subnet/subnet-0a"]),
    deny("s3:GetObject", "*"),
    of=role_policy,
)


def test_the_message_names_the_actions() -> None:
    (message,) = messages(POLICY, role_policy(allow(["s3:GetObject", "s3:ListAllMyBuckets"], "*")))
    assert message == "allows `s3:GetObject` on every resource"


def test_creation_of_own_log_groups_is_not_named_beside_writing() -> None:
    actions = ["logs:CreateLogGroup", "logs:PutLogEvents"]
    (message,) = messages(POLICY, role_policy(allow(actions, "arn:aws:logs:eu-central-1:444455556666:*")))
    assert message.startswith("allows `logs:PutLogEvents` on every resource")


def test_unknown() -> None:
    assert undecided(POLICY, role_policy(allow(resource=UNKNOWN))) == ["policy.Statement[0].Resource"]
    assert undecided(POLICY, role_policy(allow("s3:ListAllMyBuckets", UNKNOWN))) == []
    scoped = role_policy(allow("kms:Decrypt", "*", Condition={"StringEquals": {"kms:ViaService": UNKNOWN}}))
    assert violations(POLICY, scoped) == []
    assert undecided(POLICY, scoped) == ["policy.Statement[0].Condition"]


test_devices_whose_names_their_users_choose = silent(
    POLICY,
    allow("iam:CreateVirtualMFADevice", "arn:aws:iam::*:mfa/*"),
    allow(["iam:CreateVirtualMFADevice", "iam:ListVirtualMFADevices"], "arn:aws:iam::111122223333:mfa/*"),
    of=role_policy,
)
test_other_devices = reported(
    POLICY,
    "policy.Statement[0].Resource",
    allow("iam:CreateVirtualMFADevice", "*"),
    allow(["iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"], "arn:aws:iam::*:mfa/*"),
    of=role_policy,
)
