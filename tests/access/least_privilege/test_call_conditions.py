"""Conditions of a role's statements, held to the arguments of the calls in the code: met, not met, or undecided."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow
from policypack.policies.lambda_.missing_permission import POLICY as MISSING
from policypack.policies.lambda_.unused_permission import POLICY as UNUSED
from tests.access.least_privilege.conditional_roles import (
    BUCKET,
    BUS,
    CLIENTS,
    KEY,
    MET,
    OTHER_ROLE,
    TOPIC,
    decrypts,
    lists,
    reads,
    refuses,
    uploads,
)
from tests.policies.helpers import messages, outcomes
from tests.policies.lambda_.test_missing_permission import stack

UNMET: dict[str, tuple[Any, str]] = {
    **{
        f"session {key}": (lists(operator, key, value), "s3.list_objects_v2(Bucket='acme')")
        for operator, key, value in (
            ("Bool", "aws:MultiFactorAuthPresent", "true"),
            ("StringEquals", "aws:PrincipalType", "User"),
            ("StringLike", "aws:username", "*"),
            ("StringEquals", "aws:SourceVpce", "vpce-1"),
            ("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"),
            ("Bool", "aws:ViaAWSService", "true"),
            ("ArnLike", "aws:SourceArn", "arn:aws:s3:::acme"),
            ("ForAnyValue:StringEquals", "aws:CalledVia", "athena.amazonaws.com"),
            ("Null", "aws:PrincipalArn", "true"),
        )
    },
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
    "fstring const": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "base='uploads'; s3.list_objects_v2(Bucket='acme',Prefix=f'{base}/2024')",
    ),
    "helper param off": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "def ls(p): return s3.list_objects_v2(Bucket='acme',Prefix=p)\n    ls('uploads/a')",
    ),
    "helper default": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "def ls(p='uploads/'): return s3.list_objects_v2(Bucket='acme',Prefix=p)\n    ls()",
    ),
    "kwargs dict off": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "k={'Bucket':'acme','Prefix':'uploads/'}\n    s3.list_objects_v2(**k)",
    ),
    "env default off": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix=os.environ.get('P','uploads/'))",
    ),
    "equals no slash": (
        lists("StringEquals", "s3:prefix", "reports"),
        "s3.list_objects_v2(Bucket='acme',Prefix='reports/')",
    ),
    "like star literal equals": (
        lists("StringEquals", "s3:prefix", "reports/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix='reports/x')",
    ),
    "forall off": (
        lists("ForAllValues:StringLike", "s3:prefix", "reports/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix='uploads/x')",
    ),
    "null false absent": (lists("Null", "s3:prefix", "false"), "s3.list_objects_v2(Bucket='acme')"),
    "versions": (
        [allow("s3:ListBucketVersions", BUCKET, Condition={"StringLike": {"s3:prefix": "a/*"}})],
        "s3.list_object_versions(Bucket='acme',Prefix='b/')",
    ),
    "star none": (lists("StringEquals", "s3:prefix", "a/*"), "s3.list_objects_v2(Bucket='acme')"),
    "client method indirection": (
        lists("StringLike", "s3:prefix", "a/*"),
        "getattr(s3,'list_objects_v2')(Bucket='acme',Prefix='b/')",
    ),
    "resource bucket obj": (lists("StringLike", "s3:prefix", "a/*"), "list(b.objects.filter(Prefix='b/').limit(5))"),
    "waiter bucket exists": (
        lists("StringLike", "s3:prefix", "a/*"),
        "s3.get_waiter('bucket_exists').wait(Bucket='acme')",
    ),
    "storage": (
        [
            allow(
                "s3:PutObject",
                "arn:aws:s3:::acme/x",
                Condition={"StringEquals": {"s3:x-amz-storage-class": "STANDARD_IA"}},
            )
        ],
        "s3.put_object(Bucket='acme',Key='x',StorageClass='GLACIER')",
    ),
    "kms context in client": (
        [
            allow(
                "kms:Encrypt",
                "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
                Condition={"StringEquals": {"kms:EncryptionContext:app": "a"}},
            )
        ],
        "kms.encrypt(KeyId='arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',Plaintext=b'x',EncryptionContext={'app':'b'})",
    ),
    "deny unencrypted": (
        [
            allow("s3:PutObject", "arn:aws:s3:::acme/x"),
            {
                "Effect": "Deny",
                "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::acme/*",
                "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
            },
        ],
        "s3.put_object(Bucket='acme',Key='x')",
    ),
    "deny null": (
        [
            allow("s3:PutObject", "arn:aws:s3:::acme/x"),
            {
                "Effect": "Deny",
                "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::acme/*",
                "Condition": {"Null": {"s3:x-amz-server-side-encryption": "true"}},
            },
        ],
        "s3.put_object(Bucket='acme',Key='x')",
    ),
    "from off": (
        [allow("ses:SendEmail", "*", Condition={"StringEquals": {"ses:FromAddress": "a@example.com"}})],
        "boto3.client('ses').send_email(Source='b@example.com',Destination={},Message={})",
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
