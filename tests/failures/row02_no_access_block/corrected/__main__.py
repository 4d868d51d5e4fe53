"""A private bucket for orders."""

import sys

import pulumi_aws as aws

sys.path.append("../..")
from protected import document, encryption, tls_only

orders = aws.s3.Bucket("orders", bucket="acme-orders-111122223333")
aws.s3.BucketPublicAccessBlock(
    "orders-access",
    bucket=orders.id,
    block_public_acls=True,
    block_public_policy=True,
    ignore_public_acls=True,
    restrict_public_buckets=True,
)
encryption("orders-encryption", orders)
aws.s3.BucketPolicy("orders-policy", bucket=orders.id, policy=document(tls_only("acme-orders-111122223333")))
