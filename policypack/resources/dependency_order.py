"""What an update creates before what."""

from __future__ import annotations

from policypack.core.memo import memoized
from policypack.core.policy import Resource, Stack
from policypack.resources.index import inside


def comes_after(stack: Stack, later: Resource, earlier: Resource) -> bool:
    """Whether `later` is created after `earlier`, by what it depends on, at whatever remove.

    A dependency on a component stands for what is inside it, and a resource waits for what its parents depend on.
    """
    depended = _depended(stack, later)
    if earlier.urn in depended:
        return True
    around = [urn for urn in depended if _component(stack, urn) and inside(stack, earlier, urn)]
    return any(not inside(stack, later, urn) for urn in around)


@memoized
def _depended(stack: Stack, resource: Resource) -> frozenset[str]:
    """The URNs of what the resource depends on; parents are passed through and not among them."""
    found: set[str] = set()
    seen = {resource.urn}
    waiting = [resource.urn]
    while waiting:
        each = stack.by_urn.get(waiting.pop())
        if each is None:
            continue
        direct = {*each.dependencies, *(urn for urns in each.property_dependencies.values() for urn in urns)}
        found |= direct
        onward = {*direct, each.parent} - seen - {""}
        seen |= onward
        waiting.extend(sorted(onward))
    return frozenset(found)


def _component(stack: Stack, urn: str) -> bool:
    resource = stack.by_urn.get(urn)
    return resource is not None and not resource.type.startswith(("aws:", "pulumi:"))
