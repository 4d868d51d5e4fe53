"""Settings of the operator: one schema for `stackguard.yaml`, `--settings` and CrossGuard's policy configuration.

A setting is never an opinion of a policy. Loading validates everything; an error names the key and how to fix it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from policypack.core.policy import UNKNOWN_VALUE, EnforcementLevel
from policypack.iam.addresses import AddressError, Ranges, broad

Region = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,}(-[a-z]+)+-\d$", examples=["eu-west-1"])]
Account = Annotated[str, msgspec.Meta(pattern=r"^\d{12}$", examples=["111122223333"])]
Cidr = Annotated[str, msgspec.Meta(min_length=1, examples=["203.0.113.0/24"])]

DEFAULT_FILE = "stackguard.yaml"
UNSEEN = frozenset({"pulumi-unseen-component", "pulumi-unseen-resource"})
"""Policies about resources that a preview lacks: undecided without an unknown value, each at its own level."""
NOT_PER_POLICY = frozenset(
    {
        "accountId",
        "enforcement",
        "mockFiles",
        "policies",
        "programFolder",
        "resolveTimeout",
        "resolveUnknowns",
        "stackRegion",
        "waiverProblems",
    }
)
"""Settings that CrossGuard cannot set for a single policy."""


class SettingsError(ValueError):
    """Settings that do not fit the schema. The message names the key and how to fix it."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """Validated settings. Build with `parse`, or with keyword arguments in tests."""

    allowed_regions: Annotated[
        tuple[Region, ...],
        msgspec.Meta(description="Regions that resources may be in; empty means the stack's own `aws:region`."),
    ] = ()
    trusted_cidrs: Annotated[
        tuple[Cidr, ...],
        msgspec.Meta(description="Address ranges that are yours; a bucket may be open to these and to no others."),
    ] = ()
    trusted_accounts: Annotated[
        tuple[Account, ...],
        msgspec.Meta(description="Account ids, beside the stack's own, that policy documents may name."),
    ] = ()
    unknown: Annotated[
        Literal["mandatory", "advisory"],
        msgspec.Meta(description="What an undecided policy does: `mandatory` blocks, `advisory` reports."),
    ] = "mandatory"
    enforcement: Annotated[
        Mapping[str, EnforcementLevel],
        msgspec.Meta(description="Enforcement level by policy id, where it is not the policy's default."),
    ] = {}
    waiver_problems: Annotated[
        Literal["mandatory", "advisory"],
        msgspec.Meta(description="What a waiver does that has expired, or accepts nothing: `mandatory` blocks."),
    ] = "mandatory"
    policies: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Further policies: installed modules, or paths of files and packages, relative to this file."
        ),
    ] = ()
    resolve_unknowns: Annotated[
        bool,
        msgspec.Meta(
            description="Whether the policy pack runs the program offline, beside a preview, to resolve unknown values."
        ),
    ] = True
    resolve_timeout: Annotated[
        float, msgspec.Meta(gt=0, description="Seconds that a preview waits for that run at most.")
    ] = 30.0
    program_folder: Annotated[
        str | None,
        msgspec.Meta(description="The program's folder, where the policy pack does not find it; relative to the pack."),
    ] = None
    mock_files: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Mock files with answers of the cloud, relative to the program; missing ones are skipped."
        ),
    ] = ()
    account_id: Annotated[
        Account | None,
        msgspec.Meta(description="The account that a program's resources are created in, in an offline run."),
    ] = None
    stack_region: str | None = None
    """The stack's `aws:region`. Each door fills it in; it is no setting."""

    @property
    def regions(self) -> tuple[str, ...]:
        """The allowed regions: as set, else the stack's own, else none."""
        return self.allowed_regions or ((self.stack_region,) if self.stack_region else ())


def read(file: Path | None, folder: Path = Path()) -> Settings:
    """The settings in a YAML file.

    Args:
        file: the file; None for `stackguard.yaml` in `folder`, or the defaults if there is no such file.
        folder: where to look for the default file.

    Raises:
        SettingsError: the file is missing, is not YAML, or does not fit the schema.
    """
    from policypack.core import yaml_reader

    path = file or folder / DEFAULT_FILE
    try:
        document = yaml_reader.read(path)
    except FileNotFoundError:
        if file is None:
            return Settings()
        raise SettingsError(f"there is no settings file `{file}`") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {(error.strerror or 'it is no file').lower()}") from None
    except yaml_reader.YamlError as error:
        raise SettingsError(error.at(path)) from None
    return parse(document.value, lambda keys: f"{path}:{document.line(keys)}")


def parse(raw: Any, source: str | Callable[[Sequence[str | int]], str], stack_region: str | None = None) -> Settings:
    """Settings from decoded YAML or JSON.

    Args:
        raw: a mapping with camelCase keys, or None for an empty file.
        source: its name in an error, such as the file's name; or returns the place of the part at some keys.
        stack_region: the stack's own `aws:region`, if it is known.

    Raises:
        SettingsError: a key is unknown, or a value does not fit.
    """
    raw = {} if raw is None else raw
    place = source if callable(source) else lambda _: source
    if not isinstance(raw, Mapping):
        raise SettingsError(
            f"{place([])}: must be a mapping from setting to value, such as `allowedRegions: [eu-west-1]`"
        )
    known = [name for name in Settings.__struct_encode_fields__ if name != "stackRegion"]
    for name in raw:
        if name not in known:
            listed = ", ".join(f"`{setting}`" for setting in known)
            raise SettingsError(f"{place([name])}: there is no setting `{name}`; the settings are {listed}")
    try:
        settings = msgspec.convert({**raw, "stackRegion": stack_region}, Settings)
    except msgspec.ValidationError as error:
        keys, problem = _readable(str(error), raw)
        raise SettingsError(f"{place(keys)}: {problem}") from error
    _check_cidrs(settings.trusted_cidrs, place)
    if settings.enforcement.get(UNKNOWN_VALUE) is EnforcementLevel.DISABLED:
        raise SettingsError(
            f"{place(['enforcement', UNKNOWN_VALUE])}: `{UNKNOWN_VALUE}` cannot be disabled, or unknown values would pass unnoticed; make it `advisory`"
        )
    return settings


def _check_cidrs(cidrs: tuple[str, ...], place: Callable[[Sequence[str | int]], str]) -> None:
    parsed = []
    for index, cidr in enumerate(cidrs):
        named = f"{place(['trustedCidrs', index])}: `trustedCidrs[{index}]`"
        try:
            parsed.append(Ranges.parse(cidr))
        except AddressError as error:
            raise SettingsError(f"{named} {error}") from error
        if broad(parsed[-1]):
            raise SettingsError(f"{named} is broader than /8 (IPv4) or /32 (IPv6): that is the internet, name yours")
    if broad(Ranges.union(parsed)):
        raise SettingsError(
            f"{place(['trustedCidrs'])}: `trustedCidrs` together cover more than a /8 (IPv4) or a /32 (IPv6)"
        )


_SHAPES = {
    "allowedRegions": "must be a list of region names such as `eu-west-1`",
    "trustedCidrs": "must be a list of CIDR ranges such as `203.0.113.0/24`",
    "trustedAccounts": "must be a list of account ids: twelve digits, in quotes",
    "unknown": "must be `mandatory` or `advisory`",
    "accountId": "must be an account id: twelve digits, in quotes",
    "waiverProblems": "must be `mandatory` or `advisory`",
    "enforcement": "must map policy ids to `mandatory`, `advisory` or `disabled`",
    "policies": "must be a list of modules or paths, such as `acme.policies` or `./policies/buckets.py`",
    "resolveUnknowns": "must be `true` or `false`",
    "resolveTimeout": "must be a number of seconds above 0, such as `30`",
    "programFolder": "must be the path of a folder",
    "mockFiles": "must be a list of file names such as `mock.yaml`",
}


def _readable(error: str, raw: Mapping[str, Any]) -> tuple[list[str | int], str]:
    """The keys and a message for msgspec's "Expected `str`, got `int` - at `$.allowedRegions[0]`"."""
    place = re.search(r"\$\.(\w+)(?:\[(\d+)\])?", error)
    name, index = place.groups(default="") if place else ("enforcement", "")
    keys: list[str | int] = [name, int(index)] if index else [name]
    if name == "enforcement" and isinstance(raw.get(name), Mapping):  # msgspec omits the key
        levels = {*EnforcementLevel}
        keys += [key for key, level in raw[name].items() if not isinstance(level, str) or level not in levels][:1]
    return keys, f"`{name}`{f' (at `[{index}]`)' if index else ''} {_SHAPES[name]}"


@cache
def config_schema() -> dict[str, dict[str, Any]]:
    """JSON schema of each setting, for CrossGuard's `PolicyConfigSchema.properties`.

    Settings that are not a single policy's own are left out; CrossGuard has an enforcement level for each policy.
    """
    _, components = msgspec.json.schema_components([Settings], ref_template="#/{name}")
    properties: dict[str, dict[str, Any]] = components["Settings"]["properties"]
    schema = {name: dict(setting) for name, setting in properties.items() if name not in NOT_PER_POLICY}
    for setting in schema.values():
        if isinstance(setting.get("default"), tuple):
            setting["default"] = list(setting["default"])
    return schema
