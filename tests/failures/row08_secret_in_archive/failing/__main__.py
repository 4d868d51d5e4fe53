"""Orders are written to a database, with a password."""

import sys

import pulumi
import pulumi_aws as aws

sys.path.append("../..")
from protected import execution_role

aws.lambda_.Function(
    "store",
    name="store",
    role=execution_role("store").arn,
    runtime="python3.13",
    handler="index.handler",
    code=pulumi.FileArchive("./app"),
)
