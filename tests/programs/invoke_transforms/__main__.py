"""Every call of a function is changed before it is made."""

import pulumi
import pulumi_aws as aws


def go_west(args):
    """Another provider and another argument."""
    if args.token != "aws:index/getRegion:getRegion":
        return None
    return pulumi.InvokeTransformResult({**args.args, "region": "us-west-2"}, args.opts)


async def look(args):
    """Changes nothing, later."""
    return pulumi.InvokeTransformResult(args.args, args.opts)


pulumi.runtime.register_invoke_transform(go_west)
pulumi.runtime.register_invoke_transform(look)
pulumi.export("region", aws.get_region().region)
pulumi.export("later", aws.get_region_output().region)
pulumi.export("partition", aws.get_partition().partition)
