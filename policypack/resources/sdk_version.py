"""Which version of pulumi-aws makes a resource."""

from __future__ import annotations

import re

from policypack.core.policy import Resource, Stack
from policypack.resources.index import provider_of


def provider_version(stack: Stack, resource: Resource) -> tuple[int, ...]:
    """The version of the resource's provider, by its input, else its name `default_7_51_0`; empty where nothing says it."""
    provider = provider_of(stack, resource)
    text = provider.inputs.get("version") if provider else None
    return numbers(text) if isinstance(text, str) else numbers(resource.provider.rpartition("::default_")[2])


def numbers(version: str) -> tuple[int, ...]:
    """Major, minor and patch of `7.51.0`, `v7.51.0` or `7_51_0`; empty for another text. What follows is left out."""
    found = re.match(r"v?(\d+)[._](\d+)[._](\d+)", version)
    return tuple(map(int, found.groups())) if found else ()
