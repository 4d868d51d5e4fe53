"""The client of one running policy pack: its policies, its configuration, and calls with a time limit."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if "GRPC_VERBOSITY" not in os.environ:  # read at import; our own error reports a pack that has ended
    os.putenv("GRPC_VERBOSITY", "ERROR")

import grpc
import grpc.aio
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict

from policypack.core.policy import EnforcementLevel, Policy
from policypack.core.values import rebuilt
from policypack.evaluation.settings import Settings
from policypack.evaluation.settings.selectors import least_level, level_of, strictest
from stackguard.errors import CannotJudge
from stackguard.packs import config
from stackguard.packs.answers import PackPolicy, card
from stackguard.packs.process import HUNG_UP, PackProcess
from stackguard.preview.server import protos
from stackguard.preview.server.callbacks import OPTIONS

if TYPE_CHECKING:
    from pulumi.runtime.proto import analyzer_pb2

    from stackguard.preview.project.project import Project

WORKERS = 4
"""The calls that a pack of the Python SDK serves at a time; the time limit of a call starts when it is served."""
TAGS = "pulumi:tags"
REMEDIATE = "remediate"
OVER_STACK = {1: False, 2: True}
"""By the number of a policy's type in the protocol."""


@dataclass(slots=True)
class Pack:
    """A policy pack that serves."""

    process: PackProcess
    stub: Any
    timeout: float
    unknown_is_advisory: bool
    name: str = ""
    policies: Mapping[str, PackPolicy] = field(default_factory=dict)
    waiting: dict[object, tuple[float, str]] = field(default_factory=dict)
    """The calls without an answer: their start (monotonic seconds) and their subject. A cancelled call stays, so that
    `Packs.late` finds the pack that delayed the others."""
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(WORKERS))

    @property
    def remediates(self) -> bool:
        """Whether any of its policies can remediate."""
        return any(policy.level == "remediate" for policy in self.policies.values())

    def judges_some(self, *, over_stack: bool) -> bool:
        """Whether any of its enabled policies judges the stack, or single resources; one of unknown type may."""
        return any(
            policy.level != "disabled" and policy.over_stack in {None, over_stack} for policy in self.policies.values()
        )

    def policy(self, name: str) -> PackPolicy:
        """The policy of this name; a pack can report violations of a policy that it did not list."""
        unlisted = card(self.name, protos.analyzer_pb2.PolicyInfo(name=name))
        return self.policies.get(name) or PackPolicy(unlisted, "mandatory", None, self.unknown_is_advisory)

    async def remediate(self, request: analyzer_pb2.AnalyzeRequest, subject: str) -> Any:
        """Remediate a resource. The call does not wait for its turn, because the program waits for it."""
        method = _unless_unimplemented(self.stub.Remediate, protos.analyzer_pb2.RemediateResponse())
        return await self.call(method, request, subject)

    async def analyze(self, request: analyzer_pb2.AnalyzeRequest, subject: str) -> Any:
        """Analyze a resource."""
        async with self._turn:
            return await self.call(self.stub.Analyze, request, subject)

    async def analyze_stack(self, request: analyzer_pb2.AnalyzeStackRequest) -> Any:
        """Analyze the stack."""
        method = _unless_unimplemented(self.stub.AnalyzeStack, protos.analyzer_pb2.AnalyzeResponse())
        return await self.call(method, request, "the stack")

    async def call(self, method: Callable[..., Awaitable[Any]], request: Any, subject: str) -> Any:
        """Call a method of the stub.

        Args:
            method: of the stub.
            request: its argument.
            subject: of the call, for errors.

        Raises:
            CannotJudge: it fails, or is not answered in time.
        """
        key = object()
        self.waiting[key] = time.monotonic(), subject
        try:
            answer = await method(request, timeout=self.timeout)
        except grpc.aio.AioRpcError as error:
            del self.waiting[key]
            raise await self._failed(error, subject) from None
        del self.waiting[key]
        return answer

    async def _failed(self, error: grpc.aio.AioRpcError, subject: str) -> CannotJudge:
        name = self.process.folder.name
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            return self.late(subject)
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            how = await self.process.how_it_ended()
            if how == HUNG_UP and not self.name:
                return CannotJudge(
                    f"policy pack `{name}` printed `{self.process.port}` first, and nothing answers on that port; print to"
                    " standard error instead",
                    self.process.printed(),
                )
            return CannotJudge(f"policy pack `{name}` {how} while it judged {subject}", self.process.printed())
        printed = self.process.printed() or self.process.mask.hide(error.details() or "")
        return CannotJudge(f"policy pack `{name}` failed while it judged {subject}", printed)

    def late(self, subject: str) -> CannotJudge:
        """The error for a call without an answer in time."""
        return CannotJudge(
            f"policy pack `{self.process.folder.name}` did not answer within {self.timeout:g} s about {subject} and was"
            " stopped; see --timeout",
            self.process.printed(),
        )


@contextlib.asynccontextmanager
async def connected(
    process: PackProcess,
    project: Project | None,
    chosen: config.Config | None,
    settings: Settings,
    timeout: float,  # noqa: ASYNC109
) -> AsyncIterator[Pack]:
    """Connect to a pack that has started, and configure it.

    Args:
        process: the pack's process.
        project: the program under preview; None for a state.
        chosen: the operator's configuration, if any.
        settings: the operator's settings.
        timeout: seconds for each call.

    Raises:
        CannotJudge: the pack fails or hangs, or the configuration does not fit it.
    """
    async with grpc.aio.insecure_channel(f"127.0.0.1:{process.port}", options=OPTIONS) as channel:
        stub = protos.analyzer_pb2_grpc.AnalyzerStub(channel)
        pack = Pack(process, stub, timeout, settings.unknown == "advisory")
        if project is not None:
            await pack.call(_unless_unimplemented(pack.stub.ConfigureStack), _stack_configuration(project), "the stack")
        info = await pack.call(pack.stub.GetAnalyzerInfo, Empty(), "its own policies")
        pack.name = info.name or process.folder.root.name
        cards = {policy.name: card(pack.name, policy) for policy in info.policies}
        configs = {
            name: replace(config_, level=_level(cards[name], name, config_.level, chosen or {}, settings))
            for name, config_ in configured(info, chosen, process.folder.name).items()
        }
        pack.policies = {
            policy.name: PackPolicy(
                cards[policy.name],
                configs[policy.name].level or config.LEVELS[policy.enforcementLevel],
                OVER_STACK.get(policy.policy_type),
                pack.unknown_is_advisory,
                settings,
            )
            for policy in info.policies
        }
        if info.supportsConfig and configs:
            await pack.call(pack.stub.Configure, configuration(configs), "its configuration")
        yield pack


def _level(policy: Policy[Any], name: str, level: str | None, chosen: config.Config, settings: Settings) -> str | None:
    """The level of a policy: of its pack's configuration, else of the settings; at least what they lock."""
    configured = any(chosen[key].level for key in (name, config.ALL) if key in chosen)
    of_settings = None if configured else level_of(settings.enforcement, policy)
    if of_settings is not None and not (level == REMEDIATE and of_settings is EnforcementLevel.MANDATORY):
        level = of_settings.value
    if level in {None, REMEDIATE}:
        return level
    return strictest([EnforcementLevel(level), least_level(policy, settings)]).value


def _unless_unimplemented(method: Callable[..., Awaitable[Any]], instead: Any = None) -> Callable[..., Awaitable[Any]]:
    """The method; for an older pack without it, the answer is `instead`."""

    async def call(request: Any, **options: Any) -> Any:
        try:
            return await method(request, **options)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
                raise
            return instead

    return call


def _stack_configuration(project: Project) -> analyzer_pb2.AnalyzerStackConfigureRequest:
    return protos.analyzer_pb2.AnalyzerStackConfigureRequest(
        stack=project.stack,
        project=project.name,
        organization=project.organization,
        dry_run=True,
        config=project.config,
        config_secret_keys=sorted(project.secret),
        tags=_tags(project),
    )


def _tags(project: Project) -> dict[str, str]:
    """The stack's tags in the project's files; a backend can have more.

    Source: `GetEnvironmentTagsForCurrentStack` in pkg/backend/stack.go of https://github.com/pulumi/pulumi.
    """
    text = project.config.get(TAGS)
    try:
        tags = {} if text is None else json.loads(text)
    except ValueError:
        tags = None
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise CannotJudge(f"configuration `{TAGS}` must be an object of texts")
    return {"pulumi:project": project.name, "pulumi:runtime": "python", **tags}


def configured(
    info: analyzer_pb2.AnalyzerInfo, chosen: config.Config | None, name: str
) -> Mapping[str, config.PolicyConfig]:
    """The configuration of each policy of the pack of this name: the operator's, over the pack's own.

    Raises:
        CannotJudge: the operator's does not fit the pack.
    """
    if not info.supportsConfig:
        if chosen is not None:
            raise CannotJudge(f"policy pack `{name}` takes no configuration; leave out its `--policy-pack-config`")
        return {policy.name: config.PolicyConfig() for policy in info.policies}
    policies = [
        config.PolicyInfo(
            policy.name,
            config.LEVELS[policy.enforcementLevel],
            _numbers(MessageToDict(policy.configSchema.properties)),
            tuple(policy.configSchema.required),
        )
        for policy in info.policies
    ]
    initial = {
        policy: config.PolicyConfig(config.LEVELS[own.enforcementLevel], _numbers(MessageToDict(own.properties)))
        for policy, own in info.initialConfig.items()
    }
    return config.merged(policies, initial, chosen or {}, name)


def _numbers(value: Any) -> Any:
    """The value with whole numbers as `int`: in the protocol all numbers are floats."""
    return rebuilt(value, lambda inner: int(inner) if isinstance(inner, float) and inner.is_integer() else inner)


def configuration(configs: Mapping[str, config.PolicyConfig]) -> analyzer_pb2.ConfigureAnalyzerRequest:
    """The request with the configuration of each policy."""
    request = protos.analyzer_pb2.ConfigureAnalyzerRequest()
    for name, policy in configs.items():
        assert policy.level is not None
        request.policyConfig[name].enforcementLevel = protos.analyzer_pb2.EnforcementLevel.Value(policy.level.upper())
        request.policyConfig[name].properties.update(policy.properties)
    return request
