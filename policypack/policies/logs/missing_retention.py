"""A log group without retention keeps every log event forever.

The bill grows, and so does a store of whatever the logs contain by accident: addresses, tokens, or records that a law
or contract requires you to delete.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.core.controls import controls
from policypack.core.examples import construct, example, reported_at
from policypack.core.policy import Policy, Reading, Resource, Severity, Violation
from policypack.core.tags import Tag


def retentions(resource: Resource) -> Iterator[Reading[int]]:
    """The days that a log group keeps its events; 0 is forever. AWS sets it for the class `DELIVERY`."""
    if resource.type == "aws:cloudwatch/logGroup:LogGroup" and resource.inputs.get("logGroupClass") != "DELIVERY":
        yield "retentionInDays", resource["retentionInDays"] or 0


def check(days: int) -> Iterator[Violation]:
    if days == 0:
        yield Violation("", "log events are kept forever")


def _group(**inputs: Any) -> Resource:
    return construct("aws:cloudwatch/logGroup:LogGroup", "ingest", name="/aws/lambda/ingest", **inputs)


POLICY = Policy(
    id="logs-missing-retention",
    title="Log group keeps its log events forever",
    why=__doc__,
    severity=Severity.LOW,
    tags=[Tag.LOGS, Tag.COST],
    controls=controls(
        "nist-800-53-r5/AU-6(3)",
        "nist-800-53-r5/AU-6(4)",
        "nist-800-53-r5/AU-10",
        "nist-800-53-r5/AU-11",
        "nist-800-53-r5/CA-7",
        "nist-800-53-r5/SI-12",
    ),
    fix="Set `retentionInDays`, such as 30 or 365.",
    references=[
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html#SettingLogRetention"
    ],
    bad=reported_at(
        "retentionInDays",
        example(_group()),
        example(_group(retentionInDays=0), note="a retention of 0 days, which means forever"),
    ),
    good=[example(_group(retentionInDays=30)), example(_group(logGroupClass="DELIVERY"), note="retention set by AWS")],
    reads=retentions,
    check=check,
)
