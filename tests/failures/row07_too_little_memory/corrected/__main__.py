"""A function that processes orders."""

import sys

sys.path.append("../..")
from protected import HANDLER, execution_role

import pulumi
import pulumi_aws as aws

aws.lambda_.Function(
    "orders",
    name="orders",
    role=execution_role("orders").arn,
    runtime="python3.13",
    handler="index.handler",
    memory_size=128,
    code=pulumi.AssetArchive({"index.py": pulumi.StringAsset(HANDLER)}),
)
