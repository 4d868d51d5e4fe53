"""Exemptions of one stack: outcomes in, the same outcomes with their places, waivers and baseline out."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from policypack.core.policy import Kind, Outcome, covers
from policypack.core.reading.files import repository
from policypack.core.stack_name import StackName
from policypack.evaluation import waiver_file as waiver_files
from policypack.evaluation import waivers
from policypack.evaluation.places import placed
from policypack.evaluation.placing.shared_names import urns
from policypack.evaluation.readings import Readings
from policypack.evaluation.redaction import masked
from policypack.evaluation.settings import UNSEEN
from policypack.evaluation.waiver_file import PlacedWaiver
from policypack.evaluation.waivers import ProblemKind, Waived, WaiverRules
from stackguard.gate import baseline
from stackguard.gate.baseline import Baseline, Baselined, Entry, Key
from stackguard.positions.digests import Digests
from stackguard.reports.formatting import name_of
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


def place_of(program: Path | None, file: Path) -> str:
    """The folder of a program as the entries of a baseline file have it: from the file's folder; empty for no program."""
    return Path(os.path.relpath(os.path.realpath(program), os.path.realpath(file.parent))).as_posix() if program else ""


def of_others(entries: Baseline, file: Path, program: Path, stack: StackName) -> dict[Key, str]:
    """The entries of a stack that are of another program, and its folder from that of the file.

    It has the same project's name, and is there, in the same repository: one that is not there has moved.

    Args:
        entries: the baseline.
        file: of the baseline.
        program: the folder of the program that is judged.
        stack: its stack.
    """
    from stackguard.preview.project.project import name_in

    here = place_of(program, file)
    of_stack = {key: entry.folder or "" for key, entry in entries.entries.items() if key[0] == stack.in_project}
    folders = {place: file.parent / place for place in {*of_stack.values()} - {"", here}}
    there = {
        place
        for place, folder in folders.items()
        if name_in(folder) == stack.project
        and repository(Path(os.path.realpath(folder))) == repository(Path(os.path.realpath(program)))
    }
    return {key: place for key, place in of_stack.items() if place in there}


@dataclass(slots=True)
class StackExemptions:
    """Adds the exemptions to the outcomes of one stack; keeps what the last call found about waivers and baseline."""

    accepting: Accepting
    loaded: LoadedStack
    ran: Callable[[], Collection[str]]
    """Returns the ids of the policies that ran."""
    known: Callable[[], Collection[str]] = tuple
    """Returns the ids of all policies that there are."""
    readings: Readings = field(default_factory=Readings)
    """What the policies read, and of which resources they are excused."""
    shared: tuple[Path, ...] = ()
    """Folders that the program shares code with, as of `Digests`."""
    waived: Waived = field(default_factory=lambda: Waived(()))
    baselined: Baselined = field(default_factory=lambda: Baselined(()))
    others: Mapping[Key, str] = field(default_factory=dict)
    """The entries of the baseline of another program with the stack's name, and its folder."""

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
        crashed = {outcome.policy.id for outcome in shown if outcome.kind is Kind.ERROR}
        decided = (
            replace(one, message=loaded.mask.hide(one.message))
            for one in self.waived.problems
            if one.kind is not ProblemKind.UNUSED or one.policy not in crashed
        )
        self.waived = replace(self.waived, problems=tuple(decided))
        if accepting.baseline_file and loaded.folder and not self.shared:  # a base is where its target is not
            self.others = of_others(accepting.baseline, accepting.baseline_file, loaded.folder, loaded.name)
        self.baselined = baseline.apply(
            self.waived.outcomes,
            accepting.baseline.except_for(self.others),
            loaded.name,
            ran,
            accepting.rules,
            add=accepting.add,
            unjudged=self._unjudged(shown, crashed),
        )
        return self.baselined.outcomes

    def _unjudged(self, outcomes: Sequence[Outcome], crashed: Collection[str]) -> Callable[[Entry], bool]:
        """Returns whether this run does not show if the violation of an entry of the baseline is still there.

        Its policy crashed, or a required policy takes its place; its resource may be among those that were not seen, or
        what decides about it is unknown now.

        Args:
            outcomes: of the stack.
            crashed: ids of policies.
        """
        unseen = any(outcome.policy.id in UNSEEN for outcome in outcomes)
        unknown = [outcome for outcome in outcomes if outcome.kind is Kind.UNDECIDED]

        @cache
        def named() -> Mapping[str, Sequence[str]]:
            by_name: dict[str, list[str]] = {}
            for resource in self.loaded.resources:
                for urn in urns(resource):
                    by_name.setdefault(name_of(urn), []).append(resource.urn)
            return by_name

        def unjudged(entry: Entry) -> bool:
            there = named().get(entry.resource, ())
            return (
                entry.policy in crashed
                or (unseen and not there)
                or any(self.readings.of(entry.policy, urn)[1] for urn in there)
                or (entry.undecided is not True and any(_decides(outcome, entry, there) for outcome in unknown))
            )

        return unjudged


def _decides(outcome: Outcome, entry: Entry, there: Collection[str]) -> bool:
    """Whether an undecided outcome is at the place of an entry, around it or inside it."""
    return (
        outcome.policy.id == entry.policy
        and outcome.resource.urn in there
        and (covers(outcome.path, entry.path) or covers(entry.path, outcome.path))
    )
