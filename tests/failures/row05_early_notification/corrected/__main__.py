"""Orders that arrive in a bucket are normalised."""

import sys

import pulumi
import pulumi_aws as aws

sys.path.append("../..")
from protected import function, protected_bucket

orders = protected_bucket("orders", "acme-orders-111122223333")
normalise = function("normalise")

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
            "filter_prefix": "incoming/",
            "filter_suffix": ".csv",
        }
    ],
    opts=pulumi.ResourceOptions(depends_on=[permission]),
)
