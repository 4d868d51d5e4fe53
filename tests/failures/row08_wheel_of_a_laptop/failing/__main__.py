"""Orders are parsed by a function that brings a package with compiled code."""

import sys

import pulumi
import pulumi_aws as aws

sys.path.append("../..")
from protected import execution_role

aws.lambda_.Function(
    "parse",
    name="parse",
    role=execution_role("parse").arn,
    runtime="python3.13",
    architectures=["arm64"],
    handler="index.handler",
    code=pulumi.FileArchive("./package"),
)
