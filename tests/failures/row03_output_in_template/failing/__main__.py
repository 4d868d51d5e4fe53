"""Orders are read over TLS only."""

import sys

import pulumi_aws as aws

sys.path.append("../..")
from protected import access_block, encryption

orders = aws.s3.Bucket("orders", bucket="acme-orders-111122223333")
access_block("orders-access", orders)
encryption("orders-encryption", orders)
aws.s3.BucketPolicy(
    "orders-policy",
    bucket=orders.id,
    policy=f"""{{
        "Version": "2012-10-17",
        "Statement": {{
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["{orders.arn}", "{orders.arn}/*"],
            "Condition": {{"Bool": {{"aws:SecureTransport": "false"}}}}
        }}
    }}""",
)
