"""The report for a spreadsheet: CSV as in RFC 4180, a line for each outcome, exempt ones too.

A cell that a spreadsheet would run as a formula begins with an apostrophe. Sources:
https://www.rfc-editor.org/rfc/rfc4180 and https://owasp.org/www-community/attacks/CSV_Injection.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from policypack.core.policy import Exemption
from stackguard.reports import Report, Run, Screen
from stackguard.reports.ci import place
from stackguard.reports.fingerprint import IdentifiedOutcome
from stackguard.reports.formatting import printable, url

FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
"""What begins a formula, also as a full-width character."""
COLUMNS = (
    *("project", "stack", "target", "outcome", "policy", "severity", "enforcement", "blocks"),
    *("type", "name", "path", "message", "fix", "file", "line"),
    *("exemption", "reason", "owner", "expires", "ticket", "approver", "waiver"),
    *("url", "urn", "fingerprint", "accounts", "region"),
)
NO_EXEMPTION = ("", *("",) * 6)


def render(run: Run, screen: Screen) -> str:  # noqa: ARG001 (every format has this signature)
    """The run as CSV, with the names of the columns in the first line."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for report in run.reports:
        for result in report.identified:
            writer.writerow(map(cell, _values(report, result)))
    return out.getvalue()


def _values(report: Report, result: IdentifiedOutcome) -> Iterator[str]:
    outcome = result.outcome
    resource, policy = outcome.resource, outcome.policy
    file, line = place(outcome, report)
    yield from (report.stack.project, report.stack.stack, report.target, outcome.kind, policy.id, policy.severity)
    yield from (outcome.enforcement, "yes" if report.blocks(outcome) else "no")
    yield from (resource.type, resource.name, outcome.path, outcome.message, outcome.fix, file, str(line))
    yield from _exemption(outcome.exemption) if outcome.exemption else NO_EXEMPTION
    yield from (url(policy), resource.urn, result.fingerprint, " ".join(report.accounts), report.region or "")


def _exemption(exemption: Exemption) -> Iterator[str]:
    yield from (exemption.kind, exemption.reason, exemption.owner, str(exemption.expires or ""))
    yield from (exemption.ticket, exemption.approver, exemption.source)


def cell(value: str) -> str:
    """The value as a cell that no spreadsheet runs."""
    text = printable(value)
    return f"'{text}" if text and not text[0].isalnum() and FORMULA.match(text) else text
