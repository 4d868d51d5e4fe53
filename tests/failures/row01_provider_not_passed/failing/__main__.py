"""Orders arrive in a bucket, everything in us-east-1."""

import sys

import pulumi_aws as aws

sys.path.append("../..")
from protected import protected_bucket

us_east_1 = aws.Provider("us-east-1", region="us-east-1")

orders = protected_bucket("orders", "acme-orders-111122223333")
results = protected_bucket("results", "acme-results-111122223333")
