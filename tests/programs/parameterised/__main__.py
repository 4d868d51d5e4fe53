"""A package that a plugin serves by parameter, as generated SDKs ask for it."""

import base64
import functools

import pulumi
from pulumi import ResourceOptions

PARAMETER = base64.b64encode(b"a parameter").decode()


async def package(name="planets"):
    """The reference of the package."""
    return await pulumi.runtime.register_package("test", "1.2.3", "", name, "4.5.6", PARAMETER)


class Provider(pulumi.ProviderResource):
    """A provider of the package."""

    def __init__(self, name, props, opts=None):
        super().__init__("planets", name, props, opts, package_ref=package())


def planet(name, props, opts=None):
    """A planet."""
    return pulumi.CustomResource("planets:index:Planet", name, props, opts, package_ref=package())


given = Provider("given", {"sun": "far"})
earth = planet("earth", {"moons": 1, "made": None})
planet("mars", {"moons": 2, "next": earth.made})
planet("venus", {}, ResourceOptions(provider=given))
pulumi.CustomResource("moons:index:Moon", "moon", {"of": earth.id}, package_ref=package("moons"))
