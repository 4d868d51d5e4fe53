"""Several providers of one package: from other resources' outputs, in components, with secrets and structure."""

import pulumi
from pulumi import Output, ResourceOptions


class Provider(pulumi.ProviderResource):
    """A provider of the package `test`."""

    def __init__(self, name, props=None, opts=None):
        super().__init__("test", name, props or {}, opts)


class Thing(pulumi.CustomResource):
    """A thing with a name that the provider makes."""

    made: Output[str]

    def __init__(self, name, props=None, opts=None):
        super().__init__("test:index:Thing", name, {"made": None, **(props or {})}, opts)


first = Thing("first")
known = Provider("known", {"region": "north", "tags": Output.json_dumps({"a": [1, True]})})
waiting = Provider("waiting", {"endpoint": first.made}, ResourceOptions(depends_on=[first]))
hidden = Provider("hidden", {"token": Output.secret("sesame")})
versioned = Provider("versioned", opts=ResourceOptions(version="1.2.3", plugin_download_url="https://example.org/get"))
group = pulumi.ComponentResource("my:parts:Group", "group")
inside = Provider("inside", opts=ResourceOptions(parent=group, protect=True))

for provider in (known, waiting, hidden, inside):
    Thing(f"of-{provider._name}", {"of": provider.urn}, ResourceOptions(provider=provider))
Thing("depends", opts=ResourceOptions(depends_on=[known]))
pulumi.export("id", known.id)
