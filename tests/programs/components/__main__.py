"""Components in components, ten deep, with outputs of their own and the same name under different parents."""

import pulumi
from pulumi import ResourceOptions


class Room(pulumi.ComponentResource):
    """One room inside another, and a thing in each."""

    def __init__(self, name, depth, parent=None):
        super().__init__("my:parts:Room", name, {"depth": depth}, ResourceOptions(parent=parent))
        pulumi.CustomResource("test:index:Thing", "thing", {"depth": depth}, ResourceOptions(parent=self))
        if depth:
            Room(name, depth - 1, self)
        self.register_outputs({"depth": depth, "size": 10 - depth})


Room("room", 9)
plain = pulumi.ComponentResource("free-form type", "plain", {})
pulumi.CustomResource("test:index:Thing", "thing", opts=ResourceOptions(parent=plain))
leaf = pulumi.CustomResource("test:index:Thing", "thing")
pulumi.CustomResource("test:other/module:Thing", "thing", opts=ResourceOptions(parent=leaf))
