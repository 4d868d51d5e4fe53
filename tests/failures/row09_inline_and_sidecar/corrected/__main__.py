"""Orders keep their old versions."""

import sys

import pulumi_aws as aws

sys.path.append("../..")
from protected import protected_bucket

orders = protected_bucket("orders", "acme-orders-111122223333")
aws.s3.BucketVersioning("orders-versioning", bucket=orders.id, versioning_configuration={"status": "Enabled"})
