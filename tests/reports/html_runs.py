"""Runs for the HTML report: with everything, with nothing, and with many outcomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from policypack.core.policy import Exemption, Outcome, Policy, Position, Resource, Severity, Stack
from policypack.core.stack_name import StackName
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.evaluation.waivers import ProblemKind, WaiverProblem
from policypack.frameworks.model import Check, Framework, Requirement
from policypack.frameworks.roll_up import RollUp, roll_up
from stackguard import reports
from stackguard.notes import Note, NoteKind
from stackguard.reports import Failed, Report, Run, Screen
from tests.reports import sample

WAIVER = Exemption(
    "waived",
    "the partner needs it",
    "team-data",
    date(2027, 1, 31),
    "SEC-12",
    "ann",
    "stackguard-waivers.yaml:3",
)
BASELINED = Exemption("baselined", owner="ann@example.com")
HOSTILE = "</script><script>document.title='run'</script><img src=x onerror=\"document.title='run'\">'\"&{{ 7*7 }}\u202egpj\x1b[31m"
POLICIES = (*sample.POLICIES, sample.CRASH)

PROGRAM = """import json
import pulumi_aws as aws

class Ingest:
    def __init__(self):
        aws.iam.RolePolicy(
            "reader",
            role="reader",
            policy=json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
                {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
            ]}),
        )
"""


def outcomes(resources: tuple[Resource, ...], policies: tuple[Policy[Any], ...] = sample.POLICIES) -> list[Outcome]:
    return list(evaluate(policies, Stack(resources, Settings())))


def report(
    resources: tuple[Resource, ...],
    policies: tuple[Policy[Any], ...] = sample.POLICIES,
    change: Callable[[int, Outcome], Outcome] = lambda _, outcome: outcome,
    **more: Any,
) -> Report:
    judged = tuple(change(number, outcome) for number, outcome in enumerate(outcomes(resources, policies)))
    fields: dict[str, Any] = {"stack": StackName("acme", "pipeline", "dev"), "accounts": ("111122223333",)}
    return Report("stack", judged, len(resources), len(policies), **(fields | more))


def html(*judged: Report, **more: Any) -> str:
    provenance = replace(sample.PROVENANCE, policies=tuple(policy.id for policy in POLICIES))
    fields: dict[str, Any] = {"provenance": provenance, "several": len(judged) > 1}
    return reports.render(Run(judged, **(fields | more)), "html", Screen())


def rolled_up(title: str) -> tuple[RollUp, ...]:
    """A framework with a requirement of each status, whose titles are this text."""
    counts = {came: {came: 1} for came in ("violation", "undecided", "waived", "pass", "not-applicable", "disabled")}
    ids = (*counts, "part", "nobody")
    checks = {"part": (Check("pass", partly=True),), "nobody": ()}
    requirements = [Requirement(name, title, title, policies=checks.get(name, (name,))) for name in ids]
    return (roll_up(Framework("acme", title, tuple(requirements)), counts),)


def nothing() -> str:
    return html(report(sample.resources()[:2], region="eu-west-1"))


def everything() -> str:
    """Two stacks that were judged, one that was not; each kind and status of outcome, notes, problems, evidence."""

    def exempted(number: int, outcome: Outcome) -> Outcome:
        exemptions = {"iam-wildcard-action": WAIVER, "s3-plaintext-transport": BASELINED}
        return replace(outcome, exemption=exemptions.get(outcome.policy.id))

    dev = report(
        sample.resources(),
        POLICIES,
        folder=Path("stack"),
        without_policy={"aws:ec2/vpc:Vpc": 3},
        notes=(Note(NoteKind.ACCOUNT, "111122223333", "stands in for this program's own account", (sample.BUCKET,)),),
        evidence={"iam-wildcard-action": {"violation": 2, "pass": 1}, "iam-open-trust": {"not-applicable": 4}},
    )
    prod = report(sample.resources(), POLICIES, exempted, stack=StackName("acme", "pipeline", "prod"), gone=2)
    return html(
        dev,
        prod,
        failed=(Failed("old", StackName("acme", "old", "dev"), "the program ends with an error", "Traceback\n  line"),),
        problems=(
            WaiverProblem(ProblemKind.EXPIRED, "stackguard-waivers.yaml:9", "s3-public-acl", "the waiver ended"),
        ),
        frameworks=rolled_up("Acme's baseline"),
    )


def grouped() -> str:
    """Two resources, two policies, and two statements in the first resource."""
    reader = sample.role_policy("reader", sample.document(sample.allow("s3:*", "*"), sample.allow("iam:*", "*")))
    writer = sample.role_policy("writer", sample.document(sample.allow("s3:*", "*")))
    second = replace(sample.WILDCARD, id="iam-second", severity=Severity.HIGH)
    return html(report((reader, writer), (sample.WILDCARD, second)))


def placed(folder: Path) -> str:
    """A policy that a component constructs; the source in the folder states its second statement on line 11."""
    (folder / ".git").mkdir()
    (folder / "__main__.py").write_text("from storage import Ingest\n\nIngest()\n")
    (folder / "storage.py").write_text(PROGRAM)
    reader = replace(
        sample.role_policy("reader", sample.document(sample.allow("s3:GetObject", "*"), sample.allow("iam:*", "*"))),
        parent=sample.COMPONENT,
        position=Position("storage.py", 6),
        callers=(Position("__main__.py", 3),),
    )
    return html(report((reader,), (sample.WILDCARD,), folder=folder))


def many(count: int) -> str:
    """A violation of each of so many resources; a tenth is waived, by one of seven owners."""

    def exempted(number: int, outcome: Outcome) -> Outcome:
        return replace(outcome, exemption=replace(WAIVER, owner=f"team-{number % 7}")) if number % 10 == 0 else outcome

    return html(report(tuple(map(reader, range(count))), change=exempted))


def reader(number: int) -> Resource:
    read = sample.allow("s3:GetObject", f"arn:aws:s3:::inbox-{number}/*", Sid="Read")
    return sample.role_policy(
        f"reader-{number}",
        sample.document(read, sample.allow(["logs:PutLogEvents", "*"], f"arn:aws:s3:::inbox-{number}")),
        position=Position("__main__.py", number + 1),
    )


def hostile() -> str:
    """Everything that comes from outside tries to become HTML."""
    card = replace(
        sample.WILDCARD,
        id=HOSTILE,
        title=HOSTILE,
        why=HOSTILE,
        references=[f"https://{HOSTILE}", "javascript:alert(1)"],
    )
    policy = replace(
        sample.role_policy(HOSTILE, sample.document(sample.allow("*", HOSTILE, Sid=HOSTILE))),
        position=Position(HOSTILE, 1),
    )
    waiver = Exemption("waived", HOSTILE, HOSTILE, date(2027, 1, 31), HOSTILE, HOSTILE, HOSTILE)

    def changed(number: int, outcome: Outcome) -> Outcome:
        return replace(outcome, message=HOSTILE, fix=HOSTILE, exemption=waiver, waits_for=(HOSTILE,))

    judged = report(
        (policy,),
        (card,),
        changed,
        stack=StackName(HOSTILE, HOSTILE, HOSTILE),
        accounts=(HOSTILE,),
        region=HOSTILE,
        without_policy={HOSTILE: 1},
        notes=(Note(NoteKind.ACCOUNT, HOSTILE, HOSTILE, (HOSTILE,)),),
        evidence={HOSTILE: {HOSTILE: 1}},
    )
    return html(
        replace(judged, target=HOSTILE),
        provenance=replace(sample.PROVENANCE, commit=HOSTILE, settings=HOSTILE, versions={HOSTILE: HOSTILE}),
        failed=(Failed(HOSTILE, StackName(HOSTILE, HOSTILE, HOSTILE), HOSTILE, HOSTILE),),
        problems=(WaiverProblem(ProblemKind.UNUSED, HOSTILE, HOSTILE, HOSTILE),),
        frameworks=rolled_up(HOSTILE),
        several=True,
    )
