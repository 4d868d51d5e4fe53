"""The region that a client has."""

from __future__ import annotations

import pytest

from tests.python.test_calls import found

HEAD = """
import os
import boto3
from botocore.config import Config
from botocore.session import get_session
def handler(event, context):
    """
GET = '.get_item(TableName="t", Key={})'


@pytest.mark.parametrize(
    ("line", "regions"),
    [
        (f'boto3.client("dynamodb"){GET}', ["own"]),
        (f'boto3.client("dynamodb", region_name=None){GET}', ["own"]),
        (f'boto3.client("dynamodb", config=Config(retries={{}})){GET}', ["own"]),
        (f'boto3.client("dynamodb", region_name="us-east-1"){GET}', ["us-east-1"]),
        (f'boto3.client("dynamodb", "us-east-1"){GET}', ["us-east-1"]),
        (f'boto3.client("dynamodb", **{{"region_name": "us-east-1"}}){GET}', ["us-east-1"]),
        (f'boto3.client("dynamodb", config=Config(region_name="us-east-1")){GET}', ["us-east-1"]),
        (f'boto3.client("dynamodb", config=Config(region_name="us-east-1").merge(Config())){GET}', ["us-east-1"]),
        (f'boto3.client("dynamodb", "us-west-2", config=Config(region_name="us-east-1")){GET}', ["us-west-2"]),
        (f'boto3.Session(region_name="us-east-1").client("dynamodb"){GET}', ["us-east-1"]),
        (f'boto3.session.Session(None, None, None, "us-east-1").client("dynamodb"){GET}', ["us-east-1"]),
        (f'boto3.Session(region_name="us-east-1").client("dynamodb", "us-west-2"){GET}', ["us-west-2"]),
        (f'get_session().create_client("dynamodb", region_name="us-east-1"){GET}', ["us-east-1"]),
        (f'boto3.client("dynamodb", region_name=os.environ["AT"]){GET}', ["${AT}"]),
        (f'boto3.client("dynamodb", region_name=boto3.Session().region_name){GET}', ["${AWS_REGION}"]),
        (
            f'boto3.client("dynamodb", boto3.client("s3", region_name="us-east-1").meta.region_name){GET}',
            ["us-east-1"],
        ),
        (f'boto3.client("dynamodb", region_name=None or "us-east-1"){GET}', ["us-east-1"]),
        (f'boto3.client("dynamodb", region_name=event["region"]){GET}', ["…"]),
        (f'boto3.client("dynamodb", **event){GET}', ["…"]),
        (f'boto3.client("dynamodb", region_name=event.get("region", "us-east-1")){GET}', ["…"]),
        (
            f'[boto3.client("dynamodb", region_name=at){GET} for at in ("us-east-1", "us-west-2")]',
            ["us-east-1", "us-west-2"],
        ),
        ('boto3.client("dynamodb", "us-east-1").get_paginator("scan").paginate(TableName="t")', ["us-east-1"]),
        ('boto3.client("dynamodb", "us-east-1").get_waiter("table_exists").wait(TableName="t")', ["us-east-1"]),
        ('boto3.resource("dynamodb", region_name="us-east-1").Table("t").put_item(Item={})', ["us-east-1"]),
        ('boto3.resource("dynamodb", "us-east-1").Table("t").batch_writer()', ["us-east-1"]),
        ('boto3.resource("dynamodb", "us-east-1").meta.client.list_tables()', ["us-east-1"]),
        ('boto3.resource("sqs", "us-east-1").get_queue_by_name(QueueName="q")', ["us-east-1"]),
    ],
)
def test_the_region_of_a_client(line: str, regions: list[str]) -> None:
    calls = found(HEAD + line).calls
    texts = ["own" if call.region is None else str(call.region) for call in calls]
    assert [text.replace("(the event's)", "…") for text in texts] == regions
