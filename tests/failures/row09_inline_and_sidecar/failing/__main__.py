"""Orders keep their old versions."""

import sys

import pulumi_aws as aws

sys.path.append("../..")
from protected import access_block, document, encryption, tls_only

orders = aws.s3.Bucket("orders", bucket="acme-orders-111122223333", versioning={"enabled": False})
aws.s3.BucketVersioning("orders-versioning", bucket=orders.id, versioning_configuration={"status": "Enabled"})
access_block("orders-access", orders)
encryption("orders-encryption", orders)
aws.s3.BucketPolicy("orders-policy", bucket=orders.id, policy=document(tls_only("acme-orders-111122223333")))
