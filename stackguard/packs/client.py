"""One running policy pack: what it is, how it is configured, and calls that always come to an end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # read at import: a pack that is gone is told of in a line of ours

import grpc
import grpc.aio
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict

from stackguard.errors import CannotJudge
from stackguard.packs import config
from stackguard.packs.answers import Judge, card
from stackguard.packs.process import HUNG_UP, PackProcess
from stackguard.preview.server import protos
from stackguard.preview.server.callbacks import OPTIONS

if TYPE_CHECKING:
    from pulumi.runtime.proto import analyzer_pb2

    from stackguard.preview.project.project import Project

WORKERS = 4
"""How many calls a pack of the Python SDK serves at a time; the clock of a call starts once it is one of them."""
TAGS = "pulumi:tags"
LEVELS = ("advisory", "mandatory", "disabled", "remediate")
"""By the number on the wire."""
OVER_STACK = {1: False, 2: True}
"""By the number of a policy's type on the wire."""


@dataclass(slots=True)
class Pack:
    """A policy pack that serves."""

    process: PackProcess
    stub: Any
    timeout: float
    name: str = ""
    judges: Mapping[str, Judge] = field(default_factory=dict)
    waiting: dict[object, tuple[float, str]] = field(default_factory=dict)
    """The calls that are not answered: since when (monotonic seconds), and what about. One that is given up stays, so
    that who kept the others waiting can still be told."""
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(WORKERS))

    @property
    def remediates(self) -> bool:
        """Whether any of its policies may remediate."""
        return any(judge.level == "remediate" for judge in self.judges.values())

    def judges_some(self, *, over_stack: bool) -> bool:
        """Whether any of its enabled policies judges single resources, or the stack, as far as they say what."""
        return any(
            judge.level != "disabled" and judge.over_stack in {None, over_stack} for judge in self.judges.values()
        )

    def judge(self, policy: str) -> Judge:
        """The policy of this name; a pack may speak of one that it did not tell of before."""
        known = self.judges.get(policy)
        return known or Judge(card(self.name, protos.analyzer_pb2.PolicyInfo(name=policy)), "mandatory", None)

    async def remediate(self, request: analyzer_pb2.AnalyzeRequest, about: str) -> Any:
        """What the pack makes of a resource. The program waits for it, so it does not wait for its turn."""
        method = _unless_unimplemented(self.stub.Remediate, protos.analyzer_pb2.RemediateResponse())
        return await self.call(method, request, about)

    async def analyze(self, request: analyzer_pb2.AnalyzeRequest, about: str) -> Any:
        """What the pack says of a resource."""
        async with self._turn:
            return await self.call(self.stub.Analyze, request, about)

    async def analyze_stack(self, request: analyzer_pb2.AnalyzeStackRequest) -> Any:
        """What the pack says of the stack."""
        method = _unless_unimplemented(self.stub.AnalyzeStack, protos.analyzer_pb2.AnalyzeResponse())
        return await self.call(method, request, "the stack")

    async def call(self, method: Callable[..., Awaitable[Any]], request: Any, about: str) -> Any:
        """One call.

        Args:
            method: of the stub.
            request: its argument.
            about: what the call is about, for an error.

        Raises:
            CannotJudge: it fails, or is not answered in time.
        """
        key = object()
        self.waiting[key] = time.monotonic(), about
        try:
            answer = await method(request, timeout=self.timeout)
        except grpc.aio.AioRpcError as error:
            del self.waiting[key]
            raise await self._failed(error, about) from None
        del self.waiting[key]
        return answer

    async def _failed(self, error: grpc.aio.AioRpcError, about: str) -> CannotJudge:
        shown = self.process.folder.name
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            return self.late(about)
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            how = await self.process.how_it_ended()
            if how == HUNG_UP and not self.name:
                return CannotJudge(
                    f"policy pack `{shown}` printed `{self.process.port}` first, and nobody answers on that port; print"
                    " to standard error instead",
                    self.process.printed(),
                )
            return CannotJudge(f"policy pack `{shown}` {how} while it judged {about}", self.process.printed())
        printed = self.process.printed() or self.process.heard.told.hide(error.details() or "")
        return CannotJudge(f"policy pack `{shown}` failed while it judged {about}", printed)

    def late(self, about: str) -> CannotJudge:
        """The error for a call that is not answered in time."""
        return CannotJudge(
            f"policy pack `{self.process.folder.name}` did not answer within {self.timeout:g} s about {about} and was"
            " stopped; see --timeout",
            self.process.printed(),
        )


@contextlib.asynccontextmanager
async def connected(
    process: PackProcess,
    project: Project | None,
    given: config.Config | None,
    timeout: float,  # noqa: ASYNC109
) -> AsyncIterator[Pack]:
    """Introduce the engine to a pack that has started, and configure it.

    Args:
        process: the pack's process.
        project: the program under preview; None where there is none.
        given: the operator's configuration; None where there is none.
        timeout: seconds that any call may take.

    Raises:
        CannotJudge: the pack fails or hangs, or the configuration does not fit it.
    """
    async with grpc.aio.insecure_channel(f"127.0.0.1:{process.port}", options=OPTIONS) as channel:
        pack = Pack(process, protos.analyzer_pb2_grpc.AnalyzerStub(channel), timeout)
        if project is not None:
            await pack.call(_unless_unimplemented(pack.stub.ConfigureStack), _stack_configuration(project), "the stack")
        info = await pack.call(pack.stub.GetAnalyzerInfo, Empty(), "its own policies")
        pack.name = info.name or process.folder.root.name
        settled = _settled(info, given, process.folder.name)
        pack.judges = {
            each.name: Judge(
                card(pack.name, each),
                settled[each.name].level or LEVELS[each.enforcementLevel],
                OVER_STACK.get(each.policy_type),
            )
            for each in info.policies
        }
        if info.supportsConfig and settled:
            await pack.call(pack.stub.Configure, _configuration(settled), "its configuration")
        yield pack


def _unless_unimplemented(method: Callable[..., Awaitable[Any]], instead: Any = None) -> Callable[..., Awaitable[Any]]:
    """The method, which older packs need not have, and what they answer without it."""

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
    """The stack's tags, as far as files tell them; a backend may know more.

    Source: `GetEnvironmentTagsForCurrentStack` in pkg/backend/stack.go of https://github.com/pulumi/pulumi.
    """
    text = project.config.get(TAGS)
    try:
        given = {} if text is None else json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise CannotJudge(f"configuration `{TAGS}` must be an object of texts")
    return {"pulumi:project": project.name, "pulumi:runtime": "python", **given}


def _settled(
    info: analyzer_pb2.AnalyzerInfo, given: config.Config | None, shown: str
) -> Mapping[str, config.PolicyConfig]:
    if not info.supportsConfig:
        if given is not None:
            raise CannotJudge(f"policy pack `{shown}` takes no configuration; leave out its `--policy-pack-config`")
        return {each.name: config.PolicyConfig() for each in info.policies}
    policies = [
        config.PolicyInfo(
            each.name,
            LEVELS[each.enforcementLevel],
            _numbers(MessageToDict(each.configSchema.properties)),
            tuple(each.configSchema.required),
        )
        for each in info.policies
    ]
    initial = {
        name: config.PolicyConfig(LEVELS[each.enforcementLevel], _numbers(MessageToDict(each.properties)))
        for name, each in info.initialConfig.items()
    }
    return config.settle(policies, initial, given or {}, shown)


def _numbers(value: Any) -> Any:
    """The value with whole numbers whole: on the wire all are floats."""
    if isinstance(value, dict):
        return {name: _numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _configuration(settled: Mapping[str, config.PolicyConfig]) -> analyzer_pb2.ConfigureAnalyzerRequest:
    request = protos.analyzer_pb2.ConfigureAnalyzerRequest()
    for name, each in settled.items():
        assert each.level is not None
        request.policyConfig[name].enforcementLevel = protos.analyzer_pb2.EnforcementLevel.Value(each.level.upper())
        request.policyConfig[name].properties.update(each.properties)
    return request
