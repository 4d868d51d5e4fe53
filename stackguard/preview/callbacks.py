"""Calls back into the program: transforms and hooks are its own functions, served by its SDK."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

from policypack.wire import SIGNATURE
from stackguard.preview import protos
from stackguard.preview.registry import Refused
from stackguard.preview.values import plain

if TYPE_CHECKING:
    from pulumi.runtime.proto.callback_pb2 import Callback
    from pulumi.runtime.proto.resource_pb2 import (
        RegisterResourceHookRequest,
        RegisterResourceRequest,
        ResourceInvokeRequest,
    )

OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.enable_http_proxy", 0))


@dataclass(slots=True)
class Callbacks:
    """The transforms and hooks that the program has registered, and the way to call them."""

    stack_transforms: list[Callback] = field(default_factory=list)
    invoke_transforms: list[Callback] = field(default_factory=list)
    resource_transforms: dict[str, list[Callback]] = field(default_factory=dict)
    hooks: dict[str, RegisterResourceHookRequest] = field(default_factory=dict)
    _channels: dict[str, grpc.aio.Channel] = field(default_factory=dict)

    async def call(self, callback: Callback, request: Any, response: Any) -> Any:
        """What the program's function answers to `request`, read into `response`.

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
        """Hang up."""
        for channel in self._channels.values():
            await channel.close(None)

    async def transform(self, request: RegisterResourceRequest, ancestors: Iterable[str]) -> None:
        """Run a resource's own transforms, its ancestors', then the stack's; write what they change into `request`."""
        inherited = (each for urn in ancestors for each in self.resource_transforms.get(urn, ()))
        for transform in (*request.transforms, *inherited, *self.stack_transforms):
            message = protos.resource_pb2.TransformRequest(
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                properties=request.object,
                options=_options(request),
            )
            response = await self.call(transform, message, protos.resource_pb2.TransformResponse())
            if response.HasField("properties"):
                request.object.CopyFrom(response.properties)
            if response.HasField("options"):
                _apply(response.options, request)
            for name, urns in _dependencies(plain(request.object)).items():
                request.dependencies.extend(urns - {*request.dependencies})
                known = request.propertyDependencies[name].urns
                known.extend(urns - {*known})

    async def transform_invoke(self, request: ResourceInvokeRequest) -> None:
        """Run the stack's transforms of function calls; write what they change into `request`."""
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

    async def run_hooks(self, names: Iterable[str], request: RegisterResourceRequest, urn: str, when: str) -> None:
        """Run those of a resource's hooks that the program wants to run in previews too.

        `when` is `new_inputs` before a creation and `new_outputs` after it: what the hook is shown.

        Raises:
            Refused: a hook is not registered, or answers with an error that it does not want ignored.

        """
        for name in names:
            hook = self.hooks.get(name)
            if hook is None:
                raise Refused(f"the resource hook `{name}` is not registered")
            if not hook.on_dry_run:
                continue
            message = protos.resource_pb2.ResourceHookRequest(urn=urn, name=request.name, type=request.type)
            message.new_inputs.CopyFrom(request.object)
            if when == "new_outputs":
                message.new_outputs.CopyFrom(request.object)
            response = await self.call(hook.callback, message, protos.resource_pb2.ResourceHookResponse())
            if response.error and not getattr(hook, "ignore_errors", False):
                raise Refused(f"the resource hook `{name}` failed: {response.error}")


def _options(request: RegisterResourceRequest) -> Any:
    """The options of a registration as a transform is shown them."""
    options = protos.resource_pb2.TransformResourceOptions(
        depends_on=request.dependencies,
        ignore_changes=request.ignoreChanges,
        replace_on_changes=request.replaceOnChanges,
        version=request.version,
        aliases=request.aliases,
        provider=request.provider,
        plugin_download_url=request.pluginDownloadURL,
        deleted_with=request.deletedWith,
        additional_secret_outputs=request.additionalSecretOutputs,
        providers=request.providers,
        hooks=request.hooks,
    )
    setattr(options, "import", request.importId)
    options.custom_timeouts.CopyFrom(request.customTimeouts)
    if request.HasField("protect"):
        options.protect = request.protect
    if request.HasField("retainOnDelete"):
        options.retain_on_delete = request.retainOnDelete
    if request.deleteBeforeReplaceDefined:
        options.delete_before_replace = request.deleteBeforeReplace
    return options


def _apply(options: Any, request: RegisterResourceRequest) -> None:
    """Write back those options that decide what a preview shows."""
    request.provider = options.provider
    request.version = options.version
    request.pluginDownloadURL = options.plugin_download_url
    request.importId = getattr(options, "import")
    for target, values in (
        (request.dependencies, options.depends_on),
        (request.additionalSecretOutputs, options.additional_secret_outputs),
        (request.ignoreChanges, options.ignore_changes),
    ):
        del target[:]
        target.extend(values)
    request.providers.clear()
    request.providers.update(options.providers)


def _dependencies(properties: dict[str, Any]) -> dict[str, set[str]]:
    """By property, the URNs that the output values in it depend on."""
    found: dict[str, set[str]] = {name: set() for name in properties}
    for name, value in properties.items():
        queue = [value]
        while queue:
            each = queue.pop()
            if isinstance(each, dict):
                if isinstance(each.get("dependencies"), list) and SIGNATURE in each:
                    found[name] |= {*map(str, each["dependencies"])}
                queue += each.values()
            elif isinstance(each, list):
                queue += each
    return found
