"""What fewer programs do: a coroutine as entry, a fork, dynamic providers, references to stacks, transforms of calls."""

import asyncio
import os

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Maker(ResourceProvider):
    """A provider that is part of the program."""

    def create(self, props):
        return CreateResult("made", props)


class Made(Resource):
    """A resource of that provider."""

    out: pulumi.Output[str]

    def __init__(self, name):
        super().__init__(Maker(), name, {"size": 1, "out": None})


class Thing(pulumi.CustomResource):
    """A resource of a package that needs no SDK."""

    def __init__(self, name, props=None, opts=None):
        super().__init__("test:index:Thing", name, props or {}, opts)


def go_west(args):
    """Every function is called for another region."""
    return pulumi.InvokeTransformResult({**args.args, "region": "us-gov-west-1"}, args.opts)


def tag(args):
    """Every thing gets a tag."""
    if args.type_ != "test:index:Thing":
        return None
    return pulumi.ResourceTransformResult({**args.props, "tag": "x"}, args.opts)


child = os.fork()
if not child:
    os._exit(0)
os.waitpid(child, 0)

made = Made("made")
other = pulumi.StackReference("acme/other/dev")
pulumi.runtime.register_invoke_transform(go_west)
pulumi.runtime.register_resource_transform(tag)


async def build(number):
    """Things that are constructed in no fixed order."""
    await asyncio.sleep(0.01 * (number * 7 % 5))
    return Thing(f"late{number}")


async def main():
    """Runs after the module; what it returns is exported."""
    things = await asyncio.gather(*map(build, range(12)))
    Thing("from-stack", {"name": other.get_output("name"), "of": things[3]})
    return {
        "count": len(things),
        "made": made.out,
        "partition": pulumi.runtime.invoke_output("aws:index/getPartition:getPartition", {}),
        "from_stack": other.get_output("name"),
    }


pulumi.run(main)
