"""What properties take: placeholders, service principals, ARNs, names and ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import Resource, Stack
from policypack.evaluation.settings import Settings
from policypack.resources.property_kinds.placeholders import placeholder
from policypack.resources.property_kinds.service_principals import correction, exists
from policypack.resources.property_kinds.table import kind_of, values_of
from policypack.resources.property_kinds.values import problem
from policypack.resources.references import resolve
from policypack.resources.tokens import BUCKET_TYPES

S3 = "arn:aws:s3:::"


@pytest.mark.parametrize(
    "text",
    [
        f"{S3}{{name}}/*",
        f"{S3}{{}}/*",
        f"{S3}{{0}}/*",
        f"{S3}{{bucket.id}}/*",
        f"{S3}{{{{ bucket }}}}/*",
        f"{S3}${{AWS::AccountId}}-data",
        f"{S3}${{aws_s3_bucket.b.id}}/*",
        f"{S3}${{var.bucket}}",
        f"{S3}${{bucket}}",
        f"{S3}${{self:custom.bucket}}",
        f"{S3}{{a1b2c3d4-repository}}/*",
        f"{S3}%s/*",
        f"{S3}%(name)s/*",
        f"{S3}<bucket-name>/*",
        f"{S3}YOUR_BUCKET_NAME/*",
        f"{S3}DOC-EXAMPLE-BUCKET",
        f"{S3}amzn-s3-demo-bucket",
        f"{S3}your-bucket-name",
        f"{S3}REPLACE_ME",
        f"{S3}None/*",
        "arn:aws:iam::ACCOUNT_ID:role/x",
        "arn:aws:iam::undefined:role/x",
        "<pulumi.output.Output object at 0x7f3a1c0b2d90>",
        "Calling __str__ on an Output[T] is not supported.",
        "[object Object]",
    ],
)
def test_a_placeholder_is_found(text: str) -> None:
    assert placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        f"{S3}inbox/${{aws:username}}/*",
        f"{S3}inbox/${{aws:PrincipalTag/team, 'none'}}/*",
        f"{S3}inbox/${{cognito-identity.amazonaws.com:sub}}/*",
        f"{S3}inbox/${{*}}",
        f"{S3}inbox/a%2Fb%20c/*",
        f"{S3}my-bucket/account-id/region/*",
        f"{S3}user-account-bucket",
        f"{S3}nonevent/None-of-it",
        "arn:aws:iot:eu-west-1:111122223333:client/${iot:Connection.Thing.ThingName}",
        "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/*/GET/orders/{id}",
        "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:${stageVariables.f}/x",
        "{1f0e2d3c-4b5a-4968-8776-95a4b3c2d1e0}*:*",
        "{abcdef01-4b5a-4968-8776-95a4b3c2d1e0}:{fedcba98-4b5a-4968-8776-95a4b3c2d1e0}",
        "todo-items",
        "ORDERS.fifo",
        "REGIONAL_jobs",
    ],
)
def test_what_aws_replaces_is_none(text: str) -> None:
    assert placeholder(text) is None


@given(st.text(), st.sampled_from(["arn", "arn:iam:role/*", "name|arn:kms", "bucket", "service", "account", "action"]))
def test_any_text_has_an_answer(text: str, kind: str) -> None:
    assert problem(kind, text) != ""


@given(st.from_regex(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", fullmatch=True))
def test_a_name_is_no_arn_and_an_arn_no_name(name: str) -> None:
    assert problem("name", f"{S3}{name}")
    assert problem("arn", name)
    assert problem("bucket", f"{S3}{name}")


@pytest.mark.parametrize(
    "principal",
    [
        "lambda.amazonaws.com",
        "edgelambda.amazonaws.com",
        "logs.eu-west-1.amazonaws.com",
        "states.us-gov-west-1.amazonaws.com",
        "delivery.logs.amazonaws.com",
        "ec2.amazonaws.com.cn",
        "replicator.lambda.amazonaws.com",
        "vpc-flow-logs.amazonaws.com",
        "clientvpn-connections.amazonaws.com",
        "dms-data-migrations.amazonaws.com",
        "eu-central-1.elasticache-snapshot.amazonaws.com",
        "fargate.amazonaws.com",
        "iotevents.amazonaws.com",
        "license-manager.master-account.amazonaws.com",
        "us-east-1.memorydb-snapshot.amazonaws.com",
        "alexa-appkit.amazon.com",
    ],
)
def test_a_service_principal_exists(principal: str) -> None:
    assert exists(principal)


@pytest.mark.parametrize(
    ("principal", "intended"),
    [
        ("s3.amazon.com", "s3"),
        ("lamda.amazonaws.com", "lambda"),
        ("lambda", "lambda"),
        ("https://events.amazonaws.com", "events"),
        ("events.amazonaws.con", "events"),
        ("stepfunctions.amazonaws.com", ""),
        ("amazonaws.com", ""),
    ],
)
def test_a_service_principal_that_does_not_exist(principal: str, intended: str) -> None:
    assert not exists(principal)
    assert intended in correction(principal)


def test_the_table_has_what_the_failure_list_needs() -> None:
    assert kind_of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "bucket") == "bucket"
    assert kind_of("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "role") == "iam-name"
    assert kind_of("aws:lambda/function:Function", "role") == "arn:iam:role/*"
    assert kind_of("aws:sqs/queuePolicy:QueuePolicy", "queueUrl") == "url"
    assert kind_of("aws:secretsmanager/secret:Secret", "kmsKeyId") == "name|arn:kms"
    assert kind_of("acme:index:Site", "bucket") == ""


def test_the_kind_may_depend_on_another_property() -> None:
    def endpoint(protocol: str) -> str:
        token = "aws:sns/topicSubscription:TopicSubscription"
        subscription = Resource(token, "s", {"protocol": protocol, "endpoint": "x"})
        return next(kind for path, kind, _ in values_of(subscription) if path == "endpoint")

    assert endpoint("sqs") == "arn:sqs"
    assert endpoint("https") == "like:https"
    assert endpoint("carrier-pigeon") == "text"


def test_an_arn_for_a_name_refers_to_nothing() -> None:
    bucket = Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"})
    token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    by_name = Resource(token, "named", {"bucket": "inbox"})
    by_arn = Resource(token, "arn", {"bucket": f"{S3}inbox"})
    stack = Stack((bucket, by_name, by_arn), Settings())
    assert resolve(stack, by_name, "bucket", *BUCKET_TYPES).only is bucket
    assert resolve(stack, by_arn, "bucket", *BUCKET_TYPES).foreign


RULE, SCHEDULER = (
    kind_of("aws:cloudwatch/eventRule:EventRule", "scheduleExpression"),
    kind_of("aws:scheduler/schedule:Schedule", "scheduleExpression"),
)
SCALING = kind_of("aws:autoscaling/schedule:Schedule", "recurrence")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (RULE, "rate(1 hour)"),
        (RULE, "rate(5 minutes)"),
        (RULE, "cron(0 12 * * ? *)"),
        (RULE, "cron(0/15 8-17 ? * MON-FRI *)"),
        (RULE, "cron(15 10 ? * 6L 2030-2031)"),
        (RULE, "cron(0 9 ? JAN,APR mon#1 *)"),
        (RULE, "cron(0 18 LW * ? *)"),
        (SCHEDULER, "rate(1 hours)"),
        (SCHEDULER, "at(2030-01-31T12:00:00)"),
        (SCALING, "0 9 * * MON-FRI"),
    ],
)
def test_a_schedule_expression_that_aws_takes(kind: str, text: str) -> None:
    assert problem(kind, text) is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (RULE, "every 5 minutes"),
        (RULE, "rate(1 hours)"),
        (RULE, "rate(5 minute)"),
        (RULE, "rate(0 minutes)"),
        (RULE, "rate(30 seconds)"),
        (RULE, "cron(0 12 * * *)"),
        (RULE, "cron(0 12 * * * *)"),
        (RULE, "cron(0 12 ? * ? *)"),
        (RULE, "cron(60 12 * * ? *)"),
        (RULE, "cron(0 12 ? * MONDAY *)"),
        (RULE, "0 12 * * ? *"),
        (RULE, "at(2030-01-31T12:00:00)"),
        (SCHEDULER, "at(2030-02-31T12:00:00)"),
        (SCHEDULER, "at(2030-01-31 12:00)"),
        (SCALING, "cron(0 9 * * ? *)"),
    ],
)
def test_a_schedule_expression_that_aws_refuses(kind: str, text: str) -> None:
    assert "and takes" in str(problem(kind, text))
