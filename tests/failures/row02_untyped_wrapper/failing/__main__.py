"""A private bucket for orders, through the wrapper that every team of the company uses."""

import sys

import pulumi
import pulumi_aws as aws

sys.path.append("../..")
from protected import document, encryption, tls_only


class CompanyBucket(pulumi.CustomResource):
    """A bucket that takes whatever S3 takes."""

    bucket: pulumi.Output[str]

    def __init__(self, name, **properties):
        super().__init__("aws:s3/bucket:Bucket", name, properties)


orders = CompanyBucket(
    "orders",
    bucket="acme-orders-111122223333",
    blockPublicAcls=True,
    blockPublicPolicy=True,
    ignorePublicAcls=True,
    restrictPublicBuckets=True,
)
encryption("orders-encryption", orders)
aws.s3.BucketPolicy("orders-policy", bucket=orders.id, policy=document(tls_only("acme-orders-111122223333")))
