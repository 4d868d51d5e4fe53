"""Configuration of every type, from the project and from the stack."""

from functools import partial

import pulumi
from pulumi import ResourceOptions

Thing = partial(pulumi.CustomResource, "test:index:Thing")

config = pulumi.Config()
other = pulumi.Config("other")

Thing(
    "configured",
    {
        "text": config.require("text"),
        "number": config.require_int("number"),
        "float": config.require_float("float"),
        "flag": config.require_bool("flag"),
        "object": config.require_object("object"),
        "list": config.require_object("list"),
        "missing": config.get("missing", "default"),
        "declared": config.require("declared"),
        "overridden": config.require("overridden"),
        "odd": {
            "date": config.get("date"),
            "octal": config.get("octal"),
            "yes": config.get("yes"),
            "empty": config.get("empty"),
        },
        "token": config.require_secret("token"),
        "plain": config.require("token"),
        "other": other.require("name"),
        "project": pulumi.get_project(),
        "stack": pulumi.get_stack(),
        "organization": pulumi.get_organization(),
    },
)
