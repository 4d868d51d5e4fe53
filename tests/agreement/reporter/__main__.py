"""A policy pack without violations that writes the policies' arguments, a JSON line each, into `REPORTER_FILE`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import serialize_properties

FILE = Path(os.environ["REPORTER_FILE"])


def write(kind: str, facts: dict[str, Any]) -> None:
    """Write one line."""
    with FILE.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({"kind": kind, **facts}) + "\n")


def common(args: Any) -> dict[str, Any]:
    """The facts that resource and stack policies both receive."""
    options, provider = args.opts, args.provider
    timeouts = options.custom_timeouts
    return {
        "urn": args.urn,
        "type": args.resource_type,
        "name": args.name,
        "properties": serialize_properties(args.props),
        "provider": provider
        and {"urn": provider.urn, "type": provider.resource_type, "properties": serialize_properties(provider.props)},
        "protect": options.protect,
        "ignoreChanges": list(options.ignore_changes),
        "deleteBeforeReplace": options.delete_before_replace,
        "aliases": list(options.aliases),
        "additionalSecretOutputs": list(options.additional_secret_outputs),
        "timeouts": {
            "create": timeouts.create_seconds,
            "update": timeouts.update_seconds,
            "delete": timeouts.delete_seconds,
        },
    }


def resource(args: ResourceValidationArgs, _report: Any) -> None:
    """Write one resource, as it goes to its provider."""
    write("resource", common(args))


def stack(args: StackValidationArgs, _report: Any) -> None:
    """Write all resources, as they will be."""
    for analyzed in args.resources:
        write(
            "stack",
            {
                **common(analyzed),
                "parent": analyzed.parent and analyzed.parent.urn,
                "dependencies": [other.urn for other in analyzed.dependencies],
                "propertyDependencies": {
                    name: [other.urn for other in others] for name, others in analyzed.property_dependencies.items()
                },
            },
        )


PolicyPack(
    name="reporter",
    enforcement_level=EnforcementLevel.ADVISORY,
    policies=[
        ResourceValidationPolicy(name="report-resource", description="Reports", validate=resource),
        StackValidationPolicy(name="report-stack", description="Reports", validate=stack),
    ],
)
