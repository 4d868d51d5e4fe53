"""Selectors: which policies `s3-public-acl`, `tag:s3` and `severity:critical` select, and which level that gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from policypack.core.policy import UNKNOWN_VALUE, EnforcementLevel, Policy
from policypack.evaluation.settings.model import Settings

TAG, SEVERITY = "tag:", "severity:"
STRICTNESS = {EnforcementLevel.DISABLED: 0, EnforcementLevel.ADVISORY: 1, EnforcementLevel.MANDATORY: 2}


def strictest(levels: Iterable[EnforcementLevel]) -> EnforcementLevel:
    """The strictest of some levels: mandatory, then advisory; disabled if there is none."""
    return max(levels, key=STRICTNESS.__getitem__, default=EnforcementLevel.DISABLED)


def selectors(policy: Policy[Any]) -> tuple[str, ...]:
    """The selectors that fit a policy, the most specific first.

    `pulumi-unknown-value` has its id only: it summarizes undecided outcomes of policies with other tags and severities.
    """
    if policy.id == UNKNOWN_VALUE:
        return (policy.id,)
    return (policy.id, *(f"{TAG}{tag}" for tag in policy.tags), f"{SEVERITY}{policy.severity}")


def chosen(levels: Mapping[str, Any], policy: Policy[Any]) -> str | None:
    """The key that decides the level of a policy: its id, else the tag with the strictest level, else its severity."""
    if not levels:
        return None
    fitting = [selector for selector in selectors(policy) if selector in levels]
    if not fitting or fitting[0] == policy.id:
        return fitting[0] if fitting else None
    tags = [selector for selector in fitting if selector.startswith(TAG)]
    return max(tags, key=lambda tag: STRICTNESS[EnforcementLevel(levels[tag])], default=fitting[-1])


def level_of(levels: Mapping[str, EnforcementLevel], policy: Policy[Any]) -> EnforcementLevel | None:
    """The level that a mapping sets for a policy; None if it sets none."""
    key = chosen(levels, policy)
    return None if key is None else EnforcementLevel(levels[key])


def least_level(policy: Policy[Any], settings: Settings) -> EnforcementLevel:
    """The level that the settings of a policy cannot lower: the strictest of all limits that fit."""
    limits = settings.limits.enforcement
    locked = [EnforcementLevel(limits[key]) for key in selectors(policy) if key in limits] if limits else []
    if settings.least is not None:
        locked.append(level_of(settings.least, policy) or policy.enforcement)
    return strictest(locked)


def enforcement(policy: Policy[Any], settings: Settings) -> EnforcementLevel:
    """The level that the operator sets for a policy, else the default on its card; at least what is locked."""
    if not (settings.enforcement or settings.limits.enforcement) and settings.least is None:
        return policy.enforcement
    level = level_of(settings.enforcement, policy) or policy.enforcement
    return strictest([level, least_level(policy, settings)])


def runs(policy: Policy[Any], settings: Settings) -> bool:
    """Whether a policy judges: also a disabled one, if a limit by severity may concern a violation of it.

    A violation can have another severity than its card (decision 36).
    """
    limits = settings.limits.enforcement
    by_severity = bool(limits) and any(key.startswith(SEVERITY) for key in limits)
    return by_severity or enforcement(policy, settings) is not EnforcementLevel.DISABLED


def unknown_value_level(settings: Settings) -> EnforcementLevel:
    """The level of undecided outcomes about a value, by the id `pulumi-unknown-value` alone."""
    levels = [settings.enforcement, *([settings.least] if settings.least is not None else [])]
    asked = [mapping.get(UNKNOWN_VALUE, EnforcementLevel.MANDATORY) for mapping in levels]
    locked = settings.limits.enforcement.get(UNKNOWN_VALUE, EnforcementLevel.DISABLED)
    return strictest(map(EnforcementLevel, [*asked, locked]))
