"""The results of roll-ups, which all formats and the web page show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec

SEVERITIES = ("critical", "high", "medium", "low")
WEIGHTS: Mapping[str, int] = {"critical": 10, "high": 5, "medium": 2, "low": 1}
"""What a violation of each severity counts where groups are compared."""


class Severities(msgspec.Struct, frozen=True):
    """Open violations by severity."""

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.critical + self.high + self.medium + self.low

    @property
    def weight(self) -> int:
        """The sum of their weights."""
        return sum(getattr(self, severity) * weight for severity, weight in WEIGHTS.items())


class Totals(msgspec.Struct, frozen=True, rename="camel"):
    """What a run says as a whole. Stacks that it did not look at count as they were known last."""

    run: str
    started: str
    previous: Annotated[str, msgspec.Meta(description="The run it is compared with; empty for none.")]
    previous_started: str
    sample: Annotated[str, msgspec.Meta(description="What was left out on purpose; empty for nothing.")]
    filters: tuple[str, ...]
    unlisted: Annotated[tuple[str, ...], msgspec.Meta(description="Sources that could not be listed.")]
    stacks: Annotated[int, msgspec.Meta(description="Stacks of which the verdicts are known.")]
    looked_at: Annotated[int, msgspec.Meta(description="Those that this run judged, or found unchanged.")]
    failed: Annotated[int, msgspec.Meta(description="Stacks that this run could not judge.")]
    not_looked_at: Annotated[int, msgspec.Meta(description="Stacks that this run left out, or could not judge.")]
    gone: Annotated[int, msgspec.Meta(description="Stacks with open violations that the sources do not have any more.")]
    resources: int
    open: Severities
    undecided: Annotated[int, msgspec.Meta(description="Outcomes that decide nothing: unknown values and crashes.")]
    waived: int
    new: Severities
    fixed: Severities
    reopened: Annotated[int, msgspec.Meta(description="New violations that were fixed before.")]
    sound: Annotated[int, msgspec.Meta(description="Stacks without an open violation that is critical or high.")]
    score: Annotated[float, msgspec.Meta(description="`sound` as a percentage of `stacks`; 100 without stacks.")]


class TrendPoint(msgspec.Struct, frozen=True, rename="camel"):
    """A run in the trend. Stacks that it did not look at count as they were known last."""

    run: str
    started: str
    sample: str
    partial: Annotated[bool, msgspec.Meta(description="Whether it left out stacks, or could not judge some.")]
    stacks: int
    sound: int
    score: float
    open: Severities


class Group(msgspec.Struct, frozen=True, rename="camel"):
    """Open violations of a team, an account, a policy or the like."""

    name: Annotated[str, msgspec.Meta(description="Empty for those of which it is unknown.")]
    stacks: Annotated[int, msgspec.Meta(description="Of the team or the like; of a policy, those with a violation.")]
    resources: Annotated[int, msgspec.Meta(description="Resources of these stacks.")]
    open: Severities
    weight: Annotated[
        int, msgspec.Meta(description="10 for each critical violation, 5 for high, 2 for medium, 1 for low.")
    ]
    density: Annotated[float, msgspec.Meta(description="The weight for each 100 resources.")]
    new: int
    fixed: int
    oldest: Annotated[str, msgspec.Meta(description="When the oldest open one was first seen; empty for none.")]


class Finding(msgspec.Struct, frozen=True, rename="camel"):
    """A violation."""

    id: str
    status: str
    severity: str
    policy: str
    stack_id: str
    organization: str
    project: str
    stack: str
    owner: str
    account: str
    region: str
    type: str
    name: str
    urn: str
    arn: str
    path: str
    message: str
    fix: str
    url: str
    file: str
    line: int
    first_seen: str
    last_seen: str
    fixed_at: str
    reopened: int
    days: Annotated[int, msgspec.Meta(description="Days since it was first seen.")]

    @property
    def stack_name(self) -> str:
        """Organization, project and stack, as far as known."""
        return "/".join(filter(None, (self.organization, self.project, self.stack)))


class Listed(msgspec.Struct, frozen=True):
    """The first violations of a list, and how many there are."""

    total: int
    findings: tuple[Finding, ...]


class HeatRow(msgspec.Struct, frozen=True, rename="camel"):
    """A stack in the heat map."""

    stack_id: str
    name: str
    owner: str
    weight: int
    counts: Annotated[tuple[int, ...], msgspec.Meta(description="Open violations of each policy of the map.")]


class HeatMap(msgspec.Struct, frozen=True, rename="camel"):
    """The worst stacks by the worst policies."""

    policies: tuple[str, ...]
    severities: Annotated[tuple[str, ...], msgspec.Meta(description="Of each policy: that of its worst violation.")]
    rows: tuple[HeatRow, ...]
    stacks: Annotated[int, msgspec.Meta(description="Stacks with an open violation; the map has the worst of them.")]
    all_policies: Annotated[int, msgspec.Meta(description="Policies with an open violation.")]


class StackState(msgspec.Struct, frozen=True, rename="camel"):
    """A stack that the run could not judge, or did not look at."""

    stack_id: str
    name: str
    owner: str
    location: str
    reason: str
    message: str
    open: Annotated[int, msgspec.Meta(description="Its violations that were open when it was looked at last.")]
    last_run: Annotated[str, msgspec.Meta(description="The run that looked at it last; empty for none.")]


class WithoutPolicy(msgspec.Struct, frozen=True):
    """A resource type that no policy is about."""

    type: str
    resources: int
    stacks: int


class WaiverState(msgspec.Struct, frozen=True, rename="camel"):
    """A waiver that somebody has to look at."""

    kind: Annotated[str, msgspec.Meta(description="`expires-soon`, `expired`, `unused`, `ambiguous` or `refused`.")]
    policy: str
    source: Annotated[str, msgspec.Meta(description="The file and the line; empty for one that expires soon.")]
    message: str
    owner: str
    expires: str
    stacks: int


class ControlState(msgspec.Struct, frozen=True, rename="camel"):
    """A requirement of a framework."""

    id: str
    title: str
    service: str
    status: str
    policies: tuple[str, ...]
    violations: int
    undecided: int
    accepted: int
    passes: int


class FrameworkState(msgspec.Struct, frozen=True, rename="camel"):
    """A framework of controls over all stacks."""

    id: str
    name: str
    counts: Annotated[Mapping[str, int], msgspec.Meta(description="How many requirements have each status.")]
    without_policy: Annotated[int, msgspec.Meta(description="Requirements that no policy checks.")]
    controls: tuple[ControlState, ...]


class Card(msgspec.Struct, frozen=True):
    """What a policy's card says."""

    policy: str
    title: str
    severity: str
    why: str
    fix: str
    references: tuple[str, ...]


class Overview(msgspec.Struct, frozen=True, rename="camel"):
    """All roll-ups of a run, with their lists capped."""

    totals: Totals
    trend: tuple[TrendPoint, ...]
    groups: Annotated[
        Mapping[str, tuple[Group, ...]],
        msgspec.Meta(
            description="By dimension, the worst groups: `owner`, `project`, `account`, `region`, `service`, `policy`."
        ),
    ]
    group_counts: Annotated[Mapping[str, int], msgspec.Meta(description="By dimension, how many groups there are.")]
    new: Listed
    fixed: Listed
    oldest: Listed
    worst: Annotated[Listed, msgspec.Meta(description="The open violations, the most severe first.")]
    heat_map: HeatMap
    failed: tuple[StackState, ...]
    not_looked_at: tuple[StackState, ...]
    without_policy: tuple[WithoutPolicy, ...]
    waivers: tuple[WaiverState, ...]
    frameworks: tuple[FrameworkState, ...]
    cards: Sequence[Card]
