"""Functions of the program that run around a resource's creation, in previews too."""

from functools import partial

import pulumi
from pulumi import ResourceOptions

Thing = partial(pulumi.CustomResource, "test:index:Thing")

seen = []


def look(args):
    """Notes what it is shown."""
    seen.append((args.name, args.type, dict(args.new_inputs or {}), args.id))


async def later(args):
    """Notes it later."""
    seen.append((f"{args.name}, later", sorted(args.new_outputs or {})))


dry = pulumi.ResourceHookOptions(on_dry_run=True)
before = pulumi.ResourceHook("before", look, opts=dry)
after = pulumi.ResourceHook("after", later, opts=dry)
idle = pulumi.ResourceHook("idle", lambda _: 1 / 0)
hooks = pulumi.ResourceHookBinding(before_create=[before, idle], after_create=[after], after_delete=[idle])

first = Thing("first", {"size": 1}, ResourceOptions(hooks=hooks))
group = pulumi.ComponentResource("my:parts:Group", "group", {"size": 2}, ResourceOptions(hooks=hooks))
second = Thing("second", {"of": first.urn}, ResourceOptions(parent=group, depends_on=[first], hooks=hooks))
Thing("told", {"seen": second.urn.apply(lambda _: len(seen))}, ResourceOptions(depends_on=[second]))
