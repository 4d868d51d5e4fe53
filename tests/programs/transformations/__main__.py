"""The older functions that change resources."""

from functools import partial

import pulumi
from pulumi import ResourceOptions

Thing = partial(pulumi.CustomResource, "test:index:Thing")


def stamp(args):
    """Writes who it is, and protects it."""
    options = ResourceOptions.merge(args.opts, ResourceOptions(protect=True))
    return pulumi.ResourceTransformationResult({**args.props, "by": args.name, "type": args.type_}, options)


def stack_wide(args):
    """Changes every thing."""
    if args.type_ == "test:index:Thing":
        return pulumi.ResourceTransformationResult({**args.props, "tag": "stack"}, args.opts)
    return None


pulumi.runtime.register_stack_transformation(stack_wide)
Thing("own", {"size": 1}, ResourceOptions(transformations=[stamp]))
group = pulumi.ComponentResource("my:parts:Group", "group", {}, ResourceOptions(transformations=[stamp]))
child = Thing("child", {}, ResourceOptions(parent=group))
Thing("grandchild", {"of": child.id}, ResourceOptions(parent=child))
