"""Names without anything random in them: who has such a name is deleted before another one can have it."""

from functools import partial

import pulumi
from pulumi import ResourceOptions

for kind in ("Fixed", "Drawn", "Unique", "Disabled"):
    Thing = partial(pulumi.CustomResource, f"test:index:{kind}")
    Thing(f"{kind}-unsaid")
    Thing(f"{kind}-last", opts=ResourceOptions(delete_before_replace=False))
    Thing(f"{kind}-first", opts=ResourceOptions(delete_before_replace=True))

pulumi.CustomResource("random:index:Thing", "verbatim", {})
pulumi.CustomResource("more:index:Thing", "default", {})
pulumi.ComponentResource("test:index:Fixed", "component")
