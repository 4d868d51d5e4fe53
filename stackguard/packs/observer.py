"""Runs other policy packs during a preview, resource by resource, or over a whole state."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from policypack.core.policy import Outcome, Policy, Resource
from policypack.evaluation.settings import Settings
from stackguard.errors import CannotJudge
from stackguard.notes import Note
from stackguard.packs import PackSpec

if TYPE_CHECKING:
    from stackguard.packs.pool import Packs
    from stackguard.preview.project.project import Project


@dataclass(slots=True)
class PackObserver:
    """The observer that sends resources to other packs. All calls come from one event loop.

    Raises:
        CannotJudge: by every coroutine, if a pack is missing, malformed, fails or hangs.
    """

    specs: Sequence[PackSpec]
    timeout: float
    """Seconds for the start of a pack, and for each answer."""
    outcomes: list[Outcome] = field(default_factory=list)
    """The outcomes of the resources in registration order, then of the stack; complete when `follow` returns."""
    notes: tuple[Note, ...] = ()
    policies: tuple[str, ...] = ()
    """The ids of the policies that ran."""
    cards: tuple[Policy[Any], ...] = ()
    """Those of all policies, disabled ones included."""
    followed: bool = False
    """Whether a preview was observed to its end."""
    _packs: asyncio.Future[Packs] | None = None
    _all_resources: asyncio.Future[tuple[Resource, ...]] | None = None
    _judging: dict[str, tuple[Resource, asyncio.Task[list[Outcome]]]] = field(default_factory=dict)
    """By URN, a resource as registered, and the task that judges it."""

    async def follow(self, project: Project, settings: Settings) -> None:
        """Start the packs, and judge each resource and then the stack."""
        from stackguard.packs.pool import started

        loop = asyncio.get_running_loop()
        self._packs, self._all_resources = loop.create_future(), loop.create_future()
        try:
            async with started(self.specs, settings, self.timeout, project) as packs:
                self._packs.set_result(packs)
                try:
                    resources = await self._all_resources
                    self._judge_changed(resources)
                    for outcomes in await asyncio.gather(*self._tasks()):
                        self.outcomes += outcomes
                    self.outcomes += await packs.analyze_stack(resources)
                except asyncio.CancelledError:
                    late = packs.late(self.timeout / 2)  # the pack that makes the preview take too long, if one does
                    if late is not None:
                        raise late from None
                    raise
                self.notes, self.policies, self.cards, self.followed = packs.notes, packs.policies, packs.cards, True
        finally:
            self._packs.cancel()
            for task in self._tasks():
                task.cancel()
            await asyncio.gather(*self._tasks(), return_exceptions=True)

    async def judge(self, resources: Sequence[Resource], settings: Settings) -> None:
        """Judge a state."""
        from stackguard.packs.pool import started

        async with started(self.specs, settings, self.timeout) as packs:
            self.outcomes += await packs.judge_state(resources)
            self.notes, self.policies, self.cards = packs.notes, packs.policies, packs.cards

    async def remediated(self, resource: Resource) -> Resource:
        """The resource after remediation, once the packs have started."""
        assert self._packs is not None
        packs = await asyncio.shield(self._packs)
        return await packs.remediate(resource)

    def registered(self, resource: Resource) -> None:
        """Start judging a resource, unless the program only reads it."""
        if not resource.external:
            self._judging[resource.urn] = resource, asyncio.create_task(self._judged(resource))

    def ended(self, resources: tuple[Resource, ...]) -> None:
        """All resources are registered."""
        assert self._all_resources is not None
        if not self._all_resources.done():
            self._all_resources.set_result(resources)

    def _tasks(self) -> list[asyncio.Task[list[Outcome]]]:
        return [task for _, task in self._judging.values()]

    def _judge_changed(self, resources: Sequence[Resource]) -> None:
        """Judge resources again whose inputs changed after registration, because the account became known."""
        for resource in resources:
            registered, task = self._judging.get(resource.urn, (None, None))
            if registered is not None and task is not None and registered.inputs != resource.inputs:
                self._judging[resource.urn] = resource, asyncio.create_task(self._judged(resource, task))

    async def _judged(self, resource: Resource, before: asyncio.Task[list[Outcome]] | None = None) -> list[Outcome]:
        if before is not None:
            await before
        assert self._packs is not None
        assert self._all_resources is not None
        packs = await asyncio.shield(self._packs)
        try:
            return await packs.analyze(resource)
        except CannotJudge as error:
            if not self._all_resources.done():
                self._all_resources.set_exception(error)  # do not wait for the end of the program
            raise
