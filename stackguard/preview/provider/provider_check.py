"""What a bridged AWS provider's Check adds to the inputs of a resource, with or without `--unknown resolve`. Pure.

The real preview hands these inputs to policies too, so they are the same at every door. Sources: provider/tags.go,
region.go, autonaming.go and resource_overrides.go of https://github.com/pulumi/pulumi-aws, and `Check` in
pkg/tfbridge/provider.go and schema.go of https://github.com/pulumi/pulumi-terraform-bridge:

- the physical name, unless the program sets it or a prefix for it (`autonaming.py`);
- `tagsAll`: the provider's `defaultTags`, then the resource's `tags`, without those that `ignoreTags` names; `{}` where
  there are none, and `tags` itself stays as it was written. Every type with `tags` has it;
- `region`: that of the provider's own inputs, on every type that has the argument and sets none, since pulumi-aws 7.
  A region that only the environment gives is not written: no other machine would see it;
- policy documents given as a structure, as JSON text;
- constants, where the provider's schema has one that is not empty: `false`, `0` and `""` are left out by current
  bridges, and what the SDK sets itself arrives with the registration.

The internal list `__defaults` is left out, as policies never see it. While a provider's own inputs hold an unknown
value the engine does not call Check at all, and nothing is added.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from policypack.core.policy import UNKNOWN, PartialDocument, Unknown
from policypack.core.wire import UNKNOWN_STRING
from stackguard.preview.go_json import dumps
from stackguard.preview.provider.autonaming import Autonaming, Naming, physical_name
from stackguard.preview.provider.resource_rules import major_version, rule_of

REGION_ARGUMENT_SINCE = 7
NO_AUTONAMING = Autonaming()
CREDENTIALS = frozenset({"accessKey", "secretKey", "token"})
"""Inputs of the provider that Check does not read, and that nobody offline can decrypt."""


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
    """The inputs after the provider's Check, and the paths of those that are secret. Nothing given is overwritten.

    Args:
        type_token: any type; only those of the table are changed.
        name: the resource's Pulumi name.
        urn: its URN, which decides the random part of its physical name.
        inputs: what the program asks for.
        provider: the inputs of the provider that serves it, `version` included.
        autonaming: what `pulumi:autonaming` asks for.
        secrets: the paths of the secret inputs.
        provider_secrets: the same of the provider.

    Raises:
        Refusal: the provider refuses to choose a name, so a real preview fails.

    """
    rule = rule_of(type_token)
    asked = {key: value for key, value in provider.items() if key not in CREDENTIALS}
    if rule is None or any(_unknowns(asked)):
        return dict(inputs), secrets
    found = {**{key: value for key, value in rule.defaults.items() if inputs.get(key) is None}, **inputs}
    hidden = set(secrets)
    if rule.naming and inputs.get(rule.naming.property) is None:
        chosen = physical_name(rule.naming, autonaming.strategy_for(type_token), name, urn, inputs)
        if chosen is not None:
            found[rule.naming.property] = chosen
            hidden |= {rule.naming.property} if autonaming.secret else set()
    for property_, naming in rule.nested.items():
        found |= {property_: _named_elements(naming, autonaming, type_token, name, urn, found.get(property_))}
    for property_ in rule.documents:
        _as_text(property_, found, hidden)
    if rule.tagged:
        _tag(found, hidden, provider, provider_secrets)
    if rule.regional and inputs.get("region") is None and provider.get("region") and _has_region_argument(provider):
        found["region"] = provider["region"]
    return {key: value for key, value in found.items() if value is not None or key in inputs}, frozenset(hidden)


def _has_region_argument(provider: Mapping[str, Any]) -> bool:
    version = re.match(r"v?(\d+)\.", str(provider.get("version") or ""))
    return int(version[1]) >= REGION_ARGUMENT_SINCE if version else major_version() >= REGION_ARGUMENT_SINCE


def _named_elements(naming: Naming, autonaming: Autonaming, type_token: str, name: str, urn: str, value: Any) -> Any:
    """The elements of a list, such as a role's inline policies, each with a name."""
    if not isinstance(value, list):
        return value
    strategy = autonaming.strategy_for(type_token)
    return [
        {**each, naming.property: physical_name(naming, strategy, name, urn, each)}
        if isinstance(each, dict) and each.get(naming.property) is None
        else each
        for each in value
    ]


def _as_text(property_: str, found: dict[str, Any], hidden: set[str]) -> None:
    """A document given as a structure becomes text, in which the whole is secret where a part was."""
    document = found.get(property_)
    if not isinstance(document, dict | list):
        return
    unknown = next(_unknowns(document), None)
    if unknown is None:
        found[property_] = dumps(_sorted(document))
    else:
        found[property_] = PartialDocument(json.dumps(_with_sentinels(document)), unknown)
    within = {path for path in hidden if path.startswith((f"{property_}.", f"{property_}["))}
    if within:
        hidden -= within
        hidden.add(property_)


def _tag(
    found: dict[str, Any], hidden: set[str], provider: Mapping[str, Any], provider_secrets: frozenset[str]
) -> None:
    given = found.get("tags") or {}
    unknown = given if isinstance(given, Unknown) else next(_unknowns(given), None)
    if unknown is not None:
        found["tagsAll"] = unknown
        return
    defaults = _structure(provider.get("defaultTags")).get("tags") or {}
    ignored = _structure(provider.get("ignoreTags"))
    keys, prefixes = (ignored.get("keys") or []), tuple(ignored.get("keyPrefixes") or [])
    merged = {**defaults, **given}
    found["tagsAll"] = {
        key: value for key, value in sorted(merged.items()) if key not in keys and not key.startswith(prefixes)
    }
    for key in found["tagsAll"]:
        source, secrets = ("tags", hidden) if key in given else ("defaultTags", provider_secrets)
        if any(path in {source, f"{source}.tags", f"{source}.{key}", f"{source}.tags.{key}"} for path in secrets):
            hidden.add(f"tagsAll.{key}")


def _structure(value: Any) -> dict[str, Any]:
    """A provider's structured input: the SDK and the config both hand it on as JSON text."""
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _unknowns(value: Any) -> Iterator[Unknown]:
    """Every unknown value in it, at any depth."""
    match value:
        case Unknown():
            yield value
        case PartialDocument():
            yield value.unknown
        case str() if UNKNOWN_STRING in value:  # a structured input of a provider is JSON text
            yield UNKNOWN
        case dict():
            for each in value.values():
                yield from _unknowns(each)
        case list():
            for each in value:
                yield from _unknowns(each)


def _with_sentinels(value: Any) -> Any:
    match value:
        case Unknown():
            return UNKNOWN_STRING
        case dict():
            return {key: _with_sentinels(each) for key, each in value.items()}
        case list():
            return [_with_sentinels(each) for each in value]
    return value


def _sorted(value: Any) -> Any:
    """The value as Go writes it: maps in the order of their keys."""
    match value:
        case dict():
            return {str(key): _sorted(each) for key, each in sorted(value.items())}
        case list():
            return [_sorted(each) for each in value]
    return value
