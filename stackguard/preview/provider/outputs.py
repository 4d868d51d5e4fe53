"""Fills what AWS would compute for a resource: its rule in `tables/resources.json`, applied. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from policypack.core.policy import UNKNOWN, Unknown
from stackguard.preview.provider.autonaming import HEX, Naming, Refusal, Strategy, draw, physical_name
from stackguard.preview.provider.resource_rules import rule_of
from stackguard.preview.provider.templates import drawn, holds, holes, render

PARTITIONS = {  # region prefix: partition, domain, the domain reversed
    "cn-": ("aws-cn", "amazonaws.com.cn", "cn.com.amazonaws"),
    "us-gov-": ("aws-us-gov", "amazonaws.com", "com.amazonaws"),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov", "gov.sgov.sc2s"),
    "us-isof-": ("aws-iso-f", "csp.hci.ic.gov", "gov.ic.hci.csp"),
    "eu-isoe-": ("aws-iso-e", "cloud.adc-e.uk", "uk.adc-e.cloud"),
    "us-iso-": ("aws-iso", "c2s.ic.gov", "gov.ic.c2s"),
    "eusc-": ("aws-eusc", "amazonaws.eu", "eu.amazonaws"),
    "": ("aws", "amazonaws.com", "com.amazonaws"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource is created: an account, and a region unless nothing fixes one.

    Without a region the partition is taken to be `aws`: the others have to be asked for by region.
    """

    account: str
    region: str | Unknown = UNKNOWN

    @property
    def partition(self) -> tuple[str, str, str]:
        """Name, domain and reversed domain of the partition."""
        region = self.region if isinstance(self.region, str) else ""
        return next(partition for prefix, partition in PARTITIONS.items() if region.startswith(prefix))

    def within(self, region: Any) -> Place:
        """The same account, in the region that a resource or a call names itself; None changes nothing."""
        return self if region is None else Place(self.account, region if isinstance(region, str) else UNKNOWN)


def place_of(provider: Mapping[str, Any], account: str, fallback_region: str | None) -> Place:
    """Where an `aws` provider with these inputs creates; `stackguard.preview.provider.account` says in which account."""
    region = provider.get("region")
    return Place(account, UNKNOWN if isinstance(region, Unknown) else region or fallback_region or UNKNOWN)


def resolve(
    type_token: str,
    name: str,
    urn: str,
    inputs: Mapping[str, Any],
    place: Place,
    secrets: frozenset[str] = frozenset(),
) -> tuple[dict[str, Any], frozenset[str]]:
    """The outputs that AWS computes and that follow from what is known, and which of them are secret.

    An output is secret where it is made from a secret input. Inputs are never overwritten. Only known values are
    returned: what is missing stays unknown.
    """
    rule = rule_of(type_token)
    if rule is None:
        return {}, frozenset()
    place = place.within(inputs.get("region")) if rule.regional else place
    resolved: dict[str, Any] = {}
    if rule.regional and inputs.get("region") is None and isinstance(place.region, str):
        resolved["region"] = place.region
    if rule.naming and inputs.get(rule.naming.property) is None:
        chosen = _named(rule.naming, name, urn, inputs)
        resolved |= {rule.naming.property: chosen} if chosen is not None else {}
    known = {
        **{key: value for key, value in inputs.items() if value is not None},
        **resolved,
        "partition": place.partition[0],
        "dns": place.partition[1],
        "account": place.account,
        "region": place.region,
    }
    tainted = {path for path in secrets if path.isidentifier()}
    for output, condition, template in rule.templates():
        if inputs.get(output) is not None or output in resolved or not holds(condition, known):
            continue
        value = render(template, known, f"{urn} {output}")
        if value is not None:
            resolved[output] = known[output] = value
            tainted |= {output} if tainted & holes(template) else set()
    return resolved, frozenset(tainted & resolved.keys())


def made_up(type_token: str, written: Mapping[str, Any], settled: Mapping[str, Any]) -> set[str]:
    """The texts of a resource that have a part drawn at random, so that the update makes others.

    Args:
        type_token: the resource's.
        written: the properties that the program sets.
        settled: all of its properties, those that the provider or AWS adds included.
    """
    rule = rule_of(type_token)
    if rule is None:
        return set()
    names = [rule.naming.property] if rule.naming else []
    names += [output for output, _condition, template in rule.templates() if drawn(template)]
    values = [settled.get(name) for name in names if written.get(name) is None]
    for property_ in rule.nested:
        own, found = written.get(property_), settled.get(property_)
        if isinstance(own, list) and isinstance(found, list):
            naming = rule.nested[property_].property
            values += [new.get(naming) for old, new in zip(own, found, strict=False) if old.get(naming) is None]
    return {value for value in values if isinstance(value, str) and value}


def _named(naming: Naming, name: str, urn: str, inputs: Mapping[str, Any]) -> str | None:
    """The physical name where the provider has not chosen it yet: it makes one of a prefix in the update only."""
    prefix = inputs.get(f"{naming.property}Prefix")
    if isinstance(prefix, str):
        return prefix + draw(urn, HEX, 26)  # Terraform adds a time and a counter of this length
    with suppress(Refusal):
        chosen = physical_name(naming, Strategy(), name, urn, inputs)
        return chosen if isinstance(chosen, str) else None
    return None


def identified(type_token: str, identity: str) -> dict[str, Any]:
    """The property that a type's id is made of alone: a bucket's id is its name."""
    rule = rule_of(type_token)
    match = re.fullmatch(r"\{(\w+)\}", rule.outputs.get("id", "")) if rule and identity else None
    return {match[1]: identity} if match else {}
