"""Resources that exist already and are taken over."""

from functools import partial

import pulumi
from pulumi import ResourceOptions

Thing = partial(pulumi.CustomResource, "test:index:Thing")

brought = Thing("brought", {"size": 1, "made": None}, ResourceOptions(import_="thing-8"))
Thing("uses", {"id": brought.id, "made": brought.made, "size": brought.size})
Thing("protected", {"size": 1}, ResourceOptions(import_="thing-9", protect=True, depends_on=[brought]))
