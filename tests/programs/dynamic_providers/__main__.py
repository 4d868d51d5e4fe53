"""Providers that are part of the program."""

import pulumi
from pulumi import ResourceOptions
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Maker(ResourceProvider):
    """Creates, which no preview does."""

    def create(self, props):
        return CreateResult("made", {**props, "out": "created"})


class Made(Resource):
    """A resource of that provider."""

    out: pulumi.Output[str]

    def __init__(self, name, props, opts=None):
        super().__init__(Maker(), name, {"out": None, **props}, opts)


class Named(Made, module="rooms", name="Room"):
    """One with a type of its own."""


made = Made("made", {"size": 1, "hidden": pulumi.Output.secret("sesame")})
Named("named", {"of": made.out}, ResourceOptions(parent=made, depends_on=[made]))
pulumi.export("out", made.out)
