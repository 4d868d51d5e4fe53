"""The outputs that AWS computes for a resource, by its rule in `tables/resources.json`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from policypack.core.policy import UNKNOWN, Resource, Unknown
from stackguard.preview.provider.autonaming import HEX, PhysicalNaming, Refusal, Strategy, draw, physical_name
from stackguard.preview.provider.resource_rules import rule_of
from stackguard.preview.provider.templates import drawn, holes, is_met, of_parents, render


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition of AWS, with the domain of its endpoints."""

    name: str
    domain: str

    @property
    def reversed_domain(self) -> str:
        """The domain's labels in reverse order."""
        return ".".join(reversed(self.domain.split(".")))


PARTITIONS = {
    "cn-": Partition("aws-cn", "amazonaws.com.cn"),
    "us-gov-": Partition("aws-us-gov", "amazonaws.com"),
    "us-isob-": Partition("aws-iso-b", "sc2s.sgov.gov"),
    "us-isof-": Partition("aws-iso-f", "csp.hci.ic.gov"),
    "eu-isoe-": Partition("aws-iso-e", "cloud.adc-e.uk"),
    "us-iso-": Partition("aws-iso", "c2s.ic.gov"),
    "eusc-": Partition("aws-eusc", "amazonaws.eu"),
    "": Partition("aws", "amazonaws.com"),
}
"""By the prefix of their regions."""


@dataclass(frozen=True, slots=True)
class AwsLocation:
    """Where a provider creates resources: an account, and a region unless nothing sets one.

    Without a region the partition is `aws`, because every other one has to be selected by region. `default_tags` is the
    provider's `defaultTags`, as the SDK sends it.
    """

    account: str
    region: str | Unknown = UNKNOWN
    default_tags: Any = None

    @property
    def partition(self) -> Partition:
        """The region's partition."""
        region = self.region if isinstance(self.region, str) else ""
        return next(partition for prefix, partition in PARTITIONS.items() if region.startswith(prefix))

    def within(self, region: Any) -> AwsLocation:
        """The same account, in the region that a resource or a call sets itself; None changes nothing."""
        return self if region is None else replace(self, region=region if isinstance(region, str) else UNKNOWN)


def location_of(provider: Mapping[str, Any], account: str, fallback_region: str | None) -> AwsLocation:
    """Where an `aws` provider with these inputs creates; `account.py` determines the account."""
    region = provider.get("region")
    region = UNKNOWN if isinstance(region, Unknown) else region or fallback_region or UNKNOWN
    return AwsLocation(account, region, provider.get("defaultTags"))


def resolve(
    type_token: str,
    name: str,
    urn: str,
    inputs: Mapping[str, Any],
    location: AwsLocation,
    secrets: frozenset[str] = frozenset(),
    identified: Callable[[str], Resource | None] = lambda _: None,
) -> tuple[dict[str, Any], frozenset[str]]:
    """The outputs that AWS computes and that follow from what is known, and which of them are secret.

    An output is secret if it derives from a secret input. Inputs are never overwritten. Only known values are
    returned; a missing one stays unknown. `identified` is the resource of the program that an id or an ARN identifies.
    """
    rule = rule_of(type_token)
    if rule is None:
        return {}, frozenset()
    location = location.within(inputs.get("region")) if rule.regional else location
    resolved: dict[str, Any] = {}
    if rule.regional and inputs.get("region") is None and isinstance(location.region, str):
        resolved["region"] = location.region
    if rule.naming and inputs.get(rule.naming.property) is None:
        chosen = _named(rule.naming, name, urn, inputs)
        resolved |= {rule.naming.property: chosen} if chosen is not None else {}
    known = {
        **{key: value for key, value in inputs.items() if value is not None},
        **resolved,
        "partition": location.partition.name,
        "dns": location.partition.domain,
        "account": location.account,
        "region": location.region,
    }
    tainted = {path for path in secrets if path.isidentifier()}
    for output, condition, template in rule.templates():
        if inputs.get(output) is not None or output in resolved or not is_met(condition, known):
            continue
        for property_, inner in of_parents(template):
            parent = identified(text) if isinstance(text := known.get(property_), str) else None
            value = UNKNOWN if parent is None else _output(parent, inner)
            known |= {} if value is None else {f"{property_}.{inner}": value}
        value = render(template, known, f"{urn} {output}")
        if value is not None:
            resolved[output] = known[output] = value
            tainted |= {output} if tainted & holes(template) else set()
    return resolved, frozenset(tainted & resolved.keys())


def _output(resource: Resource, name: str) -> Any:
    """An output of a resource, which is unknown if it is secret; None if no resource of its type has one."""
    rule = rule_of(resource.type)
    has = rule is not None and any(name == output for output, _, _ in rule.templates())
    return UNKNOWN if name in resource.secrets else resource.outputs.get(name, UNKNOWN if has else None)


def made_up(type_token: str, written: Mapping[str, Any], properties: Mapping[str, Any]) -> set[str]:
    """The texts of a resource with a part drawn at random, which differ in the update.

    Args:
        type_token: the resource's.
        written: the properties that the program sets.
        properties: all of its properties, including those that the provider or AWS adds.
    """
    rule = rule_of(type_token)
    if rule is None:
        return set()
    names = [rule.naming.property] if rule.naming else []
    names += [output for output, _condition, template in rule.templates() if drawn(template)]
    values = [properties.get(name) for name in names if written.get(name) is None]
    for property_ in rule.nested:
        own, checked = written.get(property_), properties.get(property_)
        if isinstance(own, list) and isinstance(checked, list):
            naming = rule.nested[property_].property
            values += [new.get(naming) for old, new in zip(own, checked, strict=False) if old.get(naming) is None]
    return {value for value in values if isinstance(value, str) and value}


def _named(naming: PhysicalNaming, name: str, urn: str, inputs: Mapping[str, Any]) -> str | None:
    """The physical name if Check leaves it to the update, as it does with a prefix."""
    prefix = inputs.get(f"{naming.property}Prefix")
    if isinstance(prefix, str):
        return prefix + draw(urn, HEX, 26)  # Terraform adds a time and a counter of this length
    with suppress(Refusal):
        chosen = physical_name(naming, Strategy(), name, urn, inputs)
        return chosen if isinstance(chosen, str) else None
    return None


def identify(type_token: str, identity: str) -> dict[str, Any]:
    """The one property that a type's id consists of: a bucket's id is its name."""
    rule = rule_of(type_token)
    match = re.fullmatch(r"\{(\w+)\}", rule.outputs.get("id", "")) if rule and identity else None
    return {match[1]: identity} if match else {}
