"""Spellings of documents on a way from a function URL to a bucket: open ones, and those that look alike."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policypack.core.examples import allow, deny, document
from policypack.core.policy import Resource
from tests.access.paths.test_paths import (
    ASSUMES,
    BUCKET_POLICY,
    DATA,
    LIMIT,
    POLICY,
    READS,
    arn,
    bucket,
    function,
    grants,
    role,
    shape,
    trusting,
    url,
    ways,
)
from tests.joining.fleet import ACCOUNT, OTHER, deployed

READ = ["invokes > runs as > reads"]
DOUBTFUL = ["invokes > runs as > reads?"]
ASSUMED = ["invokes > runs as > assumes > reads"]
NONE: list[str] = []
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"


def site(*statements: Any, **inputs: Any) -> list[Resource]:
    """A function that the internet invokes, and its role."""
    rights = [grants("api", *statements)] if statements else []
    return [function(), url(), role("api", **inputs), *rights]


def attached(policy: str) -> Resource:
    return deployed(ATTACHMENT, "attached", role="api", policyArn=policy)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow("s3:GetObject", f"{DATA}/reports/*")], READ),
        ([allow("s3:Get*", "*")], READ),
        ([allow("s3:GetObjectVersion", f"{DATA}/*")], READ),
        ([READS, deny("s3:GetObject", f"{DATA}/secret/*")], READ),
        ([READS, deny("s3:*", "*")], NONE),
        ([allow("s3:ListBucket", DATA)], NONE),
        ([allow("s3:GetObject", f"{DATA}-other/*")], NONE),
        ([{"Effect": "Allow", "NotAction": ["iam:*", "sts:*", "s3:Put*"], "Resource": f"{DATA}/*"}], READ),
        ([{"Effect": "Allow", "NotAction": ["s3:*", "iam:*", "lambda:*", "sts:*"], "Resource": "*"}], NONE),
        ([{"Effect": "Allow", "Action": "s3:*", "NotResource": [f"{DATA}/*"]}], NONE),
        ([{"Effect": "Allow", "Action": "s3:GetObject"}], NONE),
        ([allow("s3:GetObject", "arn:aws:s3:::${aws:username}/*")], NONE),
        ([allow("s3:GetObject", f"{DATA}/*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})], DOUBTFUL),
        ([allow("s3:GetObject", "*", Condition={"StringEquals": {"aws:ResourceAccount": ACCOUNT}})], READ),
        ([allow("s3:GetObject", "*", Condition={"StringEquals": {"aws:ResourceAccount": OTHER}})], NONE),
        ([allow("s3:GetObject", "*", Condition={"StringEquals": {"s3:ExistingObjectTag/a": "b"}})], DOUBTFUL),
    ],
)
def test_what_a_role_reads(statements: list[Any], expected: list[str]) -> None:
    assert shape(ways({"site": site(*statements), "data": [bucket()]})) == expected


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, READ),
        ({"Condition": {"ArnNotEquals": {"aws:PrincipalArn": arn("role", "api")}}}, READ),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}}, READ),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalAccount": OTHER}}}, NONE),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}, DOUBTFUL),
        ({"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}, DOUBTFUL),
        ({"Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}, DOUBTFUL),
        ({"Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}}}, NONE),
        ({}, NONE),
    ],
)
def test_what_a_bucket_denies(element: dict[str, Any], expected: list[str]) -> None:
    denying = document(deny("s3:*", [DATA, f"{DATA}/*"], Principal="*", **element))
    policy = deployed(BUCKET_POLICY, "data", bucket="data", policy=denying)
    assert shape(ways({"site": site(READS), "data": [bucket(), policy]})) == expected


@pytest.mark.parametrize(
    ("trust", "expected"),
    [
        ([allow("sts:AssumeRole", None, Principal={"AWS": ROOT})], ASSUMED),
        ([allow("sts:AssumeRole", None, Principal={"AWS": ACCOUNT})], ASSUMED),
        (
            [
                allow(
                    "sts:*",
                    None,
                    Principal={"AWS": ROOT},
                    Condition={"ArnLike": {"aws:PrincipalArn": arn("role", "a*")}},
                )
            ],
            ASSUMED,
        ),
        (
            [
                allow(
                    "sts:*",
                    None,
                    Principal={"AWS": ROOT},
                    Condition={"ArnLike": {"aws:PrincipalArn": arn("role", "c*")}},
                )
            ],
            NONE,
        ),
        ([allow("sts:TagSession", None, Principal={"AWS": ROOT})], NONE),
        ([allow("sts:AssumeRole", None, Principal={"AWS": f"arn:aws:iam::{OTHER}:root"})], NONE),
        (
            [
                allow("sts:AssumeRole", None, Principal={"AWS": ROOT}),
                {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": {"AWS": arn("role", "api")}},
            ],
            NONE,
        ),
    ],
)
def test_whom_a_role_trusts(trust: list[Any], expected: list[str]) -> None:
    identity = [role("reader", document(*trust)), grants("reader", READS)]
    assert shape(ways({"site": site(ASSUMES), "identity": identity, "data": [bucket()]})) == expected


@pytest.mark.parametrize(
    ("statements", "service", "expected"),
    [
        ([allow(["iam:PassRole", "ecs:RunTask"], "*")], "ecs-tasks", "passes to ECS"),
        ([allow(["iam:PassRole", "glue:*"], "*")], "glue", "passes to Glue"),
        ([allow(["iam:PassRole", "cloudformation:CreateStack"], "*")], "cloudformation", "passes to CloudFormation"),
        ([allow(["iam:PassRole", "sagemaker:*"], "*")], "sagemaker", "passes to SageMaker"),
        ([allow(["iam:PassRole", "ec2:RunInstances"], "*")], "ec2", "passes to EC2"),
        ([allow("iam:PassRole", arn("role", "other")), allow("ecs:RunTask", "*")], "ecs-tasks", ""),
        ([allow("iam:PassRole", "*"), allow("ecs:ListTasks", "*")], "ecs-tasks", ""),
        ([allow(["iam:PassRole", "ecs:RunTask"], "*"), deny("ecs:*", "*")], "ecs-tasks", ""),
        ([allow(["iam:PassRole", "ecs:RunTask"], "*")], "lambda", ""),
    ],
)
def test_to_what_a_role_is_passed(statements: list[Any], service: str, expected: str) -> None:
    identity = [role("reader", trusting(Service=f"{service}.amazonaws.com")), grants("reader", READS)]
    found = shape(ways({"site": site(*statements), "identity": identity, "data": [bucket()]}))
    assert found == ([f"invokes > runs as > {expected} > reads"] if expected else [])


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([*site(), attached("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")], READ),
        (
            [*site(), attached("arn:aws:iam::aws:policy/AdministratorAccess")],
            ["invokes > runs as > administers > controls"],
        ),
        (
            [
                *site(permissionsBoundary=arn("policy", "limit")),
                LIMIT,
                attached("arn:aws:iam::aws:policy/AdministratorAccess"),
            ],
            NONE,
        ),
        (site(READS, permissionsBoundary=arn("policy", "nowhere")), DOUBTFUL),
        (site(inlinePolicies=[{"name": "x", "policy": json.dumps(document(READS))}]), READ),
        (
            [
                *site(),
                attached(arn("policy", "p")),
                deployed(POLICY, "p", arn("policy", "p"), name="p", policy=document(READS)),
            ],
            READ,
        ),
        (
            site(allow("iam:UpdateAssumeRolePolicy", arn("role", "reader"))),
            ["invokes > runs as > edits the trust of > reads"],
        ),
        (site(allow("iam:UpdateAssumeRolePolicy", arn("role", "writer"))), NONE),
    ],
)
def test_what_is_attached(resources: list[Resource], expected: list[str]) -> None:
    identity = [role("reader"), grants("reader", READS)]
    assert shape(ways({"site": resources, "identity": identity, "data": [bucket()]})) == expected


def events(kind: str) -> list[Resource]:
    """A queue or a topic that everyone may send to, which runs the function."""
    service = kind.partition("/")[0].removeprefix("aws:")
    action = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}[service]
    of = f"arn:aws:{service}:eu-west-1:{ACCOUNT}:inbox"
    open_ = deployed(kind, "inbox", of, name="inbox", policy=document(allow(action, of, Principal="*")))
    target = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:api"
    relay = {
        "sqs": deployed("aws:lambda/eventSourceMapping:EventSourceMapping", "m", functionName="api", eventSourceArn=of),
        "sns": deployed(
            "aws:sns/topicSubscription:TopicSubscription", "m", protocol="lambda", topic=of, endpoint=target
        ),
    }[service]
    return [function(), role("api"), grants("api", READS), open_, relay]


@pytest.mark.parametrize("kind", ["aws:sqs/queue:Queue", "aws:sns/topic:Topic"])
def test_messages_of_outsiders_run_a_function(kind: str) -> None:
    resources = events(kind)
    assert shape(ways({"site": resources, "data": [bucket()]})) == ["writes to > sets off > runs as > reads"]
    assert shape(ways({"site": resources[:-1], "data": [bucket()]})) == []


def test_the_code_of_a_function_in_an_open_bucket() -> None:
    policy = document(allow("s3:PutObject", "arn:aws:s3:::code/*", Principal="*"))
    code = [bucket("code"), deployed(BUCKET_POLICY, "code", bucket="code", policy=policy)]
    resources = [function(s3Bucket="code", s3Key="a.zip"), role("api"), grants("api", READS), *code]
    assert shape(ways({"site": resources, "data": [bucket()]})) == ["writes to > has the code of? > runs as > reads"]
