"""Calls the program's own transforms and hooks, which its SDK serves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

from policypack.core.values import nested
from policypack.core.wire import SIGNATURE
from stackguard.preview.server import protos
from stackguard.preview.server.registry import Refused
from stackguard.preview.values import plain

if TYPE_CHECKING:
    from google.protobuf.struct_pb2 import Struct
    from pulumi.runtime.proto.callback_pb2 import Callback
    from pulumi.runtime.proto.resource_pb2 import (
        RegisterResourceHookRequest,
        RegisterResourceRequest,
        ResourceInvokeRequest,
    )

RENAMED = {
    "depends_on": "dependencies",
    "hide_diff": "hideDiffs",
    "import": "importId",
    "plugin_download_url": "pluginDownloadURL",
    "replace_with": "replace_with",
    "replacement_trigger": "replacement_trigger",
}
"""The fields of a registration with another name than the transform's option in camel case."""

OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.enable_http_proxy", 0))


@dataclass(slots=True)
class Callbacks:
    """The transforms and hooks that the program registers, and the channels to call them through."""

    stack_transforms: list[Callback] = field(default_factory=list)
    invoke_transforms: list[Callback] = field(default_factory=list)
    resource_transforms: dict[str, list[Callback]] = field(default_factory=dict)
    hooks: dict[str, RegisterResourceHookRequest] = field(default_factory=dict)
    unfinished: dict[str, RegisterResourceRequest] = field(default_factory=dict)
    """By URN, the components with hooks that run when their outputs are registered."""
    _channels: dict[str, grpc.aio.Channel] = field(default_factory=dict)

    async def call(self, callback: Callback, request: Any, response: Any) -> Any:
        """The answer of the program's function to `request`, read into `response`.

        Raises:
            Refused: the function raised; the text is its error.
        """
        channel = self._channels.get(callback.target)
        if channel is None:
            channel = self._channels[callback.target] = grpc.aio.insecure_channel(callback.target, options=OPTIONS)
        message = protos.callback_pb2.CallbackInvokeRequest(token=callback.token, request=request.SerializeToString())
        try:
            answer = await protos.callback_pb2_grpc.CallbacksStub(channel).Invoke(message)
        except grpc.aio.AioRpcError as error:
            raise Refused(error.details() or "a callback of the program failed") from None
        response.ParseFromString(answer.response)
        return response

    async def close(self) -> None:
        """Close the channels."""
        for channel in self._channels.values():
            await channel.close(None)

    async def transform(self, request: RegisterResourceRequest, ancestors: Iterable[str]) -> None:
        """Run a resource's own transforms, its ancestors', then the stack's; write their changes into `request`.

        As in the engine, the result replaces the dependencies only if the resource has transforms of its own.
        """
        inherited = (transform for urn in ancestors for transform in self.resource_transforms.get(urn, ()))
        transforms = (*request.transforms, *inherited, *self.stack_transforms)
        if not transforms:
            return
        options = _options(request)
        for transform in transforms:
            message = protos.resource_pb2.TransformRequest(
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                properties=request.object,
                options=options,
            )
            response = await self.call(transform, message, protos.resource_pb2.TransformResponse())
            if response.HasField("properties"):
                request.object.CopyFrom(response.properties)
            if response.HasField("options"):
                options = response.options
        _apply(options, request)
        dependencies = _dependencies(plain(request.object))
        if request.transforms:
            request.dependencies[:] = sorted({*options.depends_on}.union(*dependencies.values()))
            request.propertyDependencies.clear()
        for name, urns in dependencies.items():
            known = request.propertyDependencies[name].urns
            known.extend(sorted(urns - {*known}))

    async def transform_invoke(self, request: ResourceInvokeRequest) -> None:
        """Run the stack's transforms of function calls; write their changes into `request`."""
        for transform in self.invoke_transforms:
            options = protos.resource_pb2.TransformInvokeOptions(
                provider=request.provider, version=request.version, plugin_download_url=request.pluginDownloadURL
            )
            message = protos.resource_pb2.TransformInvokeRequest(token=request.tok, args=request.args, options=options)
            response = await self.call(transform, message, protos.resource_pb2.TransformInvokeResponse())
            if response.HasField("args"):
                request.args.CopyFrom(response.args)
            if response.HasField("options"):
                request.provider = response.options.provider
                request.version = response.options.version
                request.pluginDownloadURL = response.options.plugin_download_url

    async def run_hooks(
        self, names: Iterable[str], request: RegisterResourceRequest, urn: str, outputs: Struct | None = None
    ) -> None:
        """Run those hooks of a resource that are registered to run in previews too.

        A creation has no outputs before it; a component has them when it registers its outputs.

        Raises:
            Refused: a hook is not registered, or fails and its errors are not ignored.
        """
        for name in names:
            hook = self.hooks.get(name)
            if hook is None:
                raise Refused(f"the resource hook `{name}` is not registered")
            if not hook.on_dry_run:
                continue
            message = protos.resource_pb2.ResourceHookRequest(urn=urn, name=request.name, type=request.type)
            message.new_inputs.CopyFrom(request.object)
            if outputs is not None:
                message.new_outputs.CopyFrom(outputs)
            response = await self.call(hook.callback, message, protos.resource_pb2.ResourceHookResponse())
            if response.error and not getattr(hook, "ignore_errors", False):
                raise Refused(f"the resource hook `{name}` failed: {response.error}")


def _options(request: RegisterResourceRequest) -> Any:
    """The options of a registration, as a transform receives them."""
    aliases = [*(protos.alias_pb2.Alias(urn=urn) for urn in request.aliasURNs), *request.aliases]
    options = protos.resource_pb2.TransformResourceOptions(aliases=aliases)
    for option, name in _names(options):
        _copy(request, name, options, option)
    if request.deleteBeforeReplaceDefined or request.deleteBeforeReplace:
        options.delete_before_replace = request.deleteBeforeReplace
    return options


def _apply(options: Any, request: RegisterResourceRequest) -> None:
    """Write the options that transforms return into the registration, except the dependencies."""
    for option, name in _names(options):
        if option != "depends_on":
            _copy(options, option, request, name)
    request.deleteBeforeReplaceDefined = options.HasField("delete_before_replace")
    request.deleteBeforeReplace = options.delete_before_replace
    del request.aliasURNs[:]
    _copy(options, "aliases", request, "aliases")


def _names(options: Any) -> Iterator[tuple[str, str]]:
    """The options that are copied unchanged, and their fields in a registration."""
    for option in options.DESCRIPTOR.fields:
        if option.name not in {"aliases", "delete_before_replace"}:
            yield option.name, RENAMED.get(option.name, option.camelcase_name)


def _copy(source: Any, name: str, target: Any, target_name: str) -> None:
    """Set a field of `target` to a field of `source`, if this version of the protocol has both."""
    field = source.DESCRIPTOR.fields_by_name.get(name)
    if field is None or target_name not in target.DESCRIPTOR.fields_by_name:
        return
    target.ClearField(target_name)
    if field.has_presence and not source.HasField(name):
        return
    value = getattr(source, name)
    if hasattr(value, "MergeFrom"):  # a message, a list or a map
        getattr(target, target_name).MergeFrom(value)
    else:
        setattr(target, target_name, value)


def _dependencies(properties: dict[str, Any]) -> dict[str, set[str]]:
    """By property, the URNs that the output values in it depend on."""
    return {
        name: {
            str(urn)
            for inner in nested(value)
            if isinstance(inner, dict) and SIGNATURE in inner and isinstance(inner.get("dependencies"), list)
            for urn in inner["dependencies"]
        }
        for name, value in properties.items()
    }
