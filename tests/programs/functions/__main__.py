"""Functions in both forms: their results as inputs, with dependencies, providers and versions."""

import pulumi
import pulumi_aws as aws
from pulumi import InvokeOptions, InvokeOutputOptions, ResourceOptions

china = aws.Provider("china", region="cn-north-1")
group = pulumi.ComponentResource("my:parts:Group", "group", {}, ResourceOptions(provider=china))
first = pulumi.CustomResource("test:index:Thing", "first", {"made": None})

pulumi.CustomResource(
    "test:index:Thing",
    "direct",
    {
        "account": aws.get_caller_identity().account_id,
        "partition": aws.get_partition().partition,
        "region": aws.get_region(opts=InvokeOptions(provider=china)).region,
    },
)
pulumi.CustomResource(
    "test:index:Thing",
    "outputs",
    {
        "partition": aws.get_partition_output().partition,
        "parent": aws.get_region_output(opts=InvokeOptions(parent=group)).region,
        "child": aws.get_region_output(
            opts=InvokeOptions(parent=aws.sqs.Queue("queue", opts=ResourceOptions(provider=china)))
        ).region,
        "waits": aws.get_region_output(opts=InvokeOutputOptions(depends_on=[first])).region,
        "unknown": aws.get_region_output(region=first.made).region,
        "secret": aws.get_region_output(region=pulumi.Output.secret("us-east-1")).region,
        "versioned": aws.get_partition_output(opts=InvokeOptions(version="7.0.0")).partition,
    },
)
