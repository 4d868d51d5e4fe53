"""Policies of the operator's own, which an audit does not run: settings go in, the same without them and a note come out.

A worker judges the stacks of others, and what a module of policies does to its process could be done to their verdicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from policypack.evaluation.settings.parsing import Layer, Part
from policypack.evaluation.settings.resolving import require_known
from policypack.evaluation.settings.selectors import SEVERITY, TAG
from stackguard.sources.settings import TargetSettings


def without_own_policies(settings: TargetSettings) -> tuple[TargetSettings, list[str]]:
    """The settings without policies of the operator's own and their levels, and a line for each place that names some.

    Raises:
        SettingsError: no policies are named, and a level is for one that does not exist.
    """
    notes = [line for layer in settings.layers for line in _named(layer)]
    if not notes and not any(True for layer in settings.layers for _ in layer.selectors()):
        return settings, []
    from policypack.policies import POLICIES  # imports all policies

    if not notes:
        require_known(settings.layers, POLICIES)
        return settings, []
    known = {name for policy in POLICIES for name in (policy.id, *(f"{TAG}{tag}" for tag in policy.tags))}
    layers = tuple(
        replace(layer, parts=tuple(_known(part, known) for part in layer.parts)) for layer in settings.layers
    )
    return replace(settings, layers=layers), notes


def _named(layer: Layer) -> Iterator[str]:
    for part in layer.parts:
        if part.values.get("policies"):
            place = layer.place((*part.keys, "policies"))
            yield f"{place}: `policies` do not run in an audit, and levels for them do not count; `stackguard check` runs them"


def _known(part: Part, known: set[str]) -> Part:
    values = {name: value for name, value in part.values.items() if name != "policies"}
    if "enforcement" in values:
        values["enforcement"] = _of(values["enforcement"], known)
    limits = msgspec.structs.replace(
        part.limits,
        enforcement=_of(part.limits.enforcement, known),
        never_waive=tuple(_of(dict.fromkeys(part.limits.never_waive), known)),
    )
    return replace(part, values=values, limits=limits)


def _of(selected: Mapping[str, Any], known: set[str]) -> dict[str, Any]:
    """What is selected of the policies of this package; a severity is of all."""
    return {name: level for name, level in selected.items() if name in known or name.startswith(SEVERITY)}
