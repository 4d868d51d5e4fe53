"""Judges a stack while it is still coming to be known: each resource as soon as the program registers it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import msgspec

from policypack.core.policy import Outcome, Policy, Resource, Stack, Unseen
from policypack.evaluation.evaluate import evaluate, evaluate_one
from policypack.evaluation.settings import Settings
from stackguard.notes import Note, NoteKind
from stackguard.packs.observer import Following
from stackguard.sources import REGION

if TYPE_CHECKING:
    from stackguard.preview.project.project import Project


@dataclass(slots=True)
class Judging:
    """The observer of a preview: a thread takes each resource in turn, and the stack is judged when all are there.

    `choose` gives the policies; it is called in that thread, because importing them takes as long as a program needs
    to import its SDK.
    """

    choose: Callable[[], Sequence[Policy[Any]]]
    settings: Settings
    others: Following | None = None
    """The part that other packs have in it."""
    policies: Sequence[Policy[Any]] = ()
    notes: tuple[Note, ...] = ()
    """What is to be known of the program's project."""
    _queue: SimpleQueue[Resource | None] = field(default_factory=SimpleQueue)
    _judged: dict[str, tuple[Resource, list[Outcome]]] = field(default_factory=dict)
    """By URN, a resource as it was registered, and its outcomes."""
    _over: bool = False

    async def follow(self, project: Project) -> None:
        """Judge beside the program."""
        self.settings = with_region(self.settings, project.config.get(REGION))
        self.notes = tuple(Note(NoteKind.PROJECT, project.name, text) for text in project.notes)
        own = asyncio.get_running_loop().run_in_executor(None, self._work)
        others = asyncio.create_task(self.others.follow(project, self.settings) if self.others else asyncio.sleep(0))
        try:
            await asyncio.gather(own, others)
        finally:
            self._over = True
            self._queue.put(None)
            if not others.cancelling():  # once is enough: a second time would cut its own ending short
                others.cancel()
            await asyncio.gather(others, return_exceptions=True)
            if not others.cancelled():
                others.result()  # what stopped the packs is told before what stopped the preview

    async def remediated(self, resource: Resource) -> Resource:
        """What other packs make of it."""
        return await self.others.remediated(resource) if self.others else resource

    def registered(self, resource: Resource) -> None:
        """Its turn comes."""
        self._queue.put(resource)
        if self.others:
            self.others.registered(resource)

    def ended(self, resources: tuple[Resource, ...]) -> None:
        """No more of them come."""
        self._queue.put(None)
        if self.others:
            self.others.ended(resources)

    def outcomes(
        self, resources: tuple[Resource, ...], region: str | None, unseen: tuple[Unseen, ...] = ()
    ) -> tuple[Outcome, ...]:
        """All outcomes, in the order of the resources and then over the stack.

        Args:
            resources: the whole stack; those that were not judged on the way, or have changed since, are judged now.
            region: the stack's own `aws:region`.
            unseen: what a preview does not see of it.
        """
        self.settings = with_region(self.settings, region)
        if self.others is None:
            return tuple(self._own_outcomes(resources, unseen))
        if self.others.followed:
            return (*self._own_outcomes(resources, unseen), *self.others.outcomes)
        return asyncio.run(self._beside(self.others, resources, unseen))

    async def _beside(
        self, others: Following, resources: tuple[Resource, ...], unseen: tuple[Unseen, ...]
    ) -> tuple[Outcome, ...]:
        """All outcomes of a stack that is there already: other packs judge it in processes of their own."""
        own = asyncio.to_thread(self._own_outcomes, resources, unseen)
        found, _ = await asyncio.gather(own, others.judge(resources, self.settings))
        return (*found, *others.outcomes)

    def _own_outcomes(self, resources: tuple[Resource, ...], unseen: tuple[Unseen, ...]) -> list[Outcome]:
        self.policies = self.policies or self.choose()
        stack = Stack(resources, self.settings, unseen)
        found: list[Outcome] = []
        for each in resources:
            registered, judged = self._judged.get(each.urn, (None, []))
            found += judged if registered is each else evaluate_one(self.policies, each, self.settings)
        return [*found, *evaluate_one(self.policies, stack, self.settings)]

    def _work(self) -> None:
        self.policies = self.choose()
        if self.policies:
            warm_up(self.policies)
        while (resource := self._queue.get()) is not None and not self._over:
            self._judged[resource.urn] = resource, evaluate_one(self.policies, resource, self.settings)


def with_region(settings: Settings, region: str | None) -> Settings:
    """The settings with the stack's own region, unless the operator wrote it there."""
    if settings.stack_region is not None or region is None:
        return settings
    return msgspec.structs.replace(settings, stack_region=region)


def warm_up(policies: Sequence[Policy[Any]]) -> None:
    """Load what judging and reporting wait for on first use, in time that would be spent waiting for a program.

    Judging the cards' own examples opens every table and library that a policy needs; what comes of it is dropped.
    """
    from policypack.iam.parliament import engine as parliament

    import_module("stackguard.reports.text")
    parliament.loaded()
    examples = [each for policy in policies for example in policy.bad[:1] for each in example.resources]
    evaluate(policies, Stack(tuple(examples), Settings()))
