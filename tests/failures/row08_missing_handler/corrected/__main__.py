"""Orders are counted by a function whose code lies in a source folder."""

import sys

import pulumi
import pulumi_aws as aws

sys.path.append("../..")
from protected import execution_role

aws.lambda_.Function(
    "count",
    name="count",
    role=execution_role("count").arn,
    runtime="python3.13",
    handler="orders.count.handler",
    code=pulumi.FileArchive("./src"),
)
