"""The open violations for a spreadsheet: a line for each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from stackguard.audit.reports.results import Finding
from stackguard.audit.reports.rollups import Rollups
from stackguard.reports.csv import cell

LINES = 1000
"""Lines that are written at once."""


def render(rollups: Rollups) -> Iterator[str]:
    """The violations, the most severe first, after the names of the columns."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow((*Finding.__struct_fields__,))
    for number, finding in enumerate(rollups.findings(arns=True)):
        writer.writerow(cell(str(getattr(finding, name))) for name in Finding.__struct_fields__)
        if number % LINES == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
