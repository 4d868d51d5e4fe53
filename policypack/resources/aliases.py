"""Resources by their URN, or by an alias: a URN that a resource had before."""

from __future__ import annotations

from collections.abc import Mapping

from policypack.core.memo import memoized
from policypack.core.policy import Resource, Stack


def find(stack: Stack, urn: str) -> Resource | None:
    """The resource with this URN, or with this alias."""
    return stack.by_urn.get(urn) or _by_alias(stack).get(urn)


@memoized
def _by_alias(stack: Stack) -> Mapping[str, Resource]:
    return {alias: resource for resource in stack.resources for alias in resource.options.aliases}
