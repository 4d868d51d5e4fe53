"""The correct parts of a program: a protected bucket, and a function that may write its logs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

ACCOUNT = "111122223333"
REGION = "eu-central-1"

HANDLER = """
def handler(event, context):
    for record in event["Records"]:
        print(record["s3"]["object"]["key"])
"""


NORMALISER = """
import boto3

s3 = boto3.client("s3")


def handler(event, context):
    listed = s3.list_objects_v2(Bucket="acme-orders-111122223333", Prefix="incoming/")
    for each in listed["Contents"]:
        body = s3.get_object(Bucket="acme-orders-111122223333", Key="incoming/" + each["Key"])["Body"].read()
        s3.put_object(Bucket="acme-results-111122223333", Key="normalised/" + each["ETag"], Body=body)
"""
"""Reads the orders, and writes the results."""


def document(*statements: Mapping[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def tls_only(bucket_name: str) -> Mapping[str, Any]:
    """Denies requests without TLS."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket_name}", f"arn:aws:s3:::{bucket_name}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def access_block(name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions | None = None) -> None:
    """Blocks all public access."""
    aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )


def encryption(name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions | None = None) -> None:
    """Encrypts by default."""
    aws.s3.BucketServerSideEncryptionConfiguration(
        name,
        bucket=bucket.bucket,
        rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms"}, "bucket_key_enabled": True}],
        opts=opts,
    )


def protected_bucket(
    name: str,
    bucket_name: str,
    opts: pulumi.ResourceOptions | None = None,
    statements: Sequence[Mapping[str, Any]] = (),
) -> aws.s3.Bucket:
    """A bucket with every protection, and optional further statements in its policy."""
    bucket = aws.s3.Bucket(name, bucket=bucket_name, opts=opts)
    access_block(f"{name}-access", bucket, opts)
    encryption(f"{name}-encryption", bucket, opts)
    aws.s3.BucketPolicy(
        f"{name}-policy", bucket=bucket.bucket, policy=document(tls_only(bucket_name), *statements), opts=opts
    )
    return bucket


def execution_role(
    name: str, opts: pulumi.ResourceOptions | None = None, statements: Sequence[Mapping[str, Any]] = ()
) -> aws.iam.Role:
    """A role for Lambda that allows the function's logs and `statements`."""
    role = aws.iam.Role(
        f"{name}-role",
        name=f"{name}-{REGION}",
        assume_role_policy=document(
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            }
        ),
        opts=opts,
    )
    logs = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{name}:*",
    }
    aws.iam.RolePolicy(f"{name}-role-policy", role=role.name, policy=document(logs, *statements), opts=opts)
    return role


def function(
    name: str,
    opts: pulumi.ResourceOptions | None = None,
    statements: Sequence[Mapping[str, Any]] = (),
    code: str = HANDLER,
) -> aws.lambda_.Function:
    """A function that prints the keys in its events, or runs `code`."""
    return aws.lambda_.Function(
        name,
        name=name,
        role=execution_role(name, opts, statements).arn,
        runtime="python3.13",
        handler="index.handler",
        code=pulumi.AssetArchive({"index.py": pulumi.StringAsset(code)}),
        opts=opts,
    )
