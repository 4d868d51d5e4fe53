"""Requests to policy packs about resources, as the engine sends them.

Source: `Analyze`, `AnalyzeStack` and `marshalResourceOptions` in sdk/go/common/resource/plugin/analyzer_plugin.go of
https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.protobuf.struct_pb2 import Struct

from policypack.core.policy import Resource
from policypack.core.wire import encode
from stackguard.preview.server import protos
from stackguard.preview.values import fill

if TYPE_CHECKING:
    from pulumi.runtime.proto import analyzer_pb2

    from stackguard.preview.project.project import Project

Providers = Mapping[str, Resource]
"""Provider resources by URN."""


def for_one(resource: Resource, providers: Providers, project: Project | None) -> analyzer_pb2.AnalyzeRequest:
    """The request about one resource: its inputs.

    Args:
        resource: to judge.
        providers: that are registered so far.
        project: the program under preview; None for a state.
    """
    return protos.analyzer_pb2.AnalyzeRequest(**_fields(resource, resource.inputs, providers, project))


def for_stack(
    resources: Iterable[Resource], providers: Providers, project: Project | None
) -> analyzer_pb2.AnalyzeStackRequest:
    """The request about the stack: the outputs of all its resources. Arguments are as of `for_one`."""
    return protos.analyzer_pb2.AnalyzeStackRequest(
        resources=[
            protos.analyzer_pb2.AnalyzerResource(
                **_fields(resource, resource.outputs, providers, project),
                parent=resource.parent,
                dependencies=resource.dependencies,
                propertyDependencies={
                    name: protos.analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
                    for name, urns in resource.property_dependencies.items()
                    if urns
                },
            )
            for resource in resources
        ]
    )


def _fields(
    resource: Resource, properties: Mapping[str, Any], providers: Providers, project: Project | None
) -> dict[str, Any]:
    """The fields of a resource that both requests have."""
    folder = project.working_directory if project else None
    return {
        "type": resource.type,
        "name": resource.name,
        "urn": resource.urn,
        "properties": _struct(properties, resource.secrets, folder),
        "options": _options(resource, new=project is not None),
        "provider": _provider(resource, providers, folder),
    }


def _struct(properties: Mapping[str, Any], secrets: frozenset[str], folder: Path | None) -> Struct:
    message = Struct()
    fill(message, encode(properties, secrets, folder))
    return message


def _options(resource: Resource, *, new: bool) -> analyzer_pb2.AnalyzerResourceOptions:
    """The options of a resource, without aliases if it is new: the engine only sends aliases of existing resources."""
    options = resource.options
    wire = protos.analyzer_pb2.AnalyzerResourceOptions
    moments = wire.CustomTimeouts.DESCRIPTOR.fields_by_name  # older protocols lack `read`
    timeouts = {name: seconds for name, seconds in options.timeouts.items() if name in moments}
    return wire(
        protect=options.protect,
        ignoreChanges=options.ignore_changes,
        deleteBeforeReplace=bool(options.delete_before_replace),
        deleteBeforeReplaceDefined=options.delete_before_replace is not None,
        additionalSecretOutputs=options.additional_secret_outputs,
        aliases=() if new else options.aliases,
        customTimeouts=wire.CustomTimeouts(**timeouts),
        parent=resource.parent,
    )


def _provider(
    resource: Resource, providers: Providers, folder: Path | None
) -> analyzer_pb2.AnalyzerProviderResource | None:
    provider = providers.get(resource.provider)
    if provider is None:
        return None
    return protos.analyzer_pb2.AnalyzerProviderResource(
        type=provider.type,
        name=provider.name,
        urn=provider.urn,
        properties=_struct(provider.inputs, provider.secrets, folder),
    )
