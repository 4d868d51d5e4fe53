"""Many resources that are constructed in no fixed order, from coroutines and from callbacks of outputs."""

import asyncio

import pulumi
from pulumi import ResourceOptions


async def build(number, parent):
    """A thing that comes late, and one that comes when it is known."""
    await asyncio.sleep(0.001 * (number * 7 % 5))
    thing = pulumi.CustomResource("test:index:Thing", f"late{number}", {"n": number}, ResourceOptions(parent=parent))
    thing.urn.apply(lambda _: pulumi.CustomResource("test:index:Thing", f"after{number}", {"of": thing.urn}))
    return thing


async def main():
    """Runs after the module; what it returns is exported."""
    group = pulumi.ComponentResource("my:parts:Group", "group")
    things = await asyncio.gather(*(build(number, group) for number in range(20)))
    pulumi.CustomResource("test:index:Thing", "last", {"of": [thing.id for thing in things]})
    return {"count": len(things), "last": things[-1].id}


pulumi.run(main)
