"""The objects of a SARIF log that our reports use, by the names of its standard.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from stackguard.reports.formatting import printable

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
"""The base of every relative address: the root of the repository."""

SarifLevel = Literal["error", "warning", "note"]


class Struct(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What every object has in common: what is not said is left out."""


class Message(Struct, frozen=True, kw_only=True):
    """Plain text, with Markdown beside it where a viewer can show that."""

    text: str
    markdown: str | None = None


class Configuration(Struct, frozen=True, kw_only=True):
    """What a rule's results are, unless they say otherwise."""

    level: SarifLevel


class Rule(Struct, frozen=True, kw_only=True):
    """A `reportingDescriptor`: what results refer to."""

    id: str
    short_description: Message
    full_description: Message
    help: Message
    help_uri: str | None = None
    default_configuration: Configuration
    properties: Mapping[str, Any] = {}


class Driver(Struct, frozen=True, kw_only=True):
    """The program that looked."""

    name: str
    version: str
    information_uri: str
    rules: tuple[Rule, ...]


class Tool(Struct, frozen=True, kw_only=True):
    """The driver alone: we have no plugins."""

    driver: Driver


class ArtifactLocation(Struct, frozen=True, kw_only=True):
    """A file: relative to a base, or a `file:` address where it lies outside of it."""

    uri: str | None = None
    uri_base_id: str | None = None
    description: Message | None = None


class Region(Struct, frozen=True, kw_only=True):
    """A line, counted from 1."""

    start_line: int


class PhysicalLocation(Struct, frozen=True, kw_only=True):
    """A line of a file."""

    artifact_location: ArtifactLocation
    region: Region


class LogicalLocation(Struct, frozen=True, kw_only=True):
    """A thing with a name: a resource."""

    name: str
    fully_qualified_name: str
    kind: Literal["resource"]


class Location(Struct, frozen=True, kw_only=True):
    """Where a result is."""

    physical_location: PhysicalLocation
    logical_locations: tuple[LogicalLocation, ...] = ()


class Result(Struct, frozen=True, kw_only=True):
    """One thing that was found."""

    rule_id: str
    rule_index: int
    level: SarifLevel
    message: Message
    locations: tuple[Location, ...]
    partial_fingerprints: Mapping[str, str]
    properties: Mapping[str, Any] = {}


class RuleReference(Struct, frozen=True, kw_only=True):
    """A rule by its place in the driver's list."""

    id: str
    index: int


class Notification(Struct, frozen=True, kw_only=True):
    """What is to be known of the run itself."""

    level: SarifLevel
    message: Message
    associated_rule: RuleReference | None = None


class Invocation(Struct, frozen=True, kw_only=True):
    """How the run ended."""

    execution_successful: bool
    exit_code: int
    tool_execution_notifications: tuple[Notification, ...] = ()


class Run(Struct, frozen=True, kw_only=True):
    """What one tool found."""

    tool: Tool
    invocations: tuple[Invocation, ...]
    results: tuple[Result, ...]
    original_uri_base_ids: Mapping[str, ArtifactLocation]


class Log(Struct, frozen=True, kw_only=True):
    """The file."""

    schema: str = msgspec.field(name="$schema")
    version: str
    runs: tuple[Run, ...]


def written(*runs: Run) -> str:
    """A log of these runs, as indented JSON that ends in a line break."""
    log = Log(schema=SCHEMA, version="2.1.0", runs=runs)
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"


def plain(*lines: str) -> Message:
    """Lines of plain text, printable each, in which nothing is taken for a link: `[word](address)` would be one."""
    return Message(text="\n".join(printable(line).replace("](", "] (") for line in lines if line))


def uri_bases() -> Mapping[str, ArtifactLocation]:
    """What relative addresses are relative to; not where that lies on the machine that wrote the log."""
    return {ROOT: ArtifactLocation(description=Message(text="The root of the repository."))}
