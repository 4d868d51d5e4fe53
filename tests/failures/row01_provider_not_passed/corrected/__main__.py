"""Orders arrive in a bucket, everything in us-east-1."""

import sys

import pulumi
import pulumi_aws as aws

sys.path.append("../..")
from protected import protected_bucket

us_east_1 = aws.Provider("us-east-1", region=pulumi.Config("aws").require("region"))
opts = pulumi.ResourceOptions(provider=us_east_1)

orders = protected_bucket("orders", "acme-orders-111122223333", opts)
results = protected_bucket("results", "acme-results-111122223333", opts)
