"""Conditions of a role's statements, held to the arguments of the calls in the code: met, not met, or undecided."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow
from policypack.policies.lambda_.missing_permission import POLICY as MISSING
from policypack.policies.lambda_.unused_permission import POLICY as UNUSED
from tests.policies.helpers import messages, outcomes
from tests.policies.lambda_.test_missing_permission import stack

CLIENTS = """import os, boto3
s3 = boto3.client("s3"); kms = boto3.client("kms"); sns = boto3.client("sns"); sts = boto3.client("sts")
cw = boto3.client("cloudwatch"); ev = boto3.client("events"); ddb = boto3.client("dynamodb")
t = boto3.resource("dynamodb").Table("orders"); b = boto3.resource("s3").Bucket("acme")
def handler(event, context):
    """
BUCKET = "arn:aws:s3:::acme"
OBJECT = "arn:aws:s3:::acme/out/x"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:t"
OTHER_ROLE = "arn:aws:iam::111122223333:role/other"
BUS = "arn:aws:events:eu-west-1:111122223333:event-bus/shop"
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"


def lists(operator: str, key: str, *values: str) -> dict[str, Any]:
    return allow("s3:ListBucket", BUCKET, Condition={operator: {key: list(values)}})


def uploads(operator: str, key: str, *values: str) -> dict[str, Any]:
    return allow("s3:PutObject", OBJECT, Condition={operator: {key: list(values)}})


def uploads_with_acl(operator: str, key: str, *values: str) -> dict[str, Any]:
    return allow(["s3:PutObject", "s3:PutObjectAcl"], OBJECT, Condition={operator: {key: list(values)}})


def decrypts(value: str) -> dict[str, Any]:
    return allow("kms:Decrypt", KEY, Condition={"StringEquals": {"kms:EncryptionContext:app": value}})


def reads(value: str, operator: str = "ForAllValues:StringEquals") -> dict[str, Any]:
    return allow("dynamodb:GetItem", TABLE, Condition={operator: {"dynamodb:LeadingKeys": [value]}})


def refuses(operator: str, key: str, *values: str) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Action": "s3:ListBucket",
        "Resource": BUCKET,
        "Condition": {operator: {key: list(values)}},
    }


MET: dict[str, tuple[Any, str]] = {
    "prefix fits": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix='reports/2024/')",
    ),
    "prefix eq fits": (
        lists("StringEquals", "s3:prefix", "reports/"),
        "s3.list_objects_v2(Bucket='acme',Prefix='reports/')",
    ),
    "prefix empty ok": (lists("StringLike", "s3:prefix", "", "reports/*"), "s3.list_objects_v2(Bucket='acme')"),
    "prefix unknown": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix=event['p'])",
    ),
    "prefix partly ok": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix=f\"reports/{event['p']}\")",
    ),
    "prefix env": (
        lists("StringLike", "s3:prefix", "acme*"),
        "s3.list_objects_v2(Bucket='acme',Prefix=os.environ['BUCKET'])",
    ),
    "kwargs open": (lists("StringLike", "s3:prefix", "reports/*"), "s3.list_objects_v2(Bucket='acme',**event)"),
    "paginator ok": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "for p in s3.get_paginator('list_objects_v2').paginate(Bucket='acme',Prefix='reports/x'): print(p)",
    ),
    "resource filter ok": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "for o in b.objects.filter(Prefix='reports/'): print(o)",
    ),
    "two prefixes ok": (
        lists("StringLike", "s3:prefix", "reports/*", "uploads/*"),
        "for p in ('reports/','uploads/'): s3.list_objects_v2(Bucket='acme',Prefix=p)",
    ),
    "two statements ok": (
        [lists("StringLike", "s3:prefix", "reports/*"), lists("StringLike", "s3:prefix", "uploads/*")],
        "for p in ('reports/','uploads/'): s3.list_objects_v2(Bucket='acme',Prefix=p)",
    ),
    "delimiter ok": (
        allow("s3:ListBucket", BUCKET, Condition={"StringEquals": {"s3:prefix": "a/", "s3:delimiter": "/"}}),
        "s3.list_objects_v2(Bucket='acme',Prefix='a/',Delimiter='/')",
    ),
    "max keys given": (
        lists("NumericLessThanEquals", "s3:max-keys", "10"),
        "s3.list_objects_v2(Bucket='acme',MaxKeys=10)",
    ),
    "page size": (
        lists("NumericLessThanEquals", "s3:max-keys", "10"),
        "for p in s3.get_paginator('list_objects_v2').paginate(Bucket='acme',PaginationConfig={'PageSize':10}): print(p)",
    ),
    "ifexists": (lists("StringLikeIfExists", "s3:prefix", "reports/*"), "s3.list_objects_v2(Bucket='acme')"),
    "not like ok": (
        lists("StringNotLike", "s3:prefix", "secret/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix='open/a')",
    ),
    "deny ok": (
        [allow("s3:ListBucket", BUCKET), refuses("StringNotLike", "s3:prefix", "reports/*")],
        "s3.list_objects_v2(Bucket='acme',Prefix='reports/')",
    ),
    "other condition unknown": (lists("StringEquals", "aws:SourceVpc", "vpc-1"), "s3.list_objects_v2(Bucket='acme')"),
    "variable": (
        lists("StringLike", "s3:prefix", "${aws:PrincipalTag/team}/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix='uploads/')",
    ),
    "acl ok": (
        uploads_with_acl("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control"),
        "s3.put_object(Bucket='acme',Key='out/x',ACL='bucket-owner-full-control')",
    ),
    "sse ok": (
        uploads("StringEquals", "s3:x-amz-server-side-encryption", "aws:kms"),
        "s3.put_object(Bucket='acme',Key='out/x',ServerSideEncryption='aws:kms')",
    ),
    "sse null": (
        uploads("Null", "s3:x-amz-server-side-encryption", "true"),
        "s3.put_object(Bucket='acme',Key='out/x')",
    ),
    "upload extra ok": (
        uploads("StringEquals", "s3:x-amz-server-side-encryption", "aws:kms"),
        "s3.upload_file('/tmp/x','acme','out/x',ExtraArgs={'ServerSideEncryption':'aws:kms'})",
    ),
    "kms ok": (
        decrypts("orders"),
        f"kms.decrypt(KeyId='{KEY}',CiphertextBlob=b'',EncryptionContext={{'app':'orders'}})",
    ),
    "kms unknown": (decrypts("orders"), f"kms.decrypt(KeyId='{KEY}',CiphertextBlob=b'',EncryptionContext=event['c'])"),
    "sns ok": (
        allow("sns:Subscribe", TOPIC, Condition={"StringEquals": {"sns:Protocol": "https"}}),
        f"sns.subscribe(TopicArn='{TOPIC}',Protocol='https',Endpoint=event['u'])",
    ),
    "sts ok": (
        allow("sts:AssumeRole", OTHER_ROLE, Condition={"StringEquals": {"sts:ExternalId": "x1"}}),
        f"sts.assume_role(RoleArn='{OTHER_ROLE}',RoleSessionName='a',ExternalId='x1')",
    ),
    "cw ok": (
        allow("cloudwatch:PutMetricData", "*", Condition={"StringEquals": {"cloudwatch:namespace": "Shop"}}),
        "cw.put_metric_data(Namespace='Shop',MetricData=[])",
    ),
    "ev ok": (
        allow("events:PutEvents", BUS, Condition={"StringEquals": {"events:source": "shop"}}),
        f"ev.put_events(Entries=[{{'Source':'shop','DetailType':'a','Detail':'b','EventBusName':'{BUS}'}}])",
    ),
    "ddb ok": (reads("tenant1"), "t.get_item(Key={'pk':'tenant1'})"),
    "ddb sort ok": (reads("tenant1"), "t.get_item(Key={'pk':'tenant1','sk':'a'})"),
    "ddb unknown": (reads("tenant1"), "t.get_item(Key={'pk':event['id']})"),
}
UNMET: dict[str, tuple[Any, str]] = {
    "prefix off": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix='uploads/')",
    ),
    "prefix none": (lists("StringLike", "s3:prefix", "reports/*"), "s3.list_objects_v2(Bucket='acme')"),
    "prefix v1 none": (lists("StringLike", "s3:prefix", "reports/*"), "s3.list_objects(Bucket='acme')"),
    "prefix empty": (lists("StringLike", "s3:prefix", "reports/*"), "s3.list_objects_v2(Bucket='acme',Prefix='')"),
    "prefix partly off": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix=f\"uploads/{event['p']}\")",
    ),
    "prefix env off": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix=os.environ['BUCKET'])",
    ),
    "paginator off": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "for p in s3.get_paginator('list_objects_v2').paginate(Bucket='acme',Prefix='uploads/'): print(p)",
    ),
    "resource filter off": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "for o in b.objects.filter(Prefix='uploads/'): print(o)",
    ),
    "resource all": (lists("StringLike", "s3:prefix", "reports/*"), "for o in b.objects.all(): print(o)"),
    "two prefixes one off": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "for p in ('reports/','uploads/'): s3.list_objects_v2(Bucket='acme',Prefix=p)",
    ),
    "one statement unused": (
        [lists("StringLike", "s3:prefix", "reports/*"), lists("StringLike", "s3:prefix", "uploads/*")],
        "s3.list_objects_v2(Bucket='acme',Prefix='reports/')",
    ),
    "case key": (lists("StringLike", "S3:Prefix", "reports/*"), "s3.list_objects_v2(Bucket='acme',Prefix='uploads/')"),
    "head bucket": (lists("StringLike", "s3:prefix", "reports/*"), "s3.head_bucket(Bucket='acme')"),
    "delimiter off": (
        allow("s3:ListBucket", BUCKET, Condition={"StringEquals": {"s3:prefix": "a/", "s3:delimiter": "/"}}),
        "s3.list_objects_v2(Bucket='acme',Prefix='a/')",
    ),
    "max keys absent": (lists("NumericLessThanEquals", "s3:max-keys", "10"), "s3.list_objects_v2(Bucket='acme')"),
    "not like": (
        lists("StringNotLike", "s3:prefix", "secret/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix='secret/a')",
    ),
    "deny off": (
        [allow("s3:ListBucket", BUCKET), refuses("StringNotLike", "s3:prefix", "reports/*")],
        "s3.list_objects_v2(Bucket='acme',Prefix='uploads/')",
    ),
    "acl off": (
        uploads("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control"),
        "s3.put_object(Bucket='acme',Key='out/x',ACL='public-read')",
    ),
    "acl none": (
        uploads("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control"),
        "s3.put_object(Bucket='acme',Key='out/x')",
    ),
    "sse none": (
        uploads("StringEquals", "s3:x-amz-server-side-encryption", "aws:kms"),
        "s3.put_object(Bucket='acme',Key='out/x')",
    ),
    "sse aes": (
        uploads("StringEquals", "s3:x-amz-server-side-encryption", "aws:kms"),
        "s3.put_object(Bucket='acme',Key='out/x',ServerSideEncryption='AES256')",
    ),
    "upload extra none": (
        uploads("StringEquals", "s3:x-amz-server-side-encryption", "aws:kms"),
        "s3.upload_file('/tmp/x','acme','out/x')",
    ),
    "kms off": (
        decrypts("orders"),
        f"kms.decrypt(KeyId='{KEY}',CiphertextBlob=b'',EncryptionContext={{'app':'users'}})",
    ),
    "kms none": (decrypts("orders"), f"kms.decrypt(KeyId='{KEY}',CiphertextBlob=b'')"),
    "sns off": (
        allow("sns:Subscribe", TOPIC, Condition={"StringEquals": {"sns:Protocol": "https"}}),
        f"sns.subscribe(TopicArn='{TOPIC}',Protocol='http',Endpoint=event['u'])",
    ),
    "sts none": (
        allow("sts:AssumeRole", OTHER_ROLE, Condition={"StringEquals": {"sts:ExternalId": "x1"}}),
        f"sts.assume_role(RoleArn='{OTHER_ROLE}',RoleSessionName='a')",
    ),
    "cw off": (
        allow("cloudwatch:PutMetricData", "*", Condition={"StringEquals": {"cloudwatch:namespace": "Shop"}}),
        "cw.put_metric_data(Namespace='Other',MetricData=[])",
    ),
    "ev off": (
        allow("events:PutEvents", BUS, Condition={"StringEquals": {"events:source": "shop"}}),
        f"ev.put_events(Entries=[{{'Source':'other','DetailType':'a','Detail':'b','EventBusName':'{BUS}'}}])",
    ),
    "ddb off": (reads("tenant1"), "t.get_item(Key={'pk':'tenant2'})"),
    "ddb client off": (
        reads("tenant1", "ForAllValues:StringLike"),
        "ddb.get_item(TableName='orders',Key={'pk':{'S':'tenant2'}})",
    ),
}


def resources(statements: Any, line: str) -> list[Any]:
    return stack(*(statements if isinstance(statements, list) else [statements]), text=CLIENTS + line + "\n")


@pytest.mark.parametrize("name", MET)
def test_what_a_call_meets_or_may_meet_is_allowed(name: str) -> None:
    case = resources(*MET[name])
    assert [*outcomes(MISSING, *case), *outcomes(UNUSED, *case)] == []


@pytest.mark.parametrize("name", UNMET)
def test_what_no_call_meets_is_missing_or_excessive(name: str) -> None:
    case = resources(*UNMET[name])
    assert [*messages(MISSING, *case), *messages(UNUSED, *case)] != []


def test_the_condition_is_named() -> None:
    case = resources(*UNMET["prefix off"])
    assert messages(MISSING, *case) == [
        (
            "does not allow `s3:ListBucket` on `arn:aws:s3:::acme`: `app.py:6` calls `ListObjectsV2` of `s3`, "
            "which does not meet `StringLike` on `s3:prefix`"
        )
    ]
    assert messages(UNUSED, *case) == ["is met by no call of `s3:ListBucket`"]
