"""The schema of the settings: what an operator sets, and what a central file locks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

import msgspec

from policypack.core.policy import EnforcementLevel, Severity
from policypack.iam.addresses import Ranges

Region = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,}(-[a-z]+)+-\d$", examples=["eu-west-1"])]
Account = Annotated[str, msgspec.Meta(pattern=r"^\d{12}$", examples=["111122223333"])]
Cidr = Annotated[str, msgspec.Meta(min_length=1, examples=["203.0.113.0/24"])]
Selector = Annotated[str, msgspec.Meta(min_length=1, examples=["s3-public-acl", "tag:s3", "severity:critical"])]
"""Policies by id, tag or severity; those of other packs as `PACK/POLICY`."""
Level = Literal["mandatory", "advisory"]

DEFAULT_FILE = "stackguard.yaml"
UNSEEN = frozenset({"pulumi-unseen-component", "pulumi-unseen-resource"})
"""Policies about resources that a preview lacks: undecided without an unknown value, each at its own level."""


class SettingsError(ValueError):
    """Settings that do not fit the schema. The message names the key and how to fix it."""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """The key `locked`: limits that no other file and no option loosens. Limits of several files all count."""

    never_waive: Annotated[
        tuple[Selector, ...],
        msgspec.Meta(description="Policies whose violations neither a waiver nor a baseline accepts."),
    ] = ()
    longest_waiver: Annotated[
        Mapping[Severity, Annotated[int, msgspec.Meta(ge=0)]],
        msgspec.Meta(description="By severity, the days from today after which a waiver may not expire."),
    ] = {}
    enforcement: Annotated[
        Mapping[Selector, Level],
        msgspec.Meta(description="The least enforcement level of policies; of all that fit a policy, the strictest."),
    ] = {}
    fail_on: Annotated[Severity | None, msgspec.Meta(description="The highest value that `failOn` may have.")] = None
    unknown: Annotated[
        Literal["mandatory"] | None, msgspec.Meta(description="Undecided policies block, whatever else is set.")
    ] = None
    waiver_problems: Annotated[
        Literal["mandatory"] | None, msgspec.Meta(description="Expired and unused waivers block, whatever else is set.")
    ] = None
    allowed_regions: Annotated[
        Annotated[tuple[Region, ...], msgspec.Meta(min_length=1)] | None,
        msgspec.Meta(description="The regions that `allowedRegions`, or a stack's own region, may be of."),
    ] = None
    trusted_cidrs: Annotated[
        tuple[Cidr, ...] | None, msgspec.Meta(description="The ranges that `trustedCidrs` must be within.")
    ] = None
    trusted_accounts: Annotated[
        tuple[Account, ...] | None, msgspec.Meta(description="The accounts that `trustedAccounts` may be of.")
    ] = None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """The settings in effect for one stack. Build with `resolve`, or with keyword arguments in tests."""

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
        Level,
        msgspec.Meta(description="What an undecided policy does: `mandatory` blocks, `advisory` reports."),
    ] = "mandatory"
    enforcement: Annotated[
        Mapping[Selector, EnforcementLevel],
        msgspec.Meta(
            description="Enforcement level by policy id, `tag:TAG` or `severity:SEVERITY`, where it is not the policy's "
            "default. An id counts before a tag, and a tag before a severity; of several tags, the strictest."
        ),
    ] = {}
    fail_on: Annotated[
        Severity, msgspec.Meta(description="The lowest severity that blocks; `--fail-on` takes precedence.")
    ] = Severity.LOW
    waiver_problems: Annotated[
        Level,
        msgspec.Meta(description="What a waiver does that has expired, or accepts nothing: `mandatory` blocks."),
    ] = "mandatory"
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
    policies: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Further policies: installed modules, or paths of files and packages, relative to this file."
        ),
    ] = ()
    exclude: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1)], ...],
        msgspec.Meta(
            description="Folders, relative to this file, whose programs `check` and `baseline` leave out of a folder that"
            " holds programs: those that cannot run offline, such as `runtime: yaml`.",
            examples=[["infra/legacy", "examples/*"]],
        ),
    ] = ()
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
    limits: Limits = Limits()
    """What central files and others lock; it is no setting."""
    least: Mapping[Selector, EnforcementLevel] | None = None
    """The levels of the pack's own file, which a file beside a program only raises; it is no setting."""

    @property
    def regions(self) -> tuple[str, ...]:
        """The allowed regions: as set, else the stack's own, else none; within the limits."""
        regions = self.allowed_regions or ((self.stack_region,) if self.stack_region else ())
        locked = self.limits.allowed_regions
        return regions if locked is None else tuple(region for region in regions if region in locked) or locked


class Programs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """The key `programs` of a central file: what a settings file below it may loosen. It may tighten anything."""

    may_waive: Annotated[bool, msgspec.Meta(description="Whether waivers and a baseline beside a program count.")] = (
        False
    )
    may_set: Annotated[
        tuple[str, ...], msgspec.Meta(description="The settings that a program's file sets as it likes.")
    ] = ()


NOT_SETTINGS = frozenset({"stackRegion", "limits", "least"})
"""Fields of `Settings` that no file sets."""
NAMES = tuple(name for name in Settings.__struct_encode_fields__ if name not in NOT_SETTINGS)
"""The names of the settings."""
CONDITIONS = ("projects", "stacks", "paths")
"""The keys of an entry of `overrides` that say where it applies."""
STRUCTURE = ("overrides", "locked", "programs")
"""The keys of a file beside the settings."""


def within(cidrs: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The part of some address ranges that is within the union of others, as ranges of the two."""
    inside = [cidr for cidr in cidrs if not Ranges.parse(cidr) - _union(allowed)]
    narrower = (limit for limit in allowed if limit not in inside and not Ranges.parse(limit) - _union(cidrs))
    covered = _union(inside)
    return (*inside, *(limit for limit in narrower if Ranges.parse(limit) - covered))


def _union(cidrs: Iterable[str]) -> Ranges:
    return Ranges.union(map(Ranges.parse, cidrs))
