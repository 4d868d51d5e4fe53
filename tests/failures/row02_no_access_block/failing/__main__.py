"""A private bucket for orders: its ACL says so."""

import sys

import pulumi_aws as aws

sys.path.append("../..")
from protected import document, encryption, tls_only

orders = aws.s3.Bucket("orders", bucket="acme-orders-111122223333", acl="private")
encryption("orders-encryption", orders)
aws.s3.BucketPolicy("orders-policy", bucket=orders.id, policy=document(tls_only("acme-orders-111122223333")))
