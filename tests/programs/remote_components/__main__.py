"""A component that a plugin builds, in and beside others."""

import pulumi
from pulumi import Output, ResourceOptions


class Remote(pulumi.ComponentResource):
    """What an SDK of a plugin's components looks like."""

    made: Output[str]

    def __init__(self, name, props=None, opts=None):
        super().__init__("test:index:Remote", name, {"made": None, **(props or {})}, opts, remote=True)


provider = pulumi.ProviderResource("test", "given", {})
first = pulumi.CustomResource("test:index:Thing", "first", {"made": None})
plain = Remote("plain", {"size": 1, "of": first.made})
group = pulumi.ComponentResource("my:parts:Group", "group", {}, ResourceOptions(providers=[provider]))
inside = Remote("inside", {"hidden": Output.secret("s")}, ResourceOptions(parent=group, protect=True))
pulumi.CustomResource(
    "test:index:Thing", "uses", {"made": plain.made, "urn": inside.urn}, ResourceOptions(depends_on=[inside])
)
pulumi.CustomResource("test:index:Thing", "child", {}, ResourceOptions(parent=inside))
