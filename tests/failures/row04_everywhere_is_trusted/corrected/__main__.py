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
            "Sid": "OfficeOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": f"arn:aws:s3:::{NAME}/*",
            "Condition": {
                "NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]},
                "ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/orders-eu-central-1"},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"},
            },
        },
    ),
)
