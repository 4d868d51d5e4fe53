"""No default providers: everything has an explicit one, functions too."""

import pulumi
from pulumi import InvokeOptions, ResourceOptions


class Provider(pulumi.ProviderResource):
    """A provider of the package `test`."""


given = Provider("test", "given", {})
group = pulumi.ComponentResource("my:parts:Group", "group", {}, ResourceOptions(provider=given))
pulumi.CustomResource("test:index:Thing", "own", {}, ResourceOptions(provider=given))
pulumi.CustomResource("test:index:Thing", "child", {}, ResourceOptions(parent=group))
pulumi.CustomResource("more:index:Thing", "more", {})
