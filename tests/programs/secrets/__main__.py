"""Secrets in, secrets out, and secrets in what is made of them."""

from functools import partial

import pulumi
from pulumi import Output, ResourceOptions

Thing = partial(pulumi.CustomResource, "test:index:Thing")

password = Output.secret("sesame")
config = pulumi.Config()
first = Thing("first", {"password": password, "size": 1}, ResourceOptions(additional_secret_outputs=["size"]))

Thing("echoed", {"password": first.password, "size": first.size})
Thing("applied", {"upper": password.apply(str.upper), "chain": first.size.apply(lambda _: password)})
Thing("nested", {"deep": {"list": [1, password, {"a": password}], "plain": "x"}})
Thing(
    "joined",
    {
        "all": Output.all(password, "x"),
        "format": Output.format("{0}!", password),
        "json": Output.json_dumps({"p": password}),
    },
)
Thing(
    "whole", {"map": Output.secret({"a": "b", "list": [1]}), "list": Output.secret([1, 2]), "none": Output.secret(None)}
)
Thing("shown", {"plain": Output.unsecret(password)})
Thing("configured", {"token": config.require_secret("token"), "object": config.require_secret_object("object")})
Thing("waiting", {"later": Output.all(password, first.id).apply(str)})
group = pulumi.ComponentResource("my:parts:Group", "group", {"password": password})
group.register_outputs({"password": password, "plain": 1})
pulumi.export("password", password)
pulumi.export("nested", {"list": [password, "x"], "plain": 1, "later": first.id})
