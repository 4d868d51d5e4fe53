"""Reports: a `Run` goes in, text in a format comes out.

A format is a module here with `render(run, screen) -> str`, and its name in `FORMATS` of `cli/check.py`.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

from policypack.core.policy import Kind, Outcome, Severity
from policypack.core.stack_name import StackName
from policypack.evaluation.waivers import WaiverProblem
from stackguard.notes import Note


@dataclass(frozen=True)
class Report:
    """The outcomes of judging one stack."""

    target: str
    outcomes: tuple[Outcome, ...]
    resources: int
    """How many resources were judged."""
    policies: int
    """How many policies judged them."""
    fail_on: Severity = Severity.LOW
    """The least severity that closes the gate."""
    folder: Path | None = None
    """The folder that the files of positions are relative to."""
    without_policy: Mapping[str, int] = field(default_factory=dict)
    """By type, the number of resources that no policy is about."""
    notes: tuple[Note, ...] = ()
    """What is not an outcome; it never closes the gate."""
    stack: StackName = field(default_factory=StackName)
    accounts: tuple[str, ...] = ()
    """The accounts that its resources are in, as far as they are known."""
    region: str | None = None
    """The stack's `aws:region`."""
    seconds: float = 0.0
    """How long it took to run the program, or to read the file, and to judge it."""
    gone: int = 0
    """The number of violations in the baseline that are not there any more."""

    def blocks(self, outcome: Outcome) -> bool:
        """Whether this outcome closes the gate."""
        return outcome.kind is Kind.ERROR or (outcome.blocks and outcome.policy.severity.rank >= self.fail_on.rank)

    @cached_property
    def condensed(self) -> tuple[Outcome, ...]:
        """The outcomes, but one for each unknown value."""
        from policypack.evaluation.grouping import one_per_value

        return tuple(one_per_value(self.outcomes))

    @cached_property
    def kinds(self) -> Counter[Kind]:
        """How many outcomes there are of each kind."""
        return Counter(outcome.kind for outcome in self.outcomes)

    @cached_property
    def severities(self) -> Counter[Severity]:
        """How many violations there are of each severity."""
        return Counter(outcome.policy.severity for outcome in self.outcomes if outcome.kind is Kind.VIOLATION)

    @property
    def exit_code(self) -> Literal[0, 1, 2]:
        """0 clean, 1 violations, 2 could not judge."""
        if self.kinds[Kind.ERROR]:
            return 2
        return 1 if any(map(self.blocks, self.outcomes)) else 0


@dataclass(frozen=True, slots=True)
class Failed:
    """A stack that could not be judged."""

    target: str
    stack: StackName
    message: str
    """One line."""
    detail: str = ""
    """The output of the program."""

    @property
    def name(self) -> str:
        """The stack, as far as it is known, and the target."""
        return f"{self.stack} ({self.target})" if self.stack.project else self.target


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a run came about: the same for each of its stacks."""

    started: datetime
    """In UTC."""
    seconds: float = 0.0
    commit: str = ""
    """The commit that is checked out in the working folder's repository."""
    settings: str = ""
    """A digest of the settings in effect: equal for equal settings."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """The versions of stackguard and of the data that it judges by."""
    policies: tuple[str, ...] = ()
    """The ids of the policies that ran."""


@dataclass(frozen=True, slots=True)
class Run:
    """All that one command judged."""

    reports: tuple[Report, ...]
    """One for each stack that was judged, in the order of the command line."""
    provenance: Provenance
    failed: tuple[Failed, ...] = ()
    problems: tuple[WaiverProblem, ...] = ()
    """Waivers that somebody has to edit."""
    problems_block: bool = True
    several: bool = False
    """Whether several stacks were asked for, so that a report names the stack of everything."""

    @property
    def exit_code(self) -> Literal[0, 1, 2]:
        """The worst of its stacks: 0 clean, 1 violations, 2 could not judge."""
        codes = {report.exit_code for report in self.reports}
        if self.failed or 2 in codes:
            return 2
        return 1 if 1 in codes or (self.problems and self.problems_block) else 0


@dataclass(frozen=True, slots=True)
class Screen:
    """The destination of a report: a terminal, or a file or a pipe, for which nothing is wrapped or coloured."""

    terminal: bool = False
    width: int = 80
    """Columns of the terminal."""


def render(run: Run, name: str, screen: Screen) -> str:
    """The run in the format `name`, a module here, with `-` for its `_`; the text ends in a line break."""
    text: str = importlib.import_module(f"stackguard.reports.{name.replace('-', '_')}").render(run, screen)
    return text
