"""Roles with conditions, each with code whose calls meet them or may meet them, and the statements that they use."""

from __future__ import annotations

from typing import Any

from policypack.core.examples import allow

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
    "mfa if present": (
        lists("BoolIfExists", "aws:MultiFactorAuthPresent", "true"),
        "s3.list_objects_v2(Bucket='acme')",
    ),
    "not by a service": (lists("Bool", "aws:ViaAWSService", "false"), "s3.list_objects_v2(Bucket='acme')"),
    "outside an endpoint": (
        lists("StringNotEquals", "aws:SourceVpce", "vpce-1"),
        "s3.list_objects_v2(Bucket='acme')",
    ),
    "other condition unknown": (
        lists("StringEquals", "aws:PrincipalOrgID", "o-1"),
        "s3.list_objects_v2(Bucket='acme')",
    ),
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
    "helper param ok": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "def ls(p): return s3.list_objects_v2(Bucket='acme',Prefix=p)\n    ls('reports/a')",
    ),
    "kwargs dict ok": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "k={'Bucket':'acme','Prefix':'reports/'}\n    s3.list_objects_v2(**k)",
    ),
    "kwargs conditional prefix": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "k={'Bucket':'acme'}\n    if event.get('p'): k['Prefix']=event['p']\n    s3.list_objects_v2(**k)",
    ),
    "kwargs set later": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "k={'Bucket':'acme'}\n    k['Prefix']='reports/'\n    s3.list_objects_v2(**k)",
    ),
    "kwargs token loop": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "k={'Bucket':'acme','Prefix':'reports/'}\n    while True:\n        r=s3.list_objects_v2(**k)\n        if not r.get('NextContinuationToken'): break\n        k['ContinuationToken']=r['NextContinuationToken']",
    ),
    "env unknown": (
        lists("StringLike", "s3:prefix", "reports/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix=os.environ['P'])",
    ),
    "wild question": (
        lists("StringLike", "s3:prefix", "reports/20??/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix='reports/2024/x')",
    ),
    "ignore case": (
        lists("StringEqualsIgnoreCase", "s3:prefix", "Reports/"),
        "s3.list_objects_v2(Bucket='acme',Prefix='reports/')",
    ),
    "forany": (
        lists("ForAnyValue:StringLike", "s3:prefix", "reports/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix='reports/x')",
    ),
    "forall absent": (lists("ForAllValues:StringLike", "s3:prefix", "reports/*"), "s3.list_objects_v2(Bucket='acme')"),
    "null false present": (lists("Null", "s3:prefix", "false"), "s3.list_objects_v2(Bucket='acme',Prefix=event['p'])"),
    "versions ok": (
        [allow("s3:ListBucketVersions", BUCKET, Condition={"StringLike": {"s3:prefix": "a/*"}})],
        "s3.list_object_versions(Bucket='acme',Prefix='a/')",
    ),
    "unconditional too": ([allow("s3:ListBucket", BUCKET)], "s3.list_objects_v2(Bucket='acme',Prefix='a/')"),
    "with get": (
        [lists("StringLike", "s3:prefix", "a/*"), allow("s3:GetObject", "arn:aws:s3:::acme/a/*")],
        "for o in s3.list_objects_v2(Bucket='acme',Prefix='a/')['Contents']: s3.get_object(Bucket='acme',Key='a/'+event['x'])",
    ),
    "prefix empty string or glob": (
        lists("StringLike", "s3:prefix", "", "a/", "a/*"),
        "s3.list_objects_v2(Bucket='acme',Prefix='a/b',Delimiter='/')",
    ),
    "star": (lists("StringLike", "s3:prefix", "*"), "s3.list_objects_v2(Bucket='acme',Prefix='a/b')"),
    "resource page size ok": (
        lists("StringLike", "s3:prefix", "a/*"),
        "list(b.objects.filter(Prefix='a/').page_size(5))",
    ),
    "versionid": (
        [allow("s3:GetObjectVersion", "arn:aws:s3:::acme/x", Condition={"StringEquals": {"s3:VersionId": "v1"}})],
        "s3.get_object(Bucket='acme',Key='x',VersionId='v1')",
    ),
    "external id env": (
        [
            allow(
                "sts:AssumeRole",
                "arn:aws:iam::111122223333:role/o",
                Condition={"StringEquals": {"sts:ExternalId": "acme"}},
            )
        ],
        "sts.assume_role(RoleArn='arn:aws:iam::111122223333:role/o',RoleSessionName='x',ExternalId=os.environ['BUCKET'])",
    ),
    "securetransport": (
        [
            allow(
                "s3:ListBucket",
                BUCKET,
                Condition={"Bool": {"aws:SecureTransport": "true"}, "StringLike": {"s3:prefix": "a/*"}},
            )
        ],
        "s3.list_objects_v2(Bucket='acme',Prefix='a/')",
    ),
    "two funcs deny transport": (
        [
            allow("s3:ListBucket", BUCKET),
            {
                "Effect": "Deny",
                "Action": "s3:*",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
        "s3.list_objects_v2(Bucket='acme',Prefix='a/')",
    ),
    "deny acl public": (
        [
            allow(["s3:PutObject"], "arn:aws:s3:::acme/x"),
            {
                "Effect": "Deny",
                "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::acme/*",
                "Condition": {"StringEquals": {"s3:x-amz-acl": "public-read"}},
            },
        ],
        "s3.put_object(Bucket='acme',Key='x')",
    ),
    "kms key id name": (
        [
            allow(
                "s3:PutObject",
                "arn:aws:s3:::acme/x",
                Condition={
                    "StringEquals": {
                        "s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-west-1:111122223333:key/k"
                    }
                },
            )
        ],
        "s3.put_object(Bucket='acme',Key='x',ServerSideEncryption='aws:kms',SSEKMSKeyId='k')",
    ),
    "from label": (
        [allow("ses:SendEmail", "*", Condition={"StringEquals": {"ses:FromAddress": "a@example.com"}})],
        "boto3.client('ses').send_email(Source='Shop <a@example.com>',Destination={},Message={})",
    ),
}
