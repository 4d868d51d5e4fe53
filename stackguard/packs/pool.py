"""Several policy packs at once: a resource goes to all of them, and none waits for another.

Remediations go first and in the packs' order, each on what the one before it made; judging comes after them.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from policypack.core.policy import ROOT_TYPE, Kind, Outcome, Resource, Stack, urn_of
from policypack.evaluation.masking import Mask
from policypack.evaluation.redaction import redacted, secret_texts, secrets_of
from policypack.evaluation.settings import Settings
from stackguard.errors import CannotJudge
from stackguard.notes import Note, NoteKind, gathered
from stackguard.packs import Wanted, answers, config, folder, process, requests
from stackguard.packs.client import Pack, connected
from stackguard.packs.output_redaction import of_config
from stackguard.packs.remediation import remediated
from stackguard.preview.values import PROVIDER_PREFIX, plain
from stackguard.reports.formatting import name_of

if TYPE_CHECKING:
    from stackguard.preview.project.project import Project

T = TypeVar("T")
ONLY_REMEDIATES = "Policy does not implement validate"
"""What the Python SDK says of a policy that is asked to judge and cannot."""


@dataclass(slots=True)
class Packs:
    """Policy packs that serve."""

    packs: Sequence[Pack]
    settings: Settings
    project: Project | None
    told: Mask
    _notes: list[Note] = field(default_factory=list)
    _providers: dict[str, Resource] = field(default_factory=dict)
    _left: dict[str, list[Outcome]] = field(default_factory=dict)
    """By URN, what a remediation leaves to say: it did not run."""

    @property
    def policies(self) -> int:
        """How many policies judge."""
        return sum(judge.level != "disabled" for pack in self.packs for judge in pack.judges.values())

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the packs said so far that is no outcome."""
        return gathered(self._notes)

    @property
    def _folder(self) -> Path | None:
        return self.project.working_directory if self.project else None

    def knows(self, resources: Iterable[Resource]) -> None:
        """Take note of the providers among these resources: a pack is told of the provider with a resource."""
        self._providers.update((each.urn, each) for each in resources if each.type.startswith(PROVIDER_PREFIX))

    async def remediate(self, resource: Resource, *, apply: bool = True) -> Resource:
        """The resource as remediations leave it.

        Args:
            resource: as the program, or the pack before, has it.
            apply: whether a remediation sees what the one before it made; of a state it does not.

        Raises:
            CannotJudge: a pack fails or hangs.
        """
        for pack in self.packs:
            if not pack.remediates:
                continue
            self.told.add((*self._secrets(resource), *secret_texts(resource)))
            request = requests.for_one(resource, self._providers, self.project)
            sent = plain(request.properties)
            answer = await pack.remediate(request, name_of(resource.urn))
            self._note(pack, answer.not_applicable, resource)
            for each in answer.remediations:
                judge = pack.judge(each.policyName)
                if each.diagnostic:
                    text = each.diagnostic.partition(answers.DURING)[2] or each.diagnostic
                    outcome = answers.undecided(judge, text, resource, unknown_is_advisory=self._lenient)
                    self._left.setdefault(resource.urn, []).append(outcome)
                    continue
                got = plain(each.properties)
                made = remediated(resource, sent, got, self._folder)
                if said := answers.changes(resource.inputs, made.inputs, applied=apply):
                    self._notes.append(Note(NoteKind.REMEDIATED, judge.card.id, said, (resource.urn,)))
                if apply:
                    resource, sent = made, got
        return resource

    async def analyze(self, resource: Resource) -> list[Outcome]:
        """What all packs say of a resource as remediations left it.

        Raises:
            CannotJudge: a pack fails or hangs.
        """
        self.knows((resource,))
        asked = [pack for pack in self.packs if pack.judges_some(over_stack=False)]
        request = requests.for_one(resource, self._providers, self.project)
        about = name_of(resource.urn)
        self.told.add((*self._secrets(resource), *secret_texts(resource)))
        said = await together(pack.analyze(request, about) for pack in asked)
        found: list[Outcome] = []
        for pack, answer in zip(asked, said, strict=True):
            self._note(pack, answer.not_applicable, resource)
            found += (
                answers.outcome(
                    pack.judge(each.policyName), each, resource, unknown_is_advisory=self._lenient, whole=False
                )
                for each in answer.diagnostics
            )
        undecided = {outcome.policy.id for outcome in found if outcome.kind is Kind.UNDECIDED}
        found += (each for each in self._left.get(resource.urn, ()) if each.policy.id not in undecided)
        return _settled(found, self._secrets(resource))

    async def analyze_stack(self, resources: Sequence[Resource]) -> list[Outcome]:
        """What all packs say of a whole stack.

        Raises:
            CannotJudge: a pack fails or hangs.
        """
        asked = [pack for pack in self.packs if pack.judges_some(over_stack=True)]
        if not asked:
            return []
        self.knows(resources)
        request = requests.for_stack(resources, self._providers, self.project)
        secrets = [*of_config(self.project), *secrets_of(Stack(tuple(resources), self.settings))]
        self.told.add(secrets)
        said = await together(pack.analyze_stack(request) for pack in asked)
        by_urn = {each.urn: each for each in resources}
        root = _root(resources)
        found: list[Outcome] = []
        for pack, answer in zip(asked, said, strict=True):
            self._notes += (
                answers.not_applicable(pack.judge(each.policy_name), each, None, secrets)
                for each in answer.not_applicable
            )
            found += (
                answers.outcome(
                    pack.judge(each.policyName),
                    each,
                    by_urn.get(each.urn, root),
                    unknown_is_advisory=self._lenient,
                    whole=True,
                )
                for each in answer.diagnostics
            )
        return _settled(found, secrets)

    async def judge_state(self, resources: Sequence[Resource]) -> list[Outcome]:
        """What all packs say of a stack that is there already: remediations are told and not applied.

        Raises:
            CannotJudge: a pack fails or hangs.
        """
        self.knows(resources)

        async def judge(resource: Resource) -> list[Outcome]:
            await self.remediate(resource, apply=False)
            return await self.analyze(resource)

        single = await together(judge(each) for each in resources)
        return [*(outcome for found in single for outcome in found), *await self.analyze_stack(resources)]

    def late(self, seconds: float) -> CannotJudge | None:
        """The error for the pack that has not answered for so many seconds, where there is one."""
        began = time.monotonic() - seconds
        waiting = [(*call, pack) for pack in self.packs for call in pack.waiting.values() if call[0] <= began]
        if not waiting:
            return None
        _, about, pack = min(waiting, key=lambda call: call[0])
        return pack.late(about)

    @property
    def _lenient(self) -> bool:
        return self.settings.unknown == "advisory"

    def _note(self, pack: Pack, said: Iterable[Any], resource: Resource) -> None:
        """Note what does not concern a resource; that a policy only remediates is no news where it did."""
        self._notes += (
            answers.not_applicable(judge, each, resource, self._secrets(resource))
            for each in said
            if not ((judge := pack.judge(each.policy_name)).level == "remediate" and each.reason == ONLY_REMEDIATES)
        )

    def _secrets(self, resource: Resource) -> list[str]:
        """The texts that a pack could quote in what it says of a resource: of its provider, and of the config."""
        provider = self._providers.get(resource.provider)
        return [*of_config(self.project), *(secret_texts(provider) if provider else ())]


def _settled(found: Iterable[Outcome], secrets: Sequence[str]) -> list[Outcome]:
    """Each outcome once, with nothing of a secret in it."""
    hidden = (redacted(each, secrets) for each in found)
    return list(
        {(each.kind, each.policy.id, each.resource.urn, each.path, each.message): each for each in hidden}.values()
    )


def _root(resources: Sequence[Resource]) -> Resource:
    """The stack itself, which is to blame for what a pack says of no resource in particular."""
    for each in resources:
        if each.type == ROOT_TYPE and not each.parent:
            return each
    parts = resources[0].urn.split("::") if resources else ["urn:pulumi:stack", "project"]
    stack, project = parts[0].removeprefix("urn:pulumi:"), parts[1]
    name = f"{project}-{stack}"
    return Resource(ROOT_TYPE, name, urn=urn_of(ROOT_TYPE, name, stack, project), custom=False)


async def together(work: Iterable[Awaitable[T]]) -> list[T]:
    """What comes of all of it, done at once; where one fails, the others are given up."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def started(
    wanted: Sequence[Wanted],
    settings: Settings,
    timeout: float,  # noqa: ASYNC109
    project: Project | None = None,
) -> AsyncIterator[Packs]:
    """Start policy packs, all at once, and configure them; when the block ends, nothing of them is left running.

    Args:
        wanted: the packs.
        settings: the operator's choices that hold for every pack.
        timeout: seconds for the start of a pack, and for each answer.
        project: the program under preview, whose names and config packs may read; None where there is none. A program
            has `timeout` too and waits for packs, so these then have half of it to start.

    Raises:
        CannotJudge: a pack or its configuration is missing or malformed, or it fails or hangs.
    """
    read = [(folder.read(each.folder), config.read(each.config) if each.config else None) for each in wanted]
    until_up = timeout if project is None else timeout / 2
    told = Mask(texts=set(of_config(project)))
    async with contextlib.AsyncExitStack() as stack:

        async def start(found: folder.PackFolder, given: Mapping[str, config.PolicyConfig] | None) -> Pack:
            running = await stack.enter_async_context(process.started(found, project, until_up, told))
            return await stack.enter_async_context(connected(running, project, given, timeout))

        yield Packs(await together(start(*each) for each in read), settings, project, told)
