"""Parents of resources, and the order in which an update creates resources."""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.memo import memoized
from policypack.core.policy import Resource, Stack


def parents(stack: Stack, resource: Resource) -> Iterator[str]:
    """The URNs of a resource's parents, innermost first; each once, even if a state has a cycle."""
    parent, seen = resource.parent, {""}
    while parent not in seen:
        yield parent
        seen.add(parent)
        outer = stack.by_urn.get(parent)
        parent = outer.parent if outer else ""


def inside(stack: Stack, resource: Resource, component: str) -> bool:
    """Whether `component` (a URN) is a parent of the resource, at any depth."""
    return component in parents(stack, resource)


def is_component(resource: Resource) -> bool:
    """Whether a resource may be a component, which contains other resources."""
    return not resource.type.startswith(("aws:", "pulumi:"))


def comes_after(stack: Stack, later: Resource, earlier: Resource) -> bool:
    """Whether an update creates `later` after `earlier`, by dependencies, direct or not.

    A dependency on a component is one on the resources inside it, and a resource waits for its parents' dependencies.
    """
    dependencies = _dependencies(stack, later)
    if earlier.urn in dependencies:
        return True
    components = (urn for urn in dependencies if (resource := stack.by_urn.get(urn)) and is_component(resource))
    return any(inside(stack, earlier, urn) and not inside(stack, later, urn) for urn in components)


@memoized
def _dependencies(stack: Stack, resource: Resource) -> frozenset[str]:
    """The URNs of a resource's direct and indirect dependencies; its parents are not among them."""
    dependencies: set[str] = set()
    seen = {resource.urn}
    waiting = [resource.urn]
    while waiting:
        current = stack.by_urn.get(waiting.pop())
        if current is None:
            continue
        direct = {*current.dependencies, *(urn for urns in current.property_dependencies.values() for urn in urns)}
        dependencies |= direct
        onward = {*direct, current.parent} - seen - {""}
        seen |= onward
        waiting.extend(onward)
    return frozenset(dependencies)
