"""The roll-ups of an audit as one JSON document."""

from __future__ import annotations

from collections.abc import Sequence

from policypack.frameworks.model import Framework
from stackguard.audit.reports.document import Document
from stackguard.audit.reports.overview import EVERYTHING, overview
from stackguard.audit.reports.rollups import Rollups
from stackguard.reports.formatting import indented_json


def render(rollups: Rollups, frameworks: Sequence[Framework] = ()) -> str:
    """The document."""
    return indented_json(Document(1, overview(rollups, frameworks, EVERYTHING)))
