"""The results of roll-ups, which all formats and the web page show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec

WEIGHTS: Mapping[str, int] = {"critical": 10, "high": 5, "medium": 2, "low": 1}
"""What a violation of each severity counts where groups are compared."""


class Severities(msgspec.Struct, frozen=True):
    """Open violations by severity."""

    critical: Annotated[int, msgspec.Meta(description="Those that are critical.")] = 0
    high: Annotated[int, msgspec.Meta(description="Those that are high.")] = 0
    medium: Annotated[int, msgspec.Meta(description="Those that are medium.")] = 0
    low: Annotated[int, msgspec.Meta(description="Those that are low.")] = 0

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

    run: Annotated[str, msgspec.Meta(description="The run.")]
    started: Annotated[str, msgspec.Meta(description="When it began, in UTC.")]
    previous: Annotated[str, msgspec.Meta(description="The run it is compared with; empty for none.")]
    previous_started: Annotated[str, msgspec.Meta(description="When that began; empty for none.")]
    sample: Annotated[str, msgspec.Meta(description="What was left out on purpose; empty for nothing.")]
    filters: Annotated[tuple[str, ...], msgspec.Meta(description="What `--include` and `--exclude` selected by.")]
    unlisted: Annotated[tuple[str, ...], msgspec.Meta(description="Sources that could not be listed.")]
    stacks: Annotated[int, msgspec.Meta(description="Stacks of which the verdicts are known.")]
    looked_at: Annotated[int, msgspec.Meta(description="Those that this run judged, or found unchanged.")]
    failed: Annotated[int, msgspec.Meta(description="Stacks that this run could not judge.")]
    not_looked_at: Annotated[int, msgspec.Meta(description="Stacks that this run left out, or could not judge.")]
    gone: Annotated[int, msgspec.Meta(description="Stacks with open violations that the sources do not have any more.")]
    resources: Annotated[int, msgspec.Meta(description="Resources of these stacks.")]
    open: Annotated[Severities, msgspec.Meta(description="Open violations by severity.")]
    undecided: Annotated[int, msgspec.Meta(description="Outcomes that decide nothing: unknown values and crashes.")]
    waived: Annotated[int, msgspec.Meta(description="Outcomes that a waiver accepts.")]
    new: Annotated[Severities, msgspec.Meta(description="Those that the other run did not have.")]
    fixed: Annotated[Severities, msgspec.Meta(description="Those that are not reported any more.")]
    reopened: Annotated[int, msgspec.Meta(description="New violations that were fixed before.")]
    sound: Annotated[int, msgspec.Meta(description="Stacks without an open violation that is critical or high.")]
    score: Annotated[float, msgspec.Meta(description="`sound` as a percentage of `stacks`; 100 without stacks.")]


class TrendPoint(msgspec.Struct, frozen=True, rename="camel"):
    """A run in the trend. Stacks that it did not look at count as they were known last."""

    run: Annotated[str, msgspec.Meta(description="The run.")]
    started: Annotated[str, msgspec.Meta(description="When it began, in UTC.")]
    sample: Annotated[str, msgspec.Meta(description="What was left out on purpose; empty for nothing.")]
    partial: Annotated[bool, msgspec.Meta(description="Whether it left out stacks, or could not judge some.")]
    stacks: Annotated[int, msgspec.Meta(description="How many stacks.")]
    sound: Annotated[int, msgspec.Meta(description="Stacks without an open violation that is critical or high.")]
    score: Annotated[float, msgspec.Meta(description="`sound` as a percentage of `stacks`.")]
    open: Annotated[Severities, msgspec.Meta(description="Open violations by severity.")]


class Group(msgspec.Struct, frozen=True, rename="camel"):
    """Open violations of a team, an account, a policy or the like."""

    name: Annotated[str, msgspec.Meta(description="Empty for those of which it is unknown.")]
    stacks: Annotated[int, msgspec.Meta(description="Of the team or the like; of a policy, those with a violation.")]
    resources: Annotated[int, msgspec.Meta(description="Resources of these stacks.")]
    open: Annotated[Severities, msgspec.Meta(description="Open violations by severity.")]
    weight: Annotated[
        int, msgspec.Meta(description="10 for each critical violation, 5 for high, 2 for medium, 1 for low.")
    ]
    density: Annotated[float, msgspec.Meta(description="The weight for each 100 resources.")]
    new: Annotated[int, msgspec.Meta(description="Those that the other run did not have.")]
    fixed: Annotated[int, msgspec.Meta(description="Those that are not reported any more.")]
    oldest: Annotated[str, msgspec.Meta(description="When the oldest open one was first seen; empty for none.")]


class Finding(msgspec.Struct, frozen=True, rename="camel"):
    """A violation."""

    id: Annotated[str, msgspec.Meta(description="The id.")]
    status: Annotated[str, msgspec.Meta(description="As of the table `violations`, or of a requirement.")]
    severity: Annotated[str, msgspec.Meta(description="`critical`, `high`, `medium` or `low`.")]
    policy: Annotated[str, msgspec.Meta(description="The policy's id.")]
    stack_id: Annotated[str, msgspec.Meta(description="Identifies the stack in every run.")]
    organization: Annotated[str, msgspec.Meta(description="Empty if unknown.")]
    project: Annotated[str, msgspec.Meta(description="Empty if unknown.")]
    stack: Annotated[str, msgspec.Meta(description="The name of the stack.")]
    owner: Annotated[str, msgspec.Meta(description="By the rules of `--owners`; empty if none applies.")]
    account: Annotated[str, msgspec.Meta(description="The AWS account; empty if unknown.")]
    region: Annotated[str, msgspec.Meta(description="Empty if unknown.")]
    type: Annotated[str, msgspec.Meta(description="The type token.")]
    name: Annotated[str, msgspec.Meta(description="The name for people.")]
    urn: Annotated[str, msgspec.Meta(description="The resource's URN.")]
    arn: Annotated[str, msgspec.Meta(description="The resource's ARN; empty if unknown.")]
    path: Annotated[str, msgspec.Meta(description="The place in the resource; empty for all of it.")]
    message: Annotated[str, msgspec.Meta(description="What is wrong: one line.")]
    fix: Annotated[str, msgspec.Meta(description="How to fix it.")]
    url: Annotated[str, msgspec.Meta(description="Where to read more.")]
    file: Annotated[str, msgspec.Meta(description="The file that constructs the resource; empty if unknown.")]
    line: Annotated[int, msgspec.Meta(description="The line in it; 0 if unknown.")]
    first_seen: Annotated[str, msgspec.Meta(description="When the first run that reported it began.")]
    last_seen: Annotated[str, msgspec.Meta(description="When the last run that reported it began.")]
    fixed_at: Annotated[str, msgspec.Meta(description="When the run began that found it fixed; empty if it is not.")]
    reopened: Annotated[int, msgspec.Meta(description="How many times it was reported again after it was fixed.")]
    days: Annotated[int, msgspec.Meta(description="Days since it was first seen.")]

    @property
    def stack_name(self) -> str:
        """Organization, project and stack, as far as known."""
        return "/".join(filter(None, (self.organization, self.project, self.stack)))


class Listed(msgspec.Struct, frozen=True):
    """The first violations of a list, and how many there are."""

    total: Annotated[int, msgspec.Meta(description="How many there are.")]
    findings: Annotated[tuple[Finding, ...], msgspec.Meta(description="The first of them.")]


class HeatRow(msgspec.Struct, frozen=True, rename="camel"):
    """A stack in the heat map."""

    stack_id: Annotated[str, msgspec.Meta(description="Identifies the stack in every run.")]
    name: Annotated[str, msgspec.Meta(description="The name for people.")]
    owner: Annotated[str, msgspec.Meta(description="By the rules of `--owners`; empty if none applies.")]
    weight: Annotated[
        int, msgspec.Meta(description="10 for each critical violation, 5 for high, 2 for medium, 1 for low.")
    ]
    counts: Annotated[tuple[int, ...], msgspec.Meta(description="Open violations of each policy of the map.")]


class HeatMap(msgspec.Struct, frozen=True, rename="camel"):
    """The worst stacks by the worst policies."""

    policies: Annotated[tuple[str, ...], msgspec.Meta(description="The ids of policies.")]
    severities: Annotated[tuple[str, ...], msgspec.Meta(description="Of each policy: that of its worst violation.")]
    rows: Annotated[tuple[HeatRow, ...], msgspec.Meta(description="The stacks.")]
    stacks: Annotated[int, msgspec.Meta(description="Stacks with an open violation; the map has the worst of them.")]
    all_policies: Annotated[int, msgspec.Meta(description="Policies with an open violation.")]


class StackState(msgspec.Struct, frozen=True, rename="camel"):
    """A stack that the run could not judge, or did not look at."""

    stack_id: Annotated[str, msgspec.Meta(description="Identifies the stack in every run.")]
    name: Annotated[str, msgspec.Meta(description="The name for people.")]
    owner: Annotated[str, msgspec.Meta(description="By the rules of `--owners`; empty if none applies.")]
    location: Annotated[str, msgspec.Meta(description="Where its content was read.")]
    reason: Annotated[str, msgspec.Meta(description="Why it failed; empty if it was left out.")]
    message: Annotated[str, msgspec.Meta(description="What is wrong: one line.")]
    open: Annotated[int, msgspec.Meta(description="Its violations that were open when it was looked at last.")]
    last_run: Annotated[str, msgspec.Meta(description="The run that looked at it last; empty for none.")]


class WithoutPolicy(msgspec.Struct, frozen=True):
    """A resource type that no policy is about."""

    type: Annotated[str, msgspec.Meta(description="The type token.")]
    resources: Annotated[int, msgspec.Meta(description="Resources of these stacks.")]
    stacks: Annotated[int, msgspec.Meta(description="How many stacks.")]


class WaiverState(msgspec.Struct, frozen=True, rename="camel"):
    """A waiver that somebody has to look at."""

    kind: Annotated[str, msgspec.Meta(description="`expires-soon`, `expired`, `unused`, `ambiguous` or `refused`.")]
    policy: Annotated[str, msgspec.Meta(description="The policy's id.")]
    source: Annotated[str, msgspec.Meta(description="The file and the line; empty for one that expires soon.")]
    message: Annotated[str, msgspec.Meta(description="What is wrong: one line.")]
    owner: Annotated[str, msgspec.Meta(description="By the rules of `--owners`; empty if none applies.")]
    expires: Annotated[str, msgspec.Meta(description="Its last day; empty if unknown.")]
    stacks: Annotated[int, msgspec.Meta(description="How many stacks.")]


class ControlState(msgspec.Struct, frozen=True, rename="camel"):
    """A requirement of a framework."""

    id: Annotated[str, msgspec.Meta(description="The id.")]
    title: Annotated[str, msgspec.Meta(description="What must be so, or what the policy reports.")]
    service: Annotated[str, msgspec.Meta(description="The service or the chapter.")]
    status: Annotated[str, msgspec.Meta(description="As of the table `violations`, or of a requirement.")]
    policies: Annotated[tuple[str, ...], msgspec.Meta(description="The ids of policies.")]
    violations: Annotated[int, msgspec.Meta(description="Violations of its policies.")]
    undecided: Annotated[int, msgspec.Meta(description="Outcomes that decide nothing.")]
    accepted: Annotated[int, msgspec.Meta(description="Outcomes that are waived.")]
    passes: Annotated[int, msgspec.Meta(description="Resources of which a policy read a value and reported nothing.")]


class FrameworkState(msgspec.Struct, frozen=True, rename="camel"):
    """A framework of controls over all stacks."""

    id: Annotated[str, msgspec.Meta(description="The id.")]
    name: Annotated[str, msgspec.Meta(description="The name for people.")]
    counts: Annotated[Mapping[str, int], msgspec.Meta(description="How many requirements have each status.")]
    without_policy: Annotated[int, msgspec.Meta(description="Requirements that no policy checks.")]
    controls: Annotated[tuple[ControlState, ...], msgspec.Meta(description="The requirements.")]


class Card(msgspec.Struct, frozen=True):
    """What a policy's card says."""

    policy: Annotated[str, msgspec.Meta(description="The policy's id.")]
    title: Annotated[str, msgspec.Meta(description="What must be so, or what the policy reports.")]
    severity: Annotated[str, msgspec.Meta(description="`critical`, `high`, `medium` or `low`.")]
    why: Annotated[str, msgspec.Meta(description="Why it is bad.")]
    fix: Annotated[str, msgspec.Meta(description="How to fix it.")]
    references: Annotated[tuple[str, ...], msgspec.Meta(description="Where to read more.")]


class Overview(msgspec.Struct, frozen=True, rename="camel"):
    """All roll-ups of a run, with their lists capped."""

    totals: Annotated[Totals, msgspec.Meta(description="The run as a whole.")]
    trend: Annotated[tuple[TrendPoint, ...], msgspec.Meta(description="The runs up to this one, the earliest first.")]
    groups: Annotated[
        Mapping[str, tuple[Group, ...]],
        msgspec.Meta(
            description="By dimension, the worst groups: `owner`, `project`, `account`, `region`, `service`, `policy`."
        ),
    ]
    group_counts: Annotated[Mapping[str, int], msgspec.Meta(description="By dimension, how many groups there are.")]
    new: Annotated[Listed, msgspec.Meta(description="Those that the other run did not have.")]
    fixed: Annotated[Listed, msgspec.Meta(description="Those that are not reported any more.")]
    oldest: Annotated[Listed, msgspec.Meta(description="The open violations that were seen first.")]
    worst: Annotated[Listed, msgspec.Meta(description="The open violations, the most severe first.")]
    heat_map: Annotated[HeatMap, msgspec.Meta(description="The worst stacks by the worst policies.")]
    failed: Annotated[tuple[StackState, ...], msgspec.Meta(description="Stacks that could not be judged.")]
    not_looked_at: Annotated[tuple[StackState, ...], msgspec.Meta(description="Stacks that were left out.")]
    without_policy: Annotated[
        tuple[WithoutPolicy, ...], msgspec.Meta(description="Resource types that no policy is about.")
    ]
    waivers: Annotated[tuple[WaiverState, ...], msgspec.Meta(description="Waivers that somebody has to look at.")]
    frameworks: Annotated[tuple[FrameworkState, ...], msgspec.Meta(description="Frameworks of controls.")]
    cards: Annotated[Sequence[Card], msgspec.Meta(description="The policies that the lists name.")]
