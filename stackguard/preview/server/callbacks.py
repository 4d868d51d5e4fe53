"""Calls back into the program: transforms and hooks are its own functions, served by its SDK."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

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

LISTS = {
    "depends_on": "dependencies",
    "ignore_changes": "ignoreChanges",
    "replace_on_changes": "replaceOnChanges",
    "additional_secret_outputs": "additionalSecretOutputs",
    "hide_diff": "hideDiffs",
    "replace_with": "replace_with",
}
TEXTS = {
    "version": "version",
    "provider": "provider",
    "plugin_download_url": "pluginDownloadURL",
    "deleted_with": "deletedWith",
    "import": "importId",
}
OPTIONAL = {"protect": "protect", "retain_on_delete": "retainOnDelete"}
MESSAGES = {"custom_timeouts": "customTimeouts", "hooks": "hooks", "replacement_trigger": "replacement_trigger"}
"""By the names that transforms know the options by, those of a registration."""

OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.enable_http_proxy", 0))


@dataclass(slots=True)
class Callbacks:
    """The transforms and hooks that the program has registered, and the way to call them."""

    stack_transforms: list[Callback] = field(default_factory=list)
    invoke_transforms: list[Callback] = field(default_factory=list)
    resource_transforms: dict[str, list[Callback]] = field(default_factory=dict)
    hooks: dict[str, RegisterResourceHookRequest] = field(default_factory=dict)
    unfinished: dict[str, RegisterResourceRequest] = field(default_factory=dict)
    """By URN, the components with hooks that run once they say what they export."""
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
        """Run a resource's own transforms, its ancestors', then the stack's; write what they change into `request`.

        As in the engine, dependencies are taken anew from the result only where the resource has transforms of its own.
        """
        inherited = (each for urn in ancestors for each in self.resource_transforms.get(urn, ()))
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
        found = _dependencies(plain(request.object))
        if request.transforms:
            _replace(request.dependencies, sorted({*options.depends_on}.union(*found.values())))
            request.propertyDependencies.clear()
        for name, urns in found.items():
            known = request.propertyDependencies[name].urns
            known.extend(sorted(urns - {*known}))

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

    async def run_hooks(
        self, names: Iterable[str], request: RegisterResourceRequest, urn: str, outputs: Struct | None = None
    ) -> None:
        """Run those of a resource's hooks that the program wants to run in previews too.

        Before a creation there are no outputs; of a component they are known when it says what it exports.

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
            if outputs is not None:
                message.new_outputs.CopyFrom(outputs)
            response = await self.call(hook.callback, message, protos.resource_pb2.ResourceHookResponse())
            if response.error and not getattr(hook, "ignore_errors", False):
                raise Refused(f"the resource hook `{name}` failed: {response.error}")


def _options(request: RegisterResourceRequest) -> Any:
    """The options of a registration as a transform is shown them."""
    options = protos.resource_pb2.TransformResourceOptions(aliases=[*_aliases(request), *request.aliases])
    for theirs, ours in _shared(LISTS, options, request):
        getattr(options, theirs).extend(getattr(request, ours))
    for theirs, ours in _shared(TEXTS, options, request):
        setattr(options, theirs, getattr(request, ours))
    for theirs, ours in _shared(OPTIONAL, options, request):
        if request.HasField(ours):  # type: ignore[arg-type]
            setattr(options, theirs, getattr(request, ours))
    for theirs, ours in _shared(MESSAGES, options, request):
        if request.HasField(ours):  # type: ignore[arg-type]
            getattr(options, theirs).CopyFrom(getattr(request, ours))
    options.providers.update(request.providers)
    if request.deleteBeforeReplaceDefined or request.deleteBeforeReplace:
        options.delete_before_replace = request.deleteBeforeReplace
    return options


def _apply(options: Any, request: RegisterResourceRequest) -> None:
    """Write the options that transforms leave into the registration, all but the dependencies."""
    for theirs, ours in _shared(LISTS, options, request):
        if theirs != "depends_on":
            _replace(getattr(request, ours), getattr(options, theirs))
    for theirs, ours in _shared(TEXTS, options, request):
        setattr(request, ours, getattr(options, theirs))
    for theirs, ours in _shared(OPTIONAL, options, request):
        request.ClearField(ours)  # type: ignore[arg-type]
        if options.HasField(theirs):
            setattr(request, ours, getattr(options, theirs))
    for theirs, ours in _shared(MESSAGES, options, request):
        request.ClearField(ours)  # type: ignore[arg-type]
        if options.HasField(theirs):
            getattr(request, ours).CopyFrom(getattr(options, theirs))
    request.providers.clear()
    request.providers.update(options.providers)
    request.deleteBeforeReplaceDefined = options.HasField("delete_before_replace")
    request.deleteBeforeReplace = options.delete_before_replace
    del request.aliasURNs[:]
    del request.aliases[:]
    request.aliases.extend(options.aliases)


def _shared(names: Mapping[str, str], options: Any, request: RegisterResourceRequest) -> Iterator[tuple[str, str]]:
    """Those of the names that this version of the protocol has on both sides."""
    for theirs, ours in names.items():
        if theirs in options.DESCRIPTOR.fields_by_name and ours in request.DESCRIPTOR.fields_by_name:
            yield theirs, ours


def _aliases(request: RegisterResourceRequest) -> list[Any]:
    """The aliases that are URNs, in the form that transforms are shown."""
    return [protos.alias_pb2.Alias(urn=urn) for urn in request.aliasURNs]


def _replace(target: Any, values: Iterable[Any]) -> None:
    kept = [*values]
    del target[:]
    target.extend(kept)


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
