"""A policy pack's configuration: the file's forms, and what it comes to with the pack's own defaults.

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

from stackguard.errors import CannotJudge
from stackguard.reports.formatting import printable

ALL = "all"
LEVEL = "enforcementLevel"
LEVELS = ("advisory", "disabled", "mandatory", "remediate")
ENVIRONMENTS = "environments"


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    """What is configured for one policy; `level` is None where nothing says one."""

    level: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolicyInfo:
    """What a policy pack says of one of its policies. `properties` and `required` are those of its config's schema."""

    name: str
    level: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    required: Sequence[str] = ()


Config = Mapping[str, PolicyConfig]


def read(file: Path) -> Config:
    """The configuration in a JSON file: levels, or objects with a level and properties, by policy; `all` means all.

    Raises:
        CannotJudge: it cannot be read, or it has another form.
    """
    try:
        text = file.read_bytes()
    except OSError as error:
        raise CannotJudge(f"policy pack config `{file}` cannot be read: {(error.strerror or '').lower()}") from None
    if not text.strip():
        return {}
    try:
        given = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CannotJudge(f"policy pack config `{file}` is not JSON: {printable(str(error))}") from None
    except RecursionError:
        raise CannotJudge(f"policy pack config `{file}` is nested too deeply") from None
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise CannotJudge(f'policy pack config `{file}` must be an object by policy, such as {{"{ALL}": "mandatory"}}')
    if given.pop(ENVIRONMENTS, []) != []:
        raise CannotJudge(
            f"policy pack config `{file}`: `{ENVIRONMENTS}` need Pulumi Cloud; write their values in the file instead"
        )
    return {name: _entry(value, f"policy pack config `{file}`: `{printable(name)}`") for name, value in given.items()}


def _entry(value: Any, place: str) -> PolicyConfig:
    if isinstance(value, str):
        return PolicyConfig(_level(value, place))
    if not isinstance(value, dict):
        raise CannotJudge(f"{place} must be an enforcement level or an object")
    level = _level(value[LEVEL], place) if LEVEL in value else None
    return PolicyConfig(level, {name: each for name, each in value.items() if name != LEVEL})


def _level(value: Any, place: str) -> str:
    if value not in LEVELS:
        raise CannotJudge(f"{place} has no valid enforcement level; it is one of {', '.join(LEVELS)}")
    return str(value)


def settle(policies: Sequence[PolicyInfo], initial: Config, given: Config, pack: str) -> dict[str, PolicyConfig]:
    """What each policy is configured with: its defaults, under the pack's own config, under what the operator gave.

    Args:
        policies: all policies of the pack.
        initial: the config that the pack itself comes with.
        given: the operator's.
        pack: the pack's name, for an error.

    Raises:
        CannotJudge: the operator names a policy that is not there, or a config does not fit its policy's schema.
    """
    names = [policy.name for policy in policies]
    for name in given:
        if name != ALL and name not in names:
            raise CannotJudge(
                f"policy pack `{pack}` has no policy `{printable(name)}` to configure; {_near(name, names)}"
            )
    settled = {policy.name: PolicyConfig(policy.level, _defaults(policy)) for policy in policies}
    for config in (initial, given):
        everything = config.get(ALL, PolicyConfig()).level
        for name, before in settled.items():
            own = config.get(name, PolicyConfig())
            level = own.level or everything or before.level
            settled[name] = PolicyConfig(level, {**before.properties, **own.properties})
    if errors := sorted(error for policy in policies for error in _misfits(policy, settled[policy.name].properties)):
        raise CannotJudge(
            f"config of policy pack `{pack}` does not fit: {printable('; '.join(errors))}; see --policy-pack-config"
        )
    return settled


def _near(name: str, names: Sequence[str]) -> str:
    matches = get_close_matches(name, names, n=3, cutoff=0.5) or sorted(names)
    return f"it has {', '.join(f'`{each}`' for each in matches)}"


def _defaults(policy: PolicyInfo) -> dict[str, Any]:
    schemas = {name: schema for name, schema in policy.properties.items() if isinstance(schema, Mapping)}
    return {name: schema["default"] for name, schema in schemas.items() if "default" in schema}


def _misfits(policy: PolicyInfo, properties: Mapping[str, Any]) -> Iterator[str]:
    """What the schema has against a config, one clause each; values are left out, for one could be a secret."""
    if not policy.properties and not policy.required:
        return
    jsonschema: Any = import_module("jsonschema")
    nowhere = import_module("referencing").Registry()  # the default one would fetch what a schema refers to
    schema = {"type": "object", "properties": policy.properties, "required": list(policy.required)}
    try:
        jsonschema.Draft7Validator.check_schema(schema)
        errors = list(jsonschema.Draft7Validator(schema, registry=nowhere).iter_errors(dict(properties)))
    except (jsonschema.SchemaError, *_unresolvable()) as error:
        yield f"`{policy.name}` has a malformed schema: {printable(str(error).partition(chr(10))[0])}"
        return
    for misfit in errors:
        place = misfit.json_path.removeprefix("$").removeprefix(".")
        yield f"`{policy.name}`: {_wanted(misfit, place)}"


def _unresolvable() -> tuple[type[Exception], ...]:
    """What a validator raises for a reference that leads nowhere, or in circles."""
    return (import_module("referencing.exceptions").Unresolvable, RecursionError)


def _wanted(misfit: Any, place: str) -> str:
    """The clause for one misfit: what the schema asks for."""
    rule, wanted = misfit.validator, misfit.validator_value
    if rule == "required":
        missing = ", ".join(f"`{name}`" for name in wanted if name not in misfit.instance)
        return f"{missing} is required" + (f" in `{place}`" if place else "")
    said = msgspec.json.encode(wanted).decode()
    match rule:
        case "type":
            words = f"must be of type {' or '.join(wanted) if isinstance(wanted, list) else wanted}"
        case "enum":
            words = f"must be one of {said}"
        case "const":
            words = f"must be {said}"
        case _:
            words = f"does not fit `{rule}: {said}`"
    return f"`{place}` {words}"
