"""The configuration of a policy pack: reads the operator's file, and merges it with the pack's defaults.

Source: pkg/resource/analyzer/config.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from policypack.core.reading import files
from stackguard.errors import CannotJudge, reason
from stackguard.preview.project.settings_file import MalformedJSONError, parse_json
from stackguard.reports.formatting import printable

ALL = "all"
LEVEL = "enforcementLevel"
LEVELS = ("advisory", "mandatory", "disabled", "remediate")
"""Enforcement levels by their number in the protocol."""
ENVIRONMENTS = "environments"


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    """The configuration of one policy; `level` is None if it is not configured."""

    level: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolicyInfo:
    """A policy as its pack lists it; `properties` and `required` are of the schema of its config."""

    name: str
    level: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    required: Sequence[str] = ()


Config = Mapping[str, PolicyConfig]


def read(file: Path) -> Config:
    """The configuration in a JSON file: by policy, or for `all`, a level or an object with a level and properties.

    Raises:
        CannotJudge: it cannot be read, or is malformed.
    """
    try:
        text = files.content(file)
    except OSError as error:
        raise CannotJudge(f"policy pack config `{file}` cannot be read: {reason(error)}") from None
    if not text.strip():
        return {}
    try:
        document = parse_json(text)
    except MalformedJSONError as error:
        line = f" in line {error.line}" if error.line else ""
        raise CannotJudge(f"policy pack config `{file}` is malformed JSON: {error}{line}") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise CannotJudge(f'policy pack config `{file}` must be an object by policy, such as {{"{ALL}": "mandatory"}}')
    if document.pop(ENVIRONMENTS, []) != []:
        raise CannotJudge(
            f"policy pack config `{file}`: `{ENVIRONMENTS}` need Pulumi Cloud; write their values in the file instead"
        )
    return {
        name: _policy_config(value, f"policy pack config `{file}`: `{printable(name)}`")
        for name, value in document.items()
    }


def _policy_config(value: Any, place: str) -> PolicyConfig:
    if isinstance(value, str):
        return PolicyConfig(_level(value, place))
    if not isinstance(value, dict):
        raise CannotJudge(f"{place} must be an enforcement level or an object")
    level = _level(value[LEVEL], place) if LEVEL in value else None
    return PolicyConfig(level, {name: item for name, item in value.items() if name != LEVEL})


def _level(value: Any, place: str) -> str:
    if value not in LEVELS:
        raise CannotJudge(f"{place} has no valid enforcement level; it is one of {', '.join(sorted(LEVELS))}")
    return str(value)


def merged(policies: Sequence[PolicyInfo], initial: Config, chosen: Config, pack: str) -> dict[str, PolicyConfig]:
    """The configuration of each policy: the operator's, over the pack's initial one, over the policy's defaults.

    Args:
        policies: all policies of the pack.
        initial: the config that the pack contains.
        chosen: the operator's.
        pack: the pack's name for errors.

    Raises:
        CannotJudge: the operator configures a policy that does not exist, or a config does not fit its schema.
    """
    names = [policy.name for policy in policies]
    for name in chosen:
        if name != ALL and name not in names:
            near = get_close_matches(name, names, n=3, cutoff=0.5) or sorted(names)
            listed = ", ".join(f"`{policy}`" for policy in near)
            raise CannotJudge(f"policy pack `{pack}` has no policy `{printable(name)}` to configure; it has {listed}")
    configs = {policy.name: PolicyConfig(policy.level, _defaults(policy)) for policy in policies}
    for config in (initial, chosen):
        everything = config.get(ALL, PolicyConfig()).level
        for name, before in configs.items():
            own = config.get(name, PolicyConfig())
            level = own.level or everything or before.level
            configs[name] = PolicyConfig(level, {**before.properties, **own.properties})
    if errors := sorted(
        error for policy in policies for error in _schema_errors(policy, configs[policy.name].properties)
    ):
        raise CannotJudge(
            f"config of policy pack `{pack}` does not fit: {printable('; '.join(errors))}; see --policy-pack-config"
        )
    return configs


def _defaults(policy: PolicyInfo) -> dict[str, Any]:
    schemas = {name: schema for name, schema in policy.properties.items() if isinstance(schema, Mapping)}
    return {name: schema["default"] for name, schema in schemas.items() if "default" in schema}


def _schema_errors(policy: PolicyInfo, properties: Mapping[str, Any]) -> Iterator[str]:
    """The schema errors of a config, as clauses without values, which can be secret."""
    if not policy.properties and not policy.required:
        return
    jsonschema: Any = import_module("jsonschema")
    registry = import_module("referencing").Registry()  # the default one fetches references from the network
    unresolvable = import_module("referencing.exceptions").Unresolvable
    schema = {"type": "object", "properties": policy.properties, "required": list(policy.required)}
    try:
        jsonschema.Draft7Validator.check_schema(schema)
        errors = list(jsonschema.Draft7Validator(schema, registry=registry).iter_errors(dict(properties)))
    except (jsonschema.SchemaError, unresolvable, RecursionError) as error:
        yield f"`{policy.name}` has a malformed schema: {printable(str(error).partition(chr(10))[0])}"
        return
    for misfit in errors:
        place = misfit.json_path.removeprefix("$").removeprefix(".")
        yield f"`{policy.name}`: {_expectation(misfit, place)}"


def _expectation(error: Any, place: str) -> str:
    """What the schema expects, as a clause."""
    rule, expected = error.validator, error.validator_value
    if rule == "required":
        missing = ", ".join(f"`{name}`" for name in expected if name not in error.instance)
        return f"{missing} is required" + (f" in `{place}`" if place else "")
    text = msgspec.json.encode(expected).decode()
    match rule:
        case "type":
            clause = f"must be of type {' or '.join(expected) if isinstance(expected, list) else expected}"
        case "enum":
            clause = f"must be one of {text}"
        case "const":
            clause = f"must be {text}"
        case _:
            clause = f"does not fit `{rule}: {text}`"
    return f"`{place}` {clause}"
