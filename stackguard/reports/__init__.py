"""Reports: a `Run` goes in, text in a format comes out.

A format is a module here, or in `ci/`, with `render(run, screen) -> str`, and its name in `FORMATS` of `cli/check.py`.
"""

from __future__ import annotations

import enum
import importlib
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from policypack.core.policy import Kind, Outcome, Resource, Severity
from policypack.core.stack_name import StackName
from policypack.evaluation.waivers import WaiverProblem
from stackguard.notes import Note

if TYPE_CHECKING:
    from policypack.core.witness import Witness
    from policypack.frameworks.roll_up import RollUp
    from stackguard.positions import Positions
    from stackguard.reports.evidence import Record
    from stackguard.reports.fingerprint import IdentifiedOutcome

CI_FORMATS = frozenset({"github", "gitlab-codequality", "gitlab-sast", "junit", "markdown"})
"""The formats whose modules are in `ci/`."""


@dataclass(frozen=True, slots=True)
class NewAccess:
    """A class of requests that a stack allows and its base does not, or whose answer is undecided."""

    verdict: str
    holder: str
    """The URN of the resource that has the access."""
    witness: Witness | None
    why: str
    by: str
    """The URN of the resource that gives it."""
    path: str = ""
    """The place in that resource."""


@dataclass(frozen=True)
class Change:
    """What a stack changes against its base. Equal outcomes are paired one by one, and aliases are followed."""

    base: str
    """As on the command line."""
    new: tuple[Outcome, ...] = ()
    """Of the stack's own outcomes; so is `unchanged`."""
    fixed: tuple[Outcome, ...] = ()
    """Of the outcomes of the base."""
    unchanged: tuple[Outcome, ...] = ()
    access: tuple[NewAccess, ...] = ()
    problem: str = ""
    """Why there is no comparison: one line. Then nothing else is set."""
    remark: str = ""
    """What may be unexpected about the base: a clause after its name."""

    @cached_property
    def condensed(self) -> Change:
        """The change with one outcome for each unknown value."""
        from policypack.evaluation.grouping import one_per_value

        new, fixed, unchanged = (tuple(one_per_value(part)) for part in (self.new, self.fixed, self.unchanged))
        return replace(self, new=new, fixed=fixed, unchanged=unchanged)


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
    evidence: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By policy, how many records there are by what came of it (`reports.evidence.Came`); empty if that is unknown."""
    evidence_by_type: Mapping[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)
    """The same by policy and resource type, for the policies of which that was asked for."""
    records: Iterable[Record] = ()
    """What came of each policy and resource, if that was asked for; it can be iterated again."""
    related: Mapping[str, Resource] = field(default_factory=dict)
    """By URN, the parents of the resources with outcomes, and those that these wait for."""
    change: Change | None = None
    """The comparison with the base of the run, if it has one."""
    apart: bool = False
    """Whether another target of the run has the same project and stack, so that the label names the target."""
    memo: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What several formats need: the places of files, and rows."""

    @property
    def label(self) -> str:
        """The stack's name for people: `PROJECT/STACK`, or the target if the name is unknown."""
        return label(self.stack, self.target, apart=self.apart)

    def blocks(self, outcome: Outcome) -> bool:
        """Whether this outcome closes the gate."""
        return outcome.kind is Kind.ERROR or (outcome.blocks and outcome.policy.severity.rank >= self.fail_on.rank)

    @cached_property
    def condensed(self) -> tuple[Outcome, ...]:
        """The outcomes, but one for each unknown value."""
        from policypack.evaluation.grouping import one_per_value

        return tuple(one_per_value(self.outcomes))

    @cached_property
    def identified(self) -> list[IdentifiedOutcome]:
        """The outcomes with their fingerprints."""
        from stackguard.reports.fingerprint import identified

        return identified(self.outcomes, self.blocks)

    @cached_property
    def identified_condensed(self) -> list[IdentifiedOutcome]:
        """The outcomes, but one for each unknown value, with their fingerprints."""
        from stackguard.reports.fingerprint import identified

        return self.identified if self.condensed == self.outcomes else identified(self.condensed, self.blocks)

    @cached_property
    def identified_live(self) -> list[IdentifiedOutcome]:
        """The outcomes that are not exempt, one for each unknown value, with their fingerprints."""
        from stackguard.reports.fingerprint import identified

        live = [outcome for outcome in self.condensed if not outcome.exemption]
        return self.identified_condensed if len(live) == len(self.condensed) else identified(live, self.blocks)

    @cached_property
    def positions(self) -> Positions:
        """Where the outcomes are in the source of the program."""
        from stackguard.positions import Positions

        return Positions(self.folder)

    @cached_property
    def came(self) -> Counter[str]:
        """How many records there are of each kind, of all policies."""
        return sum((Counter(counts) for counts in self.evidence.values()), Counter())

    @cached_property
    def kinds(self) -> Counter[Kind]:
        """How many outcomes there are of each kind."""
        return Counter(outcome.kind for outcome in self.outcomes)

    @cached_property
    def severities(self) -> Counter[Severity]:
        """How many violations there are of each severity."""
        return Counter(outcome.policy.severity for outcome in self.outcomes if outcome.kind is Kind.VIOLATION)

    @cached_property
    def exempt(self) -> Counter[str]:
        """How many outcomes are waived, and how many are in the baseline; one for each unknown value."""
        return Counter(outcome.exemption.kind for outcome in self.condensed if outcome.exemption)

    @cached_property
    def blocking(self) -> int:
        """How many outcomes block, one for each unknown value."""
        return sum(map(self.blocks, self.condensed))

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
    apart: bool = False
    """As of `Report`."""

    @property
    def label(self) -> str:
        """As of `Report`."""
        return label(self.stack, self.target, apart=self.apart)


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
    frameworks: tuple[RollUp, ...] = ()
    """The frameworks of controls that were asked for, rolled up over all stacks."""
    several: bool = False
    """Whether several stacks were asked for, so that a report names the stack of everything."""
    gone: Mapping[str, int] = field(default_factory=dict)
    """By stack that is not there any more, as `PROJECT/STACK`, the number of violations in the baseline."""

    @property
    def exit_code(self) -> Literal[0, 1, 2]:
        """The worst of its stacks: 0 clean, 1 violations, 2 could not judge."""
        codes = {report.exit_code for report in self.reports}
        if self.failed or 2 in codes:
            return 2
        return 1 if 1 in codes or (self.problems and self.problems_block) else 0


class Detail(enum.Enum):
    """How much the text report shows."""

    QUIET = "quiet"
    """What blocks, and the counts."""
    NORMAL = "normal"
    VERBOSE = "verbose"
    """Each exempt outcome, every name in a note, and the versions of all data."""


@dataclass(frozen=True, slots=True)
class Screen:
    """The destination of a report and how it is shown there; nothing is wrapped or coloured in a file or a pipe."""

    terminal: bool = False
    width: int = 80
    """Columns of the terminal."""
    color: Literal["auto", "always", "never"] = "auto"
    """`auto` follows the terminal, `NO_COLOR` and `FORCE_COLOR`."""
    detail: Detail = Detail.NORMAL
    statistics: bool = False
    """Whether the text ends in counts by policy, severity, service and type."""


def by_reason(failed: Iterable[Failed]) -> Iterator[tuple[str, Failed]]:
    """Those of several stacks that failed in the same way once, with the names of the stacks."""
    labels: dict[tuple[str, str], list[str]] = {}
    first: dict[tuple[str, str], Failed] = {}
    for one in failed:
        key = one.message, one.detail
        labels.setdefault(key, []).append(one.label)
        first.setdefault(key, one)
    yield from ((", ".join(names), first[key]) for key, names in labels.items())


def label(stack: StackName, target: str, *, apart: bool = False) -> str:
    """The name of a stack for people: `PROJECT/STACK`, or the target if the name is unknown; both, if `apart`."""
    name = stack.in_project if stack.project and stack.stack else target
    return f"{name} of {target}" if apart and name != target else name


def render(run: Run, name: str, screen: Screen) -> str:
    """The run in the format `name`, with `-` for the `_` of its module; the text ends in a line break."""
    room = "ci." if name in CI_FORMATS else ""
    text: str = importlib.import_module(f"stackguard.reports.{room}{name.replace('-', '_')}").render(run, screen)
    return text
