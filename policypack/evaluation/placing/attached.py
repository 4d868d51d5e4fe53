"""What a managed policy is attached to: its document gives each of these identities what it allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policypack.core.policy import Reference, Resource, Unknown
from policypack.evaluation.placing.subjects import identity
from policypack.resources.attachments import CARRIERS
from policypack.resources.naming import identifiers
from policypack.resources.references import values_in, written
from policypack.resources.tokens import MANAGED_POLICY

if TYPE_CHECKING:
    from policypack.evaluation.placing.shared_names import Names


def attached_to(resource: Resource, names: Names) -> Sequence[str]:
    """The identities that a managed policy is attached to, without names of the stack; none of another resource."""
    if resource.type != MANAGED_POLICY:
        return ()
    return sorted({text for carrier in names.attaching.get(resource.urn, ()) for text in _identities(carrier, names)})


def attaching(resources: Sequence[Resource]) -> Mapping[str, Sequence[Resource]]:
    """The resources that attach each managed policy of a stack, by its URN."""
    carriers: dict[str, list[Resource]] = {}
    managed = [resource for resource in resources if resource.type == MANAGED_POLICY]
    owners = {text: resource.urn for resource in managed for text in (*identifiers(resource), resource.urn)}
    for resource in resources if managed else ():
        name = CARRIERS.get(resource.type, ("", {}))[0]
        for urn in dict.fromkeys(filter(None, map(owners.get, _attached(resource, name)))) if name else ():
            carriers.setdefault(urn, []).append(resource)
    return carriers


def _attached(carrier: Resource, name: str) -> Iterator[str]:
    """The ARNs of what a property of a carrier attaches, or its URN where the ARN is not known."""
    for value in values_in(written(carrier, name)):
        if isinstance(value, Unknown):
            yield from carrier.property_dependencies.get(name, ())
        elif isinstance(value, Reference):
            yield value.urn
        elif isinstance(value, str):
            yield value


def _identities(carrier: Resource, names: Names) -> Iterator[str]:
    """The identities that a carrier attaches policies to: those that it names, else itself, as a role does."""
    properties = CARRIERS[carrier.type][1]
    if not properties:
        yield names.referred(carrier.urn)
    for name in properties:
        value: Any = written(carrier, name)
        for item in value if isinstance(value, list) else [value]:
            if item not in (None, ""):
                kind = name.removesuffix("Name").removesuffix("s")
                yield f"{kind}:{identity(carrier, name, item, names)}"
