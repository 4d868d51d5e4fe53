"""Dependencies on resources, components, outputs and lists of them; and through properties."""

from functools import partial

import pulumi
from pulumi import ResourceOptions

Thing = partial(pulumi.CustomResource, "test:index:Thing")


class Room(pulumi.ComponentResource):
    """A thing in a room in a room, and one that comes later."""

    def __init__(self, name, opts=None):
        super().__init__("my:parts:Room", name, {}, opts)
        inner = pulumi.ComponentResource("my:parts:Inner", f"{name}-inner", {}, ResourceOptions(parent=self))
        self.thing = Thing(f"{name}-thing", {"made": None}, ResourceOptions(parent=inner))
        Thing(f"{name}-under", {}, ResourceOptions(parent=self.thing))
        self.register_outputs({})


first = Thing("first", {"made": None})
room = Room("room")
empty = pulumi.ComponentResource("my:parts:Empty", "empty")
read = Thing("read", opts=ResourceOptions(id="read-1"))

Thing("on-one", opts=ResourceOptions(depends_on=first))
Thing("on-list", opts=ResourceOptions(depends_on=[first, room.thing]))
Thing("on-component", opts=ResourceOptions(depends_on=room))
Thing("on-empty", opts=ResourceOptions(depends_on=[empty]))
Thing("on-read", opts=ResourceOptions(depends_on=[read]))
Thing("on-output", opts=ResourceOptions(depends_on=first.made.apply(lambda _: room)))
Thing("on-outputs", opts=ResourceOptions(depends_on=[first.urn.apply(lambda _: first), pulumi.Output.from_input(read)]))
Thing(
    "by-property", {"plain": 1, "of": first.made, "list": [first.made, room.thing.made], "deep": {"a": {"b": first.id}}}
)
Thing("by-urn", {"urn": first.urn, "room": room.urn})
Thing("by-both", {"of": first.made}, ResourceOptions(depends_on=[room.thing]))
late = Room("late", ResourceOptions(depends_on=[first, room]))
Thing("child", {"of": late.thing.made}, ResourceOptions(parent=first))
