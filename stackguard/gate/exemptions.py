"""Exemptions of one stack: outcomes in, the same outcomes with their places, waivers and baseline out."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from policypack.core.policy import Outcome
from policypack.evaluation import waiver_file as waiver_files
from policypack.evaluation import waivers
from policypack.evaluation.places import placed
from policypack.evaluation.redaction import masked
from policypack.evaluation.waiver_file import PlacedWaiver
from policypack.evaluation.waivers import Waived, WaiverRules
from stackguard.gate import baseline
from stackguard.gate.baseline import Baseline, Baselined
from stackguard.positions.digests import Digests
from stackguard.sources import LoadedStack


@dataclass(frozen=True, slots=True)
class Accepting:
    """What a run accepts, in all of its stacks."""

    waivers: tuple[PlacedWaiver, ...] = ()
    waiver_file: Path | None = None
    baseline_file: Path | None = None
    rules: WaiverRules = field(default_factory=WaiverRules)
    baseline: Baseline = field(default_factory=Baseline)
    add: bool = False
    """Whether new violations are accepted, to be added to the baseline."""
    today: date = field(default_factory=lambda: datetime.now(UTC).date())


def read(waiver_file: Path | None, baseline_file: Path | None, folder: Path, *, add: bool = False) -> Accepting:
    """What the files of a run accept; the rules are those of each stack's settings.

    Args:
        waiver_file: the operator's; None for the one beside the settings, if it exists.
        baseline_file: the same for the baseline.
        folder: of the settings.
        add: whether new violations are accepted, to be added to the baseline, whose file may be missing or unmerged.

    Raises:
        SettingsError: a file is missing or malformed.
    """
    waiver_file, baseline_file = in_effect(waiver_file, baseline_file, folder)
    return Accepting(
        waiver_files.read(waiver_file) if waiver_file else (),
        waiver_file,
        baseline_file,
        baseline=_baseline(baseline_file, add=add) if baseline_file else Baseline(),
        add=add,
    )


def _baseline(file: Path, *, add: bool) -> Baseline:
    return Baseline() if add and not os.path.lexists(file) else baseline.read(file, unmerged=add)


def in_effect(waiver_file: Path | None, baseline_file: Path | None, folder: Path) -> tuple[Path | None, Path | None]:
    """The waiver file and the baseline file of a run, as of `read`; None for one that there is not."""
    baseline_file = baseline_file or (file if os.path.lexists(file := folder / baseline.DEFAULT_FILE) else None)
    return waiver_file or waiver_files.beside(folder), baseline_file


@dataclass(slots=True)
class StackExemptions:
    """Adds the exemptions to the outcomes of one stack; keeps what the last call found about waivers and baseline."""

    accepting: Accepting
    loaded: LoadedStack
    ran: Callable[[], Collection[str]]
    """Returns the ids of the policies that ran."""
    known: Callable[[], Collection[str]] = tuple
    """Returns the ids of all policies that there are."""
    shared: tuple[Path, ...] = ()
    """Folders that the program shares code with, as of `Digests`."""
    waived: Waived = field(default_factory=lambda: Waived(()))
    baselined: Baselined = field(default_factory=lambda: Baselined(()))

    def __call__(self, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """The outcomes without secrets, with their places and exemptions."""
        accepting, loaded, ran = self.accepting, self.loaded, self.ran()
        written = Digests(loaded.folder, self.shared)
        shown = placed(masked(outcomes, loaded.mask), loaded.resources, loaded.name.stack, written)
        self.waived = waivers.waive(
            shown,
            accepting.waivers,
            loaded.name,
            ran,
            loaded.resources,
            accepting.today,
            accepting.rules,
            self.known(),
        )
        self.baselined = baseline.apply(
            self.waived.outcomes,
            accepting.baseline,
            loaded.name,
            ran,
            accepting.rules,
            add=accepting.add,
        )
        return self.baselined.outcomes
