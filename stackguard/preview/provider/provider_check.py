"""The inputs that a bridged AWS provider's Check adds to a resource, with or without `--unknown resolve`. Pure.

The real preview sends these inputs to policies too, so they are the same at every door. Sources: provider/tags.go,
region.go, autonaming.go and resource_overrides.go of https://github.com/pulumi/pulumi-aws, and `Check` in
pkg/tfbridge/provider.go and schema.go of https://github.com/pulumi/pulumi-terraform-bridge:

- the physical name, unless the program sets it or a prefix for it (`autonaming.py`);
- `tagsAll`: the provider's `defaultTags` and the resource's `tags`, without those in `ignoreTags`; `{}` if there are
  none. `tags` itself does not change. Every type with `tags` has it;
- `region`: that of the provider's own inputs, on every type that has the argument and sets none, since pulumi-aws 7.
  A region that only the environment sets is not added, because it differs between machines;
- policy documents as JSON text, if the program passes a structure;
- constants of the provider's schema that are not empty: current bridges omit `false`, `0` and `""`, and the SDK sends
  those that it sets itself.

The internal list `__defaults` is omitted, because policies never see it. If a provider's own inputs contain an unknown
value, the engine does not call Check, and nothing is added.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from policypack.core.policy import UNKNOWN, PartialDocument, Unknown
from policypack.core.values import nested
from policypack.core.wire import UNKNOWN_STRING, encode
from stackguard.preview.go_json import dumps_map, parsed
from stackguard.preview.provider.autonaming import Autonaming, PhysicalNaming, physical_name
from stackguard.preview.provider.resource_rules import major_version, rule_of

REGION_ARGUMENT_SINCE = 7
NO_AUTONAMING = Autonaming()
CREDENTIALS = frozenset({"accessKey", "secretKey", "token"})
"""Inputs of the provider that Check does not read, and that cannot be decrypted offline."""


def checked(
    type_token: str,
    name: str,
    urn: str,
    inputs: Mapping[str, Any],
    provider: Mapping[str, Any],
    autonaming: Autonaming = NO_AUTONAMING,
    secrets: frozenset[str] = frozenset(),
    provider_secrets: frozenset[str] = frozenset(),
) -> tuple[dict[str, Any], frozenset[str]]:
    """The inputs after the provider's Check, and the paths of those that are secret. No input is overwritten.

    Args:
        type_token: any type; only those in the table have additions.
        name: the resource's Pulumi name.
        urn: its URN, which decides the random part of its physical name.
        inputs: those that the program sets.
        provider: the inputs of the provider that serves it, `version` included.
        autonaming: the project's `pulumi:autonaming`.
        secrets: the paths of the secret inputs.
        provider_secrets: the same of the provider.

    Raises:
        Refusal: the provider refuses to choose a name, so a real preview fails.
    """
    rule = rule_of(type_token)
    read = {key: value for key, value in provider.items() if key not in CREDENTIALS}
    if rule is None or _unknown_in(read) is not None:
        return dict(inputs), secrets
    checked_inputs = {**{key: value for key, value in rule.defaults.items() if inputs.get(key) is None}, **inputs}
    hidden = set(secrets)
    if rule.naming and inputs.get(rule.naming.property) is None:
        chosen = physical_name(rule.naming, autonaming.strategy_for(type_token), name, urn, inputs)
        if chosen is not None:
            checked_inputs[rule.naming.property] = chosen
            hidden |= {rule.naming.property} if autonaming.secret else set()
    for property_, naming in rule.nested.items():
        checked_inputs |= {
            property_: _named_elements(naming, autonaming, type_token, name, urn, checked_inputs.get(property_))
        }
    for property_ in rule.documents:
        _as_text(property_, checked_inputs, hidden)
    if rule.tagged:
        _tag(checked_inputs, hidden, provider, provider_secrets)
    if rule.regional and inputs.get("region") is None and provider.get("region") and _has_region_argument(provider):
        checked_inputs["region"] = provider["region"]
    checked_inputs = {key: value for key, value in checked_inputs.items() if value is not None or key in inputs}
    return checked_inputs, frozenset(hidden)


def _has_region_argument(provider: Mapping[str, Any]) -> bool:
    version = re.match(r"v?(\d+)\.", str(provider.get("version") or ""))
    return int(version[1]) >= REGION_ARGUMENT_SINCE if version else major_version() >= REGION_ARGUMENT_SINCE


def _named_elements(
    naming: PhysicalNaming, autonaming: Autonaming, type_token: str, name: str, urn: str, value: Any
) -> Any:
    """The elements of a list, such as a role's inline policies, each with a name."""
    if not isinstance(value, list):
        return value
    strategy = autonaming.strategy_for(type_token)
    return [
        {**element, naming.property: physical_name(naming, strategy, name, urn, element)}
        if isinstance(element, dict) and element.get(naming.property) is None
        else element
        for element in value
    ]


def _as_text(property_: str, checked_inputs: dict[str, Any], hidden: set[str]) -> None:
    """Write a document that is a structure as text, which is secret if a part of it is."""
    document = checked_inputs.get(property_)
    if not isinstance(document, dict | list):
        return
    unknown = _unknown_in(document)
    if unknown is None:
        checked_inputs[property_] = dumps_map(document)
    else:
        checked_inputs[property_] = PartialDocument(json.dumps(encode(document)), unknown)
    within = {path for path in hidden if path.startswith((f"{property_}.", f"{property_}["))}
    if within:
        hidden -= within
        hidden.add(property_)


def _tag(
    checked_inputs: dict[str, Any], hidden: set[str], provider: Mapping[str, Any], provider_secrets: frozenset[str]
) -> None:
    tags = checked_inputs.get("tags") or {}
    unknown = _unknown_in(tags)
    if unknown is not None:
        checked_inputs["tagsAll"] = unknown
        return
    defaults = _structure(provider.get("defaultTags")).get("tags") or {}
    ignored = _structure(provider.get("ignoreTags"))
    keys, prefixes = (ignored.get("keys") or []), tuple(ignored.get("keyPrefixes") or [])
    merged = {**defaults, **tags}
    checked_inputs["tagsAll"] = {
        key: value for key, value in sorted(merged.items()) if key not in keys and not key.startswith(prefixes)
    }
    for key in checked_inputs["tagsAll"]:
        source, secrets = ("tags", hidden) if key in tags else ("defaultTags", provider_secrets)
        if any(path in {source, f"{source}.tags", f"{source}.{key}", f"{source}.tags.{key}"} for path in secrets):
            hidden.add(f"tagsAll.{key}")


def _structure(value: Any) -> dict[str, Any]:
    settings = parsed(value)
    return settings if isinstance(settings, dict) else {}


def _unknown_in(value: Any) -> Unknown | None:
    """The first unknown in a value, at any depth."""
    for inner in nested(value):
        match inner:
            case Unknown():
                return inner
            case PartialDocument():
                return inner.unknown
            case str() if UNKNOWN_STRING in inner:  # a structured input of a provider is JSON text
                return UNKNOWN
    return None
