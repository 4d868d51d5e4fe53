"""The report for programs: one JSON object, by the schema in `outcomes.schema.json`."""

from __future__ import annotations

import msgspec

from stackguard.reports import Report, Screen
from stackguard.reports.model import document


def render(report: Report, screen: Screen) -> str:  # noqa: ARG001 (the same wherever it goes)
    """The report as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(document(report)), indent=2).decode() + "\n"
