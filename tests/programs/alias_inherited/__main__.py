"""Children of a renamed, retyped or moved component keep what they were."""

import pulumi
from pulumi import Alias, ResourceOptions


class Room(pulumi.ComponentResource):
    """Two levels, with names made from the component's name and not."""

    def __init__(self, name, opts=None):
        super().__init__("my:parts:Room", name, {}, opts)
        shelf = pulumi.ComponentResource("my:parts:Shelf", f"{name}-shelf", {}, ResourceOptions(parent=self))
        pulumi.CustomResource("test:index:Thing", f"{name}-shelf-book", {}, ResourceOptions(parent=shelf))
        pulumi.CustomResource("test:index:Thing", f"own-{name}", {}, ResourceOptions(parent=self))
        moved = ResourceOptions(
            parent=self, aliases=[Alias(name=f"lamp-of-{name}"), Alias(parent=pulumi.ROOT_STACK_RESOURCE)]
        )
        pulumi.CustomResource("test:index:Thing", f"{name}-lamp", {}, moved)


house = pulumi.ComponentResource("my:parts:House", "house")
Room("renamed", ResourceOptions(aliases=[Alias(name="room")]))
Room("retyped", ResourceOptions(aliases=[Alias(type_="my:old:Room")]))
Room("moved", ResourceOptions(parent=house, aliases=[Alias(parent=pulumi.ROOT_STACK_RESOURCE)]))
