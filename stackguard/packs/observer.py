"""Other policy packs beside our own: each resource of a program goes to them while it still runs, a state as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from policypack.core.policy import Outcome, Resource
from policypack.evaluation.settings import Settings
from stackguard.errors import CannotJudge
from stackguard.notes import Note
from stackguard.packs import Wanted

if TYPE_CHECKING:
    from stackguard.packs.pool import Packs
    from stackguard.preview.project.project import Project


@dataclass(slots=True)
class Following:
    """What judging has to do with other packs. All calls come from one event loop."""

    wanted: Sequence[Wanted]
    timeout: float
    """Seconds for the start of a pack, and for each answer."""
    outcomes: list[Outcome] = field(default_factory=list)
    """By resource as they were registered, then of the stack; complete when `follow` returns."""
    notes: tuple[Note, ...] = ()
    policies: int = 0
    followed: bool = False
    """Whether a preview was followed to its end."""
    _up: asyncio.Future[Packs] | None = None
    _ended: asyncio.Future[tuple[Resource, ...]] | None = None
    _judging: dict[str, tuple[Resource, asyncio.Task[list[Outcome]]]] = field(default_factory=dict)
    """By URN, a resource as it was registered, and how it is judged."""

    async def follow(self, project: Project, settings: Settings) -> None:
        """Start the packs, and see each resource and then the stack judged.

        Raises:
            CannotJudge: a pack is missing, malformed, fails or hangs.
        """
        from stackguard.packs.pool import started

        loop = asyncio.get_running_loop()
        self._up, self._ended = loop.create_future(), loop.create_future()
        try:
            async with started(self.wanted, settings, self.timeout, project) as packs:
                self._up.set_result(packs)
                try:
                    resources = await self._ended
                    self._judge_changed(resources)
                    for found in await asyncio.gather(*self._tasks()):
                        self.outcomes += found
                    self.outcomes += await packs.analyze_stack(resources)
                except asyncio.CancelledError:
                    # The preview as a whole takes too long; where that is a pack's doing, say which.
                    late = packs.late(self.timeout / 2)
                    if late is not None:
                        raise late from None
                    raise
                self.notes, self.policies, self.followed = packs.notes, packs.policies, True
        finally:
            self._up.cancel()
            for task in self._tasks():
                task.cancel()
            await asyncio.gather(*self._tasks(), return_exceptions=True)

    async def judge(self, resources: Sequence[Resource], settings: Settings) -> None:
        """See a stack judged that is there already.

        Raises:
            CannotJudge: a pack is missing, malformed, fails or hangs.
        """
        from stackguard.packs.pool import started

        async with started(self.wanted, settings, self.timeout) as packs:
            self.outcomes += await packs.judge_state(resources)
            self.notes, self.policies = packs.notes, packs.policies

    async def remediated(self, resource: Resource) -> Resource:
        """The resource as remediations leave it, once the packs are up."""
        assert self._up is not None
        packs = await asyncio.shield(self._up)
        return await packs.remediate(resource)

    def registered(self, resource: Resource) -> None:
        """Have a resource judged; what is only read is not."""
        if not resource.external:
            self._judging[resource.urn] = resource, asyncio.create_task(self._judged(resource))

    def ended(self, resources: tuple[Resource, ...]) -> None:
        """No more resources come."""
        assert self._ended is not None
        if not self._ended.done():
            self._ended.set_result(resources)

    def _tasks(self) -> list[asyncio.Task[list[Outcome]]]:
        return [task for _, task in self._judging.values()]

    def _judge_changed(self, resources: Sequence[Resource]) -> None:
        """Have those judged again whose inputs have changed since they were registered, because an account was found."""
        for resource in resources:
            registered, task = self._judging.get(resource.urn, (None, None))
            if registered is not None and task is not None and registered.inputs != resource.inputs:
                self._judging[resource.urn] = resource, asyncio.create_task(self._judged_again(resource, task))

    async def _judged_again(self, resource: Resource, before: asyncio.Task[list[Outcome]]) -> list[Outcome]:
        await before
        return await self._judged(resource)

    async def _judged(self, resource: Resource) -> list[Outcome]:
        assert self._up is not None
        assert self._ended is not None
        packs = await asyncio.shield(self._up)
        try:
            return await packs.analyze(resource)
        except CannotJudge as error:
            if not self._ended.done():
                self._ended.set_exception(error)  # no need to wait for the program's end
            raise
