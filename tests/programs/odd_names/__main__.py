"""Names with characters that mean something elsewhere."""

from functools import partial

import pulumi
from pulumi import ResourceOptions

Thing = partial(pulumi.CustomResource, "test:index:Thing")

for name in ("with space", "a/b", "ünïcödé", "a::b", "$dollar", 'quo"te', "100%", "line\nbreak", "{brace}"):
    parent = Thing(name, {"name": name})
    Thing(f"child of {name}", {"name": name}, ResourceOptions(parent=parent))

named = Thing("property names", {"id": "given", "urn": "given", "name": "given", "parent": "given", "snake_case": 1})
Thing("of property names", {"id": named.id, "urn": named.urn})
