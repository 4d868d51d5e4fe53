"""Every way to say what a resource was called before."""

from functools import partial

import pulumi
from pulumi import Alias, ResourceOptions

Thing = partial(pulumi.CustomResource, "test:index:Thing")

other = Thing("other")
group = pulumi.ComponentResource("my:parts:Group", "group")

Thing("urn", opts=ResourceOptions(aliases=["urn:pulumi:dev::alias-forms::test:index:Thing::old-urn"]))
Thing("name", opts=ResourceOptions(aliases=[Alias(name="old-name")]))
Thing("type", opts=ResourceOptions(aliases=[Alias(type_="test:index:OldThing")]))
Thing("parent", opts=ResourceOptions(aliases=[Alias(parent=other)]))
Thing("parent-urn", opts=ResourceOptions(aliases=[Alias(parent=group.urn)]))
Thing("project", opts=ResourceOptions(aliases=[Alias(project="old-project")]))
Thing("stack", opts=ResourceOptions(aliases=[Alias(stack="old-stack")]))
Thing("no-parent", opts=ResourceOptions(parent=group, aliases=[Alias(parent=None)]))
Thing("root", opts=ResourceOptions(parent=group, aliases=[Alias(parent=pulumi.ROOT_STACK_RESOURCE)]))
Thing("kept-parent", opts=ResourceOptions(parent=group, aliases=[Alias(name="old-kept")]))
Thing(
    "several", opts=ResourceOptions(aliases=[Alias(name="unused"), Alias(name="old-several", type_="test:index:Old")])
)
Thing("all", opts=ResourceOptions(aliases=[Alias("old-all", "test:index:Old", group, "old-stack", "old-project")]))
Thing("later", opts=ResourceOptions(aliases=[group.urn.apply(lambda urn: urn.replace("Group", "Thing"))]))
