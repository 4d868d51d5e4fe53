"""Judges a stack while its program runs: each resource as soon as the program registers it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import msgspec

from policypack.access.usage import as_used
from policypack.core.memo import forget
from policypack.core.policy import Outcome, Policy, Resource, Stack, Unseen
from policypack.core.wire import UNKNOWN_STRING
from policypack.evaluation.evaluate import NOTHING, Accepted, Evaluation, evaluate
from policypack.evaluation.exempting import Exempt, settled
from policypack.evaluation.readings import Readings
from policypack.evaluation.settings import Settings
from stackguard.errors import CannotJudge
from stackguard.notes import Note, NoteKind
from stackguard.packs.observer import PackObserver
from stackguard.preview import Observer
from stackguard.sources import REGION

if TYPE_CHECKING:
    from stackguard.preview.project.project import Project

REGION_NAME = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")
LARGE = 1000
"""Resources of a stack of which nothing is kept for what follows its judgement."""


_warm: set[str] = set()
"""The ids of the policies that are warmed up."""


def unwatched(phase: str) -> None:
    """Do nothing."""


@dataclass(slots=True)
class JudgingObserver(Observer):
    """The observer of a preview: a thread judges each resource in turn, and the whole stack at the end.

    `choose` returns the policies; it is called in that thread, because importing them takes as long as a program takes
    to import its SDK.
    """

    choose: Callable[[], Sequence[Policy[Any]]]
    settings: Settings
    others: PackObserver | None = None
    """The observer of other packs."""
    policies: Sequence[Policy[Any]] = ()
    phase: Callable[[str], None] = unwatched
    """Called when the program runs, and when the whole stack is judged."""
    notes: tuple[Note, ...] = ()
    """Notes about the program's project."""
    readings: Readings = field(default_factory=Readings)
    """What our own policies read."""
    stack: Stack = field(default_factory=lambda: Stack((), Settings()))
    """The stack that was judged, once it was."""
    _queue: SimpleQueue[Resource | None] = field(default_factory=SimpleQueue)
    _judged: dict[str, tuple[Resource, list[Outcome]]] = field(default_factory=dict)
    """By URN, a resource as registered, and its outcomes."""
    _ended: bool = False

    async def follow(self, project: Project) -> None:
        """Judge while the program runs."""
        self.phase("running")
        self.settings = with_region(self.settings, project.config.get(REGION))
        self.notes = tuple(Note(NoteKind.PROJECT, project.name, text) for text in project.notes)
        own = asyncio.get_running_loop().run_in_executor(None, self._work)
        others = asyncio.create_task(self.others.follow(project, self.settings) if self.others else asyncio.sleep(0))
        try:
            await asyncio.gather(own, others)
        finally:
            self._ended = True
            self._queue.put(None)
            if not others.cancelling():  # a second cancellation would interrupt its cleanup
                others.cancel()
            await asyncio.gather(others, return_exceptions=True)
            if not others.cancelled():
                others.result()  # an error of the packs takes precedence over one of the preview

    async def remediated(self, resource: Resource) -> Resource:
        """The resource after the remediations of other packs."""
        return await self.others.remediated(resource) if self.others else resource

    def registered(self, resource: Resource) -> None:
        """Judge the resource."""
        self._queue.put(resource)
        if self.others:
            self.others.registered(resource)

    def ended(self, resources: tuple[Resource, ...]) -> None:
        """All resources are registered."""
        self._queue.put(None)
        if self.others:
            self.others.ended(resources)

    def outcomes(
        self,
        resources: tuple[Resource, ...],
        region: str | None,
        unseen: tuple[Unseen, ...] = (),
        exempt: Exempt = tuple,
    ) -> Sequence[Outcome]:
        """All outcomes: of the resources in their order, then of the stack, then of other packs.

        Args:
            resources: the whole stack; those that are not judged yet, or have changed since, are judged now.
            region: the stack's `aws:region`.
            unseen: the resources that a preview cannot see.
            exempt: adds exemptions to the outcomes.
        """
        self.phase("judging")
        self.settings = with_region(self.settings, region)
        stack = self.stack = Stack(resources, self.settings, unseen)
        if self.others is None or self.others.followed:
            own = self._own_outcomes(stack)
        else:
            own = asyncio.run(self._with_packs(self.others, stack))
        if len(resources) > LARGE:
            forget(stack)  # the exemptions need memory too
        others = self.others.outcomes if self.others else ()

        def judged(accepted: Accepted) -> Sequence[Outcome]:
            return (*(self._own_outcomes(stack, accepted) if accepted else own), *others)

        return settled(self.policies, judged, exempt)

    async def _with_packs(self, others: PackObserver, stack: Stack) -> list[Outcome]:
        """Our own outcomes of a state: other packs judge it at the same time, in their own processes."""
        own = asyncio.to_thread(self._own_outcomes, stack)
        outcomes, _ = await asyncio.gather(own, others.judge(stack.resources, self.settings))
        return outcomes

    def _own_outcomes(self, stack: Stack, accepted: Accepted = NOTHING) -> list[Outcome]:
        """Our own outcomes; after a first time without `accepted`, only its resources are judged again."""
        self.policies = self.policies or self.choose()
        run = Evaluation(self.policies, self.settings, self.readings)
        again = {urn for _, urn in accepted}
        outcomes: list[Outcome] = []
        for resource in stack.resources:
            registered, judged = self._judged.get(resource.urn, (None, []))
            used = as_used(stack, resource)
            if resource.urn in again or (registered is not used and not accepted):
                judged = run.outcomes(used, accepted)
                if judged or registered:  # most resources of a state have no outcome
                    self._judged[resource.urn] = used, judged
            outcomes += judged
        return [*outcomes, *run.outcomes(stack, accepted)]

    def _work(self) -> None:
        self.policies = self.choose()
        if self.policies:
            warm_up(self.policies)
        run = Evaluation(self.policies, self.settings, self.readings)
        while (resource := self._queue.get()) is not None and not self._ended:
            self._judged[resource.urn] = resource, run.outcomes(resource)


def with_region(settings: Settings, region: str | None) -> Settings:
    """The settings with the stack's region, unless the operator set one.

    Raises:
        CannotJudge: it cannot be a region, so every policy about regions would compare with nothing.
    """
    if settings.stack_region is not None or region is None:
        return settings
    if region not in ("", UNKNOWN_STRING) and not REGION_NAME.fullmatch(region):
        raise CannotJudge(f"the configuration `{REGION}` must be the name of a region, such as `eu-west-1`")
    return msgspec.structs.replace(settings, stack_region=region)


def warm_up(policies: Sequence[Policy[Any]]) -> None:
    """Load what judging and reporting load on first use, while the program still starts.

    Judging the cards' examples opens every table and library that a policy needs; the outcomes are dropped. What an earlier
    call in this process, or in the one that it was forked from, has loaded is there.
    """
    policies = [policy for policy in policies if policy.id not in _warm]
    if not policies:
        return
    _warm.update(policy.id for policy in policies)
    from policypack.iam.parliament import engine as parliament

    import_module("stackguard.reports.text")
    parliament.loaded()
    examples = [resource for policy in policies for example in policy.bad[:1] for resource in example.resources]
    evaluate(policies, Stack(tuple(examples), Settings()))
