"""Orders are read over TLS only, and by the partner."""

import sys

import pulumi_aws as aws

sys.path.append("../..")
from protected import document, protected_bucket

orders = protected_bucket("orders", "acme-orders-111122223333")
aws.s3.BucketPolicy(
    "partner-policy",
    bucket="acme-orders-111122223333",
    policy=document(
        {
            "Sid": "Partner",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::444455556666:role/partner"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::acme-orders-111122223333/*",
        }
    ),
)
