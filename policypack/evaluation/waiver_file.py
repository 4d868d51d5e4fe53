"""The file of waivers: its path goes in, waivers with their lines come out; also its schema."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec

from policypack.core.reading import yaml_reader
from policypack.core.reading.schema_errors import Misfit, misfit
from policypack.evaluation.placing.parts import WRITTEN
from policypack.evaluation.settings import SettingsError
from policypack.evaluation.settings.files import settings_errors

DEFAULT_FILE = "stackguard-waivers.yaml"
Text = Annotated[str, msgspec.Meta(min_length=1, pattern=r"\S")]


class ResourceName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A resource by its type token and its name, whatever its parent and its project."""

    type: Annotated[Text, msgspec.Meta(description="As in a URN, or as reports print it.", examples=["aws:s3:Bucket"])]
    name: Annotated[Text, msgspec.Meta(examples=["uploads"])]


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One accepted violation."""

    policy: Annotated[Text, msgspec.Meta(description="The policy's id.", examples=["s3-public-acl"])]
    resource: Annotated[
        Text | ResourceName,
        msgspec.Meta(description="The resource: its URN, or its type and name. Aliases count."),
    ]
    reason: Annotated[Text, msgspec.Meta(description="Why it is acceptable.")]
    expires: Annotated[date, msgspec.Meta(description="The last day on which it counts.")]
    stacks: Annotated[
        Text | tuple[Text, ...],
        msgspec.Meta(
            description="A pattern, or several, of `STACK`, `PROJECT/STACK` or `ORGANIZATION/PROJECT/STACK`; empty means all.",
            examples=[["prod*"]],
        ),
    ] = ()
    finding: Annotated[
        Text | None,
        msgspec.Meta(
            description="Which violation, if the policy reports several: a fingerprint, the `Sid` of a statement, or an"
            " action such as `s3:*`."
        ),
    ] = None
    parts: Annotated[
        Annotated[str, msgspec.Meta(pattern=f"^{WRITTEN}$")] | None,
        msgspec.Meta(
            description="What `--verbose` prints beside a fingerprint: the violation is accepted too if it allows less."
        ),
    ] = None
    owner: str = ""
    ticket: str = ""
    approver: str = ""


class WaiverFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a waiver file."""

    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True)
class PlacedWaiver:
    """A waiver and the place where it stands: the file and the line."""

    waiver: Waiver
    source: str


def read(path: Path) -> tuple[PlacedWaiver, ...]:
    """The waivers in a file, in its order.

    Raises:
        SettingsError: the file cannot be read, or does not fit the schema; the message names the line and the key.
    """
    with settings_errors("waiver file", path):
        document = yaml_reader.read(path)
    raw = {} if document.value is None else document.value
    if not isinstance(raw, Mapping):
        raise SettingsError(f"{path}:1: must be a mapping with `waivers`, a list")
    raw = {key: value for key, value in raw.items() if value is not None}  # the last one was removed
    try:
        waivers = msgspec.convert(raw, WaiverFile).waivers
    except msgspec.ValidationError as error:
        keys, problem = _readable(misfit(error))
        raise SettingsError(f"{path}:{document.line(keys)}: {problem}") from None
    for index, waiver in enumerate(waivers):
        if isinstance(waiver.resource, str) and not waiver.resource.startswith("urn:pulumi:"):
            line = document.line(["waivers", index, "resource"])
            needed = f"must be a URN, or `{{type: aws:s3/bucket:Bucket, name: {waiver.resource}}}` with its own type"
            raise SettingsError(f"{path}:{line}: `waivers[{index}].resource`: {needed}")
    return tuple(
        PlacedWaiver(waiver, f"{path}:{document.line(['waivers', index])}") for index, waiver in enumerate(waivers)
    )


def beside(folder: Path) -> Path | None:
    """The waiver file in a folder; None if there is none."""
    file = folder / DEFAULT_FILE
    return file if os.path.lexists(file) else None


def _readable(found: Misfit) -> tuple[list[str | int], str]:
    """The keys and a message for what does not fit."""
    keys, named = found.keys, found.named
    where = f"`{named}`: " if named else ""
    if found.missing is not None:
        return keys, f"{where}`{found.missing}` is missing"
    if found.unknown is not None:
        known = ", ".join(f"`{name}`" for name in (Waiver.__struct_fields__ if named else WaiverFile.__struct_fields__))
        return [*keys, found.unknown], f"{where}there is no key `{found.unknown}`; the keys are {known}"
    if named.endswith("expires"):
        return keys, f"{where}must be a date such as `2027-01-31`"
    if named.endswith("parts"):
        return keys, f"{where}must be as `stackguard check --verbose` prints it"
    if "matching regex" in found.problem:
        return keys, f"{where}must not be blank"
    return keys, f"{where}{found.problem}"


def schema() -> dict[str, Any]:
    """The JSON schema of a waiver file."""
    return {"title": "Waivers of stackguard", **msgspec.json.schema(WaiverFile)}
