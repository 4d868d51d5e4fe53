"""Orders are read over TLS only."""

import json
import sys

import pulumi_aws as aws

sys.path.append("../..")
from protected import access_block, encryption

NAME = "acme-orders-111122223333"
ARN = f"arn:aws:s3:::{NAME}"

orders = aws.s3.Bucket("orders", bucket=NAME)
access_block("orders-access", orders)
encryption("orders-encryption", orders)
aws.s3.BucketPolicy(
    "orders-policy",
    bucket=orders.id,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [ARN, f"{ARN}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        }
    ),
)
