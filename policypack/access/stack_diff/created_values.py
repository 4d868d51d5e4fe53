"""Texts for values that AWS creates, such as a permission set's ARN: the same for the same resource of both stacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policypack.access.stack_diff.counterparts import Places, end_of
from policypack.core.policy import UNKNOWN, Resource, Stack
from policypack.resources.references import written

AWS = "aws:"


def with_created(stack: Stack, places: Places, resource: Resource) -> Mapping[str, Any]:
    """A resource's inputs with a text for each value that AWS creates with one other resource of the stack.

    A value that two resources decide, or one that is no resource of AWS, such as a stack reference, stays unknown.
    """
    return {name: _known(stack, places, resource, name, value) for name, value in resource.inputs.items()}


def created_value(stack: Stack, places: Places, resource: Resource, name: str) -> Any:
    """One of a resource's inputs, as `with_created` reads it."""
    return _known(stack, places, resource, name, written(resource, name))


def _known(stack: Stack, places: Places, resource: Resource, name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _known(stack, places, resource, name, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_known(stack, places, resource, name, inner) for inner in value]
    origins = resource.property_dependencies.get(name, ())
    origin = stack.by_urn.get(origins[0]) if len(origins) == 1 and value == UNKNOWN else None
    if origin is None or origin.external or not origin.custom or not origin.type.startswith(AWS):
        return value
    return _text(places, origin, name)


def _text(places: Places, origin: Resource, name: str) -> str:
    """What the old stack's state has for the value, or else a text with the resource's place."""
    same = None if places.same is None else places.same.get(origin.urn)
    if same is not None:
        for created in (name, "arn" if name.endswith("Arn") else "id"):
            if isinstance(known := same.outputs.get(created), str) and known:
                return known
        if not name.endswith("Arn") and same.id:
            return same.id
    resource = same or origin
    types, called = end_of(resource)
    parents = types.rpartition("$")[0]
    new = "new " if same is None and places.same is not None else ""
    return f"{new}{resource.type.rpartition(':')[2]} {called}" + f" in {parents}" * bool(parents)
