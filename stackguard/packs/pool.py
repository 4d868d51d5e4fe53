"""Runs several policy packs at once: a resource goes to all of them at the same time.

Remediations come first, in the order of the packs, each on the result of the one before; then all packs judge.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from policypack.core.policy import ROOT_TYPE, Kind, Outcome, Policy, Resource, Stack, urn_of
from policypack.evaluation.redaction import Mask, redacted, secret_texts, secrets_of, texts_in
from policypack.evaluation.settings import Settings
from stackguard.errors import CannotJudge
from stackguard.notes import Note, NoteKind, merged
from stackguard.packs import PackSpec, answers, config, folder, process, requests
from stackguard.packs.client import Pack, connected
from stackguard.packs.remediation import remediated
from stackguard.preview.values import PROVIDER_PREFIX, plain
from stackguard.reports.formatting import name_of

if TYPE_CHECKING:
    from stackguard.preview.project.project import Project

T = TypeVar("T")
ONLY_REMEDIATES = "Policy does not implement validate"
"""The answer of the Python SDK about a policy that only remediates."""


@dataclass(slots=True)
class Packs:
    """Policy packs that serve.

    Raises:
        CannotJudge: by every coroutine, if a pack fails or hangs.
    """

    packs: Sequence[Pack]
    settings: Settings
    project: Project | None
    mask: Mask
    """The secrets that were sent to packs so far."""
    _notes: list[Note] = field(default_factory=list)
    _providers: dict[str, Resource] = field(default_factory=dict)
    _not_remediated: dict[str, list[Outcome]] = field(default_factory=dict)
    """By URN, the undecided outcomes of remediations that did not run."""

    @property
    def policies(self) -> tuple[str, ...]:
        """The ids of the policies that are not disabled."""
        policies = (policy for pack in self.packs for policy in pack.policies.values())
        return tuple(policy.card.id for policy in policies if policy.level != "disabled")

    @property
    def cards(self) -> tuple[Policy[Any], ...]:
        """The cards of all policies, disabled ones included."""
        return tuple(policy.card for pack in self.packs for policy in pack.policies.values())

    @property
    def notes(self) -> tuple[Note, ...]:
        """The notes of the packs so far."""
        return merged(self._notes)

    def add_providers(self, resources: Iterable[Resource]) -> None:
        """Remember the providers among these resources: a request about a resource contains its provider."""
        self._providers.update(
            (resource.urn, resource) for resource in resources if resource.type.startswith(PROVIDER_PREFIX)
        )

    async def remediate(self, resource: Resource, *, apply: bool = True) -> Resource:
        """The resource after remediation.

        Args:
            resource: as the program registered it.
            apply: whether a remediation sees the result of the one before; in a state it does not.
        """
        directory = self.project.working_directory if self.project else None
        for pack in self.packs:
            if not pack.remediates:
                continue
            self._mask(resource)
            request = requests.for_one(resource, self._providers, self.project)
            sent = plain(request.properties)
            answer = await pack.remediate(request, name_of(resource.urn))
            self._note(pack, answer.not_applicable, resource)
            for remediation in answer.remediations:
                policy = pack.policy(remediation.policyName)
                if remediation.diagnostic:
                    text = remediation.diagnostic.partition(answers.DURING)[2] or remediation.diagnostic
                    outcome = answers.undecided(policy, text, resource)
                    self._not_remediated.setdefault(resource.urn, []).append(outcome)
                    continue
                returned = plain(remediation.properties)
                result = remediated(resource, sent, returned, directory)
                if clause := answers.changes(resource.inputs, result.inputs, applied=apply):
                    self._notes.append(Note(NoteKind.REMEDIATED, policy.card.id, clause, (resource.urn,)))
                if apply:
                    resource, sent = result, returned
        return resource

    async def analyze(self, resource: Resource) -> list[Outcome]:
        """The outcomes of all packs for a resource after remediation."""
        self.add_providers((resource,))
        request = requests.for_one(resource, self._providers, self.project)
        subject = name_of(resource.urn)
        self._mask(resource)
        outcomes: list[Outcome] = []
        for pack, answer in await self._asked(lambda pack: pack.analyze(request, subject), over_stack=False):
            self._note(pack, answer.not_applicable, resource)
            outcomes += (
                answers.outcome(pack.policy(diagnostic.policyName), diagnostic, resource, over_stack=False)
                for diagnostic in answer.diagnostics
            )
        undecided = {outcome.policy.id for outcome in outcomes if outcome.kind is Kind.UNDECIDED}
        skipped = self._not_remediated.get(resource.urn, ())
        outcomes += (outcome for outcome in skipped if outcome.policy.id not in undecided)
        return _distinct(outcomes, self._secrets(resource))

    async def analyze_stack(self, resources: Sequence[Resource]) -> list[Outcome]:
        """The outcomes of all packs for the stack."""
        if not any(pack.judges_some(over_stack=True) for pack in self.packs):
            return []
        self.add_providers(resources)
        request = requests.for_stack(resources, self._providers, self.project)
        secrets = [*_config_secrets(self.project), *secrets_of(Stack(tuple(resources), self.settings))]
        self.mask.add(secrets)
        by_urn = {resource.urn: resource for resource in resources}
        root = _root(resources)
        outcomes: list[Outcome] = []
        for pack, answer in await self._asked(lambda pack: pack.analyze_stack(request), over_stack=True):
            self._notes += (
                answers.not_applicable(pack.policy(skipped.policy_name), skipped, None, secrets)
                for skipped in answer.not_applicable
            )
            outcomes += (
                answers.outcome(
                    pack.policy(diagnostic.policyName), diagnostic, by_urn.get(diagnostic.urn, root), over_stack=True
                )
                for diagnostic in answer.diagnostics
            )
        return _distinct(outcomes, secrets)

    async def judge_state(self, resources: Sequence[Resource]) -> list[Outcome]:
        """The outcomes of all packs for a state: remediations are noted, but not applied."""
        self.add_providers(resources)

        async def judge(resource: Resource) -> list[Outcome]:
            await self.remediate(resource, apply=False)
            return await self.analyze(resource)

        single = await gather_or_cancel(judge(resource) for resource in resources)
        return [*(outcome for outcomes in single for outcome in outcomes), *await self.analyze_stack(resources)]

    def late(self, seconds: float) -> CannotJudge | None:
        """The error for the pack that has not answered for this long, if there is one."""
        latest_start = time.monotonic() - seconds
        waiting = [(*call, pack) for pack in self.packs for call in pack.waiting.values() if call[0] <= latest_start]
        if not waiting:
            return None
        _, subject, pack = min(waiting, key=lambda call: call[0])
        return pack.late(subject)

    async def _asked(self, ask: Callable[[Pack], Awaitable[Any]], *, over_stack: bool) -> list[tuple[Pack, Any]]:
        """The answers of the packs with policies for single resources, or for the stack."""
        packs = [pack for pack in self.packs if pack.judges_some(over_stack=over_stack)]
        return list(zip(packs, await gather_or_cancel(map(ask, packs)), strict=True))

    def _note(self, pack: Pack, not_applicable: Iterable[Any], resource: Resource) -> None:
        """Note the policies that do not apply to a resource, but not those that only remediate."""
        for answer in not_applicable:
            policy = pack.policy(answer.policy_name)
            if policy.level != "remediate" or answer.reason != ONLY_REMEDIATES:
                self._notes.append(answers.not_applicable(policy, answer, resource, self._secrets(resource)))

    def _mask(self, resource: Resource) -> None:
        """Mask the secrets that are sent with a resource."""
        self.mask.add((*self._secrets(resource), *secret_texts(resource)))

    def _secrets(self, resource: Resource) -> list[str]:
        """The secrets of a resource's provider and of the config, which an answer about the resource can contain."""
        provider = self._providers.get(resource.provider)
        return [*_config_secrets(self.project), *(secret_texts(provider) if provider else ())]


def _config_secrets(project: Project | None) -> list[str]:
    """The texts in the secrets of a program's configuration, longest first."""
    values = [project.config.get(key, "") for key in project.secret] if project else []
    return sorted(set(texts_in(values)), key=len, reverse=True)


def _distinct(outcomes: Iterable[Outcome], secrets: Sequence[str]) -> list[Outcome]:
    """The outcomes without secrets and duplicates."""
    by_content = {}
    for outcome in outcomes:
        clean = redacted(outcome, secrets)
        if clean.kind is Kind.VIOLATION:  # a pack names no property: the message is all that identifies it
            clean = replace(clean, facts=(clean.message,))
        by_content[clean.kind, clean.policy.id, clean.resource.urn, clean.path, clean.message] = clean
    return list(by_content.values())


def _root(resources: Sequence[Resource]) -> Resource:
    """The stack resource, to which answers without a resource are attributed."""
    for resource in resources:
        if resource.type == ROOT_TYPE and not resource.parent:
            return resource
    parts = resources[0].urn.split("::") if resources else ["urn:pulumi:stack", "project"]
    stack, project = parts[0].removeprefix("urn:pulumi:"), parts[1]
    name = f"{project}-{stack}"
    return Resource(ROOT_TYPE, name, urn=urn_of(ROOT_TYPE, name, stack, project), custom=False)


async def gather_or_cancel(work: Iterable[Awaitable[T]]) -> list[T]:
    """The results of concurrent work; if one fails, the others are cancelled."""
    tasks = list(map(asyncio.ensure_future, work))
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def started(
    specs: Sequence[PackSpec],
    settings: Settings,
    timeout: float,  # noqa: ASYNC109
    project: Project | None = None,
) -> AsyncIterator[Packs]:
    """Start policy packs, all at once, and configure them; at the end of the block, all of their processes are killed.

    Args:
        specs: the packs.
        settings: the operator's settings, for every pack.
        timeout: seconds for the start of a pack, and for each answer.
        project: the program under preview, with the names and config that packs can read; None for a state. A program
            waits for packs and has the same `timeout`, so packs then have half of it to start.

    Raises:
        CannotJudge: a pack or its configuration is missing or malformed, or the pack fails or hangs.
    """
    packs = [(folder.read(spec.folder), config.read(spec.config) if spec.config else None) for spec in specs]
    start_timeout = timeout if project is None else timeout / 2
    mask = Mask(texts=set(_config_secrets(project)))
    async with contextlib.AsyncExitStack() as stack:

        async def start(pack: folder.PackFolder, chosen: Mapping[str, config.PolicyConfig] | None) -> Pack:
            running = await stack.enter_async_context(process.started(pack, project, start_timeout, mask))
            return await stack.enter_async_context(connected(running, project, chosen, settings, timeout))

        yield Packs(await gather_or_cancel(start(*pack) for pack in packs), settings, project, mask)
