"""Reports: a `Report` goes in, text in a format comes out.

A format is a module here with `render(report, screen) -> str`, and its name in `FORMATS` of `cli/check.py`.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from policypack.core.policy import Kind, Outcome, Severity
from stackguard.notes import Note


@dataclass(frozen=True)
class Report:
    """The outcomes of judging one target."""

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
class Screen:
    """The destination of a report: a terminal, or a file or a pipe, for which nothing is wrapped or coloured."""

    terminal: bool = False
    width: int = 80
    """Columns of the terminal."""


def render(report: Report, name: str, screen: Screen) -> str:
    """The report in the format `name`, which is the name of a module here; it ends in a line break."""
    text: str = importlib.import_module(f"stackguard.reports.{name}").render(report, screen)
    return text
