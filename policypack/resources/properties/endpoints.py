"""Endpoints that a property opens to the internet: a stack in, the settings out (`tables.endpoints` has the types)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from policypack.core.policy import UNKNOWN, PartialDocument, Placed, Reading, Resource, Stack, Unknown
from policypack.core.values import has_unknown
from policypack.iam.document_readers import value_at, values_at
from policypack.iam.tables import Endpoint, endpoints
from policypack.resources.properties.addresses import internet, undecided
from policypack.resources.references import resolve

INSTANCES = ("aws:ec2/instance:Instance", "aws:ec2/spotInstanceRequest:SpotInstanceRequest")
"""Types with a public address if their subnet gives each one, unless the program says otherwise."""
SUBNET = "aws:ec2/subnet:Subnet"


class Setting(msgspec.Struct, frozen=True):
    """The property that opens or closes an endpoint, and its value as the program writes it: None if it is absent."""

    property: str
    value: Any
    open: bool
    by_default: bool = False
    """Whether it also is open if the property is absent."""


def endpoint_settings(stack: Stack) -> Iterator[Placed[Setting]]:
    """The setting of each endpoint. One that the program leaves out has the provider's default."""
    for token, endpoint in endpoints().items():
        for resource in stack.of(token):
            # A NAT instance needs a public address, and forwards the packets of others.
            if resource.inputs.get("sourceDestCheck") is not False:
                by_default = resource.type in INSTANCES and _gives_addresses(stack, resource)
                yield from ((resource, *setting) for setting in _settings(resource, endpoint, by_default=by_default))


def _gives_addresses(stack: Stack, instance: Resource) -> bool:
    """Whether the subnet of an instance gives each one a public address."""
    subnet = resolve(stack, instance, "subnetId", SUBNET).only if instance.inputs.get("subnetId") else None
    return subnet is not None and subnet.inputs.get("mapPublicIpOnLaunch") is True


def _settings(resource: Resource, endpoint: Endpoint, *, by_default: bool) -> Iterator[Reading[Setting]]:
    addresses = value_at(resource.inputs, endpoint.addresses) if endpoint.addresses else None
    for path, value in _values(endpoint, resource.inputs):
        if isinstance(value, Unknown):
            yield path, value
        elif value is None and by_default:
            yield path, Setting(path, value, open=True, by_default=True)
        elif not _opens(endpoint, value) or not has_unknown(addresses):
            named = addresses if isinstance(addresses, list) and addresses else ["0.0.0.0/0"]
            wide = internet([cidr for cidr in named if isinstance(cidr, str)]) is not None
            yield path, Setting(path, value, wide and _opens(endpoint, value), by_default or None in endpoint.open)
        elif undecided(resource, endpoint.addresses, addresses):
            yield endpoint.addresses, UNKNOWN


def _values(endpoint: Endpoint, inputs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The values of the property, also in a JSON text; None for one that is absent, unless what contains it is."""
    path = endpoint.property
    top = re.split(r"[.\[]", path)[0]
    nested = "[*]" in path or (top != path and top not in inputs and None not in endpoint.open)
    values = list(values_at(_parsed(inputs, top) if top != path else inputs, path))
    yield from values or ([] if nested else [(path, None)])


def _parsed(inputs: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The inputs with the value of a property that is JSON; without it, if it is no JSON."""
    text = inputs.get(name)
    if not isinstance(text, str) or isinstance(text, PartialDocument):
        return inputs
    try:
        return {**inputs, name: json.loads(text)}
    except (ValueError, RecursionError):
        return {**inputs, name: {}}


def _opens(endpoint: Endpoint, value: Any) -> bool:
    words = {"true": True, "false": False}
    return (words.get(value.lower(), value) if isinstance(value, str) else value) in endpoint.open
