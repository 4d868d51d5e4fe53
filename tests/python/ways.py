"""Ways to call AWS from Python, and what is to be read of each: `LINE service:Operation argument=text|text`."""

from __future__ import annotations

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
        ["6 s3:GetObject Bucket=in Key=a"],
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
    "threads, and clients by name": (
        """
        import boto3
        from concurrent.futures import ThreadPoolExecutor
        from threading import Thread
        clients = {name: boto3.client(name) for name in ("sqs", "kms")}
        def send(sqs, queue):
            sqs.send_message(QueueUrl=queue, MessageBody="")
        def handler(event, context):
            with ThreadPoolExecutor() as pool:
                pool.submit(send, clients["sqs"], "one")
            Thread(target=send, args=(boto3.client("sqs"), "two")).start()
        """,
        ["7 sqs:SendMessage QueueUrl=one", "7 sqs:SendMessage QueueUrl=two"],
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
