"""Orders that arrive in a bucket are normalised."""

import sys

import pulumi
import pulumi_aws as aws

sys.path.append("../..")
from protected import function, protected_bucket

WRITE = {
    "Effect": "Allow",
    "Action": "s3:PutObject",
    "Resource": "arn:aws:s3:::acme-results-111122223333/*",
}

WRITER = """
import uuid

import boto3

s3 = boto3.client("s3")


def handler(event, context):
    for record in event["Records"]:
        s3.put_object(Bucket="acme-results-111122223333", Key=str(uuid.uuid4()), Body=b"")
"""

orders = protected_bucket("orders", "acme-orders-111122223333")
results = protected_bucket("results", "acme-results-111122223333")
normalise = function("normalise", statements=[WRITE], code=WRITER)

permission = aws.lambda_.Permission(
    "orders-invoke",
    action="lambda:InvokeFunction",
    function=normalise.name,
    principal="s3.amazonaws.com",
    source_arn="arn:aws:s3:::acme-orders-111122223333",
    source_account="111122223333",
)
aws.s3.BucketNotification(
    "orders-notification",
    bucket=orders.id,
    lambda_functions=[
        {
            "lambda_function_arn": normalise.arn,
            "events": ["s3:ObjectCreated:*"],
        }
    ],
    opts=pulumi.ResourceOptions(depends_on=[permission]),
)
