"""The progress of a run of several stacks, on standard error: a live table on a terminal, else a line for each stack."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from stackguard.cli.common import attempt, live_console
from stackguard.gate import parallel
from stackguard.gate.parallel import Result, Watcher
from stackguard.gate.request import CheckRequest
from stackguard.gate.stacks import Expansion, StackTarget
from stackguard.reports import Failed
from stackguard.reports.formatting import printable

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

WAITING = "waiting"
ROWS = 20
"""The most rows of the live table."""


@dataclass(slots=True)
class Progress(Watcher):
    """Shows each stack with its phase and its seconds; what is finished stays on the screen."""

    stacks: Sequence[StackTarget]
    done: list[int] = field(default_factory=list)
    _phases: dict[int, tuple[str, float]] = field(default_factory=dict)
    """By index, the phase of a stack that is not finished, and since when it runs."""
    _live: Live | None = None

    def phase(self, index: int, phase: str) -> None:
        """Show the phase."""
        _, since = self._phases.get(index, ("", 0.0))
        self._phases[index] = phase, time.monotonic() if phase == "starting" else since

    def finished(self, index: int, result: Result, seconds: float) -> None:
        """Show the result on a line of its own."""
        self._phases.pop(index, None)
        self.done.append(index)
        line = f"[{len(self.done)}/{len(self.stacks)}] {_named(self.stacks[index])}: {_result(result)}, {seconds:.1f} s"
        if self._live is None:
            click.echo(line, err=True)
        else:
            self._live.console.print(line, markup=False, highlight=False)

    def tick(self) -> None:
        """Show the seconds."""
        if self._live is not None:
            self._live.update(self._table(), refresh=True)

    def interrupted(self) -> None:
        """Say what was judged before an interrupt."""
        left = [_named(stack) for index, stack in enumerate(self.stacks) if index not in self.done]
        click.echo(f"judged {len(self.done)} of {len(self.stacks)} stacks; not {', '.join(left)}", err=True)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show it in this block. No thread refreshes it, because processes are forked meanwhile."""
        console = live_console()
        if console is None:
            yield
            return
        from rich.live import Live

        try:
            with Live(console=console, auto_refresh=False, transient=True) as self._live:
                yield
        finally:
            self._live = None

    def _table(self) -> RenderableType:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        now = time.monotonic()
        running = {index: known for index, known in self._phases.items() if known[0] != WAITING}
        for index, (phase, since) in list(running.items())[:ROWS]:
            name = Text(_named(self.stacks[index]), no_wrap=True, overflow="ellipsis")
            table.add_row(name, Text(phase, "cyan"), Text(f"{now - since:.1f} s", "dim"))
        if waiting := len(self._phases) - len(running):
            table.add_row(Text(f"{waiting} waiting", "dim"))
        return table


def show_notes(expanded: Expansion) -> None:
    """Print what is unusual about the targets, before they are judged."""
    for note in expanded.notes:
        click.echo(f"note: {printable(note)}", err=True)


@contextmanager
def following(expanded: Expansion) -> Iterator[Progress]:
    """Show the progress of a run in this block, and after an interrupt what was judged so far."""
    show_notes(expanded)
    progress = Progress(expanded.stacks)
    try:
        with progress.shown():
            yield progress
    except KeyboardInterrupt:
        progress.interrupted()
        raise


def judge(asked: CheckRequest, expanded: Expansion, jobs: int | None) -> Sequence[Result]:
    """Judge the stacks of a command line, in order: several at the same time, with their progress."""
    if not expanded.several:
        show_notes(expanded)
        stack = expanded.stacks[0]
        return (attempt(lambda: parallel.judge_alone(asked, stack), f"judging {stack.target}"),)
    with following(expanded) as progress:
        return parallel.judge_all(asked, expanded.stacks, jobs=jobs, watcher=progress)


def _named(stack: StackTarget) -> str:
    return printable(f"{stack} ({stack.target})" if stack.folder else stack.target)


def _result(result: Result) -> str:
    if isinstance(result, Failed):
        return "could not be judged"
    report = result.report
    return f"{report.blocking} blocking" if report.blocking else "nothing blocks" if report.outcomes else "clean"
