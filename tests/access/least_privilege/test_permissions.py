"""Operations and actions: what a call needs, and that no operation of the services most used is forgotten."""

from __future__ import annotations

import pytest

from policypack.access.least_privilege.calls import listed, permissions
from policypack.iam.actions import expand
from policypack.python.files import CodePlace
from policypack.python.libraries import sdk
from policypack.python.model import AwsCall, Text

MOST_USED = [
    "s3",
    "sqs",
    "sns",
    "dynamodb",
    "dynamodbstreams",
    "lambda",
    "secretsmanager",
    "ssm",
    "kms",
    "events",
    "stepfunctions",
    "logs",
    "cloudwatch",
    "sts",
    "sesv2",
    "ses",
    "cognito-idp",
    "cognito-identity",
    "bedrock-runtime",
    "bedrock-agent-runtime",
    "kinesis",
    "firehose",
    "athena",
    "glue",
    "ecs",
    "ecr",
    "ec2",
    "iam",
    "rds",
    "rds-data",
    "cloudfront",
    "apigatewaymanagementapi",
    "iot-data",
    "scheduler",
    "textract",
    "rekognition",
    "comprehend",
    "transcribe",
    "translate",
    "polly",
    "xray",
    "appconfigdata",
    "codepipeline",
    "codebuild",
    "cloudformation",
    "batch",
    "elasticache",
    "route53",
    "opensearch",
    "redshift-data",
    "organizations",
    "s3control",
    "pipes",
]
WITHOUT_ACTION = {
    ("sts", "GetCallerIdentity"),
    ("sts", "AssumeRoleWithSAML"),
    ("sts", "AssumeRoleWithWebIdentity"),
    *(
        ("cognito-idp", each)
        for each in (
            "CompleteWebAuthnRegistration",
            "DeleteWebAuthnCredential",
            "GetUserAuthFactors",
            "ListWebAuthnCredentials",
            "StartWebAuthnRegistration",
        )
    ),
}
"""Operations that anybody may call, or whose caller is vouched for by a token."""


def needed(service: str, operation: str, **arguments: str) -> list[str]:
    call = AwsCall(
        CodePlace("app.py", 1),
        service,
        operation,
        tuple((name, (Text((value,)),)) for name, value in arguments.items()),
    )
    found = permissions(call)
    assert found is not None
    return [f"{each.action}{f'@{each.subject}' if each.subject else ''}{'?' if each.may else ''}" for each in found]


@pytest.mark.parametrize("service", MOST_USED)
def test_every_operation_needs_an_action_that_exists_or_is_listed(service: str) -> None:
    assert sdk.operations(service)
    for operation in sdk.operations(service).values():
        found = permissions(AwsCall(CodePlace("app.py", 1), service, operation))
        if found is None:
            assert listed(service, operation), operation
        elif (service, operation) not in WITHOUT_ACTION:
            assert found
            assert all(expand(each.action) for each in found), operation


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "expected"),
    [
        ("s3", "ListObjectsV2", {}, ["s3:ListBucket"]),
        ("s3", "HeadBucket", {}, ["s3:ListBucket"]),
        ("s3", "HeadObject", {}, ["s3:GetObject", "s3:ListBucket?"]),
        ("s3", "GetObject", {"VersionId": "1"}, ["s3:GetObjectVersion"]),
        (
            "s3",
            "PutObject",
            {"Tagging": "a=b", "ACL": "private"},
            ["s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectAcl"],
        ),
        (
            "s3",
            "CopyObject",
            {},
            ["s3:PutObject", "s3:GetObject@CopySource", "s3:GetObjectTagging@CopySource?", "s3:PutObjectTagging?"],
        ),
        ("s3", "DeleteObjects", {}, ["s3:DeleteObject"]),
        ("s3", "ListParts", {}, ["s3:ListMultipartUploadParts"]),
        ("s3", "PutBucketLifecycleConfiguration", {}, ["s3:PutLifecycleConfiguration"]),
        ("sqs", "SendMessageBatch", {}, ["sqs:SendMessage"]),
        ("sns", "PublishBatch", {}, ["sns:Publish"]),
        ("lambda", "Invoke", {}, ["lambda:InvokeFunction"]),
        ("dynamodb", "BatchGetItem", {}, ["dynamodb:BatchGetItem"]),
        (
            "dynamodb",
            "TransactWriteItems",
            {"TransactItems[].Put.TableName": "t"},
            ["dynamodb:PutItem@TransactItems[].Put"],
        ),
        ("stepfunctions", "StartExecution", {}, ["states:StartExecution"]),
        ("cloudwatch", "PutMetricData", {}, ["cloudwatch:PutMetricData"]),
        ("events", "PutEvents", {}, ["events:PutEvents"]),
        ("sts", "GetCallerIdentity", {}, []),
        ("sesv2", "SendEmail", {}, ["ses:SendEmail"]),
        ("bedrock-runtime", "Converse", {}, ["bedrock:InvokeModel"]),
        ("kms", "ReEncrypt", {}, ["kms:ReEncryptFrom@SourceKeyId", "kms:ReEncryptTo@DestinationKeyId"]),
        ("cognito-idp", "AdminGetUser", {}, ["cognito-idp:AdminGetUser"]),
    ],
)
def test_what_a_call_needs(service: str, operation: str, arguments: dict[str, str], expected: list[str]) -> None:
    assert needed(service, operation, **arguments) == expected
