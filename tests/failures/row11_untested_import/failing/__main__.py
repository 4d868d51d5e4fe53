"""A report is made of the orders of a day."""

import sys

import pulumi
import pulumi_aws as aws

sys.path.append("../..")
from protected import execution_role

aws.lambda_.Function(
    "report",
    name="report",
    role=execution_role("report").arn,
    runtime="python3.13",
    handler="report.handler.handler",
    code=pulumi.FileArchive("./src"),
)
