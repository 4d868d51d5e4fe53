"""The state of the engine: the resources that a program has registered, and the providers that serve them.

Source: pkg/resource/deploy/source_eval.go and default_providers.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import functools
import heapq
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any
from urllib.parse import unquote, urlsplit

from policypack.core.policy import ROOT_TYPE, Options, Position, Resource
from policypack.core.wire import UNKNOWN_STRING, decode
from stackguard.preview import NOBODY, Observer
from stackguard.preview.project.project import Project
from stackguard.preview.project.sdk import ProviderPackage, packages
from stackguard.preview.provider.account import Accounts
from stackguard.preview.provider.autonaming import Autonaming
from stackguard.preview.provider.outputs import AwsLocation, location_of
from stackguard.preview.provider.substitution import Substitution
from stackguard.preview.server.process import HOST, PREFIX
from stackguard.preview.values import PROVIDER_PREFIX, make_urn, package_of
from stackguard.reports.formatting import printable

RUNNER = re.compile(rf"^file://.*/{PREFIX}\w{{8}}/{HOST}/(?=[a-z_/]+\.py$)")
DYNAMIC_PACKAGES = ("pulumi-python", "pulumi-nodejs")
IDENTITIES = ("id", "arn", "rootResourceId")
"""Outputs that identify a resource; a REST API is its root resource too."""
Trail = tuple[tuple[str, int], ...]


class Refused(Exception):  # noqa: N818 (the reason is its message)
    """Pulumi's engine refuses this request; the program receives the message."""


@dataclass(slots=True)
class Registry:
    """The resources of one preview by URN. All access is from one event loop, so nothing is locked."""

    project: Project
    accounts: Accounts
    observer: Observer = NOBODY
    autonaming: Autonaming = field(default_factory=Autonaming)
    resources: dict[str, Resource] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    """By URN, the reference (`urn::id`) of the provider that serves a resource."""
    component_providers: dict[str, dict[str, str]] = field(default_factory=dict)
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By URN, the URNs that a resource may have had."""
    outputs: dict[str, Any] = field(default_factory=dict)
    packages: dict[str, ProviderPackage] = field(default_factory=dict)
    root: str = ""
    finished: bool = False
    made_up: set[str] = field(default_factory=set)
    """Names, ids and ARNs with a part drawn at random."""
    _identified: dict[str, Resource] = field(default_factory=dict)
    _claimed: set[str] = field(default_factory=set)
    _defaults: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _trails: dict[str, Trail] = field(default_factory=dict)
    _locations: dict[str, AwsLocation] = field(default_factory=dict)
    _invoked: set[str] = field(default_factory=set)
    _observed: dict[str, tuple[Resource, Resource]] = field(default_factory=dict)
    """By URN, a resource, and the same as the observer received it."""

    def claim(self, type_token: str, name: str, parent: str) -> str:
        """The URN of a new resource.

        Raises:
            Refused: it is taken, or the parent is not registered.
        """
        if parent and parent not in self.resources:
            raise Refused(printable(f"could not find the parent resource {parent}"))
        urn = make_urn(self.project.stack, self.project.name, parent, type_token, name)
        if urn in self._claimed:
            raise Refused(printable(f"duplicate resource URN {urn}; give the resource a unique name"))
        self._claimed.add(urn)
        return urn

    def add(self, resource: Resource, trail: Trail = (), reference: str = "") -> None:
        """Record a resource.

        Args:
            resource: as it is registered.
            trail: the calls that construct it, outermost first.
            reference: of the provider that serves it.
        """
        self.references[resource.urn] = reference
        self.resources[resource.urn] = resource
        for name in IDENTITIES:
            if text := resource.outputs.get(name):
                self._identified.setdefault(str(text), resource)
        observed = self.accounts.with_stand_in.value(resource)
        self._observed[resource.urn] = resource, observed
        self.observer.registered(observed)
        self._trails[resource.urn] = trail
        if resource.type == ROOT_TYPE:
            self.root = resource.urn

    def identified(self, text: str) -> Resource | None:
        """The resource that an id or an ARN identifies."""
        return self._identified.get(text)

    async def remediated(self, resource: Resource) -> Resource:
        """The resource with the observer's changes.

        The observer receives it with the stand-in account; properties that it does not change keep their placeholders.
        """
        observed = self.accounts.with_stand_in.value(resource)
        remediated = await self.observer.remediated(observed)
        if remediated is observed:
            return resource
        kept = {name for name, value in remediated.inputs.items() if value == observed.inputs.get(name)}
        inputs = {
            name: resource.inputs[name] if name in kept & resource.inputs.keys() else value
            for name, value in remediated.inputs.items()
        }
        return replace(resource, inputs=inputs, secrets=remediated.secrets)

    def add_outputs(self, urn: str, outputs: Mapping[str, Any], secrets: frozenset[str]) -> None:
        """Record the outputs of a component, or of the stack."""
        resource = self.resources.get(urn)
        if resource is None:
            raise Refused(f"could not find the resource {urn}")
        merged = {**resource.outputs, **outputs}
        self.resources[urn] = replace(resource, outputs=merged, secrets=resource.secrets | secrets)
        if urn == self.root:
            self.outputs = dict(outputs)
            self.finished = True

    def chosen_provider(self, package: str, own: str, providers: Mapping[str, str], parent: str) -> str:
        """The reference of the provider that a registration selects; empty for the default provider.

        In this order: its own option, the parent's provider of the same package, its own map of providers, the map of
        the nearest component.
        """
        inherited = self.references.get(parent, "")
        if inherited and package_of(self.provider(inherited).type) != package:
            inherited = ""
        reference = own or inherited or providers.get(package)
        return reference or self.component_providers.get(parent, {}).get(package, "")

    def provider_for(self, token: str, chosen: str, package: ProviderPackage) -> str:
        """The reference of the provider that serves a type or function: the one chosen, else the package's default."""
        if not chosen:
            return self._default(token, package)
        if chosen.rpartition("::")[0] not in self.resources:
            raise Refused(f"unknown provider {chosen}")
        return chosen

    def provider(self, reference: str) -> Resource:
        """The provider that a reference (`urn::id`) names."""
        return self.resources[reference.rpartition("::")[0]]

    def invoked(self, reference: str) -> None:
        """Note that the program calls a function through a provider."""
        self._invoked.add(reference.rpartition("::")[0])

    def location(self, reference: str) -> AwsLocation:
        """Where the provider creates resources."""
        if reference not in self._locations:
            environment = self.project.environment
            fallback = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
            provider = self.provider(reference)
            self._locations[reference] = location_of(provider.inputs, self.accounts.of(provider), fallback)
        return self._locations[reference]

    def package(self, request: Any, token: str) -> ProviderPackage:
        """The package that a request names, or that the installed SDK for its token belongs to.

        Raises:
            Refused: its reference is not registered.
        """
        if request.packageRef:
            if request.packageRef not in self.packages:
                raise Refused(f"unknown provider package `{request.packageRef}`")
            return self.packages[request.packageRef]
        name = package_of(token)
        known = packages(self.project.interpreter).get(name, ProviderPackage(name))
        url = request.pluginDownloadURL.removesuffix("/")
        return replace(known, version=request.version or known.version, url=url or known.url)

    def ancestors(self, parent: str) -> Iterator[str]:
        """The URN of a parent, and those of its own ancestors."""
        while parent:
            yield parent
            parent = self.resources[parent].parent if parent in self.resources else ""

    def awaited(self, urns: Iterable[str]) -> bool:
        """Whether one of these resources is still to be created."""
        resources = (self.resources[urn] for urn in urns if urn in self.resources)
        return any(known.custom and not known.id and not known.type.startswith(PROVIDER_PREFIX) for known in resources)

    def _default(self, token: str, package: ProviderPackage) -> str:
        key = package.serves, package.version_served, package.url
        if key not in self._defaults:
            if package.serves != "pulumi" and {"*", package.serves} & self.project.disabled_default_providers:
                raise Refused(
                    f"the default provider for `{package.serves}` is disabled: give `{token}` an explicit provider"
                )
            inputs, secrets = self._package_config(package.serves)
            if package.version_served:
                inputs["version"] = package.version_served
            type_token = f"{PROVIDER_PREFIX}{package.serves}"
            urn = self.claim(type_token, package.default_name, "")
            self._defaults[key] = f"{urn}::{UNKNOWN_STRING}"
            self.add(
                Resource(
                    type=type_token,
                    name=package.default_name,
                    urn=urn,
                    inputs=inputs,
                    outputs=inputs,
                    secrets=secrets,
                    options=Options(delete_before_replace=self.autonaming.replaces_first(type_token) or None),
                )
            )
        return self._defaults[key]

    def _package_config(self, package: str) -> tuple[dict[str, Any], frozenset[str]]:
        """The config of a default provider, and its secret keys: its namespace, or all of it for dynamic providers."""
        dynamic = package in DYNAMIC_PACKAGES
        keys = {key if dynamic else key.removeprefix(f"{package}:"): key for key in self.project.config}
        keys = {name: key for name, key in keys.items() if dynamic or name != key}
        inputs, _ = decode({name: self.project.config[key] for name, key in keys.items()})
        return inputs, frozenset(name for name, key in keys.items() if key in self.project.secret)

    def final_resources(self) -> tuple[Resource, ...]:
        """All resources of a program that has ended, in order and with their accounts, which `outputs` get too.

        A resource that has not changed since the observer received it stays the same object.
        """
        ordered = self.in_order()
        self.accounts.find(ordered)
        accounts = self.accounts.final
        self.outputs = accounts.value(self.outputs)
        return tuple(self._final(resource, accounts) for resource in ordered)

    def _final(self, resource: Resource, accounts: Substitution) -> Resource:
        registered, observed = self._observed[resource.urn]
        unchanged = registered is resource and (observed is registered or not self.accounts.known)
        final = observed if unchanged else accounts.value(resource)
        return replace(final, invoked=True) if resource.urn in self._invoked else final

    def in_order(self) -> tuple[Resource, ...]:
        """All resources in the order in which the program constructs them, the same on every run.

        Requests arrive in another order each time, because the SDK sends them concurrently. A resource comes after
        those that it refers to; otherwise the order is by the place of construction, then by name.
        """
        keys = {urn: self._key(index, resource) for index, (urn, resource) in enumerate(self.resources.items())}
        sorter = TopologicalSorter({urn: self._refers_to(resource) for urn, resource in self.resources.items()})
        with suppress(CycleError):
            sorter.prepare()
        ready: list[tuple[tuple[Any, ...], str]] = []
        ordered: dict[str, Resource] = {}
        while sorter.is_active():
            for urn in sorter.get_ready():
                heapq.heappush(ready, (keys[urn], urn))
            _, urn = heapq.heappop(ready)
            ordered[urn] = self.resources[urn]
            sorter.done(urn)
        return tuple((ordered | self.resources).values())  # resources in a cycle come last

    def _refers_to(self, resource: Resource) -> Iterable[str]:
        named = (resource.parent, resource.provider, *resource.dependencies)
        return (urn for urn in named if urn in self.resources and urn != resource.urn)

    def _key(self, index: int, resource: Resource) -> tuple[Any, ...]:
        trail = self._trails[resource.urn]
        rank = 0 if resource.type == ROOT_TYPE else 1 if resource.type.startswith(PROVIDER_PREFIX) and not trail else 2
        digits = re.split(r"(\d+)", resource.name)  # text and number in turn, so that `b10` comes after `b9`
        natural = tuple(int(part) if position % 2 else part for position, part in enumerate(digits))
        return rank, trail, natural if trail else (), index


def trail_of(request: Any) -> Trail:
    """The calls that construct a resource, outermost first; none for the stack, which the runner constructs."""
    if getattr(request, "type", "") == ROOT_TYPE:
        return ()
    if "stackTrace" in request.DESCRIPTOR.fields_by_name and request.stackTrace.frames:
        return tuple((_steady(frame.pc.uri), frame.pc.line) for frame in reversed(request.stackTrace.frames))
    if "sourcePosition" in request.DESCRIPTOR.fields_by_name:
        return ((_steady(request.sourcePosition.uri), request.sourcePosition.line),)
    return ()


@functools.lru_cache(maxsize=4096)
def _steady(uri: str) -> str:
    """The URI without the random folder of the runner's own modules, so that it is the same in every run."""
    return RUNNER.sub("", uri)


def positions_of(trail: Trail, root: str) -> tuple[Position | None, tuple[Position, ...]]:
    """The innermost of these calls in the program's own code, else of all, and its callers in the program's own code.

    Files are relative to the program's folder; callers are innermost first.
    """
    files = [Position(unquote(urlsplit(uri).path), line) for uri, line in reversed(trail) if uri.startswith("file://")]
    own = [
        Position(os.path.relpath(call.file, root), call.line)
        for call in files
        if call.file.startswith(root + os.sep) and not call.installed
    ]
    return (own[0], tuple(own[1:])) if own else (next(iter(files), None), ())
