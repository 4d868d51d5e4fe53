"""The overview: a store's roll-ups go in, all that a page or a document shows comes out, with capped lists."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from policypack.frameworks.model import Framework
from stackguard.audit.reports.frameworks import states
from stackguard.audit.reports.results import Card, Group, Overview
from stackguard.audit.reports.rollups import Rollups
from stackguard.card_sections import paragraphs

GROUPED = ("owner", "project", "account", "region", "service", "policy")
"""The dimensions of an overview."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How long the lists of an overview are."""

    groups: int = 200
    findings: int = 100
    worst: int = 1000
    stacks: int = 100
    heat_stacks: int = 40
    heat_policies: int = 15


EVERYTHING = Caps(100_000, 1000, 1000, 100_000, 200, 100)
"""The caps of the JSON document."""


def overview(rollups: Rollups, frameworks: Sequence[Framework] = (), caps: Caps = Caps()) -> Overview:
    """All roll-ups of a run."""
    groups = {dimension: rollups.by(dimension, caps.groups) for dimension in GROUPED}
    lists = {name: rollups.listed(name, caps.findings) for name in ("new", "fixed", "oldest")}
    worst = rollups.listed("open", caps.worst)
    policies = {group.name for group in groups["policy"]}
    policies |= {finding.policy for listed in (*lists.values(), worst) for finding in listed.findings}
    return Overview(
        totals=rollups.totals(),
        trend=rollups.trend(),
        groups=groups,
        group_counts={dimension: rollups.count_by(dimension) for dimension in GROUPED},
        **lists,
        worst=worst,
        heat_map=rollups.heat_map(caps.heat_stacks, caps.heat_policies),
        failed=rollups.stacks_in("failed", caps.stacks),
        not_looked_at=rollups.stacks_in("left-out", caps.stacks),
        without_policy=rollups.without_policy(caps.stacks),
        waivers=rollups.waivers()[: caps.stacks],
        frameworks=states(rollups, frameworks),
        cards=tuple(cards(policies)),
    )


def responsible(rollups: Rollups, most: int) -> tuple[str, tuple[Group, ...]]:
    """The worst teams, or the worst projects if no stack has an owner: what they are, and the groups."""
    teams = rollups.by("owner", most)
    if any(team.name for team in teams) or not teams:
        return "team", teams
    return "project", rollups.by("project", most)


def cards(policies: Collection[str]) -> Iterator[Card]:
    """What the cards of policies say, of those that are ours."""
    from policypack.policies import POLICIES

    for policy in POLICIES:
        if policy.id in policies:
            why = "\n\n".join(paragraphs(policy.why or ""))
            yield Card(policy.id, policy.title, policy.severity.value, why, policy.fix, tuple(policy.references))
