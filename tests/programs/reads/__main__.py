"""Resources that exist already and are only read."""

from functools import partial

import pulumi
from pulumi import ResourceOptions

Thing = partial(pulumi.CustomResource, "test:index:Thing")

given = pulumi.ComponentResource("my:parts:Group", "group")
provider = pulumi.ProviderResource("test", "given", {})
first = Thing("first", {"made": None})

found = Thing("found", {"made": None}, ResourceOptions(id="thing-7"))
Thing("state", {"size": 3, "list": [first.made, 1]}, ResourceOptions(id="thing-8"))
Thing("child", {}, ResourceOptions(id="thing-9", parent=given, provider=provider, depends_on=[first]))
Thing("versioned", {}, ResourceOptions(id="thing-10", version="1.2.3"))
mapped = pulumi.ComponentResource("my:parts:Group", "mapped", {}, ResourceOptions(providers=[provider]))
Thing("under", {}, ResourceOptions(id="thing-12", parent=mapped))
Thing("below", {}, ResourceOptions(id="thing-13", parent=Thing("above", {}, ResourceOptions(parent=mapped))))
Thing("secret", {"out": 1}, ResourceOptions(id="thing-11", additional_secret_outputs=["out"]))
later = Thing("later", {"made": None}, ResourceOptions(id=first.id))
Thing("uses", {"urn": found.urn, "made": found.made, "later": later.made, "of": later.id})
pulumi.export("found", {"urn": found.urn, "made": found.made})
