"""Resources as inputs and outputs of others."""

from typing import Any

import pulumi
from pulumi import Output, ResourceOptions


class Thing(pulumi.CustomResource):
    """A thing that may hold another."""

    made: Output[str]
    whole: Output[Any]

    def __init__(self, name, props=None, opts=None):
        super().__init__("test:index:Thing", name, {"made": None, "whole": None, **(props or {})}, opts)


class Room(pulumi.ComponentResource):
    """A component that may be an input."""

    def __init__(self, name):
        super().__init__("my:parts:Room", name, {})
        self.thing = Thing(f"{name}-thing", opts=ResourceOptions(parent=self))
        self.register_outputs({"thing": self.thing, "made": self.thing.made})


class Module(pulumi.runtime.ResourceModule):
    """Makes resources of references."""

    def version(self):
        return None

    def construct(self, name, typ, urn):
        return Thing(name, None, ResourceOptions(urn=urn))


pulumi.runtime.register_resource_module("test", "index", Module())
first = Thing("first", {"size": 1})
room = Room("room")
holder = Thing("holder", {"whole": first, "list": [first, room], "room": room, "deep": {"first": first}})
Thing("through", {"made": holder.whole.made, "urn": holder.whole.urn, "id": holder.whole.id})
pulumi.export("first", first)
pulumi.export("room", room)
