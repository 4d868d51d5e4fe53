"""A bucket of orders, and what is in it from the first day."""

import sys

sys.path.append("../..")
from protected import protected_bucket

import pulumi
import pulumi_aws as aws

orders = protected_bucket("orders", "acme-orders-111122223333")
aws.s3.BucketObjectv2("readme", bucket=orders.bucket, key="README", source=pulumi.StringAsset("Orders."))
