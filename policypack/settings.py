"""What the operator sets: one schema for `stackguard.yaml`, `--settings` and CrossGuard's policy configuration.

A setting is never an opinion of a policy. Loading validates everything, and an error says the key and how to mend it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from policypack.aws.addresses import AddressError, Ranges, broad
from policypack.policy import EnforcementLevel

Region = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,}(-[a-z]+)+-\d$", examples=["eu-west-1"])]
Account = Annotated[str, msgspec.Meta(pattern=r"^\d{12}$", examples=["111122223333"])]
Cidr = Annotated[str, msgspec.Meta(min_length=1, examples=["203.0.113.0/24"])]

DEFAULT_FILE = "stackguard.yaml"
ENFORCEMENT_KEY = "enforcementLevel"


class SettingsError(ValueError):
    """Settings that do not fit the schema. The message names the key and how to mend it."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """Validated settings. Build with `parse`, or with keyword arguments in tests."""

    allowed_regions: Annotated[
        tuple[Region, ...],
        msgspec.Meta(description="Regions that resources may be in; empty means the stack's own `aws:region`."),
    ] = ()
    trusted_cidrs: Annotated[
        tuple[Cidr, ...],
        msgspec.Meta(description="Address ranges that are yours; a bucket may be open to these and to no others."),
    ] = ()
    trusted_accounts: Annotated[
        tuple[Account, ...],
        msgspec.Meta(description="Account ids, beside the stack's own, that policy documents may name."),
    ] = ()
    unknown: Annotated[
        EnforcementLevel,
        msgspec.Meta(description="What an undecided policy does: `mandatory` blocks, `advisory` tells."),
    ] = EnforcementLevel.MANDATORY
    enforcement: Annotated[
        Mapping[str, EnforcementLevel],
        msgspec.Meta(description="Enforcement level by policy id, where it is not `mandatory`."),
    ] = {}
    stack_region: Annotated[
        str | None, msgspec.Meta(description="The stack's `aws:region`; the gate and the pack fill it in.")
    ] = None

    @property
    def regions(self) -> tuple[str, ...]:
        """The allowed regions: as set, else the stack's own, else none known."""
        return self.allowed_regions or ((self.stack_region,) if self.stack_region else ())


def parse(raw: Any, source: str) -> Settings:
    """Settings from decoded YAML or JSON.

    Args:
        raw: a mapping with camelCase keys, or None for an empty file.
        source: what to call it in an error, such as the file's name.

    Raises:
        SettingsError: a key is unknown, or a value does not fit.
    """
    if raw is None:
        raw = {}
    if isinstance(raw, Mapping) and (unknown := sorted(set(map(str, raw)) - set(Settings.__struct_encode_fields__))):
        known = ", ".join(f"`{name}`" for name in Settings.__struct_encode_fields__)
        raise SettingsError(f"{source}: there is no setting `{unknown[0]}`; the settings are {known}")
    try:
        settings = msgspec.convert(raw, Settings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{source}: {_worded(str(error))}") from error
    for index, cidr in enumerate(settings.trusted_cidrs):
        place = f"{source}: `trustedCidrs[{index}]`"
        try:
            ranges = Ranges.parse(cidr)
        except AddressError as error:
            raise SettingsError(f"{place} {error}") from error
        if broad(ranges):
            raise SettingsError(f"{place} is broader than /8 (IPv4) or /32 (IPv6): that is the internet, name yours")
    if settings.trusted_cidrs and broad(Ranges.union(map(Ranges.parse, settings.trusted_cidrs))):
        raise SettingsError(f"{source}: `trustedCidrs` together cover more than a /8 (IPv4) or a /32 (IPv6)")
    return settings


def _worded(error: str) -> str:
    """msgspec's message without its type names: "Expected `array`, got `str` - at `$.allowedRegions`"."""
    text, _, place = error.partition(" - at ")
    place = re.sub(r"^`\$\.?|`$", "", place) or "the settings"
    replacements = {"Expected `array`": "must be a list", "Expected `str`": "must be a text", "Expected `object`": "must be a mapping"}
    for raw, plain in replacements.items():
        text = text.replace(raw, plain)
    return f"`{place}` {text[:1].lower()}{text[1:]}"


def config_schema() -> dict[str, dict[str, Any]]:
    """JSON schema of each setting, for CrossGuard's `PolicyConfigSchema.properties`.

    `enforcement` is left out, because CrossGuard has an enforcement level for each policy.
    """
    (schema,), components = msgspec.json.schema_components([Settings], ref_template="#/{name}")
    definition = components["Settings"] if "$ref" in schema else schema
    properties: dict[str, dict[str, Any]] = definition["properties"]
    inline = {"#/EnforcementLevel": components["EnforcementLevel"]}
    found = {}
    for name, each in properties.items():
        if name in {"enforcement", "stackRegion"}:
            continue
        plain = dict(each)
        for reference in plain.pop("allOf", []) + ([{"$ref": plain.pop("$ref")}] if "$ref" in plain else []):
            plain.update({k: v for k, v in inline[reference["$ref"]].items() if k not in {"title", "description"}})
        found[name] = plain
    return found
