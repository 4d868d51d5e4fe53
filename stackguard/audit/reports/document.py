"""The form of the JSON document, whose schema is `audit.schema.json`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from stackguard.audit.reports.results import Overview

SCHEMA_ID = "https://raw.githubusercontent.com/stackguard/stackguard/main/stackguard/audit/reports/audit.schema.json"


class Document(msgspec.Struct, frozen=True):
    """The report of `stackguard audit report --format json`."""

    version: Annotated[Literal[1], msgspec.Meta(description="The version of this form.")]
    audit: Annotated[Overview, msgspec.Meta(description="The roll-ups.")]


def schema() -> dict[str, Any]:
    """The JSON schema of `Document`."""
    (root,), definitions = msgspec.json.schema_components([Document], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Roll-ups of an audit of stackguard",
        **root,
        "$defs": definitions,
    }
