"""What a program has registered so far, and the providers that serve it: the engine's memory, without its protocol.

Source: pkg/resource/deploy/source_eval.go and default_providers.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import functools
import heapq
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from policypack.core.policy import ROOT_TYPE, Options, Position, Resource
from policypack.core.values import has_unknown
from policypack.core.wire import SECRET, SIGNATURE, UNKNOWN_STRING, decode
from stackguard.preview import NOBODY, Observer
from stackguard.preview.project.project import Project
from stackguard.preview.provider.account import Accounts
from stackguard.preview.provider.autonaming import Autonaming
from stackguard.preview.provider.outputs import Place, place_of
from stackguard.preview.provider.substitution import Substitution
from stackguard.preview.server.process import HOST, PREFIX
from stackguard.preview.values import PROVIDER_PREFIX, make_urn, package_of

RUNNER = re.compile(rf"^file://.*/{PREFIX}\w{{8}}/{HOST}/(?=_[a-z]+\.py$)")
DYNAMIC_PACKAGES = ("pulumi-python", "pulumi-nodejs")
Trail = tuple[tuple[str, int], ...]


class Refused(Exception):  # noqa: N818 (reads as what it says)
    """Pulumi's engine refuses this request; the program is told why."""


@dataclass(frozen=True, slots=True)
class Package:
    """A provider plugin as a program asks for it; `parameter` is a package that the plugin is made to serve."""

    name: str
    version: str = ""
    url: str = ""
    parameter: tuple[str, str] | None = None

    @property
    def serves(self) -> str:
        """The package of the types it serves."""
        return self.parameter[0] if self.parameter else self.name

    @property
    def version_served(self) -> str:
        """The version of the package that it serves."""
        return self.parameter[1] if self.parameter else self.version

    @property
    def default_name(self) -> str:
        """The name of the default provider for it: `default_7_51_1`."""
        version = self.version_served
        url = "/".join(re.sub(r"[^A-Za-z0-9_.-]", "_", part) for part in self.url.split("/") if part)
        return "_".join(("default", *(part for part in (*re.split(r"[.+-]", version), url) if part)))


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
    """By URN, what a resource may have been called."""
    outputs: dict[str, Any] = field(default_factory=dict)
    packages: dict[str, Package] = field(default_factory=dict)
    root: str = ""
    finished: bool = False
    made_up: set[str] = field(default_factory=set)
    """Names, ids and ARNs with a part drawn at random."""
    _claimed: set[str] = field(default_factory=set)
    _defaults: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _trails: dict[str, Trail] = field(default_factory=dict)
    _places: dict[str, Place] = field(default_factory=dict)
    _shown: dict[str, tuple[Resource, Resource]] = field(default_factory=dict)
    """By URN, a resource and what the observer is shown of it."""

    def claim(self, type_token: str, name: str, parent: str) -> str:
        """The URN of a new resource.

        Raises:
            Refused: it is taken, or the parent is not registered.

        """
        if parent and parent not in self.resources:
            raise Refused(f"could not find the parent resource {parent}")
        urn = make_urn(self.project.stack, self.project.name, parent, type_token, name)
        if urn in self._claimed:
            raise Refused(f"duplicate resource URN {urn}; give the resource a unique name")
        self._claimed.add(urn)
        return urn

    def add(self, resource: Resource, trail: Trail = ()) -> None:
        """Remember a resource; `trail` says where the program constructs it, outermost call first."""
        self.resources[resource.urn] = resource
        shown = self.accounts.shown.value(resource)
        self._shown[resource.urn] = resource, shown
        self.observer.registered(shown)
        self._trails[resource.urn] = trail
        if resource.type == ROOT_TYPE:
            self.root = resource.urn

    async def remediated(self, resource: Resource) -> Resource:
        """The resource to go on with, as the observer makes it of what a person would be shown.

        Properties that the observer leaves alone keep what stands in them for an account.
        """
        shown = self.accounts.shown.value(resource)
        remediated = await self.observer.remediated(shown)
        if remediated is shown:
            return resource
        kept = {name for name, value in remediated.inputs.items() if value == shown.inputs.get(name)}
        inputs = {
            name: resource.inputs[name] if name in kept & resource.inputs.keys() else value
            for name, value in remediated.inputs.items()
        }
        return replace(resource, inputs=inputs, secrets=remediated.secrets)

    def add_outputs(self, urn: str, outputs: Mapping[str, Any], secrets: frozenset[str]) -> None:
        """What a component, or the stack itself, says of itself at its end."""
        resource = self.resources.get(urn)
        if resource is None:
            raise Refused(f"could not find the resource {urn}")
        merged = {**resource.outputs, **outputs}
        self.resources[urn] = replace(resource, outputs=merged, secrets=resource.secrets | secrets)
        if urn == self.root:
            self.outputs = dict(outputs)
            self.finished = True

    def chosen_provider(self, package: str, given: str, providers: Mapping[str, str], parent: str) -> str:
        """The reference of the provider that a registration asks for; empty where it leaves it to the default.

        In this order: the one given, the parent's own where it serves the same package, the map of providers given,
        the nearest component's map.
        """
        reference = given or self._inherited(package, parent) or providers.get(package)
        return reference or self.component_providers.get(parent, {}).get(package, "")

    def provider_for(self, token: str, chosen: str, package: Package) -> str:
        """The reference of the provider that serves a type or function: the one chosen, else the package's default."""
        if not chosen:
            return self._default(token, package)
        if chosen.rpartition("::")[0] not in self.resources:
            raise Refused(f"unknown provider {chosen}")
        return chosen

    def _inherited(self, package: str, parent: str) -> str:
        reference = self.references.get(parent, "")
        return reference if reference and package_of(self.provider(reference).type) == package else ""

    def provider(self, reference: str) -> Resource:
        """The provider that a reference (`urn::id`) names."""
        return self.resources[reference.rpartition("::")[0]]

    def configured(self, reference: str) -> bool:
        """Whether all of the provider's inputs are known."""
        return not has_unknown(self.provider(reference).inputs)

    def place(self, reference: str) -> Place:
        """Where the provider creates."""
        place = self._places.get(reference)
        if place is None:
            environment = self.project.environment
            fallback = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
            provider = self.provider(reference)
            place = place_of(provider.inputs, self.accounts.of(provider), fallback)
            self._places[reference] = place
        return place

    def _default(self, token: str, package: Package) -> str:
        key = package.serves, package.version_served, package.url
        if key not in self._defaults:
            self._check_default_allowed(token, package)
            inputs, secrets = decode(self._package_config(package.serves))
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

    def _package_config(self, package: str) -> dict[str, Any]:
        """The config that a default provider gets: its namespace, or all of it for the program's own providers."""
        wanted = {}
        for key, value in self.project.config.items():
            namespace, _, name = key.partition(":")
            if package in DYNAMIC_PACKAGES or namespace == package:
                secret = {SIGNATURE: SECRET, "value": value}
                full = key if package in DYNAMIC_PACKAGES else name
                wanted[full] = secret if key in self.project.secret else value
        return wanted

    def _check_default_allowed(self, token: str, package: Package) -> None:
        if package.serves != "pulumi" and {"*", package.serves} & self.project.disabled_default_providers:
            raise Refused(
                f"the default provider for `{package.serves}` is disabled: give `{token}` an explicit provider"
            )

    def settled(self) -> tuple[Resource, ...]:
        """All resources of a program that has ended, in order and with their accounts; `outputs` get theirs too.

        A resource that the observer was shown as it is stays the same object.
        """
        ordered = self.in_order()
        self.accounts.find(ordered)
        accounts = self.accounts.settled
        self.outputs = accounts.value(self.outputs)
        return tuple(self._settled(resource, accounts) for resource in ordered)

    def _settled(self, resource: Resource, accounts: Substitution) -> Resource:
        seen, shown = self._shown[resource.urn]
        unchanged = seen is resource and (shown is seen or not self.accounts.found)
        return shown if unchanged else accounts.value(resource)

    def in_order(self) -> tuple[Resource, ...]:
        """All resources in the order in which the program constructs them, the same on every run.

        Requests arrive in another order each time, because the SDK sends them at once. So: nothing before what it
        refers to, and otherwise by the place of the construction, then by name.
        """
        keys = {urn: self._key(index, resource) for index, (urn, resource) in enumerate(self.resources.items())}
        waits = {urn: set(self._refers_to(resource)) for urn, resource in self.resources.items()}
        followers: dict[str, list[str]] = {}
        for urn, others in waits.items():
            for other in others:
                followers.setdefault(other, []).append(urn)
        ready = [(keys[urn], urn) for urn, others in waits.items() if not others]
        heapq.heapify(ready)
        ordered = []
        while ready:
            _, urn = heapq.heappop(ready)
            ordered.append(self.resources[urn])
            for follower in followers.get(urn, ()):
                waits[follower].discard(urn)
                if not waits[follower]:
                    heapq.heappush(ready, (keys[follower], follower))
        placed = {resource.urn for resource in ordered}
        ordered += (resource for urn, resource in self.resources.items() if urn not in placed)
        return tuple(ordered)

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
    """Where the program constructs a resource: the calls that led to it, outermost first."""
    if "stackTrace" in request.DESCRIPTOR.fields_by_name and request.stackTrace.frames:
        return tuple((_steady(frame.pc.uri), frame.pc.line) for frame in reversed(request.stackTrace.frames))
    if "sourcePosition" in request.DESCRIPTOR.fields_by_name:
        return ((_steady(request.sourcePosition.uri), request.sourcePosition.line),)
    return ()


@functools.lru_cache(maxsize=4096)
def _steady(uri: str) -> str:
    """The same text on every run: the runner's own modules are reached through a folder with a random name."""
    return RUNNER.sub("", uri)


def position_of(trail: Trail, root: str) -> Position | None:
    """The innermost of these calls that is the program's own, relative to its folder; else the innermost of all."""
    files = [(unquote(urlsplit(uri).path), line) for uri, line in trail if uri.startswith("file://")]
    for path, line in reversed(files):
        if path.startswith(root + os.sep) and not Position(path, line).installed:
            return Position(os.path.relpath(path, root), line)
    return Position(*files[-1]) if files else None
