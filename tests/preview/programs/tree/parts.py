"""What the program is made of: resources of a package that needs no SDK."""

import pulumi

TYPE = "test:index:Thing"


class Thing(pulumi.CustomResource):
    """A resource with one output of its own."""

    made: pulumi.Output[str]

    def __init__(self, name, props=None, opts=None, kind=TYPE):
        super().__init__(kind, name, {"made": None, **(props or {})}, opts)


class Provider(pulumi.ProviderResource):
    """A provider of the package."""

    def __init__(self, name, props=None, opts=None):
        super().__init__("test", name, props or {}, opts)


class Shelf(pulumi.ComponentResource):
    """A component with two resources in it, one below the other."""

    def __init__(self, name, opts=None):
        super().__init__("my:parts:Shelf", name, {"label": name}, opts)
        self.board = Thing(f"{name}-board", opts=pulumi.ResourceOptions(parent=self))
        self.book = Thing(f"{name}-book", opts=pulumi.ResourceOptions(parent=self.board))
        self.register_outputs({"books": 1})


class Room(pulumi.ComponentResource):
    """A component with a component in it."""

    def __init__(self, name, opts=None):
        super().__init__("my:parts:Room", name, None, opts)
        self.shelf = Shelf(f"{name}-shelf", opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({})
