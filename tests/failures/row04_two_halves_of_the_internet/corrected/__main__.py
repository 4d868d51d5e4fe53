"""Only the office may touch the orders."""

import sys

import pulumi_aws as aws

sys.path.append("../..")
from protected import access_block, document, encryption, tls_only

NAME = "acme-orders-111122223333"

orders = aws.s3.Bucket("orders", bucket=NAME)
access_block("orders-access", orders)
encryption("orders-encryption", orders)
aws.s3.BucketPolicy(
    "orders-policy",
    bucket=orders.id,
    policy=document(
        tls_only(NAME),
        {
            "Sid": "Partners",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::444455556666:role/partner"},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{NAME}/*",
            "Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}},
        },
    ),
)
