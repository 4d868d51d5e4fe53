"""Orders that arrive in a bucket are copied to where they are kept."""

import sys

import pulumi
import pulumi_aws as aws

sys.path.append("../..")
from protected import execution_role, protected_bucket

COPY = [
    {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::acme-orders-111122223333/incoming/*",
    },
    {
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::acme-kept-111122223333/orders/*",
    },
]

orders = protected_bucket("orders", "acme-orders-111122223333")
kept = protected_bucket("kept", "acme-kept-111122223333")
copy = aws.lambda_.Function(
    "copy",
    name="copy",
    role=execution_role("copy", statements=COPY).arn,
    runtime="python3.13",
    handler="handler.handler",
    code=pulumi.AssetArchive({"handler.py": pulumi.FileAsset("handler.py")}),
)
permission = aws.lambda_.Permission(
    "orders-invoke",
    action="lambda:InvokeFunction",
    function=copy.name,
    principal="s3.amazonaws.com",
    source_arn="arn:aws:s3:::acme-orders-111122223333",
    source_account="111122223333",
)
aws.s3.BucketNotification(
    "orders-notification",
    bucket=orders.id,
    lambda_functions=[
        {
            "lambda_function_arn": copy.arn,
            "events": ["s3:ObjectCreated:*"],
            "filter_prefix": "incoming/",
        }
    ],
    opts=pulumi.ResourceOptions(depends_on=[permission]),
)
