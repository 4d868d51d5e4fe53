"""Outputs of the stack, nested and secret."""

from functools import partial

import pulumi
from pulumi import Output, ResourceOptions

Thing = partial(pulumi.CustomResource, "test:index:Thing")

thing = Thing("thing", {"size": 1, "made": None})
group = pulumi.ComponentResource("my:parts:Group", "group")

pulumi.export("plain", "text")
pulumi.export("numbers", [1, 2.5, -3])
pulumi.export("none", None)
pulumi.export("nested", {"list": [{"a": Output.secret("s")}, thing.made], "map": {"b": {"c": True}}})
pulumi.export("whole", Output.secret({"a": [1]}))
pulumi.export("again", "first")
pulumi.export("again", "second")
pulumi.export("size", thing.size)
pulumi.export("unknown", thing.made)
pulumi.export("urn", group.urn)
pulumi.export("asset", pulumi.StringAsset("hello"))
pulumi.export("dots.and spaces", {"also.here": 1})
