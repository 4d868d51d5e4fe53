"""Functions that change resources: their own, their parents' and the stack's."""

from functools import partial

import pulumi
from pulumi import Output, ResourceOptions

Thing = partial(pulumi.CustomResource, "test:index:Thing")


def tag(args):
    """Every thing gets a tag, whoever made it."""
    if args.type_ != "test:index:Thing":
        return None
    return pulumi.ResourceTransformResult({**args.props, "tag": "stack"}, args.opts)


async def resize(args):
    """Answers later, and looks at what it is given."""
    size = args.props.get("size", 0)
    return pulumi.ResourceTransformResult({**args.props, "size": size + 1, "custom": args.custom}, args.opts)


def bind(args):
    """A property that waits for another resource, and options of every kind."""
    options = ResourceOptions.merge(
        args.opts,
        ResourceOptions(
            protect=True,
            depends_on=[other],
            ignore_changes=["size"],
            additional_secret_outputs=["size"],
            delete_before_replace=True,
            replace_on_changes=["tag"],
            retain_on_delete=True,
            custom_timeouts=pulumi.CustomTimeouts(create="5m"),
            version="1.2.3",
        ),
    )
    return pulumi.ResourceTransformResult({**args.props, "of": other.made}, options)


def drop(args):
    """Takes a property and a dependency away."""
    props = {name: value for name, value in args.props.items() if name != "gone"}
    args.opts.depends_on = []
    return pulumi.ResourceTransformResult(props, args.opts)


first = Thing("first", {"made": None})
other = Thing("other", {"made": None})
pulumi.runtime.register_resource_transform(tag)

Thing("tagged", {"of": first.made})
Thing("sized", {"size": 1}, ResourceOptions(transforms=[resize, resize]))
Thing("bound", {"size": 1, "on": first.made}, ResourceOptions(transforms=[bind]))
Thing("dropped", {"gone": first.made, "kept": first.id}, ResourceOptions(depends_on=[first], transforms=[drop]))
Thing(
    "hidden", {"secret": Output.secret("sesame"), "list": [Output.secret(1), 2]}, ResourceOptions(transforms=[resize])
)
group = pulumi.ComponentResource("my:parts:Group", "group", {}, ResourceOptions(transforms=[bind]))
inner = pulumi.ComponentResource("my:parts:Group", "inner", {}, ResourceOptions(parent=group, transforms=[resize]))
Thing("inherited", {"on": first.made}, ResourceOptions(parent=inner))
Thing("reference", {"whole": first}, ResourceOptions(transforms=[resize]))
