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


def about(
    service: str, operation: str, *, where: RunContext = WHERE, region: Text | None = None, **given: str | Text
) -> list[str]:
    """`ACTION PATTERN`, with `~` where the pattern is only known in part, and `?` where a part of it is enough."""
    arguments = tuple(
        (name.replace("__", "."), ((value if isinstance(value, Text) else Text((value,))),))
        for name, value in given.items()
    )
    call = AwsCall(CodePlace("app.py", 1), service, operation, arguments, region=region)
    return [
        f"{each.action.partition(':')[2]} {'' if target.every else '~'}{target.pattern.removeprefix('arn:aws:')}"
        f"{'?' * (region is not None and target.part)}"
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


@pytest.mark.parametrize(
    ("region", "target"),
    [
        (None, "eu-west-1:111122223333:table/t"),
        (Text(("us-east-1",)), "us-east-1:111122223333:table/t"),
        (Text((Environment("AWS_REGION", "us-east-1"),)), "us-east-1:111122223333:table/t"),
        (Text((Environment("BUCKET"),)), "acme:111122223333:table/t"),
        (Text((Environment("UNSET"),)), "*:111122223333:table/t?"),
        (UNKNOWN, "*:111122223333:table/t?"),
        (EVENT, "*:111122223333:table/t?"),
        (Text(("us-", UnknownPart())), "us-*:111122223333:table/t?"),
    ],
)
def test_a_name_is_in_the_region_of_the_client(region: Text | None, target: str) -> None:
    assert about("dynamodb", "GetItem", region=region, TableName="t") == [f"GetItem dynamodb:{target}"]


@pytest.mark.parametrize("region", [None, Text(("ap-south-1",)), UNKNOWN])
@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://sqs.us-east-1.amazonaws.com/444455556666/work", "us-east-1:444455556666:work"),
        ("https://sqs-fips.us-west-2.amazonaws.com/444455556666/work/", "us-west-2:444455556666:work"),
        ("https://sqs.us-west-2.api.aws/444455556666/work", "us-west-2:444455556666:work"),
        ("https://us-west-2.queue.amazonaws.com/444455556666/work", "us-west-2:444455556666:work"),
        ("https://queue.amazonaws.com/444455556666/work", "us-east-1:444455556666:work"),
    ],
)
def test_the_url_of_a_queue_names_its_region_and_account(url: str, target: str, region: Text | None) -> None:
    assert about("sqs", "SendMessage", region=region, QueueUrl=url) == [f"SendMessage sqs:{target}"]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            about("sqs", "SendMessage", QueueUrl=Text(("https://sqs.", UnknownPart(), ".amazonaws.com/1/work"))),
            ["SendMessage ~sqs:eu-west-1:111122223333:*"],
        ),
        (
            about("sqs", "SendMessage", QueueUrl=Text(("https://sqs.us-east-1.amazonaws.com/", UnknownPart()))),
            ["SendMessage ~sqs:eu-west-1:111122223333:*"],
        ),
        (about("sns", "Publish", TopicArn=Text(("arn:aws:sns:", UnknownPart(), ":1:t"))), ["Publish ~sns:*"]),
        (
            about("sns", "Publish", region=Text(("us-east-1",)), TopicArn="arn:aws:sns:eu-west-1:1:t"),
            ["Publish sns:eu-west-1:1:t"],
        ),
        (
            about("events", "PutEvents", region=Text(("us-east-1",))),
            ["PutEvents events:us-east-1:111122223333:event-bus/default"],
        ),
        (about("s3", "GetObject", region=Text(("us-east-1",)), Bucket="a", Key="b"), ["GetObject s3:::a/b"]),
    ],
)
def test_an_arn_names_its_own_region(found: list[str], expected: list[str]) -> None:
    assert found == expected


def test_a_region_and_account_that_are_not_known_are_any() -> None:
    assert about("sqs", "SendMessage", where=RunContext(), QueueUrl="https://x/1/work") == ["SendMessage sqs:*:*:work"]
