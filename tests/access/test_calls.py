from __future__ import annotations

import textwrap

import pytest

from policypack.access.calls import Found, calls_of


def found(text: str, **others: str) -> Found:
    sources = {"app.py": textwrap.dedent(text)} | {
        f"{name.replace('__', '/')}.py": textwrap.dedent(each) for name, each in others.items()
    }
    return calls_of(sources, "app.handler")


def called(text: str, **others: str) -> list[str]:
    """Each call as `LINE service:Operation argument=text|text`, with the arguments that name a resource."""
    read = found(text, **others)
    assert read.unresolved == ()
    return [shown(each) for each in read.calls]


NAMES = ("Bucket", "Key", "Prefix", "QueueUrl", "TopicArn", "TableName", "SecretId", "Name", "FunctionName", "Path")


def shown(call: object) -> str:
    arguments = [f"{name}={'|'.join(map(str, given))}" for name, given in call.arguments if name in NAMES]  # type: ignore[attr-defined]
    return " ".join([f"{call.place.line} {call.service}:{call.operation}", *arguments])  # type: ignore[attr-defined]


def unresolved(text: str, **others: str) -> list[str]:
    return [f"{each.place.line} {each.why}" for each in found(text, **others).unresolved]


WAYS = {
    "a client of the module": (
        """
        import boto3
        s3 = boto3.client("s3")
        def handler(event, context):
            s3.get_object(Bucket="in", Key="a.csv")
        """,
        ["5 s3:GetObject Bucket=in Key=a.csv"],
    ),
    "a session": (
        """
        from boto3.session import Session as S
        def handler(event, context):
            S(region_name="eu-west-1").client(service_name="sqs").send_message(QueueUrl="q", MessageBody="")
        """,
        ["4 sqs:SendMessage QueueUrl=q"],
    ),
    "imported names": (
        """
        from boto3 import client as make, resource
        SERVICE = "sns"
        def handler(event, context):
            make(SERVICE).publish(TopicArn="t")
            resource("dynamodb").Table("orders").put_item(Item={})
        """,
        ["5 sns:Publish TopicArn=t", "6 dynamodb:PutItem TableName=orders"],
    ),
    "an attribute of a class": (
        """
        import boto3
        class Store:
            def __init__(self, bucket, client=None):
                self.bucket = bucket
                self.client = client or boto3.client("s3")
            @property
            def name(self):
                return self.bucket
            def put(self, key):
                self.client.put_object(Bucket=self.name, Key=f"out/{key}.json")
        class Better(Store):
            def put(self, key):
                super().put("better")
        def handler(event, context):
            Better("results").put("a")
        """,
        ["11 s3:PutObject Bucket=results Key=out/better.json"],
    ),
    "an argument and a return value": (
        """
        import boto3
        from functools import lru_cache
        @lru_cache(maxsize=None)
        def client(name="s3"):
            return boto3.client(name)
        def copy(to, s3, *, key):
            s3.put_object(Bucket=to, Key=key)
        def handler(event, context):
            copy("one", client(), key="a")
            copy("other", client("s3"), key="b")
        """,
        ["8 s3:PutObject Bucket=one Key=a", "8 s3:PutObject Bucket=other Key=b"],
    ),
    "a client made once": (
        """
        import boto3
        _client = None
        def client():
            global _client
            if _client is None:
                _client = boto3.client("kms")
            return _client
        def handler(event, context):
            client().decrypt(CiphertextBlob=b"")
        """,
        ["10 kms:Decrypt"],
    ),
    "paginators and waiters": (
        """
        import boto3
        s3 = boto3.client("s3")
        def handler(event, context):
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket="in", Prefix="a/"):
                print(page)
            s3.get_waiter("object_exists").wait(Bucket="in", Key="a/b")
        """,
        ["5 s3:ListObjectsV2 Bucket=in Prefix=a/", "7 s3:HeadObject Bucket=in Key=a/b"],
    ),
    "resources and collections": (
        """
        import boto3
        s3 = boto3.resource("s3")
        def handler(event, context):
            bucket = s3.Bucket("in")
            for each in bucket.objects.filter(Prefix="a/"):
                each.delete()
            s3.Object("in", "b").get()
            s3.Object(bucket_name="in", key="c").content_length
            bucket.Object("d").wait_until_exists()
            bucket.objects.all().delete()
            bucket.meta.client.head_object(Bucket=bucket.name, Key="e")
        """,
        [
            "6 s3:ListObjects Bucket=in Prefix=a/",
            "7 s3:DeleteObject Bucket=in Key=…",
            "8 s3:GetObject Bucket=in Key=b",
            "9 s3:HeadObject Bucket=in Key=c",
            "10 s3:HeadObject Bucket=in Key=d",
            "11 s3:DeleteObjects Bucket=in",
            "11 s3:ListObjects Bucket=in",
            "12 s3:HeadObject Bucket=in Key=e",
        ],
    ),
    "transfers and signed URLs": (
        """
        import boto3
        s3 = boto3.client("s3")
        def handler(event, context):
            s3.upload_file("/tmp/a", "out", "a")
            s3.download_fileobj(Bucket="in", Key="b", Fileobj=None)
            s3.copy({"Bucket": "in", "Key": "c"}, "out", "d")
            s3.generate_presigned_url("get_object", Params={"Bucket": "in", "Key": "e"})
            s3.generate_presigned_post("in", "f")
            boto3.resource("s3").Bucket("in").upload_fileobj(None, "g")
        """,
        [
            "5 s3:CreateMultipartUpload Bucket=out Key=a",
            "5 s3:PutObject Bucket=out Key=a",
            "6 s3:GetObject Bucket=in Key=b",
            "6 s3:HeadObject Bucket=in Key=b",
            "7 s3:CopyObject Bucket=out Key=d",
            "7 s3:CreateMultipartUpload Bucket=out Key=d",
            "7 s3:UploadPartCopy Bucket=out Key=d",
            "8 s3:GetObject Bucket=in Key=e",
            "9 s3:PutObject Bucket=in Key=f",
            "10 s3:CreateMultipartUpload Bucket=in Key=g",
            "10 s3:PutObject Bucket=in Key=g",
        ],
    ),
    "getattr, partial, threads and default arguments": (
        """
        import boto3
        from concurrent.futures import ThreadPoolExecutor
        from functools import partial
        def get(s3, key):
            return getattr(s3, "get_object")(Bucket="in", Key=key)
        def handler(event, context, s3=boto3.client("s3")):
            with ThreadPoolExecutor() as pool:
                pool.map(partial(get, s3), ["a"])
        """,
        ["6 s3:GetObject Bucket=in Key=…"],
    ),
    "the environment and the event": (
        """
        import os
        import boto3
        from urllib.parse import unquote_plus
        BUCKET = os.environ["BUCKET"]
        s3 = boto3.client("s3")
        def handler(event, context):
            for record in event["Records"]:
                key = unquote_plus(record["s3"]["object"]["key"])
                s3.get_object(Bucket=record["s3"]["bucket"]["name"], Key=key)
                s3.put_object(Bucket=BUCKET, Key="out/%s" % key)
                s3.put_object(Bucket=os.getenv("OTHER", "spare"), Key="{}.json".format(key))
        """,
        [
            "10 s3:GetObject Bucket=(the event's) Key=(the event's)",
            "11 s3:PutObject Bucket=${BUCKET} Key=out/(the event's)",
            "12 s3:PutObject Bucket=${OTHER} Key=(the event's).json",
        ],
    ),
    "pydantic's settings": (
        """
        import boto3
        from pydantic import Field
        from pydantic_settings import BaseSettings, SettingsConfigDict
        class Settings(BaseSettings):
            model_config = SettingsConfigDict(env_prefix="APP_")
            table: str
            queue: str = Field(validation_alias="QUEUE_URL")
        settings = Settings()
        def handler(event, context):
            boto3.client("dynamodb").get_item(TableName=settings.table, Key={})
            boto3.client("sqs").receive_message(QueueUrl=settings.queue)
        """,
        ["11 dynamodb:GetItem TableName=${APP_TABLE}", "12 sqs:ReceiveMessage QueueUrl=${QUEUE_URL}"],
    ),
    "powertools": (
        """
        from aws_lambda_powertools.utilities import parameters
        from aws_lambda_powertools.utilities.parameters import get_secret
        from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, idempotent
        from aws_lambda_powertools.utilities.batch import BatchProcessor, process_partial_response
        layer = DynamoDBPersistenceLayer(table_name="seen")
        def one(record):
            get_secret("token")
        def handler(event, context):
            parameters.get_parameter("/app/a")
            parameters.SSMProvider().get("/app/b")
            return process_partial_response(event=event, record_handler=one, processor=None, context=context)
        """,
        [
            "6 dynamodb:DeleteItem TableName=seen",
            "6 dynamodb:GetItem TableName=seen",
            "6 dynamodb:PutItem TableName=seen",
            "6 dynamodb:UpdateItem TableName=seen",
            "8 secretsmanager:GetSecretValue SecretId=token",
            "10 ssm:GetParameter Name=/app/a",
            "11 ssm:GetParameter Name=/app/b",
        ],
    ),
    "a function inside a method": (
        """
        import boto3
        class Store:
            key = "none"
            def put(self, names):
                s3, key = boto3.client("s3"), "b"
                def one(name):
                    s3.put_object(Bucket="out", Key=key)
                return [one(each) for each in names]
            def get(self):
                boto3.client("s3").get_object(Bucket="out", Key=self.key)
        def handler(event, context):
            Store().put(["a"])
            Store().get()
        if __name__ == "__main__":
            boto3.client("s3").list_buckets()
        """,
        ["8 s3:PutObject Bucket=out Key=b", "11 s3:GetObject Bucket=out Key=none"],
    ),
    "a batch of writes, whose arguments are texts and lists of them": (
        """
        import boto3
        table = boto3.resource("dynamodb").Table("orders")
        def handler(event, context):
            with table.batch_writer() as batch:
                batch.put_item(Item={})
            boto3.client("events").put_events(Entries=[{"Source": "a", "Detail": f"{event}"}, {"Source": event["b"]}])
        """,
        ["5 dynamodb:BatchWriteItem", "7 events:PutEvents"],
    ),
    "context managers, and arguments in a dictionary": (
        """
        import boto3
        from contextlib import contextmanager, closing
        @contextmanager
        def connected():
            yield boto3.client("s3")
        def handler(event, context):
            wanted = {"Bucket": "in"}
            wanted["Key"] = "a"
            with connected() as s3, closing(boto3.client("sqs")) as sqs:
                s3.get_object(**wanted)
                sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="later")["QueueUrl"], MessageBody="")
        """,
        ["11 s3:GetObject Bucket=in Key=a", "12 sqs:GetQueueUrl", "12 sqs:SendMessage QueueUrl=later"],
    ),
    "an annotation says which client": (
        """
        from __future__ import annotations
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from types_boto3_s3 import S3Client
        from plugins import made
        def read(s3: S3Client):
            s3.head_object(Bucket="in", Key="a")
        def handler(event, context):
            read(made())
        """,
        ["8 s3:HeadObject Bucket=in Key=a"],
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_call_is_found_however_it_is_made(way: str) -> None:
    text, expected = WAYS[way]
    assert called(text) == expected


def test_calls_are_followed_through_the_modules_of_the_package() -> None:
    text = """
        from store import clients
        from store.names import BUCKET as bucket
        def handler(event, context):
            clients.s3().put_object(Bucket=bucket, Key="a")
    """
    clients = """
        import boto3
        def s3():
            return boto3.client("s3")
    """
    names = 'from .base import *\nBUCKET = f"{BASE}-out"\n'
    read = called(text, store____init__="", store__clients=clients, store__names=names, store__base='BASE = "acme"\n')
    assert read == ["5 s3:PutObject Bucket=acme-out Key=a"]


def test_modules_that_the_handler_never_imports_are_not_read() -> None:
    assert (
        called("def handler(event, context):\n    pass\n", tool='import boto3\nboto3.client("s3").list_buckets()\n')
        == []
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("boto3.client(event['service']).run()", "4 makes a client of a service whose name is not a constant"),
        ("getattr(boto3.client('s3'), event['x'])()", "4 calls an operation whose name is not a constant"),
        ("boto3.client('s3').get_paginator(event['x'])", "4 makes a paginator of `s3` for an operation"),
        ("boto3.client('s3').get_objekt()", "4 calls `get_objekt`, which is no operation of `s3`"),
        ("boto3.client('s4')", "4 makes a client of `s4`, which botocore does not know"),
        ("plugins.client().put_object(Bucket='a')", "4 calls `put_object` of something that comes from outside"),
        ("import awswrangler", "4 imports `awswrangler`, which calls AWS in ways"),
    ],
)
def test_what_cannot_be_resolved_is_told_with_its_line(text: str, why: str) -> None:
    told = unresolved(f"import boto3\nimport plugins\ndef handler(event, context):\n    {text}\n")
    assert any(each.startswith(why) for each in told), told


def test_without_a_handler_what_nothing_calls_is_where_reading_begins() -> None:
    text = """
        import boto3
        def put(s3, key):
            s3.put_object(Bucket="out", Key=key)
        class Store:
            def __init__(self, s3):
                self.s3 = s3
            def put(self):
                self.s3.put_object(Bucket="out", Key="b")
        def main(event, context):
            put(boto3.client("s3"), "a")
            Store(boto3.client("s3")).put()
    """
    read = calls_of({"app.py": textwrap.dedent(text)})
    assert read.unresolved == ()
    assert [shown(each) for each in read.calls] == [
        "4 s3:PutObject Bucket=out Key=a",
        "9 s3:PutObject Bucket=out Key=b",
    ]


def test_a_file_that_does_not_parse_is_told() -> None:
    assert unresolved("def handler(event, context:\n") == ["1 begins a file that does not parse as Python"]


def test_code_that_calls_itself_is_read_in_bounded_time() -> None:
    lines = "".join(
        f"def f{index}(*a): return f{(index + 1) % 40}(*a, {index}), f{(index + 7) % 40}(a)\n" for index in range(40)
    )
    assert calls_of({"app.py": f"{lines}def handler(event, context): f0(event)\n"}, "app.handler").calls == ()
