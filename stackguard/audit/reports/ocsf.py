"""Violations as Compliance Findings of the Open Cybersecurity Schema Framework: JSON lines.

The version is the one that AWS Security Hub takes. Sources: https://schema.ocsf.io/1.6.0/classes/compliance_finding and
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-ocsf.html. Security Hub takes a finding for closed by
its activity, and deletes an active one that is not sent again in 90 days
(https://docs.aws.amazon.com/securityhub/latest/userguide/ocsf-findings.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec

from policypack.core.policy import Policy
from policypack.frameworks.catalog import PUBLISHED, published, supported
from policypack.policies import POLICIES
from stackguard.audit.reports.results import Finding
from stackguard.audit.reports.rollups import VIOLATION, Rollups
from stackguard.reports.formatting import printable_json

VERSION = "1.6.0"
CLASS, CATEGORY = 2003, 2
SEVERITIES = {"low": 2, "medium": 3, "high": 4, "critical": 5}
ACTIVITIES = {"Create": 1, "Update": 2, "Close": 3}
STATUSES = {"open": (1, "New"), "waived": (3, "Suppressed"), "fixed": (4, "Resolved")}
REPORTED = f"(is_open OR is_fixed OR known = 'waived') AND {VIOLATION}"
Object = dict[str, Any]


def render(rollups: Rollups) -> Iterator[str]:
    """A line for each violation that is open, waived, or fixed since the run that this one is compared with."""
    time = rollups.info.started
    before = next((info.started for info in rollups.runs if info.id == rollups.previous), "")
    for finding in rollups.findings(REPORTED, arns=True):
        line = msgspec.json.encode(_event(finding, time, before)).decode(errors="replace")
        yield printable_json(line) + "\n"


def _event(finding: Finding, time: str, before: str) -> Object:
    card = _cards().get(finding.policy)
    fixed = finding.status == "fixed"
    activity = "Close" if fixed else "Create" if finding.first_seen > before else "Update"
    status_id, status = STATUSES[finding.status]
    title = card.title if card else finding.policy
    return _present(
        {
            "activity_id": ACTIVITIES[activity],
            "activity_name": activity,
            "category_uid": CATEGORY,
            "category_name": "Findings",
            "class_uid": CLASS,
            "class_name": "Compliance Finding",
            "type_uid": CLASS * 100 + ACTIVITIES[activity],
            "type_name": f"Compliance Finding: {activity}",
            "time": _milliseconds(time),
            "time_dt": time,
            "severity_id": SEVERITIES[finding.severity],
            "severity": finding.severity.capitalize(),
            "status_id": status_id,
            "status": status,
            "message": finding.message or title,
            "metadata": _metadata(finding),
            "finding_info": _info(finding, title, time),
            "cloud": _present(
                {
                    "provider": "AWS",
                    "account": {"uid": finding.account} if finding.account else None,
                    "region": finding.region,
                    "cloud_partition": _partition(finding),
                }
            ),
            "compliance": _compliance(finding, card, fixed=fixed),
            "remediation": _remediation(finding, card),
            "resources": [_resource(finding)],
            "unmapped": _present({"stack_id": finding.stack_id, "file": finding.file, "line": finding.line}),
        }
    )


def _metadata(finding: Finding) -> Object:
    product = {"name": "Stackguard", "uid": "stackguard", "vendor_name": "Stackguard", "version": _version()}
    return {"version": VERSION, "profiles": ["cloud", "datetime"], "product": product, "event_code": finding.policy}


def _info(finding: Finding, title: str, time: str) -> Object:
    times = {"created": finding.first_seen, "first_seen": finding.first_seen, "last_seen": finding.last_seen}
    times["modified"] = time
    return _present(
        {
            "uid": finding.id,
            "title": title,
            "desc": finding.message,
            "types": ["Software and Configuration Checks"],
            "analytic": {"uid": finding.policy, "name": title, "type_id": 1, "type": "Rule"},
            **{f"{name}_time": _milliseconds(value) for name, value in times.items()},
            **{f"{name}_time_dt": value for name, value in times.items()},
        }
    )


def _compliance(finding: Finding, card: Policy[Any] | None, *, fixed: bool) -> Object:
    status_id, status = (1, "Pass") if fixed else (3, "Fail")
    standards, requirements = _controls(finding.policy)
    return _present(
        {
            "control": requirements[0].partition("/")[2] if requirements else finding.policy,
            "standards": list(standards),
            "requirements": list(requirements),
            "status_id": status_id,
            "status": status,
            "status_details": [finding.message] if finding.message else None,
            "checks": [
                {
                    "uid": finding.policy,
                    "name": card.title if card else finding.policy,
                    "severity_id": SEVERITIES[finding.severity],
                    "status_id": status_id,
                    "status": status,
                }
            ],
        }
    )


def _remediation(finding: Finding, card: Policy[Any] | None) -> Object | None:
    fix = finding.fix or (card.fix if card else "")
    references = list(card.references) if card else [finding.url] if finding.url else []
    return _present({"desc": fix, "references": references}) if fix else None


def _resource(finding: Finding) -> Object:
    return _present(
        {
            "uid": finding.arn or finding.urn or finding.stack_id,
            "uid_alt": finding.urn if finding.arn else "",
            "name": finding.name,
            "type": finding.type,
            "region": finding.region,
            "cloud_partition": _partition(finding),
            "namespace": finding.stack_name,
            "owner": {"name": finding.owner} if finding.owner else None,
        }
    )


def _partition(finding: Finding) -> str:
    return finding.arn.split(":")[1] if finding.arn.startswith("arn:") else ""


def _present(facts: Mapping[str, Any]) -> Object:
    """The facts that are known."""
    return {name: value for name, value in facts.items() if value not in (None, "", [], 0)}


def _milliseconds(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000)


@cache
def _cards() -> Mapping[str, Policy[Any]]:
    return {policy.id: policy for policy in POLICIES}


@cache
def _version() -> str:
    return version("stackguard")


@cache
def _controls(policy: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the standards, and the requirements, that a policy checks."""
    card = _cards().get(policy)
    controls = [control.id for control in (*card.controls, *supported(card))] if card else []
    names = {framework: published(framework).name for framework in PUBLISHED}
    standards = dict.fromkeys(
        names[framework] for framework in (control.partition("/")[0] for control in controls) if framework in names
    )
    return tuple(standards), tuple(dict.fromkeys(controls))
