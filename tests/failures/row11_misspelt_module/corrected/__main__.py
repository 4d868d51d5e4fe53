"""Lines of orders are parsed, and their amounts are logged."""

import sys

import pulumi
import pulumi_aws as aws

sys.path.append("../..")
from protected import execution_role

aws.lambda_.Function(
    "amounts",
    name="amounts",
    role=execution_role("amounts").arn,
    runtime="python3.13",
    handler="orders.amounts.handler",
    code=pulumi.FileArchive("./src"),
)
