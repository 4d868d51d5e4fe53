"""What a program asks of the engine for one resource."""

from functools import partial

import pulumi
from pulumi import CustomTimeouts, ResourceOptions

Thing = partial(pulumi.CustomResource, "test:index:Thing")

first = Thing("first")
second = Thing("second", opts=ResourceOptions(deleted_with=first))

Thing("protected", opts=ResourceOptions(protect=True))
Thing("unprotected", opts=ResourceOptions(protect=False))
Thing("ignoring", {"size": 1}, ResourceOptions(ignore_changes=["size", "tags.owner", "rules[0].port"]))
Thing("replacing", {"size": 1}, ResourceOptions(replace_on_changes=["size", "deep.*"]))
Thing("first-deleted", opts=ResourceOptions(delete_before_replace=True))
Thing("first-created", opts=ResourceOptions(delete_before_replace=False))
Thing("retained", opts=ResourceOptions(retain_on_delete=True))
Thing("deleted-with", opts=ResourceOptions(deleted_with=first))
Thing("replaced-with", opts=ResourceOptions(replace_with=[first, second]))
Thing("secret", {"out": 1, "shown": 2}, ResourceOptions(additional_secret_outputs=["out", "never"]))
Thing("slow", opts=ResourceOptions(custom_timeouts=CustomTimeouts(create="1h30m", update="90s", delete="1.5m")))
Thing("hidden", {"size": 1}, ResourceOptions(hide_diffs=["size"]))
Thing("triggered", opts=ResourceOptions(replacement_trigger={"of": first.id}))
pulumi.ComponentResource(
    "my:parts:Group",
    "group",
    {"size": 1},
    ResourceOptions(ignore_changes=["size"], custom_timeouts=CustomTimeouts(create="1m"), replace_on_changes=["*"]),
)
merged = ResourceOptions.merge(ResourceOptions(protect=True, depends_on=[first]), ResourceOptions(depends_on=[second]))
Thing("merged", opts=merged)
