"""The report for the Code Quality widget of a merge request in GitLab.

Source: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policypack.core.policy import Kind, Severity
from stackguard.reports import Run, Screen
from stackguard.reports.ci import Row, rows
from stackguard.reports.formatting import indented_json, printable

SEVERITIES: Mapping[Severity, str] = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
}


def render(run: Run, screen: Screen) -> str:  # noqa: ARG001 (every format has this signature)
    """The run as Code Quality: what does not block is `info`."""
    return indented_json([_issue(row, run) for row in rows(run)])


def _issue(row: Row, run: Run) -> dict[str, Any]:
    stack = f"{printable(row.report.label)}: " if run.several else ""
    undecided = "undecided: " if row.outcome.kind is Kind.UNDECIDED else ""
    return {
        "description": f"{stack}{undecided}{row.text}",
        "check_name": printable(row.outcome.policy.id),
        "fingerprint": row.fingerprint,
        "severity": SEVERITIES[row.outcome.policy.severity] if row.blocks else "info",
        "location": {"path": row.file, "lines": {"begin": row.line}},
    }
