"""Orders are parsed by a function on arm64, with what it imports in a layer."""

import sys

import pulumi
import pulumi_aws as aws

sys.path.append("../..")
from protected import execution_role

parser = aws.lambda_.LayerVersion(
    "parser",
    layer_name="parser",
    compatible_runtimes=["python3.13"],
    code=pulumi.AssetArchive({"python": pulumi.FileArchive("./layer")}),
)
aws.lambda_.Function(
    "parse",
    name="parse",
    role=execution_role("parse").arn,
    runtime="python3.13",
    architectures=["arm64"],
    handler="index.handler",
    code=pulumi.AssetArchive({"index.py": pulumi.FileAsset("index.py")}),
    layers=[parser.arn],
)
