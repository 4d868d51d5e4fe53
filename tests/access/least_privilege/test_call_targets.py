"""The ARNs that a call's arguments name."""

from __future__ import annotations

import pytest

from policypack.access.least_privilege.calls import RunContext, Upload, permissions, targets
from policypack.python.files import CodePlace
from policypack.python.model import AwsCall, Environment, Text, UnknownPart

WHERE = RunContext(
    {"QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/111122223333/work", "BUCKET": "acme"},
    (Upload("inbox", "in/"),),
    "eu-west-1",
    "111122223333",
)
EVENT = Text((UnknownPart(event=True),))
UNKNOWN = Text((UnknownPart(),))


def about(service: str, operation: str, *, where: RunContext = WHERE, **given: str | Text) -> list[str]:
    """`ACTION PATTERN`, with `~` where the pattern is only known in part."""
    arguments = tuple(
        (name.replace("__", "."), ((value if isinstance(value, Text) else Text((value,))),))
        for name, value in given.items()
    )
    call = AwsCall(CodePlace("app.py", 1), service, operation, arguments)
    return [
        f"{each.action.partition(':')[2]} {'' if target.every else '~'}{target.pattern.removeprefix('arn:aws:')}"
        for each in permissions(call) or ()
        if not each.may
        for target in targets(call, each, where)
    ]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (about("s3", "GetObject", Bucket="a", Key="b"), ["GetObject s3:::a/b"]),
        (about("s3", "ListObjectsV2", Bucket="a", Prefix="b"), ["ListBucket s3:::a"]),
        (about("s3", "GetObject", Bucket=EVENT, Key=EVENT), ["GetObject s3:::inbox/in/*"]),
        (about("s3", "GetObject", Bucket=EVENT, Key="a"), ["GetObject s3:::inbox/a"]),
        (about("s3", "GetObject", Bucket="b", Key=EVENT), ["GetObject ~s3:::b/*"]),
        (about("s3", "GetObject", where=RunContext(), Bucket=EVENT, Key=EVENT), ["GetObject ~s3:::*/*"]),
        (about("s3", "PutObject", Bucket=Text((Environment("BUCKET"),)), Key="a"), ["PutObject s3:::acme/a"]),
        (about("s3", "PutObject", Bucket=Text((Environment("UNSET"),)), Key="a"), ["PutObject ~s3:::*/a"]),
        (about("s3", "PutObject", Bucket=Text((Environment("UNSET", "spare"),)), Key="a"), ["PutObject s3:::spare/a"]),
        (about("s3", "PutObject", Bucket="b", Key=Text(("out/", UnknownPart(), ".json"))), ["PutObject ~s3:::b/out/*"]),
        (about("s3", "ListBuckets"), ["ListAllMyBuckets *"]),
        (
            about("s3", "CopyObject", Bucket="b", Key="k", CopySource__Bucket="c", CopySource__Key="d"),
            ["PutObject s3:::b/k", "GetObject s3:::c/d"],
        ),
        (
            about("s3", "CopyObject", Bucket="b", Key="k", CopySource="c/d"),
            ["PutObject s3:::b/k", "GetObject s3:::c/d"],
        ),
        (
            about("sqs", "SendMessageBatch", QueueUrl=Text((Environment("QUEUE_URL"),))),
            ["SendMessage sqs:eu-west-1:111122223333:work"],
        ),
        (about("sns", "Publish", TopicArn="arn:aws:sns:eu-west-1:1:t"), ["Publish sns:eu-west-1:1:t"]),
        (about("sns", "Publish", PhoneNumber="+1"), ["Publish *"]),
        (about("dynamodb", "GetItem", TableName="t"), ["GetItem dynamodb:eu-west-1:111122223333:table/t"]),
        (
            about("dynamodb", "Query", TableName="t", IndexName="i"),
            ["Query dynamodb:eu-west-1:111122223333:table/t/index/i"],
        ),
        (about("dynamodb", "GetItem", TableName=UNKNOWN), ["GetItem ~dynamodb:eu-west-1:111122223333:table/*"]),
        (
            about("secretsmanager", "GetSecretValue", SecretId="db"),
            ["GetSecretValue secretsmanager:eu-west-1:111122223333:secret:db-??????"],
        ),
        (about("ssm", "GetParameter", Name="/a/b"), ["GetParameter ssm:eu-west-1:111122223333:parameter/a/b"]),
        (
            about("ssm", "GetParametersByPath", Path="/a/b"),
            ["GetParametersByPath ssm:eu-west-1:111122223333:parameter/a/b"],
        ),
        (
            about("ssm", "GetParametersByPath", Path="/a/b/"),
            ["GetParametersByPath ssm:eu-west-1:111122223333:parameter/a/b/"],
        ),
        (about("events", "PutEvents"), ["PutEvents events:eu-west-1:111122223333:event-bus/default"]),
        (about("lambda", "Invoke", FunctionName="f"), ["InvokeFunction lambda:eu-west-1:111122223333:function:f"]),
        (about("sts", "AssumeRole", RoleArn="arn:aws:iam::1:role/r"), ["AssumeRole iam::1:role/r"]),
        (about("kms", "Decrypt", KeyId="alias/mine"), ["Decrypt ~kms:eu-west-1:111122223333:key/*"]),
        (about("textract", "DetectDocumentText"), ["DetectDocumentText *"]),
        (about("ecs", "RunTask"), ["RunTask ~*"]),
    ],
)
def test_what_a_call_is_about(found: list[str], expected: list[str]) -> None:
    assert found == expected


def test_a_region_and_account_that_are_not_known_are_any() -> None:
    assert about("sqs", "SendMessage", where=RunContext(), QueueUrl="https://x/1/work") == ["SendMessage sqs:*:*:work"]
