"""Rows of a judged stack: a report and its stack go in, rows of the store come out, without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from policypack.access.exposure.exposed import exposed
from policypack.access.solver.verdict import Verdict
from policypack.core.policy import Outcome, Resource, Stack
from policypack.evaluation.places import hashed
from policypack.iam.arn import Arn
from policypack.joining.facts import facts
from stackguard.access.report import StackReport, without_secret
from stackguard.audit.store.tables import AccessRow, EvidenceRow, FactRow, OutcomeRow, ResourceRow
from stackguard.gate.request import Judged
from stackguard.reports import Report
from stackguard.reports.evidence import Came
from stackguard.reports.fingerprint import IdentifiedOutcome
from stackguard.reports.formatting import printable, url
from stackguard.sources import LoadedStack

JudgedRows = dict[str, list[Any]]
"""By table, the rows."""


def rows_of(judged: Judged, loaded: LoadedStack, stack: Stack, shard: str, stack_id: str) -> JudgedRows:
    """The rows about a stack in all tables but `stacks`.

    Args:
        judged: the verdicts.
        loaded: the stack as it was read.
        stack: the stack as it was judged.
        shard: the batch.
        stack_id: the stack's id in the store.
    """
    report = judged.report
    key = {"shard": shard, "stack_id": stack_id}
    by_type = _by_type(report)
    return {
        "resources": [ResourceRow(**key, **facts) for facts in _resources(loaded, report)],
        "outcomes": [_outcome(report, identified, shard, stack_id) for identified in report.identified],
        "evidence": [
            EvidenceRow(**key, policy=policy, came=came, count=count, by_type=by_type.get((policy, came), "{}"))
            for policy, counts in report.evidence.items()
            for came, count in counts.items()
            if came != Came.NOT_APPLICABLE
        ],
        "access": [AccessRow(**key, **facts) for facts in _access(loaded, stack)],
        "facts": [FactRow(**key, **texts) for texts in _facts(judged, loaded, stack, stack_id)],
    }


def _facts(judged: Judged, loaded: LoadedStack, stack: Stack, stack_id: str) -> Iterator[dict[str, str]]:
    """What the stack contributes to the answers about others, if it does."""
    accounts = () if loaded.stand_in else judged.report.accounts
    contributed = facts(stack, stack_id, accounts, judged.report.outcomes)
    if contributed.resources or contributed.settings or contributed.needs or contributed.unplaced:
        parts = {"facts": contributed, "links": contributed.links}
        yield {name: loaded.mask.hide(msgspec.json.encode(part).decode()) for name, part in parts.items()}


def _by_type(report: Report) -> dict[tuple[str, str], str]:
    """By policy and what came of it, the counts by resource type as a JSON object."""
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for (policy, type_token), kinds in report.evidence_by_type.items():
        for came, count in kinds.items():
            counts.setdefault((policy, came), {})[printable(type_token)] = count
    return {key: msgspec.json.encode(types, order="sorted").decode(errors="replace") for key, types in counts.items()}


def _resources(loaded: LoadedStack, report: Report) -> Iterator[dict[str, str]]:
    hide = loaded.mask.hide
    account, region = next(iter(report.accounts), ""), report.region or ""
    for resource in loaded.resources:
        if resource.external or not resource.custom or resource.type.startswith("pulumi:"):
            continue
        text = resource.outputs.get("arn")
        arn = Arn.parse(text) if isinstance(text, str) and "arn" not in resource.secrets else None
        yield {
            "urn": printable(hide(resource.urn)),
            "type": printable(resource.type),
            "name": printable(hide(resource.name)),
            "arn": printable(hide(str(text))) if arn else "",
            "account": arn.account if arn and arn.account else account,
            "region": arn.region if arn else region,
            "tags": _tags(resource, loaded),
        }


def _tags(resource: Resource, loaded: LoadedStack) -> str:
    tags = resource["tags"]
    if not isinstance(tags, dict) or not tags or any(path.startswith("tags") for path in resource.secrets):
        return "{}"
    hide = loaded.mask.hide
    plain = {hide(key): hide(value) for key, value in tags.items() if isinstance(value, str)}
    return msgspec.json.encode(plain, order="sorted").decode(errors="replace")


def _outcome(report: Report, identified: IdentifiedOutcome, shard: str, stack_id: str) -> OutcomeRow:
    outcome, exemption = identified.outcome, identified.outcome.exemption
    resource, policy, position = outcome.resource, outcome.policy, outcome.resource.position
    return OutcomeRow(
        shard=shard,
        stack_id=stack_id,
        id=hashed(stack_id, identified.fingerprint),
        fingerprint=identified.fingerprint,
        outcome=outcome.kind.value,
        policy=policy.id,
        service=policy.id.partition("-")[0],
        severity=policy.severity.value,
        rank=policy.severity.rank,
        enforcement=outcome.enforcement.value,
        blocks=report.blocks(outcome),
        urn=printable(resource.urn),
        type=printable(resource.type),
        name=printable(resource.name),
        path=printable(outcome.path),
        message=printable(outcome.message),
        fix=printable(outcome.fix),
        url=url(policy),
        file=printable(position.file) if position else "",
        line=position.line if position else 0,
        subsumed_by=identified.cause or "",
        **(_exempted(outcome) if exemption else {}),
    )


def _exempted(outcome: Outcome) -> dict[str, str]:
    exemption = outcome.exemption
    assert exemption is not None
    return {
        "exemption": exemption.kind,
        "exemption_reason": printable(exemption.reason),
        "exemption_owner": printable(exemption.owner),
        "exemption_expires": str(exemption.expires or ""),
        "exemption_ticket": printable(exemption.ticket),
    }


def _access(loaded: LoadedStack, stack: Stack) -> Iterator[dict[str, str]]:
    report = StackReport(loaded.target, loaded.folder, loaded.secrets)
    for entry in exposed(stack):
        if entry.verdict is Verdict.NOT_PUBLIC:
            continue
        exposure = entry.exposure
        answer = without_secret(exposure.by, exposure.path, exposure.answer)
        yield {
            "urn": report.clean(entry.resource.urn),
            "type": printable(entry.resource.type),
            "name": report.clean(entry.resource.name),
            "verdict": entry.verdict.value,
            "why": report.clean(answer.why),
            "example": report.clean(str(answer.witness or "")),
            "decided_by": report.clean(exposure.by.urn),
            "path": printable(exposure.path),
        }
