"""The types of the JSON report of `stackguard access paths`, from which its schema is derived."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from policypack.access.paths.hops import Hold
from stackguard.reports.json_types import SCHEMA_DRAFT, Count, SourceLine

SCHEMA_ID = "https://raw.githubusercontent.com/stackguard/stackguard/main/stackguard/access/paths.schema.json"

Text = Annotated[str, msgspec.Meta(description="For people; it may change in every release.")]


class PlaceEntry(msgspec.Struct, frozen=True, rename="camel"):
    """A place on a way."""

    hold: Annotated[Hold, msgspec.Meta(description="What an attacker has of it.")]
    urn: Annotated[
        str, msgspec.Meta(description="Of the resource, as in its stack; empty for outside and for an account.")
    ]
    name: Annotated[str, msgspec.Meta(description="Of the resource, or the account.")]
    stack: Annotated[str, msgspec.Meta(description="The stack of the resource.")]


class SourceEntry(msgspec.Struct, frozen=True, rename="camel"):
    """What allows a hop."""

    urn: Annotated[str, msgspec.Meta(description="Of the resource that has the statement or the setting.")]
    stack: Annotated[str, msgspec.Meta(description="The stack of the resource.")]
    path: Annotated[str, msgspec.Meta(description="Of the statement or the setting in the resource.")]
    position: Annotated[
        SourceLine | None, msgspec.Meta(description="The line in the program; null if the stack does not state it.")
    ]


class HopEntry(msgspec.Struct, frozen=True, rename="camel"):
    """One hop of a way."""

    start: Annotated[PlaceEntry, msgspec.Meta(description="Where it begins.")]
    end: Annotated[PlaceEntry, msgspec.Meta(description="Where it leads.")]
    verb: Annotated[str, msgspec.Meta(description="What the start does with the end, such as `assumes`.")]
    certain: Annotated[bool, msgspec.Meta(description="Whether no unknown value and no condition decides it.")]
    by: Annotated[SourceEntry | None, msgspec.Meta(description="What allows it; null if nothing needs to.")]
    why: Annotated[Text, msgspec.Meta(description="What decides a hop that is not certain.")]
    example: Annotated[Text, msgspec.Meta(description="A request that is allowed.")]


class PathEntry(msgspec.Struct, frozen=True, rename="camel"):
    """One way."""

    certain: Annotated[bool, msgspec.Meta(description="Whether every hop is.")]
    hops: Annotated[tuple[HopEntry, ...], msgspec.Meta(description="In order.")]


class PathsSummary(msgspec.Struct, frozen=True, rename="camel"):
    """The counts."""

    stacks: Annotated[Count, msgspec.Meta(description="Stacks that were read.")]
    targets: Annotated[Count, msgspec.Meta(description="Resources that ways were searched to.")]
    reached: Annotated[Count, msgspec.Meta(description="Those with a way.")]
    paths: Annotated[Count, msgspec.Meta(description="Ways in the report.")]
    certain: Annotated[Count, msgspec.Meta(description="Those that are certain.")]
    unread: Annotated[Count, msgspec.Meta(description="Stacks that could not be read; `notes` has the reasons.")]
    exit_code: Annotated[Literal[0, 1, 2], msgspec.Meta(description="The exit code of the command.")]


class PathsReport(msgspec.Struct, frozen=True, rename="camel"):
    """The shortest ways."""

    version: Annotated[Literal[1], msgspec.Meta(description="Of the format.")]
    summary: Annotated[PathsSummary, msgspec.Meta(description="The counts.")]
    paths: Annotated[tuple[PathEntry, ...], msgspec.Meta(description="The shortest first.")]
    limits: Annotated[tuple[str, ...], msgspec.Meta(description="What was not looked at, because it is too much.")]
    notes: Annotated[
        tuple[str, ...], msgspec.Meta(description="What the answer rests on, and files that were not read.")
    ]


def schema() -> dict[str, Any]:
    """The JSON schema of `PathsReport`."""
    return {
        "$schema": SCHEMA_DRAFT,
        "$id": SCHEMA_ID,
        "title": "Access paths of stackguard",
        **msgspec.json.schema(PathsReport),
    }
