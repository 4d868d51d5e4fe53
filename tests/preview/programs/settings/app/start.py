"""Exports what it was given: config, environment, places."""

import os
from pathlib import Path

import pulumi
from helper import NAME

config = pulumi.Config()
KEYS = ("flag", "on", "time", "num", "int", "object", "size", "owner", "mixed")
for key in KEYS:
    pulumi.export(key, config.get(key))
pulumi.export("zone", pulumi.Config("other").get("zone"))
pulumi.export("password", config.get_secret("password"))
pulumi.export("is_secret", config.get_secret("password") is not None)
pulumi.export("helper", NAME)
pulumi.export("cwd", Path.cwd().name)
pulumi.export("environment", sorted(name for name in os.environ if name.startswith(("AWS_", "PULUMI_", "MY_"))))
pulumi.export("names", [pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack()])
