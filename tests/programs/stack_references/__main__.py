"""Outputs of other stacks."""

import pulumi

network = pulumi.StackReference("organization/network/dev")
named = pulumi.StackReference("by-name", stack_name="organization/network/dev")

pulumi.CustomResource(
    "test:index:Thing",
    "uses",
    {
        "vpc": network.get_output("vpcId"),
        "required": named.require_output("vpcId"),
        "missing": network.get_output("missing"),
        "list": network.get_output("subnets")[0],
        "secret": network.get_output("password"),
        "nested": network.get_output("zones"),
        "structure": named.get_output("access"),
        "all": named.outputs,
    },
)
