"""The service that a Pulumi program registers its resources with: `ResourceMonitor`.

Source: proto/pulumi/resource.proto of https://github.com/pulumi/pulumi, and what its engine does with
them in pkg/resource/deploy/source_eval.go. Every resource is one that a preview would create.
"""

from __future__ import annotations

import asyncio
import functools
import threading
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import grpc
import grpc.aio
from google.protobuf.empty_pb2 import Empty

from policypack.core.policy import ROOT_TYPE, Options, Resource
from policypack.core.wire import UNKNOWN_STRING, decode
from stackguard.preview.child import TOKEN
from stackguard.preview.project.sdk import accepted
from stackguard.preview.provider import assets
from stackguard.preview.provider.autonaming import Refusal
from stackguard.preview.provider.outputs import identified as identify
from stackguard.preview.provider.outputs import made_up, resolve
from stackguard.preview.provider.provider_check import checked
from stackguard.preview.server import protos
from stackguard.preview.server.callbacks import Callbacks
from stackguard.preview.server.features import FEATURES, numbers
from stackguard.preview.server.invoke_results import Answers
from stackguard.preview.server.options import Identity, aliases_of, inherit, options_of
from stackguard.preview.server.plugins import Plugin, installed
from stackguard.preview.server.registry import Package, Refused, Registry, Trail, position_of, trail_of
from stackguard.preview.values import PROVIDER_PREFIX, answer, fill, name_of, package_of, plain, rewrite

if TYPE_CHECKING:
    from google.protobuf.struct_pb2 import Struct
    from pulumi.runtime.proto import resource_pb2

ASK_TO_WRITE = f"{TOKEN}write"
"""The function by which a program waits until it may write files."""
POLL_SECONDS = 0.02
STASH = "pulumi:index:Stash"  # the engine's own: what goes in comes out


def answered(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Turn a refusal into the error that the program is shown; keep any other failure for `serve` to raise."""

    @functools.wraps(method)
    async def answer(self: Monitor, request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        self.answers.secrets.see(request)
        try:
            return await method(self, request)
        except Refused as error:
            position = position_of(trail_of(request), str(self.registry.project.root))
            first, *more = str(error).splitlines()
            place = f" ({position.file}:{position.line})" if position else ""
            self.refusals.append("\n".join((first + place, *more)))
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except Exception as error:  # noqa: BLE001 (kept, and raised where the caller sees it)
            self.crash = self.crash or error
            await context.abort(grpc.StatusCode.INTERNAL, "the preview itself failed")

    return answer


class Monitor(protos.resource_pb2_grpc.ResourceMonitorServicer):
    """Answers registrations and function calls as the engine does in a preview of a new stack."""

    def __init__(
        self, registry: Registry, answers: Answers, *, fill_computed: bool, may_write: threading.Event | None = None
    ) -> None:
        self.registry = registry
        self.placeholders = answers.placeholders
        self.answers = answers
        self.callbacks = Callbacks()
        self.fill_computed = fill_computed
        self.may_write = may_write
        self.refusals: list[str] = []
        self.crash: Exception | None = None

    @answered
    async def GetDeploymentInfo(self, _request: Empty) -> Any:  # noqa: N802
        """All that the SDK asks first, in one answer."""
        project = self.registry.project
        return protos.resource_pb2.DeploymentInfo(
            project=project.name,
            stack=project.stack,
            organization=project.organization,
            config=project.config,
            configSecretKeys=sorted(project.secret),
            dryRun=True,
            parallel=1,
            supportedFeatures=numbers(protos.resource_pb2.ResourceMonitorFeature.items()),
        )

    @answered
    async def SupportsFeature(self, request: resource_pb2.SupportsFeatureRequest) -> Any:  # noqa: N802
        """The same, asked one by one."""
        return protos.resource_pb2.SupportsFeatureResponse(hasSupport=request.id in FEATURES)

    @answered
    async def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:  # noqa: N802
        """A resource that the program constructs."""
        registry = self.registry
        reference = await self._provided(request)
        urn = registry.claim(request.type, self.placeholders.shown(request.name), request.parent)
        await self.callbacks.run_hooks(request.hooks.before_create, request, urn)
        written, asked = await self._asked(request, urn, reference)
        resource = await registry.remediated(asked)
        response = protos.resource_pb2.RegisterResourceResponse(urn=urn)
        if request.custom:
            response.object.CopyFrom(request.object)
            if reference or resource is not asked:
                rewrite(response.object, written, resource.inputs, resource.secrets)
            resource = self._created(request, written, resource, reference, response.object)
            response.id = UNKNOWN_STRING if request.type.startswith(PROVIDER_PREFIX) else resource.id
        self._add(request, resource, reference)
        if not request.custom:
            inherited = registry.component_providers.get(request.parent, {})
            registry.component_providers[urn] = {**inherited, **request.providers}
        if request.transforms:
            self.callbacks.resource_transforms[urn] = list(request.transforms)
        if request.custom:
            await self.callbacks.run_hooks(request.hooks.after_create, request, urn, response.object)
        elif request.hooks.after_create:
            self.callbacks.unfinished[urn] = request
        return response

    @answered
    async def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> Any:  # noqa: N802
        """A resource that exists already: its id is known, and of its state what follows from that."""
        registry = self.registry
        reference = registry.provider_for(request.type, request.provider, self._package(request))
        urn = registry.claim(request.type, self.placeholders.shown(request.name), request.parent)
        given, secrets = decode(plain(request.properties), registry.project.working_directory, self.placeholders.find)
        known = "" if self.answers.unknown_id(request.id) else request.id
        identified = identify(request.type, known) if self.fill_computed else {}
        computed, hidden = self._computed(request, urn, {**identified, **given}, reference, secrets)
        response = protos.resource_pb2.ReadResourceResponse(urn=urn)
        response.properties.CopyFrom(request.properties)
        _set(response, id="" if request.id == UNKNOWN_STRING else request.id)
        computed |= identified | ({"id": known} if known else {})
        secrets |= answer(response.properties, computed, hidden | {*request.additionalSecretOutputs})
        of_stack, hidden = self.answers.read(request, response.properties)
        computed, secrets = computed | of_stack, secrets | hidden
        outputs = {**given, **computed}
        resource = self._resource(
            request,
            urn=urn,
            inputs=given,
            outputs=outputs,
            provider=reference,
            secrets=secrets,
            id=known,
            external=True,
            options=Options(additional_secret_outputs=tuple(request.additionalSecretOutputs)),
        )
        self._add(request, resource, reference)
        return response

    @answered
    async def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> Empty:  # noqa: N802
        """What a component, or the stack, exports."""
        outputs, secrets = decode(plain(request.outputs), None, self.placeholders.find)
        self.registry.add_outputs(request.urn, outputs, secrets)
        registered = self.callbacks.unfinished.pop(request.urn, None)
        if registered is not None:
            names = registered.hooks.after_create
            await self.callbacks.run_hooks(names, registered, request.urn, request.outputs)
        return Empty()

    @answered
    async def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> Any:  # noqa: N802
        """A function: computed where its result follows from what is known, else unknown."""
        registry = self.registry
        if request.tok == ASK_TO_WRITE:
            await self._may_write()
        if (answer := self.answers.message(request)) is not None:
            return answer
        inherited = registry.component_providers.get(getattr(request, "parent", ""), {})
        request.provider = request.provider or inherited.get(package_of(request.tok), "")
        await self.callbacks.transform_invoke(request)
        reference = registry.provider_for(request.tok, request.provider, self._package(request, request.tok))
        response = protos.resource_pb2.ResourceInvokeResponse()
        result: Mapping[str, Any] | None = None
        if not self.fill_computed and self._waits(getattr(request, "dependsOn", ())):
            self.answers.waits(request)
        else:
            result = self.answers.function(request, reference)
        if result is None:
            _set(response, unknown=True)
        else:
            fill(getattr(response, "return"), result)
            getattr(response, "return").SetInParent()
        return response

    @answered
    async def Call(self, request: resource_pb2.ResourceCallRequest) -> Any:  # noqa: N802
        """A method that a provider plugin implements."""
        return self.answers.method(request)

    @answered
    async def ExistsResource(self, request: Any) -> Any:  # noqa: N802
        """Whether a resource exists, which only the cloud knows."""
        return self.answers.exists(request)

    @answered
    async def RegisterPackage(self, request: resource_pb2.RegisterPackageRequest) -> Any:  # noqa: N802
        """A package that a plugin serves by parameter; the reference is the same for the same package."""
        parameter = request.parameterization
        package = Package(
            request.name,
            request.version,
            request.download_url.removesuffix("/"),
            (parameter.name, parameter.version) if request.HasField("parameterization") else None,
        )
        reference = str(uuid.uuid5(uuid.NAMESPACE_OID, request.SerializeToString(deterministic=True).hex()))
        self.registry.packages[reference] = package
        return protos.resource_pb2.RegisterPackageResponse(ref=reference)

    @answered
    async def RegisterStackTransform(self, request: Any) -> Empty:  # noqa: N802
        """A transform of every resource."""
        self.callbacks.stack_transforms.append(request)
        return Empty()

    @answered
    async def RegisterStackInvokeTransform(self, request: Any) -> Empty:  # noqa: N802
        """A transform of every function call."""
        self.callbacks.invoke_transforms.append(request)
        return Empty()

    @answered
    async def RegisterResourceHook(self, request: resource_pb2.RegisterResourceHookRequest) -> Empty:  # noqa: N802
        """A function to run around a resource's creation."""
        if request.name in self.callbacks.hooks:
            raise Refused(f"the resource hook `{request.name}` is registered twice")
        self.callbacks.hooks[request.name] = request
        return Empty()

    @answered
    async def RegisterErrorHook(self, _request: Any) -> Empty:  # noqa: N802
        """A function to run when an operation fails; no operation runs in a preview."""
        return Empty()

    @answered
    async def SignalAndWaitForShutdown(self, _request: Empty) -> Empty:  # noqa: N802
        """The program has said all it has to say."""
        return Empty()

    async def _may_write(self) -> None:
        """Wait until another thread lets the program write files."""
        while self.may_write is not None and not self.may_write.is_set():  # noqa: ASYNC110 (it is no asyncio event)
            await asyncio.sleep(POLL_SECONDS)

    async def _provided(self, request: resource_pb2.RegisterResourceRequest) -> str:
        """The reference of the provider that serves a resource, once transforms have run; empty where none does."""
        registry = self.registry
        inherit(request, registry.resources.get(request.parent))
        served = request.remote or (request.custom and not request.type.startswith(PROVIDER_PREFIX))
        if served:
            package = package_of(request.type)
            chosen = registry.chosen_provider(package, request.provider, request.providers, request.parent)
            request.provider = chosen
        await self.callbacks.transform(request, self._ancestors(request.parent))
        reference = registry.provider_for(request.type, request.provider, self._package(request)) if served else ""
        # What a plugin builds is registered by the plugin itself, as a component without a provider.
        return "" if request.remote else reference

    async def _asked(
        self, request: resource_pb2.RegisterResourceRequest, urn: str, reference: str
    ) -> tuple[Mapping[str, Any], Resource]:
        """The properties that the program writes, and the resource with its inputs after the provider's Check."""
        registry = self.registry
        written, secrets = decode(plain(request.object), registry.project.working_directory, self.placeholders.find)
        waits_for = {name: tuple(sorted(found.urns)) for name, found in sorted(request.propertyDependencies.items())}
        written = self.answers.explained(written, waits_for)
        written = await self._hashed(written, urn)
        inputs, secrets = self._checked(request, urn, written, reference, secrets)
        if request.type.startswith(PROVIDER_PREFIX) and (version := self._version(request)):
            inputs = {**inputs, "version": version}
        where = Identity(registry.project.stack, registry.project.name, request.parent, request.type, name_of(urn))
        registry.aliases[urn] = aliases_of(request, where, registry.aliases)
        return written, self._resource(
            request,
            urn=urn,
            inputs=inputs,
            provider=reference,
            property_dependencies=waits_for,
            secrets=secrets,
            custom=request.custom,
            remote=request.remote,
            options=options_of(
                request,
                registry.aliases[urn],
                replaced_first=request.custom and registry.autonaming.replaces_first(request.type),
            ),
        )

    def _created(
        self, request: Any, written: Mapping[str, Any], resource: Resource, reference: str, struct: Struct
    ) -> Resource:
        """The resource with what a preview's creation answers, which is added to `struct`, the inputs."""
        inputs, secrets = resource.inputs, resource.secrets
        outputs: Mapping[str, Any] = {}
        computed: Mapping[str, Any] = {}
        if not self.fill_computed and reference and not self.registry.configured(reference):
            struct.Clear()  # without its configuration a provider answers nothing
        elif request.type == STASH and "input" in inputs:
            struct.fields["output"].CopyFrom(struct.fields["input"])
            outputs = {**inputs, "output": inputs["input"]}
            secrets |= {f"output{path.removeprefix('input')}" for path in secrets}
        else:
            computed, hidden = self._computed(request, resource.urn, inputs, reference, secrets)
            secrets |= answer(struct, computed, hidden | {*request.additionalSecretOutputs})
            outputs = {**inputs, **computed}
            self.registry.made_up |= made_up(request.type, written, outputs)
        known = "" if self.answers.unknown_id(request.importId) else request.importId
        known = "" if request.type.startswith(PROVIDER_PREFIX) else known or str(computed.get("id", ""))
        return replace(resource, outputs=outputs, secrets=secrets, id=known)

    async def _hashed(self, properties: dict[str, Any], urn: str) -> dict[str, Any]:
        """The properties with the hash of each asset in them; files are read in a thread."""
        folder = self.registry.project.working_directory
        try:
            if assets.on_disk(properties):
                return cast("dict[str, Any]", await asyncio.to_thread(assets.hashed, properties, folder))
            return cast("dict[str, Any]", assets.hashed(properties, folder))
        except assets.Unreadable as error:
            raise Refused(f"{error} (resource `{urn.rpartition('::')[2]}`)") from None

    def _checked(
        self, request: Any, urn: str, inputs: dict[str, Any], reference: str, secrets: frozenset[str]
    ) -> tuple[dict[str, Any], frozenset[str]]:
        """The inputs after the Check of the provider that serves the resource."""
        if not reference:
            return inputs, secrets
        provider = self.registry.provider(reference)
        given = (request.name, urn, inputs, provider.inputs, self.registry.autonaming, secrets, provider.secrets)
        try:
            settled, hidden = checked(request.type, *given)
        except Refusal as error:
            raise Refused(f"{error} (resource `{name_of(urn)}`)") from None
        return self.answers.settled(settled), hidden

    def _computed(
        self, request: Any, urn: str, inputs: Mapping[str, Any], reference: str, secrets: frozenset[str]
    ) -> tuple[dict[str, Any], frozenset[str]]:
        computed: dict[str, Any]
        hidden: frozenset[str]
        computed, hidden = {}, frozenset()
        if self.fill_computed and request.type.startswith("aws:"):
            computed, hidden = resolve(request.type, request.name, urn, inputs, self.registry.place(reference), secrets)
        return self.answers.computed(request, urn, computed, hidden)

    def _ancestors(self, parent: str) -> list[str]:
        chain = []
        while parent:
            chain.append(parent)
            parent = self.registry.resources[parent].parent if parent in self.registry.resources else ""
        return chain

    def _waits(self, urns: Any) -> bool:
        """Whether one of these resources is still to be created."""
        found = (self.registry.resources.get(urn) for urn in urns)
        return any(each.custom and not each.id and not each.type.startswith(PROVIDER_PREFIX) for each in found if each)

    def _version(self, request: Any) -> str:
        """The version that an explicit provider has: another download URL makes it one of its own."""
        asked = bool(request.version or request.packageRef or not request.pluginDownloadURL)
        return self._package(request).version_served if asked else ""

    def _package(self, request: Any, token: str = "") -> Package:
        if request.packageRef:
            package = self.registry.packages.get(request.packageRef)
            if package is None:
                raise Refused(f"unknown provider package `{request.packageRef}`")
            return package
        name = package_of(token or request.type)
        known = installed(self.registry.project.interpreter).get(name, Plugin())
        url = request.pluginDownloadURL.removesuffix("/")
        return Package(name, request.version or known.version, url or known.url, known.parameter)

    def _resource(self, request: Any, provider: str, **fields: Any) -> Resource:
        """A resource as far as its registration tells; `provider` is a reference."""
        return Resource(
            type=request.type,
            name=self.placeholders.shown(request.name),
            parent=request.parent,
            provider=provider.rpartition("::")[0],
            dependencies=tuple(sorted(request.dependencies)),
            position=position_of(_trail(request), str(self.registry.project.root)),
            accepts=accepted(self.registry.project.interpreter, request.type, fields["inputs"]),
            **fields,
        )

    def _add(self, request: Any, resource: Resource, reference: str) -> None:
        """Remember a resource, where the program constructs it, and what provider serves it."""
        self.registry.references[resource.urn] = reference
        self.registry.add(resource, _trail(request))


def _trail(request: Any) -> Trail:
    """Where the program constructs a resource; the runner constructs the stack itself."""
    return () if request.type == ROOT_TYPE else trail_of(request)


def _set(message: Any, **fields: Any) -> None:
    """Set fields that older versions of the protocol lack."""
    for name, value in fields.items():
        if name in message.DESCRIPTOR.fields_by_name:
            setattr(message, name, value)
