"""Parsing: decoded YAML, TOML or JSON in, a validated `Layer` out. An error names the place, the key and how to fix it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from policypack.core.policy import UNKNOWN_VALUE, EnforcementLevel, Severity
from policypack.core.spelling import similar
from policypack.evaluation.settings.model import (
    CONDITIONS,
    NAMES,
    STRUCTURE,
    Limits,
    Programs,
    Settings,
    SettingsError,
)
from policypack.evaluation.settings.selectors import SEVERITY
from policypack.iam.addresses import AddressError, Ranges, broad

Keys = tuple[str | int, ...]
Place = Callable[[Sequence[str | int]], str]
"""Returns the place of the part at some keys, such as `stackguard.yaml:4`.

It can be pickled, and its `repr` is the same in every process: `audit` sends layers to its workers, and compares them with
those of the run that it goes on with.
"""
SEVERITIES = "`low`, `medium`, `high` or `critical`"
SHAPES: Mapping[str, str] = {
    "allowedRegions": "must be a list of region names such as `eu-west-1`",
    "trustedCidrs": "must be a list of CIDR ranges such as `203.0.113.0/24`",
    "trustedAccounts": "must be a list of account ids: twelve digits, in quotes",
    "unknown": "must be `mandatory` or `advisory`",
    "accountId": "must be an account id: twelve digits, in quotes",
    "failOn": f"must be {SEVERITIES}",
    "waiverProblems": "must be `mandatory` or `advisory`",
    "enforcement": "must map policy ids, `tag:TAG` or `severity:SEVERITY` to `mandatory`, `advisory` or `disabled`",
    "resolveUnknowns": "must be `true` or `false`",
    "resolveTimeout": "must be a number of seconds above 0, such as `30`",
    "programFolder": "must be the path of a folder",
    "policies": "must be a list of modules or paths, such as `acme.policies` or `./policies/buckets.py`",
    "mockFiles": "must be a list of file names such as `mock.yaml`",
    "exclude": "must be a list of patterns of folders such as `infra/legacy`",
}
LIMIT_SHAPES = {
    **SHAPES,
    "neverWaive": "must be a list of policy ids, `tag:TAG` or `severity:SEVERITY`",
    "longestWaiver": "must map severities to numbers of days, such as `critical: 30`",
    "enforcement": "must map policy ids, `tag:TAG` or `severity:SEVERITY` to `mandatory` or `advisory`",
    "unknown": "can only be `mandatory`",
    "waiverProblems": "can only be `mandatory`",
}
PROGRAM_SHAPES = {"mayWaive": "must be `true` or `false`", "maySet": "must be a list of settings"}
CONDITION_SHAPES = {
    "projects": "must be a list of patterns such as `shop-*`",
    "stacks": "must be a list of patterns such as `prod*` or `shop/prod*`",
    "paths": "must be a list of patterns of folders and files such as `infra/legacy`",
}


class Conditions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an entry of `overrides` applies: every key that is there must fit."""

    projects: tuple[str, ...] | None = None
    stacks: tuple[str, ...] | None = None
    paths: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """The place of every part of a source that has no lines, which is the name of the source."""

    name: str

    def __call__(self, keys: Sequence[str | int]) -> str:  # noqa: ARG002 (as of `Place`)
        """The name."""
        return self.name


@dataclass(frozen=True, slots=True)
class Part:
    """The settings of a file, or of an entry of its `overrides`."""

    values: Mapping[str, Any]
    """As in the file, validated."""
    keys: Keys = ()
    """Where they are in the file."""
    limits: Limits = field(default_factory=Limits)
    conditions: Conditions = field(default_factory=Conditions)


@dataclass(frozen=True, slots=True)
class Layer:
    """The settings of one source: a file, the options of a command, or CrossGuard's configuration."""

    parts: tuple[Part, ...]
    """What holds always, then the overrides."""
    place: Place
    folder: Path | None = None
    """The folder that `paths` are relative to."""
    programs: Programs | None = None
    """What a `beside` layer above it may loosen; None for everything."""
    beside: bool = False
    """Whether it lies beside a program."""

    @property
    def source(self) -> str:
        """Its name: that of the file, without a line."""
        return re.sub(r":\d+(?=$| )", "", self.place(()))

    def selectors(self) -> Iterator[tuple[str, Keys]]:
        """Every selector of policies in it, with its place."""
        for part in self.parts:
            yield from ((key, (*part.keys, "enforcement", key)) for key in part.values.get("enforcement") or ())
            limits = (*part.keys, "locked")
            yield from ((key, (*limits, "enforcement", key)) for key in part.limits.enforcement)
            yield from ((key, (*limits, "neverWaive", i)) for i, key in enumerate(part.limits.never_waive))


def layer(raw: Any, place: Place, *, folder: Path | None = None, central: bool = False) -> Layer:
    """The layer of a decoded file.

    Args:
        raw: a mapping with camelCase keys, or None for an empty file.
        place: returns the place of a part, for errors.
        folder: that `paths` are relative to.
        central: whether it is a central file, which may have `programs`.

    Raises:
        SettingsError: a key is unknown, or a value does not fit.
    """
    raw = {} if raw is None else raw
    _check_keys(raw, (), (*NAMES, *STRUCTURE), place, "setting")
    overrides = [] if (listed := raw.get("overrides")) is None else listed
    if not isinstance(overrides, list):
        raise SettingsError(f"{place(['overrides'])}: `overrides` must be a list, such as `- stacks: [prod*]`")
    base = {name: value for name, value in raw.items() if name not in STRUCTURE}
    parts = [
        Part(_values(base, (), place), (), _limits(raw.get("locked"), ("locked",), place)),
        *(_override(entry, ("overrides", index), place) for index, entry in enumerate(overrides)),
    ]
    programs = raw.get("programs")
    if programs is not None and not central:
        raise SettingsError(
            f"{place(['programs'])}: `programs` counts in a central file only: the pack's own, or one of `--central`"
        )
    return Layer(tuple(parts), place, folder, None if programs is None else _programs(programs, place))


def option(values: Mapping[str, Any], source: str) -> Layer:
    """The layer of validated values that are no file's, such as options; `source` is their name."""
    return Layer((Part(values),), Whole(source))


def _override(raw: Any, keys: Keys, place: Place) -> Part:
    _check_keys(raw, keys, (*CONDITIONS, *NAMES, "locked"), place, "setting")
    if not any(raw.get(name) for name in CONDITIONS):
        raise SettingsError(
            f"{place(keys)}: `{_named(keys)}` needs `projects`, `stacks` or `paths`, or it would apply everywhere"
        )
    conditions = {name: raw[name] for name in CONDITIONS if name in raw}
    values = {name: value for name, value in raw.items() if name in NAMES}
    return Part(
        _values(values, keys, place),
        keys,
        _limits(raw.get("locked"), (*keys, "locked"), place),
        _converted(conditions, Conditions, CONDITION_SHAPES, keys, place),
    )


def _check_keys(raw: Any, keys: Keys, known: Sequence[str], place: Place, kind: str) -> None:
    if not isinstance(raw, Mapping):
        example = "such as `allowedRegions: [eu-west-1]`"
        subject = f"`{_named(keys)}` must" if keys else "must"
        raise SettingsError(f"{place(keys)}: {subject} be a mapping from {kind} to value, {example}")
    for name in raw:
        if name not in known:
            within = f"`{_named(keys)}` has" if keys else "there is"
            raise SettingsError(
                f"{place([*keys, name])}: {within} no {kind} `{name}`; {did_you_mean(str(name), known)}"
            )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The known names that are similar, or all, as a clause."""
    known = tuple(known)
    near = similar(name, known, most=3)
    return f"did you mean {' or '.join(f'`{match}`' for match in near)}?" if near else f"there are {_listed(known)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _filled(raw: Mapping[str, Any], names: Iterable[str] = NAMES) -> Mapping[str, Any]:
    """The mapping with an empty list, or an empty mapping, for a name that has nothing below it any more."""
    shapes = {name: LIMIT_SHAPES.get(name, "") for name, value in raw.items() if value is None and name in names}
    lists: dict[str, Any] = {name: [] for name, shape in shapes.items() if shape.startswith("must be a list")}
    return {**raw, **lists, **{name: {} for name, shape in shapes.items() if shape.startswith("must map")}}


def _values(raw: Mapping[str, Any], keys: Keys, place: Place) -> Mapping[str, Any]:
    raw = _filled(raw)
    settings: Settings = _converted(raw, Settings, SHAPES, keys, place)
    check_cidrs(settings.trusted_cidrs, keys, place)
    _check_selectors(settings.enforcement, (*keys, "enforcement"), place)
    if settings.enforcement.get(UNKNOWN_VALUE) is EnforcementLevel.DISABLED:
        raise SettingsError(
            f"{place([*keys, 'enforcement', UNKNOWN_VALUE])}: `{UNKNOWN_VALUE}` cannot be disabled, or unknown values "
            "would pass unnoticed; make it `advisory`"
        )
    return raw


def _limits(raw: Any, keys: Keys, place: Place) -> Limits:
    if raw is None:
        return Limits()
    _check_keys(raw, keys, Limits.__struct_encode_fields__, place, "limit")
    raw = _filled(raw, ("enforcement", "neverWaive", "longestWaiver"))
    _check_severities(raw.get("longestWaiver"), (*keys, "longestWaiver"), place)
    limits: Limits = _converted(raw, Limits, LIMIT_SHAPES, keys, place)
    check_cidrs(limits.trusted_cidrs or (), keys, place)
    _check_selectors(limits.enforcement, (*keys, "enforcement"), place)
    _check_selectors(limits.never_waive, (*keys, "neverWaive"), place)
    return limits


def _programs(raw: Any, place: Place) -> Programs:
    keys: Keys = ("programs",)
    _check_keys(raw, keys, Programs.__struct_encode_fields__, place, "key")
    programs: Programs = _converted(raw, Programs, PROGRAM_SHAPES, keys, place)
    for index, name in enumerate(programs.may_set):
        if name not in NAMES:
            where = place([*keys, "maySet", index])
            raise SettingsError(f"{where}: there is no setting `{name}` to allow; {did_you_mean(name, NAMES)}")
    return programs


def _check_selectors(selectors: Iterable[str], keys: Keys, place: Place) -> None:
    """Check the severities; ids and tags may be those of other packs, which are not known yet."""
    for index, selector in enumerate(selectors):
        name = selector.removeprefix(SEVERITY)
        if name != selector and name not in {*Severity}:
            key = index if keys[-1] == "neverWaive" else selector
            raise _no_severity(name, place([*keys, key]))


def _check_severities(lives: Any, keys: Keys, place: Place) -> None:
    """Check the severities of a mapping; another value is of a wrong type."""
    for name in lives if isinstance(lives, Mapping) else ():
        if name not in {*Severity}:
            raise _no_severity(name, place([*keys, name]))


def _no_severity(name: object, where: str) -> SettingsError:
    return SettingsError(f"{where}: there is no severity `{name}`; it is {SEVERITIES}")


def check_cidrs(cidrs: tuple[str, ...], keys: Keys, place: Place) -> None:
    """Check address ranges: each is one, and none is the internet.

    Raises:
        SettingsError: one is not.
    """
    parsed = []
    label = _named((*keys, "trustedCidrs"))
    for index, cidr in enumerate(cidrs):
        named = f"{place([*keys, 'trustedCidrs', index])}: `{label}[{index}]`"
        try:
            parsed.append(Ranges.parse(cidr))
        except AddressError as error:
            raise SettingsError(f"{named} {error}") from error
        if broad(parsed[-1]):
            raise SettingsError(f"{named} is broader than /8 (IPv4) or /32 (IPv6): that is the internet, name yours")
    if broad(Ranges.union(parsed)):
        raise SettingsError(
            f"{place([*keys, 'trustedCidrs'])}: `{label}` together cover more than a /8 (IPv4) or a /32 (IPv6)"
        )


def _named(keys: Keys) -> str:
    """The keys as people write them: `overrides[0].locked`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")


def _converted(raw: Mapping[str, Any], struct: type, shapes: Mapping[str, str], keys: Keys, place: Place) -> Any:
    try:
        return msgspec.convert(raw, struct)
    except msgspec.ValidationError as error:
        inner, index = _misfit(str(error), raw)
        named = f"`{_named((*keys, inner[0]))}`"
        problem = f"{named}{f' (at `[{index}]`)' if index else ''} {shapes[str(inner[0])]}"
        raise SettingsError(f"{place([*keys, *inner])}: {problem}") from error


def _misfit(error: str, raw: Mapping[str, Any]) -> tuple[list[str | int], str]:
    """The keys, and the index, of msgspec's "Expected `str`, got `int` - at `$.allowedRegions[0]`"."""
    match = re.search(r"\$\.(\w+)(?:\[(\d+)\])?", error)
    name, index = (match[1], match[2] or "") if match else (next(iter(raw)), "")
    keys: list[str | int] = [name, int(index)] if index else [name]
    if name == "enforcement" and isinstance(raw.get(name), Mapping):
        levels = {*EnforcementLevel}
        keys += [key for key, level in raw[name].items() if not isinstance(level, str) or level not in levels][:1]
    return keys, index


def with_beside(found: Layer) -> Layer:
    """The layer of a file that lies beside a program."""
    return replace(found, beside=True)
