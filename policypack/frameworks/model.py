"""What a framework is: its requirements, and the policies that check each."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._()-]*$")]


class FrameworkError(Exception):
    """A framework that cannot be used: one line for the user."""


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy that checks a requirement."""

    policy: Annotated[str, msgspec.Meta(description="The policy's id.")]
    partly: Annotated[
        bool,
        msgspec.Meta(description="Whether a part of the requirement stays unchecked, whatever other policies check."),
    ] = False
    broader: Annotated[
        bool,
        msgspec.Meta(description="Whether the policy also reports what the requirement allows."),
    ] = False
    types: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="The resource types that count, or their beginning such as `aws:sqs/`; all by default."
        ),
    ] = ()

    def about(self, type_token: str) -> bool:
        """Whether what the policy reports about a type counts."""
        return not self.types or type_token.startswith(self.types)


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One requirement of a framework."""

    id: Annotated[Name, msgspec.Meta(description="Its name in the framework: a text, in quotes if it is a number.")]
    title: Annotated[str, msgspec.Meta(description="What must be so: a short line.")]
    service: Annotated[str, msgspec.Meta(description="The service or the chapter that it belongs to.")] = ""
    url: Annotated[str, msgspec.Meta(description="Where to read more.")] = ""
    policies: Annotated[
        tuple[str | Check, ...],
        msgspec.Meta(description="The policies that check it together; none if no policy does."),
    ] = ()
    related: Annotated[
        tuple[str, ...],
        msgspec.Meta(description="Requirements of other frameworks that it supports, such as `nist-800-53-r5/AC-3`."),
    ] = ()

    @property
    def checks(self) -> tuple[Check, ...]:
        """The policies that check it."""
        return tuple(Check(policy) if isinstance(policy, str) else policy for policy in self.policies)


class Framework(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list of requirements."""

    id: Annotated[Name, msgspec.Meta(description="A short name, such as `acme-baseline`.")]
    title: Annotated[str, msgspec.Meta(description="Its name for people.")]
    requirements: Annotated[tuple[Requirement, ...], msgspec.Meta(min_length=1, description="In reading order.")]
    version: Annotated[str, msgspec.Meta(description="Its version: a text, in quotes if it is a number.")] = ""
    source: Annotated[str, msgspec.Meta(description="Where the list is published.")] = ""
    date: Annotated[str, msgspec.Meta(description="The day of the list, such as `2026-03-10`.")] = ""
    partial: Annotated[
        bool,
        msgspec.Meta(description="Whether policies check a part of any requirement only: none is then satisfied."),
    ] = False

    @property
    def name(self) -> str:
        """The title with the version."""
        return f"{self.title} {self.version}".strip()

    def whole(self, requirement: Requirement) -> bool:
        """Whether the policies that check a requirement cover it."""
        return not self.partial and any(not check.partly for check in requirement.checks)


def schema() -> dict[str, Any]:
    """The JSON schema of a framework's file."""
    (root,), definitions = msgspec.json.schema_components([Framework], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://raw.githubusercontent.com/stackguard/stackguard/main/policypack/frameworks/framework.schema.json",
        "title": "A framework of requirements for stackguard",
        **root,
        "$defs": definitions,
    }
