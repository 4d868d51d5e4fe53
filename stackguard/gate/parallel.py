"""Judges several stacks at once: a process for each, which is forked from one that has imported all it needs.

A process sends its phases and its result through a pipe, and ends with its program when this process ends.
"""

from __future__ import annotations

import contextlib
import gc
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection

from policypack.core.stack_name import StackName
from policypack.evaluation.settings import Settings, SettingsError
from policypack.evaluation.waivers import to_edit
from stackguard.errors import CannotJudge, crash
from stackguard.gate import imported, machine, run_notes, transfer
from stackguard.gate.judging import unwatched, warm_up
from stackguard.gate.own_policies.forked import GRACE, STOPPED, TICK, Forked, end_after, ready
from stackguard.gate.provenance import provenance
from stackguard.gate.request import CheckRequest, Judged, judge_stack, run_of
from stackguard.gate.stacks import StackTarget
from stackguard.positions.repository import with_relative_paths
from stackguard.preview.project import sdk
from stackguard.preview.server import orphans, process
from stackguard.preview.server.hosts import FORKS, Hosts
from stackguard.reports import Failed, Run

OF_EVERY_STACK = (
    "policypack.evaluation.policy_modules",
    "policypack.lambda_code.unread_code",
    "stackguard.preview.server.serve",
    "stackguard.sources.program",
)
"""What judging a stack imports on first use."""

Result = Judged | Failed


class Watcher:
    """Follows a run; this one does nothing. `index` is the position of a stack."""

    def phase(self, index: int, phase: str) -> None:
        """A stack is in another phase: `waiting`, `starting`, `running` or `judging`."""

    def finished(self, index: int, result: Result, seconds: float) -> None:
        """A stack has been judged, or could not be."""

    def tick(self) -> None:
        """Time has passed."""


UNWATCHED = Watcher()


def run(
    request: CheckRequest,
    stacks: Sequence[StackTarget],
    *,
    jobs: int | None = None,
    watcher: Watcher = UNWATCHED,
    hosts: Hosts | None = None,
) -> Run:
    """Judge several stacks, and keep how that came about.

    Args:
        request: for each of them, but for the target and the stack.
        stacks: the targets and their stacks.
        jobs: how many at the same time; None is what the machine has cores and memory for.
        watcher: follows the run.
        hosts: of the programs, if they are started already; they are closed.
    """
    started = datetime.now(UTC)
    results = judge_all(request, stacks, jobs=jobs, watcher=watcher, hosts=hosts)
    judged, failed = run_notes.same_names(
        [result for result in results if isinstance(result, Judged)],
        [result for result in results if isinstance(result, Failed)],
    )
    problems = to_edit(
        (problem for result in judged for problem in result.problems),
        frozenset().union(*(result.used for result in judged)),
        complete=not failed,
    )
    if request.all_stacks and not failed:
        problems += run_notes.for_no_stack(judged, {stack.folder for stack in stacks})
    return Run(
        tuple(result.report for result in judged),
        provenance(
            judged[0].settings if judged else Settings(),
            [policy for result in judged for policy in result.policies],
            started,
        ),
        tuple(failed),
        tuple(problems),
        any(
            (result.problems or result.elsewhere) and result.settings.waiver_problems == "mandatory"
            for result in judged
        ),
        several=True,
        gone=run_notes.gone(request, judged, stacks),
    )


def run_apart(request: CheckRequest, stack: StackTarget) -> Run:
    """Judge one stack as `request.run` does, in a process of its own, of which the verdict must arrive.

    What ends that process is no pass, such as `os._exit(0)` in a policy of the operator's own.

    Raises:
        CannotJudge: the stack cannot be judged.
    """
    started = datetime.now(UTC)
    (result,) = judge_all(request, [stack], jobs=1)
    if isinstance(result, Failed):
        raise CannotJudge(result.message, result.detail)
    return run_of(result, started)


def judge_all(
    request: CheckRequest,
    stacks: Sequence[StackTarget],
    *,
    jobs: int | None = None,
    watcher: Watcher = UNWATCHED,
    hosts: Hosts | None = None,
) -> tuple[Result, ...]:
    """The result for each stack, in their order; the arguments are those of `run`."""
    if FORKS:
        hosts = hosts or imported.hosts(stacks, request.options.config)
        with_modules = [index for index, stack in enumerate(stacks) if _names_modules(_of(request, stack))]
        if with_modules:
            orphans.adopt()
        return _Pool(request, stacks, frozenset(with_modules), jobs or machine.jobs(), watcher, hosts).results()
    results = []
    for index, stack in enumerate(stacks):
        start = time.monotonic()
        watcher.phase(index, "starting")
        results.append(judge_one(request, stack, partial(watcher.phase, index)))
        watcher.finished(index, results[-1], time.monotonic() - start)
    return tuple(results)


def _names_modules(request: CheckRequest) -> bool:
    with contextlib.suppress(SettingsError):  # it is reported when the stack is judged
        return request.own_modules
    return False


def judge_alone(request: CheckRequest, stack: StackTarget) -> Result:
    """Judge one stack: in this process, or in one of its own if policies of the operator's own do.

    Raises:
        SettingsError: as by `CheckRequest.own_modules`.
    """
    if replace(request, target=stack.target).own_modules:
        return judge_all(request, [stack], jobs=1)[0]
    return judge_one(request, stack)


def judge_one(request: CheckRequest, stack: StackTarget, phase: Callable[[str], None] = unwatched) -> Result:
    """Judge one stack in this process."""
    return _attempted(stack, lambda: judge_stack(_of(request, stack), phase=phase))


def _of(request: CheckRequest, stack: StackTarget) -> CheckRequest:
    """The request for one of its stacks."""
    return replace(request, target=stack.target, options=replace(request.options, stack=stack.stack))


def _attempted(stack: StackTarget, work: Callable[[], Result]) -> Result:
    """The result of `work`, or why it failed: an error of one stack ends neither the others nor, unread, its process."""
    try:
        return work()
    except SettingsError as error:
        return _failed(stack, str(error))
    except CannotJudge as error:
        return _failed(stack, error.message, error.detail)
    except Exception as error:  # noqa: BLE001 (the other stacks are still judged)
        return _failed(stack, *crash(error))


def _failed(stack: StackTarget, message: str, detail: str = "") -> Failed:
    return Failed(stack.target, stack.name, with_relative_paths(message, stack.target), detail)


@dataclass(slots=True)
class _Worker:
    """A process that judges a stack."""

    index: int
    process: Forked
    started: float
    late: bool = False
    """Whether its time was over and it had not ended."""
    result: Result | None = None


class _Pool:
    """Forks a process for each stack, so many at the same time."""

    def __init__(
        self,
        request: CheckRequest,
        stacks: Sequence[StackTarget],
        with_modules: frozenset[int],
        jobs: int,
        watcher: Watcher,
        hosts: Hosts,
    ) -> None:
        """Begin; `with_modules` are the indexes of the stacks that policies of the operator's own judge."""
        self.request, self.stacks, self.jobs, self.watcher, self.hosts = request, stacks, jobs, watcher, hosts
        self.with_modules = with_modules
        self.waiting = deque(range(len(stacks)))
        self.running: dict[Forked, _Worker] = {}
        self.judged: dict[int, Result] = {}

    def results(self) -> tuple[Result, ...]:
        """The result of each stack, in order."""
        try:
            for index in self.waiting:
                self.watcher.phase(index, "waiting")
            self.watcher.tick()
            if len(self.stacks) > 1:
                self._prepare()
            while self.waiting or self.running:
                while self.waiting and len(self.running) < self.jobs:
                    self._start(self.waiting.popleft())
                for worker in ready(self.running, TICK):
                    self._receive(self.running[worker])
                self._end_late()
                self.watcher.tick()
        finally:
            self._stop()
            self.hosts.close()
        return tuple(self.judged[index] for index in range(len(self.stacks)))

    def _prepare(self) -> None:
        """Import and read here what every stack needs, while the programs' interpreter imports Pulumi."""
        gc.disable()  # what is imported stays: collections while importing take a tenth of its time
        for module in OF_EVERY_STACK:
            import_module(module)
        for interpreter in self.hosts.interpreters:
            sdk.packages(interpreter)
        with contextlib.suppress(SettingsError):  # it is reported when a stack is judged
            self.request.layers.of(StackName())
        if self.request.own:
            from policypack.policies import POLICIES

            warm_up(POLICIES)
        gc.freeze()  # what is imported stays shared
        gc.enable()

    def _start(self, index: int) -> None:
        self.watcher.phase(index, "starting")
        work = partial(self._work, self.stacks[index])
        forked = Forked(work, starts_processes=index in self.with_modules)
        self.running[forked] = _Worker(index, forked, time.monotonic())

    def _work(self, stack: StackTarget, connection: Connection) -> None:
        """Judge a stack, and send the result: in the process of its own."""
        process.spawn = self.hosts.spawn
        result = _attempted(stack, lambda: self._judged(stack, connection))
        connection.send_bytes(_packed(stack, result))

    def _judged(self, stack: StackTarget, connection: Connection) -> Result:
        """Judge a stack, and send its phases; policies of the operator's own have a time of theirs."""
        limited = _of(self.request, stack).own_modules
        if limited:
            end_after(self.request.options.timeout + GRACE)  # the program has the timeout first

        def phase(name: str) -> None:
            if name == "judging" and limited:
                end_after(self.request.options.timeout)
            connection.send_bytes(transfer.packed(name))

        return judge_one(self.request, stack, phase)

    def _receive(self, worker: _Worker) -> None:
        """Take what a process sends, or its end."""
        for content in worker.process.take():
            message = transfer.unpacked(content)
            if isinstance(message, str):
                self.watcher.phase(worker.index, message)
            else:
                worker.result = message
        if (code := worker.process.code) is not None:
            del self.running[worker.process]
            result = worker.result or self._ended(worker.index, code, late=worker.late)
            self.judged[worker.index] = result
            self.watcher.finished(worker.index, result, time.monotonic() - worker.started)

    def _end_late(self) -> None:
        """End the processes that policies of the operator's own keep from ending when both times of `_judged` are over."""
        now, longest = time.monotonic(), 2 * (self.request.options.timeout + GRACE)
        for worker in [*self.running.values()]:
            if worker.index in self.with_modules and now - worker.started > longest:
                worker.late = True
                worker.process.stop()
                worker.process.close(now + GRACE)
                self._receive(worker)

    def _ended(self, index: int, code: int, *, late: bool) -> Failed:
        stack = self.stacks[index]
        if late or code == -signal.SIGALRM:
            why = f"the policies that judge `{stack}` {STOPPED.format(self.request.options.timeout)}"
            return Failed(stack.target, stack.name, why)
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        hint = " (a policy may have ended it)" if code >= 0 else ""
        if code == -signal.SIGKILL:
            hint = " (the machine may be out of memory; see --jobs)"
        return Failed(stack.target, stack.name, f"the process that judged `{stack}` {how}{hint}")

    def _stop(self) -> None:
        """End the processes that still run, with their programs."""
        for running in self.running:
            running.stop()
        deadline = time.monotonic() + GRACE
        for running in self.running:
            running.close(deadline)


def _packed(stack: StackTarget, result: Result) -> bytes:
    """A result as bytes; one that has no such form, which the tests exclude for what reports have, is a failure."""
    try:
        return transfer.packed(result)
    except Exception as error:  # noqa: BLE001 (a report may have anything)
        return transfer.packed(_failed(stack, *crash(error)))
