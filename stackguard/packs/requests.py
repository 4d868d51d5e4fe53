"""Resources as the engine tells policy packs of them.

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
        resource: what to judge.
        providers: all that are known.
        project: the program under preview; None for a stack that is there already.
    """
    folder = _folder(project)
    return protos.analyzer_pb2.AnalyzeRequest(
        type=resource.type,
        name=resource.name,
        urn=resource.urn,
        properties=struct(resource.inputs, resource.secrets, folder),
        options=_options(resource, new=project is not None),
        provider=_provider(resource, providers, folder),
    )


def for_stack(
    resources: Iterable[Resource], providers: Providers, project: Project | None
) -> analyzer_pb2.AnalyzeStackRequest:
    """The request about the stack: the outputs of all its resources. Arguments are as of `for_one`."""
    folder = _folder(project)
    return protos.analyzer_pb2.AnalyzeStackRequest(
        resources=[
            protos.analyzer_pb2.AnalyzerResource(
                type=each.type,
                name=each.name,
                urn=each.urn,
                properties=struct(each.outputs, each.secrets, folder),
                options=_options(each, new=project is not None),
                provider=_provider(each, providers, folder),
                parent=each.parent,
                dependencies=each.dependencies,
                propertyDependencies={
                    name: protos.analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
                    for name, urns in each.property_dependencies.items()
                    if urns
                },
            )
            for each in resources
        ]
    )


def struct(properties: Mapping[str, Any], secrets: frozenset[str] = frozenset(), folder: Path | None = None) -> Struct:
    """A property map on the wire."""
    found = Struct()
    fill(found, encode(properties, secrets, folder))
    return found


def _folder(project: Project | None) -> Path | None:
    return project.working_directory if project else None


def _options(resource: Resource, *, new: bool) -> analyzer_pb2.AnalyzerResourceOptions:
    """The options of a resource. Of one that is new no alias is told: the engine tells those that stand for an old one."""
    given = resource.options
    wire = protos.analyzer_pb2.AnalyzerResourceOptions
    moments = wire.CustomTimeouts.DESCRIPTOR.fields_by_name  # older protocols lack `read`
    timeouts = {name: seconds for name, seconds in given.timeouts.items() if name in moments}
    return wire(
        protect=given.protect,
        ignoreChanges=given.ignore_changes,
        deleteBeforeReplace=bool(given.delete_before_replace),
        deleteBeforeReplaceDefined=given.delete_before_replace is not None,
        additionalSecretOutputs=given.additional_secret_outputs,
        aliases=() if new else given.aliases,
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
        properties=struct(provider.inputs, provider.secrets, folder),
    )
