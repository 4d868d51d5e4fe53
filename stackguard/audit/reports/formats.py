"""The formats of `stackguard audit report` by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policypack.frameworks.model import Framework
from stackguard.audit.reports import csv, html, json, markdown, ocsf, text
from stackguard.audit.reports.frameworks import states
from stackguard.audit.reports.rollups import Rollups


def render(rollups: Rollups, form: str, frameworks: Sequence[Framework]) -> Iterable[str]:
    """A report in parts, which together are the file."""
    match form:
        case "html":
            return [html.render(rollups, frameworks)]
        case "json":
            return [json.render(rollups, frameworks)]
        case "csv":
            return csv.render(rollups)
        case "ocsf":
            return ocsf.render(rollups)
        case "markdown":
            return [markdown.render(rollups, states(rollups, frameworks))]
        case _:
            return [text.render(rollups, states(rollups, frameworks))]
