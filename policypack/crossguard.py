"""The door in the author's own preview and update: cards become CrossGuard policies.

This is the only module of the pack that imports Pulumi. CrossGuard turns a policy that touches an unknown into an
advisory note, so nothing here ever touches one: values are made plain first, and an undecided outcome is reported as a
violation at the policy's own enforcement level.

Stack policies are handed outputs only, and resource policies inputs only, so the inputs of every resource are kept
from its own analysis until the stack's. See docs/decisions/0001-entry-point.md.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pulumi
import pulumi_policy as crossguard
from pulumi_policy import policy as sdk
from pulumi_policy.proxy import UNKNOWN_OBJECT_VALUE, UnknownValueError

from policypack.evaluate import enforcement, judge, judge_stack
from policypack.policies import POLICIES
from policypack.policy import Kind, Outcome, Policy, Resource, Stack
from policypack.settings import DEFAULT_FILE, Settings, SettingsError, config_schema, parse, read
from policypack.wire import decode


def serve(policies: Sequence[Policy[Any]] = POLICIES, folder: Path | None = None) -> None:
    """Start the pack: prints its port and serves until it is stopped.

    Args:
        policies: the cards to serve.
        folder: where `stackguard.yaml` may be; the pack's own folder, which the CLI starts it in, by default.
    """
    try:
        settings = _settings(policies, folder or Path.cwd())
    except SettingsError as error:
        sys.exit(f"stackguard: {error}")
    session = Session(settings)
    overhear(session)
    crossguard.PolicyPack(
        name="stackguard",
        enforcement_level=crossguard.EnforcementLevel.MANDATORY,
        policies=[to_crossguard(policy, session) for policy in policies],
        display_name="Stackguard",
        description="Policies for AWS stacks: regions, public access, policy documents, least privilege.",
        provider="aws",
    )


def _settings(policies: Sequence[Policy[Any]], folder: Path) -> Settings:
    settings = read(None, folder)
    for policy_id in settings.enforcement.keys() - {policy.id for policy in policies}:
        raise SettingsError(f"{DEFAULT_FILE}: `enforcement` has no policy `{policy_id}` to set")
    return settings


Maps = list[Mapping[str, Any]]


class Session:
    """What the pack remembers of one preview: every resource as it was analysed, parsed once for all policies."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = program_folder()
        self.resources: dict[str, Resource] = {}
        self.stack: Stack | None = None
        self._seen: Any = None
        self._settings: dict[str, Settings] = {}
        self._taken = threading.local()

    def take(self, properties: Mapping[str, Any]) -> None:
        """Keep a property map of the request that this thread serves, as it came over the wire."""
        self._taken.__dict__.setdefault("maps", []).append(properties)

    def maps(self) -> Maps:
        """The property maps that this thread took since it was last asked: those of the policy at hand come last."""
        taken: Maps = self._taken.__dict__.pop("maps", [])
        return taken

    def settings_for(self, config: Mapping[str, Any] | None) -> Settings:
        """The file's settings, under what CrossGuard's configuration says for one policy.

        Raises:
            SettingsError: the configuration does not fit the schema.
        """
        region = pulumi.Config("aws").get("region")
        key = repr((config, region))  # most policies have the same, and are asked for every resource
        if key not in self._settings:
            given = {**msgspec.to_builtins(self.settings), **(config or {})}
            del given["stackRegion"]
            self._settings[key] = parse(given, "policy configuration", region)
        return self._settings[key]

    def resource(self, args: crossguard.ResourceValidationArgs, maps: Maps) -> Resource:
        """The resource under analysis: its inputs, whose map came before that of its provider."""
        inputs, secrets = decode(maps[-2 if args.provider else -1], self.folder)
        known = self.resources.get(args.urn)
        if known is not None and known.inputs == inputs and known.secrets == secrets:
            return known
        provider = args.provider.urn if args.provider else ""
        resource = Resource(args.resource_type, args.name, inputs, args.urn, provider=provider, secrets=secrets)
        self.resources[args.urn] = resource
        return resource

    def whole(self, args: crossguard.StackValidationArgs, maps: Maps, settings: Settings) -> Stack:
        """The stack under analysis: the inputs kept from each resource's analysis, with outputs and dependencies."""
        count = sum(2 if each.provider else 1 for each in args.resources)
        maps = maps[-count:] if count else []
        seen = (settings, maps, [(each.urn, _urns(each.dependencies), _by_name(each)) for each in args.resources])
        if self.stack is None or self._seen != seen:
            order = {urn: index for index, urn in enumerate(self.resources)}  # the engine hands them over in any order
            outputs = iter(maps)
            completed = []
            for each in args.resources:
                completed.append(self._completed(each, next(outputs)))
                if each.provider:
                    next(outputs)
            completed.sort(key=lambda each: order.get(each.urn, len(order)))
            self.stack, self._seen = Stack(tuple(completed), settings), seen
        return self.stack

    def _completed(self, given: crossguard.PolicyResource, properties: Mapping[str, Any]) -> Resource:
        outputs, secrets = decode(properties, self.folder)
        analysed = self.resources.get(given.urn)
        return Resource(
            given.resource_type,
            given.name,
            outputs if analysed is None else analysed.inputs,
            given.urn,
            outputs=outputs,
            parent=given.parent.urn if given.parent else "",
            provider=given.provider.urn if given.provider else "",
            dependencies=_urns(given.dependencies),
            property_dependencies=_by_name(given),
            secrets=secrets if analysed is None else secrets | analysed.secrets,
            # The engine analyses what it manages, and not what it only reads; without any analysis, nothing tells.
            external=analysed is None and bool(self.resources),
        )


def _urns(resources: Sequence[crossguard.PolicyResource]) -> tuple[str, ...]:
    return tuple(each.urn for each in resources)


def _by_name(resource: crossguard.PolicyResource) -> dict[str, tuple[str, ...]]:
    return {name: _urns(needed) for name, needed in resource.property_dependencies.items()}


def overhear(session: Session) -> None:
    """Let the session see properties as they come over the wire.

    The SDK unwraps secrets before a policy sees them, so a policy could not know what it must not quote. This wraps
    the one function through which the SDK takes every property map of a request, in order.
    """
    deserialize = sdk.deserialize_properties  # type: ignore[attr-defined]

    def deserialize_properties(props: dict[str, Any], proxy_secrets: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 (the SDK's)
        session.take(props)
        return deserialize(props, proxy_secrets)

    sdk.deserialize_properties = deserialize_properties  # type: ignore[attr-defined]


def program_folder() -> Path:
    """The folder of the program under preview, which assets are relative to.

    The pack itself runs in its own folder. The language host that started it runs in the program's, as far as the
    system tells; else the shell's folder is taken.
    """
    host = Path(f"/proc/{os.getppid()}/cwd")
    try:
        return host.readlink()
    except OSError:
        return Path(os.environ.get("PWD", "."))


def to_crossguard(policy: Policy[Any], session: Session) -> crossguard.Policy:
    """The CrossGuard policy of a card."""
    described: dict[str, Any] = {
        "name": policy.id,
        "description": policy.title,
        "display_name": policy.title,
        "enforcement_level": crossguard.EnforcementLevel(enforcement(policy, session.settings).value),
        "severity": crossguard.Severity(policy.severity.value),
        "config_schema": crossguard.PolicyConfigSchema(config_schema()),
        "remediation_steps": policy.fix,
        "url": policy.references[0],
    }
    if policy.over_stack:

        def validate_stack(args: crossguard.StackValidationArgs, report: crossguard.ReportViolation) -> None:
            maps = session.maps()
            _report(lambda settings: judge_stack(policy, session.whole(args, maps, settings)), args, report, session)

        return crossguard.StackValidationPolicy(validate=validate_stack, **described)

    def validate(args: crossguard.ResourceValidationArgs, report: crossguard.ReportViolation) -> None:
        maps = session.maps()
        _report(lambda settings: judge(policy, session.resource(args, maps), settings), args, report, session)

    return crossguard.ResourceValidationPolicy(validate=validate, **described)


def _report(
    run: Callable[[Settings], list[Outcome]],
    args: crossguard.ResourceValidationArgs | crossguard.StackValidationArgs,
    report: crossguard.ReportViolation,
    session: Session,
) -> None:
    try:
        settings = session.settings_for(args.get_config())
    except SettingsError as error:
        report(str(error), None)
        return
    noted: list[Outcome] = []
    for outcome in run(settings):
        if outcome.kind is Kind.UNDECIDED and settings.unknown == "advisory":
            noted.append(outcome)
        else:
            report(message(outcome), outcome.resource.urn)
    if noted:  # every known breach is reported by now; CrossGuard makes this an advisory note
        raise UnknownValueError(UNKNOWN_OBJECT_VALUE, [outcome.path for outcome in noted])


def message(outcome: Outcome) -> str:
    """What the preview prints for an outcome, below the policy's title."""
    about = outcome.path if outcome.kind is Kind.VIOLATION else str(outcome.kind)  # the title alone claims a breach
    return f"{about}: {outcome.message}. Fix: {outcome.fix}" if about else f"{outcome.message}. Fix: {outcome.fix}"
