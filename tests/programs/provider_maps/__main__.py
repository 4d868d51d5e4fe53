"""Providers given singly, in maps and in lists, through components and across packages."""

import pulumi
from pulumi import ResourceOptions


class Provider(pulumi.ProviderResource):
    """A provider of any package."""


class Room(pulumi.ComponentResource):
    """A thing of each package, and a room inside that passes nothing on."""

    def __init__(self, name, opts=None, depth=1):
        super().__init__("my:parts:Room", name, {}, opts)
        test = pulumi.CustomResource("test:index:Thing", f"{name}-test", {}, ResourceOptions(parent=self))
        pulumi.CustomResource("test:index:Thing", f"{name}-grandchild", {}, ResourceOptions(parent=test))
        pulumi.CustomResource("more:index:Thing", f"{name}-crossed", {}, ResourceOptions(parent=test))
        pulumi.CustomResource("more:index:Thing", f"{name}-more", {}, ResourceOptions(parent=self))
        if depth:
            Room(f"{name}-inner", ResourceOptions(parent=self), depth - 1)


east = Provider("test", "east", {"region": "east"})
west = Provider("test", "west", {"region": "west"})
more = Provider("more", "more", {})

Room("default")
Room("single", ResourceOptions(provider=east))
Room("mapped", ResourceOptions(providers={"test": west, "more": more}))
Room("listed", ResourceOptions(providers=[east, more]))
outer = pulumi.ComponentResource("my:parts:Outer", "outer", {}, ResourceOptions(providers=[west]))
Room("overridden", ResourceOptions(parent=outer, providers=[east]))
Room("joined", ResourceOptions(parent=outer, providers=[more]))
Room("both", ResourceOptions(provider=east, providers=[more]))
pulumi.CustomResource("test:index:Thing", "own", {}, ResourceOptions(provider=west))
pulumi.CustomResource("test:index:Thing", "child-own", {}, ResourceOptions(parent=outer, provider=east))
pulumi.CustomResource("test:index:Thing", "from-list", {}, ResourceOptions(providers=[east, more]))
