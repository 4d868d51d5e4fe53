"""The progress of an audit on standard error: a live line on a terminal, else a line a minute."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from stackguard.audit.run import Watcher
from stackguard.cli.common import live_console
from stackguard.reports.formatting import printable

if TYPE_CHECKING:
    from rich.live import Live

    from stackguard.audit.engine.worker import Batch, BatchResult
    from stackguard.audit.store.runs import RunInfo

EVERY = 60.0
"""Seconds between two lines where there is no terminal."""
LISTED = 2.0
"""Seconds between two looks of a listing."""
SHOWN = 10
"""Failures that are shown as they come; the store has all."""


@dataclass(slots=True)
class Progress(Watcher):
    """Shows the rate, the remaining time, failures and workers."""

    workers: int = 0
    info: RunInfo | None = None
    _total: int = 0
    _before: int = 0
    """Stacks that were done before a resume."""
    _counts: Counter[str] = field(default_factory=Counter)
    _started: float = field(default_factory=time.monotonic)
    _told: float = field(default_factory=time.monotonic)
    _live: Live | None = None

    def listed(self, stacks: int) -> None:
        """Show how many are listed."""
        self._show(f"listing: {stacks} stacks so far")

    def started(self, info: RunInfo, stacks: int, done: int, workers: int) -> None:
        """Remember how many there are."""
        self.info, self._total, self._before, self.workers = info, stacks, done, workers
        self._started = time.monotonic()
        resumed = f", {done} of them done before" if done else ""
        click.echo(
            f"run {info.id}: {stacks} stack{'s' * (stacks != 1)}{resumed}, {workers} worker{'s' * (workers != 1)}",
            err=True,
        )

    def batch(self, batch: Batch, result: BatchResult) -> None:
        """Show the counts, and what failed."""
        for name, reason, message in result.failures:
            self._counts["failed"] += 1
            if self._counts["failed"] <= SHOWN:
                self._print(f"failed ({reason}): {printable(name)}: {message}")
            elif self._counts["failed"] == SHOWN + 1:
                self._print("more stacks fail; the report and the table `stacks` have all of them")
        self._counts["done"] += len(batch.refs)
        self._counts["carried"] += result.carried
        self._counts["blocking"] += result.blocking
        self._show(self.line)

    def note(self, line: str) -> None:
        """Show it."""
        self._print(f"note: {printable(line)}")

    def phase(self, phase: str) -> None:
        """Show it."""
        self._show(phase)

    @property
    def line(self) -> str:
        """The counts so far, the rate, and the time that is left."""
        counts, seconds = self._counts, max(time.monotonic() - self._started, 0.001)
        done = counts["done"] + self._before
        rate = counts["done"] / seconds
        left = (self._total - done) / rate if rate else 0
        return (
            f"{done}/{self._total} stacks, {rate:.0f} a second, {duration(left)} left; {counts['carried']} unchanged,"
            f" {counts['failed']} failed, {counts['blocking']} blocking outcomes; {self.workers} workers"
        )

    def interrupted(self, store: str) -> None:
        """Say how to go on."""
        if self.info is not None:
            done = self._counts["done"] + self._before
            click.echo(
                f"{done} of {self._total} stacks are in the store; `--resume` with the same arguments goes on"
                f" (run {self.info.id} in `{printable(store)}`)",
                err=True,
            )

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show it in this block."""
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

    def _print(self, line: str) -> None:
        if self._live is None:
            click.echo(line, err=True)
        else:
            self._live.console.print(line, markup=False, highlight=False)

    def _show(self, line: str) -> None:
        if self._live is not None:
            from rich.text import Text

            self._live.update(Text(line), refresh=True)
        elif time.monotonic() - self._told > EVERY:
            self._told = time.monotonic()
            click.echo(line, err=True)


def duration(seconds: float) -> str:
    """A duration for people: `1 h 5 min`, `12 min`, `40 s`."""
    minutes = round(seconds / 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min" if seconds >= 90 else f"{seconds:.0f} s"
