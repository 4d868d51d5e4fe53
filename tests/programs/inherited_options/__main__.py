"""What a child takes from its parent: protection, retention, what it is deleted with."""

import pulumi
from pulumi import ResourceOptions


class Room(pulumi.ComponentResource):
    """Things that say nothing, and things that say otherwise."""

    def __init__(self, name, opts=None):
        super().__init__("my:parts:Room", name, {}, opts)
        shelf = pulumi.ComponentResource("my:parts:Shelf", f"{name}-shelf", {}, ResourceOptions(parent=self))
        book = pulumi.CustomResource("test:index:Thing", f"{name}-book", {}, ResourceOptions(parent=shelf))
        pulumi.CustomResource("test:index:Thing", f"{name}-page", {}, ResourceOptions(parent=book))
        otherwise = ResourceOptions(parent=shelf, protect=False, retain_on_delete=False)
        pulumi.CustomResource("test:index:Thing", f"{name}-free", {}, otherwise)


first = pulumi.CustomResource("test:index:Thing", "first", {})
Room("plain")
Room("protected", ResourceOptions(protect=True))
Room("retained", ResourceOptions(retain_on_delete=True))
Room("bound", ResourceOptions(deleted_with=first))
Room("ignoring", ResourceOptions(ignore_changes=["*"], additional_secret_outputs=["out"], delete_before_replace=True))
