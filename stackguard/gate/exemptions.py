"""Exemptions of one stack: outcomes in, the same outcomes with their places, waivers and baseline out."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from policypack.core.policy import Outcome
from policypack.evaluation import waivers
from policypack.evaluation.places import placed
from policypack.evaluation.redaction import masked
from policypack.evaluation.waivers import PlacedWaiver, Waived, WaiverRules
from stackguard.gate import baseline
from stackguard.gate.baseline import Baseline, Baselined
from stackguard.sources import LoadedStack


@dataclass(frozen=True, slots=True)
class Accepting:
    """What a run accepts, in all of its stacks."""

    waivers: tuple[PlacedWaiver, ...] = ()
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
        add: whether new violations are accepted, to be added to the baseline.

    Raises:
        SettingsError: a file is missing or malformed.
    """
    waived = waiver_file or waivers.beside(folder)
    known = baseline_file or (file if os.path.lexists(file := folder / baseline.DEFAULT_FILE) else None)
    return Accepting(
        waivers.read(waived) if waived else (), baseline=baseline.read(known) if known else Baseline(), add=add
    )


@dataclass(slots=True)
class StackExemptions:
    """Adds the exemptions to the outcomes of one stack; keeps what the last call found about waivers and baseline."""

    accepting: Accepting
    loaded: LoadedStack
    ran: Callable[[], Collection[str]]
    """Returns the ids of the policies that ran."""
    waived: Waived = field(default_factory=lambda: Waived(()))
    baselined: Baselined = field(default_factory=lambda: Baselined(()))

    def __call__(self, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """The outcomes without secrets, with their places and exemptions."""
        accepting, loaded, ran = self.accepting, self.loaded, self.ran()
        shown = placed(masked(outcomes, loaded.mask), loaded.resources, loaded.name.stack)
        self.waived = waivers.waive(
            shown, accepting.waivers, loaded.name, ran, loaded.resources, accepting.today, accepting.rules
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
