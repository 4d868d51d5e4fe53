"""The JSON schema of the settings: for editors the whole file, for CrossGuard what one policy is configured with."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from policypack.core.policy import Severity
from policypack.core.tags import Tag
from policypack.evaluation.settings.model import CONDITIONS, NAMES, Limits, Programs, Settings
from policypack.evaluation.settings.selectors import SEVERITY, TAG

PER_POLICY = ("allowedRegions", "trustedCidrs", "trustedAccounts", "unknown")
"""The settings that CrossGuard can set for a single policy; it has an enforcement level for each by itself."""
SCHEMA_ID = (
    "https://raw.githubusercontent.com/stackguard/stackguard/main/policypack/evaluation/settings/settings.schema.json"
)
PATTERNS = {
    "projects": "Patterns of the names of projects, such as `shop-*`.",
    "stacks": "Patterns of `STACK`, `PROJECT/STACK` or `ORGANIZATION/PROJECT/STACK`, such as `prod*`.",
    "paths": "Patterns of targets, relative to this file; a folder stands for all in it.",
}


@cache
def config_schema() -> dict[str, dict[str, Any]]:
    """JSON schema of each setting of a single policy, for CrossGuard's `PolicyConfigSchema.properties`."""
    properties = _settings()
    return {name: properties[name] for name in PER_POLICY}


def _settings(template: str = "#/{name}") -> dict[str, dict[str, Any]]:
    _, components = msgspec.json.schema_components([Settings], ref_template=template)
    properties: dict[str, dict[str, Any]] = components["Settings"]["properties"]
    schema = {name: dict(properties[name]) for name in NAMES}
    for setting in schema.values():
        if isinstance(setting.get("default"), tuple):
            setting["default"] = list(setting["default"])
    return schema


def _selectors() -> dict[str, str]:
    """The selectors that fit our own policies, each with its meaning, for an editor's completion."""
    from policypack.policies import POLICIES

    return {
        **{policy.id: policy.title for policy in POLICIES},
        **{f"{TAG}{tag}": tag.meaning for tag in Tag},
        **{f"{SEVERITY}{severity}": f"violations of severity {severity}" for severity in Severity},
    }


def file_schema() -> dict[str, Any]:
    """The JSON schema of a settings file."""
    (_, _), components = msgspec.json.schema_components([Limits, Programs], ref_template="#/$defs/{name}")
    _, enums = msgspec.json.schema_components([Settings], ref_template="#/$defs/{name}")
    definitions = {**enums, **components}
    del definitions["Settings"]
    settings = _settings("#/$defs/{name}")
    for levels in (settings["enforcement"], definitions["Limits"]["properties"]["enforcement"]):
        level = levels["additionalProperties"]
        levels["properties"] = {name: {**level, "description": meaning} for name, meaning in _selectors().items()}
    locked = {"$ref": "#/$defs/Limits"}
    strings = {"type": "array", "items": {"type": "string"}}
    override = {
        "type": "object",
        "description": "Settings for some stacks; later entries win.",
        "properties": {
            **{name: {**strings, "description": PATTERNS[name]} for name in CONDITIONS},
            **{
                name: {key: value for key, value in schema.items() if key != "default"}
                for name, schema in settings.items()
            },
            "locked": locked,
        },
        "anyOf": [{"required": [name]} for name in CONDITIONS],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Settings of stackguard",
        "type": "object",
        "properties": {
            **settings,
            "overrides": {
                "type": "array",
                "items": override,
                "description": "Settings for some stacks; later ones win.",
            },
            "locked": {**locked, "description": "Limits that no other file and no option loosens."},
            "programs": {
                "$ref": "#/$defs/Programs",
                "description": "In a central file: what a settings file beside a program may loosen.",
            },
        },
        "additionalProperties": False,
        "$defs": definitions,
    }
