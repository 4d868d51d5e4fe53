"""Orders arrive in a bucket; the one for the reports was copied from another team's stack."""

import sys

import pulumi_aws as aws

sys.path.append("../..")
from protected import access_block, document, encryption, protected_bucket, tls_only

orders = protected_bucket("orders", "acme-orders-111122223333")

reports = aws.s3.Bucket("reports", bucket="acme-reports-111122223333", region="us-east-1")
access_block("reports-access", reports)
encryption("reports-encryption", reports)
aws.s3.BucketPolicy("reports-policy", bucket=reports.bucket, policy=document(tls_only("acme-reports-111122223333")))
