"""The service that a Pulumi program registers its resources with: `ResourceMonitor`.

Sources: proto/pulumi/resource.proto and pkg/resource/deploy/source_eval.go of https://github.com/pulumi/pulumi.
Every resource is one that a preview creates.
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

from policypack.core.policy import Options, Resource
from policypack.core.values import has_unknown
from policypack.core.wire import UNKNOWN_STRING
from stackguard.positions.literals import literals
from stackguard.preview.child import TOKEN
from stackguard.preview.project.sdk import ProviderPackage, accepted
from stackguard.preview.provider import assets
from stackguard.preview.provider.autonaming import Refusal
from stackguard.preview.provider.outputs import identify, made_up, resolve
from stackguard.preview.provider.provider_check import checked
from stackguard.preview.server import protos
from stackguard.preview.server.callbacks import Callbacks
from stackguard.preview.server.invoke_results import Answers
from stackguard.preview.server.options import aliases_of, inherit, options_of
from stackguard.preview.server.registry import Refused, Registry, positions_of, trail_of
from stackguard.preview.values import PROVIDER_PREFIX, answer, fill, name_of, package_of, rewrite
from stackguard.reports.formatting import printable

if TYPE_CHECKING:
    from google.protobuf.struct_pb2 import Struct
    from pulumi.runtime.proto import resource_pb2

ASK_TO_WRITE = f"{TOKEN}write"
"""The function that a program calls to wait until it may write files."""
POLL_SECONDS = 0.02
STASH = "pulumi:index:Stash"  # the engine's own: its output is its input


def answered(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Turn a refusal into the error that the program receives; keep any other failure for `serve` to raise."""

    @functools.wraps(method)
    async def answer(self: Monitor, request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        self.answers.secrets.see(request)
        try:
            return await method(self, request)
        except Refused as error:
            position, _ = positions_of(trail_of(request), str(self.registry.project.root))
            first, *more = str(error).splitlines()
            place = f" ({position.file}:{position.line})" if position else ""
            self.refusals.append("\n".join((first + place, *more)))
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except Exception as error:  # noqa: BLE001 (kept, and raised by `serve`)
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
        """What the SDK asks for first, in one response."""
        project = self.registry.project
        features = protos.resource_pb2.ResourceMonitorFeature.items()
        return protos.resource_pb2.DeploymentInfo(
            project=project.name,
            stack=project.stack,
            organization=project.organization,
            config=project.config,
            configSecretKeys=sorted(project.secret),
            dryRun=True,
            parallel=1,
            supportedFeatures=[number for name, number in features if name in protos.FEATURE_NAMES],
        )

    @answered
    async def SupportsFeature(self, request: resource_pb2.SupportsFeatureRequest) -> Any:  # noqa: N802
        """Whether one feature is supported."""
        return protos.resource_pb2.SupportsFeatureResponse(hasSupport=request.id in protos.FEATURES)

    @answered
    async def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:  # noqa: N802
        """A resource that the program constructs."""
        registry = self.registry
        reference = await self._provided(request)
        urn = registry.claim(request.type, self.placeholders.labelled(request.name), request.parent)
        await self.callbacks.run_hooks(request.hooks.before_create, request, urn)
        written, requested = await self._requested(request, urn, reference)
        resource = await registry.remediated(requested)
        response = protos.resource_pb2.RegisterResourceResponse(urn=urn)
        if request.custom:
            response.object.CopyFrom(request.object)
            if reference or resource is not requested:
                rewrite(response.object, written, resource.inputs, resource.secrets)
            resource = self._created(request, written, resource, reference, response.object)
            response.id = UNKNOWN_STRING if request.type.startswith(PROVIDER_PREFIX) else resource.id
        registry.add(resource, trail_of(request), reference)
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
        """A resource that already exists: its id is known, and the part of its state that follows from the id."""
        registry = self.registry
        reference = registry.provider_for(request.type, request.provider, registry.package(request, request.type))
        urn = registry.claim(request.type, self.placeholders.labelled(request.name), request.parent)
        inputs, secrets = self.answers.decoded(request.properties, registry.project.working_directory)
        known = "" if self.answers.unknown_id(request.id) else request.id
        identified = identify(request.type, known) if self.fill_computed else {}
        computed, hidden = self._computed(request, urn, {**identified, **inputs}, reference, secrets)
        response = protos.resource_pb2.ReadResourceResponse(urn=urn)
        response.properties.CopyFrom(request.properties)
        _set(response, id="" if request.id == UNKNOWN_STRING else request.id)
        computed |= identified | ({"id": known} if known else {})
        secrets |= answer(response.properties, computed, hidden | {*request.additionalSecretOutputs})
        of_stack, hidden = self.answers.read(request, response.properties)
        computed, secrets = computed | of_stack, secrets | hidden
        resource = self._resource(
            request,
            urn=urn,
            inputs=inputs,
            outputs={**inputs, **computed},
            provider=reference,
            secrets=secrets,
            id=known,
            external=True,
            options=Options(additional_secret_outputs=tuple(request.additionalSecretOutputs)),
        )
        registry.add(resource, trail_of(request), reference)
        return response

    @answered
    async def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> Empty:  # noqa: N802
        """The outputs of a component, or of the stack."""
        outputs, secrets = self.answers.decoded(request.outputs)
        self.registry.add_outputs(request.urn, outputs, secrets)
        component = self.callbacks.unfinished.pop(request.urn, None)
        if component is not None:
            await self.callbacks.run_hooks(component.hooks.after_create, component, request.urn, request.outputs)
        return Empty()

    @answered
    async def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> Any:  # noqa: N802
        """A function call: its result is computed from known values, else it is unknown."""
        registry = self.registry
        if request.tok == ASK_TO_WRITE:
            while self.may_write is not None and not self.may_write.is_set():  # noqa: ASYNC110 (it is no asyncio event)
                await asyncio.sleep(POLL_SECONDS)
        if (answer := self.answers.message(request)) is not None:
            return answer
        inherited = registry.component_providers.get(getattr(request, "parent", ""), {})
        request.provider = request.provider or inherited.get(package_of(request.tok), "")
        await self.callbacks.transform_invoke(request)
        reference = registry.provider_for(request.tok, request.provider, registry.package(request, request.tok))
        registry.invoked(reference)
        response = protos.resource_pb2.ResourceInvokeResponse()
        result: Mapping[str, Any] | None = None
        if not self.fill_computed and registry.awaited(getattr(request, "dependsOn", ())):
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
        """Whether a resource exists, by the mock files."""
        return self.answers.exists(request)

    @answered
    async def RegisterPackage(self, request: resource_pb2.RegisterPackageRequest) -> Any:  # noqa: N802
        """A parameterized package; the same package always gets the same reference."""
        parameter = request.parameterization
        package = ProviderPackage(
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
        """The program has sent its last request."""
        return Empty()

    async def _provided(self, request: resource_pb2.RegisterResourceRequest) -> str:
        """Run the transforms, and return the reference of the provider that serves the resource, empty for none."""
        registry = self.registry
        inherit(request, registry.resources.get(request.parent))
        served = request.remote or (request.custom and not request.type.startswith(PROVIDER_PREFIX))
        if served:
            package = package_of(request.type)
            request.provider = registry.chosen_provider(package, request.provider, request.providers, request.parent)
        await self.callbacks.transform(request, registry.ancestors(request.parent))
        reference = (
            registry.provider_for(request.type, request.provider, registry.package(request, request.type))
            if served
            else ""
        )
        # A plugin registers what it builds by itself, as a component without a provider.
        return "" if request.remote else reference

    async def _requested(
        self, request: resource_pb2.RegisterResourceRequest, urn: str, reference: str
    ) -> tuple[Mapping[str, Any], Resource]:
        """The properties that the program sets, and the resource with its inputs after the provider's Check."""
        registry = self.registry
        written, secrets = self.answers.decoded(request.object, registry.project.working_directory)
        waits_for = {name: tuple(sorted(urns.urns)) for name, urns in sorted(request.propertyDependencies.items())}
        written = self.answers.with_reasons(written, waits_for)
        written = await self._hashed(written, urn)
        inputs, secrets = self._checked(request, urn, written, reference, secrets)
        if request.type.startswith(PROVIDER_PREFIX):
            # A download URL alone makes an explicit provider one without a version.
            versioned = request.version or request.packageRef or not request.pluginDownloadURL
            version = registry.package(request, request.type).version_served if versioned else ""
            inputs = {**inputs, "version": version} if version else inputs
        registry.aliases[urn] = aliases_of(request, urn, registry.aliases)
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
        """The resource with the outputs of its creation in a preview, which are added to the inputs in `struct`."""
        inputs, secrets = resource.inputs, resource.secrets
        outputs: Mapping[str, Any] = {}
        computed: Mapping[str, Any] = {}
        if not self.fill_computed and reference and has_unknown(self.registry.provider(reference).inputs):
            struct.Clear()  # an unconfigured provider returns no outputs
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
            raise Refused(printable(f"{error} (resource `{urn.rpartition('::')[2]}`)")) from None

    def _checked(
        self, request: Any, urn: str, inputs: dict[str, Any], reference: str, secrets: frozenset[str]
    ) -> tuple[dict[str, Any], frozenset[str]]:
        """The inputs after the Check of the provider that serves the resource."""
        if not reference:
            return inputs, secrets
        provider = self.registry.provider(reference)
        autonaming = self.registry.autonaming
        try:
            result, hidden = checked(
                request.type, request.name, urn, inputs, provider.inputs, autonaming, secrets, provider.secrets
            )
        except Refusal as error:
            raise Refused(printable(f"{error} (resource `{name_of(urn)}`)")) from None
        return {name: self.answers.without_placeholder(value) for name, value in result.items()}, hidden

    def _computed(
        self, request: Any, urn: str, inputs: Mapping[str, Any], reference: str, secrets: frozenset[str]
    ) -> tuple[dict[str, Any], frozenset[str]]:
        computed: tuple[dict[str, Any], frozenset[str]] = {}, frozenset()
        if self.fill_computed and request.type.startswith("aws:"):
            location = self.registry.location(reference)
            computed = resolve(request.type, request.name, urn, inputs, location, secrets, self.registry.identified)
        return self.answers.computed(request, urn, *computed)

    def _resource(self, request: Any, provider: str, **fields: Any) -> Resource:
        """A resource with what its registration states; `provider` is a reference."""
        position, callers = positions_of(trail_of(request), str(self.registry.project.root))
        project = self.registry.project
        return Resource(
            type=request.type,
            name=self.placeholders.labelled(request.name),
            parent=request.parent,
            provider=provider.rpartition("::")[0],
            dependencies=tuple(sorted(request.dependencies)),
            position=position,
            callers=callers,
            accepts=accepted(project.interpreter, request.type, fields["inputs"]),
            literals=literals(
                fields["inputs"],
                fields["secrets"],
                filter(None, (position, *callers)),
                project.root,
                given=(*project.config.values(), *project.environment.values()),
            ),
            **fields,
        )


def _set(message: Any, **fields: Any) -> None:
    """Set fields that older versions of the protocol lack."""
    for name, value in fields.items():
        if name in message.DESCRIPTOR.fields_by_name:
            setattr(message, name, value)
