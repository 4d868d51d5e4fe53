"""Resolution: layers of settings and a stack in, the settings in effect and where each comes from out.

Later layers win, and in a layer later overrides. What a layer locks limits the result, whichever layer sets it: a lock
wins over a looser value, and a note names both (decision 46).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec

from policypack.core.policy import UNKNOWN_VALUE, EnforcementLevel, Policy, Severity
from policypack.core.stack_name import StackName
from policypack.evaluation.settings.model import NAMES, UNSEEN, Limits, Settings, SettingsError, within
from policypack.evaluation.settings.parsing import Conditions, Layer, Part, did_you_mean
from policypack.evaluation.settings.selectors import (
    SEVERITY,
    STRICTNESS,
    TAG,
    chosen,
    least_level,
    selectors,
    strictest,
)

MERGED = ("enforcement", "longestWaiver")
"""Mappings, of which each key has a source of its own."""
EVERYTHING = tuple(f"{SEVERITY}{severity}" for severity in Severity)
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Effective:
    """The settings of one stack."""

    settings: Settings
    origins: Mapping[str, str]
    """By key, such as `failOn`, `enforcement.tag:s3` or `locked.unknown`, where its value comes from."""
    notes: tuple[str, ...] = ()
    """Each value that does not count, and why: one line."""
    least_source: str = ""
    """The place that does not let a file beside a program lower a level."""

    def origin(self, key: str) -> str:
        """Where the value of a key comes from."""
        return self.origins.get(key, DEFAULT)

    def lock_notes(self, policies: Iterable[Policy[Any]]) -> Iterator[str]:
        """The notes about enforcement levels that a lock raises, one for each key that set them."""
        settings = self.settings
        if not settings.enforcement:
            return
        raised: dict[tuple[str, str], list[str]] = {}
        for policy in policies:
            key, least = chosen(settings.enforcement, policy), least_level(policy, settings)
            if key is not None and STRICTNESS[least] > STRICTNESS[settings.enforcement[key]]:
                locks = settings.limits.enforcement
                lock = next((name for name in selectors(policy) if locks.get(name) == least), None)
                reason = self.least_source if lock is None else self.origin(f"locked.enforcement.{lock}")
                raised.setdefault((key, reason), []).append(policy.id)
        for (key, reason), ids in raised.items():
            named = f"`{ids[0]}`" if len(ids) == 1 else f"{len(ids)} policies"
            source = self.origin(f"enforcement.{key}")
            yield f"{source}: `{key}: {settings.enforcement[key]}` does not count for {named}; {reason} keeps a stricter level"


def resolve(
    layers: Sequence[Layer],
    stack: StackName | None = None,
    path: Path | None = None,
    region: str | None = None,
) -> Effective:
    """The settings in effect for one stack.

    Args:
        layers: from the central file to the options.
        stack: the stack's name; None if there is no stack.
        path: the target's absolute path.
        region: the stack's `aws:region`.
    """
    merging = _Merging()
    for layer in layers:
        merging.add(layer, stack or StackName(), path)
    return merging.result(region)


@dataclass(slots=True)
class _Merging:
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    least: dict[str, EnforcementLevel] | None = None
    granted: Layer | None = None
    """The layer that limits what may lie beside a program."""
    notes: list[str] = field(default_factory=list)

    def add(self, layer: Layer, stack: StackName, path: Path | None) -> None:
        """Add a layer above the others."""
        restricted = layer.beside and self.granted is not None
        if restricted:
            self._restrict()
        before = dict(self.values)
        parts = [part for part in layer.parts if _applies(part.conditions, stack, path, layer.folder)]
        for part in parts:
            self._take(part, layer)
            if self.least is not None and not layer.beside:  # an option, which may lower a level that is not locked
                self.least |= _levels(part.values)
        for part in parts:
            self._lock(part, layer)
        if restricted:
            self._keep_strict(before)
        if layer.programs is not None:
            self.granted = layer

    def _take(self, part: Part, layer: Layer) -> None:
        for name, value in part.values.items():
            if name in MERGED:
                merged = dict(self.values.get(name, {}))
                for key, item in value.items():
                    merged.pop(key, None)
                    merged[key] = item
                    self.origins[f"{name}.{key}"] = layer.place((*part.keys, name, key))
                self.values[name] = merged
            else:
                self.values[name] = value
                self.origins[name] = layer.place((*part.keys, name))

    def _lock(self, part: Part, layer: Layer) -> None:
        added = part.limits
        if added.allowed_regions and layer.beside and self.granted is not None:  # it could widen the stack's own region
            added = msgspec.structs.replace(added, allowed_regions=None)
            place = layer.place((*part.keys, "locked", "allowedRegions"))
            self.notes.append(f"{place}: `locked.allowedRegions` does not count beside a program: use `allowedRegions`")
        before, self.limits = self.limits, combined(self.limits, added)
        regions, more = before.allowed_regions, added.allowed_regions
        if regions and more and not _common(regions, more):
            place, other = layer.place((*part.keys, "locked", "allowedRegions")), self.origins["locked.allowedRegions"]
            self.notes.append(f"{place}: `locked.allowedRegions` does not count: it has no region that {other} has")
        for name in Limits.__struct_encode_fields__:
            field_ = Limits.__struct_fields__[Limits.__struct_encode_fields__.index(name)]
            old, new = getattr(before, field_), getattr(self.limits, field_)
            keys = (*part.keys, "locked", name)
            if isinstance(new, Mapping):
                for key in new:
                    if old.get(key) != new[key]:
                        implied = name == "enforcement" and key not in part.limits.enforcement
                        where = (*part.keys, "locked", "unknown") if implied else (*keys, key)
                        self.origins[f"locked.{name}.{key}"] = layer.place(where)
            elif old != new:
                self.origins[f"locked.{name}"] = layer.place(keys)

    def _restrict(self) -> None:
        """Prepare for a file beside a program: it raises levels only, and may not waive unless it is allowed to."""
        assert self.granted is not None
        assert self.granted.programs is not None
        programs = self.granted.programs
        if "enforcement" not in programs.may_set:
            self.least = _levels(self.values)
        if not programs.may_waive:
            self.limits = combined(self.limits, Limits(never_waive=EVERYTHING))
            self.origins.setdefault("locked.neverWaive", self.granted.place(("programs", "mayWaive")))

    def _keep_strict(self, before: Mapping[str, Any]) -> None:
        """Undo what a file beside a program sets looser than the pack's own file, unless that allows it."""
        assert self.granted is not None
        assert self.granted.programs is not None
        grant = self.granted
        allowed = self.granted.programs.may_set
        defaults = msgspec.to_builtins(Settings())
        for name in NAMES:
            if name == "enforcement" or name in allowed or self.values.get(name) == before.get(name):
                continue
            value = self.values[name]
            old = self._limited(name, before.get(name, defaults[name]))
            kept = TIGHTEN[name](value, old) if name in TIGHTEN else old
            if kept != value:
                self.notes.append(
                    f"{self.origins[name]}: `{name}` counts only as far as it is stricter: "
                    f"{grant.place(('programs', 'maySet'))} does not allow programs to set it"
                )
            self.values[name] = kept

    def _limited(self, name: str, value: Any) -> Any:
        """A value within what is locked; no regions are the stack's own: `Settings.regions`."""
        limit = msgspec.to_builtins(self.limits).get(name) if name in TIGHTEN else None
        return value if limit is None or not value else TIGHTEN[name](value, limit)

    def result(self, region: str | None) -> Effective:
        """The settings within the limits."""
        for name, value in self.values.items():
            kept = self._limited(name, value)
            if kept != value:
                lock = self.origins[f"locked.{name}"]
                self.notes.append(f"{self.origins[name]}: `{name}` counts only within what {lock} locks")
                self.origins[name] += f", within {lock}"
            self.values[name] = kept
        settings = msgspec.convert(
            {
                **self.values,
                "stackRegion": region,
                "limits": msgspec.to_builtins(self.limits),
                "least": self.least,
            },
            Settings,
        )
        source = self.granted.place(("programs", "maySet")) if self.granted else ""
        return Effective(settings, self.origins, tuple(self.notes), source)


def _levels(values: Mapping[str, Any]) -> dict[str, EnforcementLevel]:
    return {key: EnforcementLevel(level) for key, level in values.get("enforcement", {}).items()}


def _applies(conditions: Conditions, stack: StackName, path: Path | None, folder: Path | None) -> bool:
    """Whether each condition that is set fits."""
    return (
        (conditions.projects is None or any(fnmatchcase(stack.project, pattern) for pattern in conditions.projects))
        and (conditions.stacks is None or any(map(stack.matches, conditions.stacks)))
        and (conditions.paths is None or on_path(path, folder, conditions.paths))
    )


def on_path(path: Path | None, folder: Path | None, patterns: Iterable[str]) -> bool:
    """Whether a pattern fits the path, relative to the folder, or a folder that it is in."""
    if path is None or folder is None or not path.is_relative_to(folder):
        return False
    relative = path.relative_to(folder)
    names = [entry.as_posix() for entry in (relative, *relative.parents)]
    return any(fnmatchcase(name, pattern.removeprefix("./").rstrip("/")) for pattern in patterns for name in names)


def combined(first: Limits, second: Limits) -> Limits:
    """The limits that two layers set together: each as strict as the stricter of the two."""
    enforcement = {
        key: strictest(
            EnforcementLevel(level) for level in (first.enforcement.get(key), second.enforcement.get(key)) if level
        ).value
        for key in {**first.enforcement, **second.enforcement}
    }
    if "mandatory" in {first.unknown, second.unknown}:
        enforcement |= dict.fromkeys(sorted({UNKNOWN_VALUE, *UNSEEN}), "mandatory")
    longest = {
        severity: min(
            days
            for days in (first.longest_waiver.get(severity), second.longest_waiver.get(severity))
            if days is not None
        )
        for severity in {**first.longest_waiver, **second.longest_waiver}
    }
    regions = _both(first.allowed_regions, second.allowed_regions, _common)
    return Limits(
        never_waive=tuple(dict.fromkeys((*first.never_waive, *second.never_waive))),
        longest_waiver=longest,
        enforcement=enforcement,  # type: ignore[arg-type]
        fail_on=_both(first.fail_on, second.fail_on, lambda one, other: min(one, other, key=lambda item: item.rank)),
        unknown=first.unknown or second.unknown,
        waiver_problems=first.waiver_problems or second.waiver_problems,
        allowed_regions=regions or first.allowed_regions,
        trusted_cidrs=_both(first.trusted_cidrs, second.trusted_cidrs, lambda one, other: within(other, one)),
        trusted_accounts=_both(first.trusted_accounts, second.trusted_accounts, _common),
    )


def _both(first: Any, second: Any, combine: Callable[[Any, Any], Any]) -> Any:
    if first is None or second is None:
        return first if second is None else second
    return combine(first, second)


def _common(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(item for item in second if item in first)


def _lower(value: str, limit: str) -> str:
    return str(min(Severity(value), Severity(limit), key=lambda severity: severity.rank))


def _mandatory(value: str, limit: str) -> str:
    return "mandatory" if "mandatory" in {value, limit} else value


TIGHTEN: Mapping[str, Callable[[Any, Any], Any]] = {
    "failOn": _lower,
    "unknown": _mandatory,
    "waiverProblems": _mandatory,
    "allowedRegions": lambda value, limit: [*_common(limit, value)] or list(limit),
    "trustedCidrs": lambda value, limit: [*within(tuple(value), tuple(limit))],
    "trustedAccounts": lambda value, limit: [*_common(limit, value)],
    "resolveUnknowns": lambda value, limit: value and limit,
}
"""By setting, the part of a value that is as strict as a limit."""


def require_known(layers: Iterable[Layer], policies: Iterable[Policy[Any]], *, complete: bool = True) -> None:
    """Check that every selector in the layers, overrides included, fits a policy.

    Args:
        layers: all of the run.
        policies: all that exist.
        complete: whether these include the policies of other packs, so that a name such as `tags/owner` is checked.

    Raises:
        SettingsError: one fits none; the message names similar ones.
    """
    known: dict[str, None] = {}
    for layer in layers:
        for selector, keys in layer.selectors():
            if not known:
                known = dict.fromkeys(
                    name for policy in policies for name in (policy.id, *(f"{TAG}{tag}" for tag in policy.tags))
                )
            if selector in known or selector.startswith(SEVERITY) or (not complete and "/" in selector):
                continue
            kind = "tag" if selector.startswith(TAG) else "policy"
            place = f"{layer.place(keys)}: `{next(key for key in reversed(keys[:-1]) if isinstance(key, str))}`"
            raise SettingsError(f"{place} has no {kind} `{selector}` to set; {_suggestion(selector, known)}")


def _suggestion(selector: str, known: Iterable[str]) -> str:
    near = did_you_mean(selector, known)
    return near if near.startswith("did you mean") else "`stackguard explain` lists them"
