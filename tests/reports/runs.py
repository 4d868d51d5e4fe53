"""Runs with everything that a report can contain: exemptions, waivers to edit, several stacks, a failure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from policypack.core.policy import Exemption, Kind, Outcome, Policy, Position, Resource, Stack
from policypack.core.stack_name import StackName
from policypack.core.witness import Witness
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.evaluation.waivers import ProblemKind, WaiverProblem
from stackguard.reports import Change, Failed, NewAccess, Report, Run
from tests.reports import sample

WAIVER = Exemption(
    "waived", "the reader moves in January", "platform", date(2027, 1, 31), "SEC-12", "ann", "stackguard-waivers.yaml:2"
)
BASELINED = Exemption("baselined")
PROBLEM = WaiverProblem(
    ProblemKind.EXPIRED, "stackguard-waivers.yaml:8", "s3-public-acl", "the waiver of `s3-public-acl` expired"
)
ACCESS = NewAccess("new-access", sample.BUCKET, Witness("anyone", None, "s3:GetObject", "x"), "why", sample.BUCKET)
FAILED = Failed("infra", StackName("", "shop", "broken"), "the program failed: `KeyError`", "Traceback\n  \x1b[31mboom")


def outcomes(policies: tuple[Policy[Any], ...] = sample.POLICIES, *resources: Resource) -> list[Outcome]:
    return evaluate(policies, Stack(resources or sample.resources(), Settings()))


def report(
    policies: tuple[Policy[Any], ...] = sample.POLICIES, *resources: Resource, stack: str = "prod", **more: Any
) -> Report:
    """A stack; its first outcome is waived, its second is in the baseline if `exempt` is set."""
    exempt = more.pop("exempt", False)
    listed = outcomes(policies, *resources)
    if exempt:
        first, second, *_ = (index for index, outcome in enumerate(listed) if outcome.kind is not Kind.ERROR)
        listed[first] = replace(listed[first], exemption=WAIVER)
        listed[second] = replace(listed[second], exemption=BASELINED)
    fields: dict[str, Any] = {
        "target": "stack",
        "folder": Path("stack"),
        "stack": StackName("acme", "shop", stack),
        "accounts": ("111122223333",),
        "region": "eu-west-1",
        "seconds": 0.25,
    }
    return Report(outcomes=tuple(listed), resources=7, policies=len(policies), **(fields | more))


def run(*reports: Report, **more: Any) -> Run:
    return Run(reports or (report(),), sample.PROVENANCE, several=len(reports) > 1, **more)


def everything() -> Run:
    """Two stacks, one with a crash and exemptions; a third failed, and a waiver is to be edited."""
    return run(
        report((*sample.POLICIES, sample.CRASH), exempt=True, gone=2),
        report((sample.RESOURCE,), *sample.resources()[:3], stack="dev"),
        failed=(FAILED,),
        problems=(PROBLEM,),
    )


def changed() -> Run:
    """A stack with exemptions that is compared with a base."""
    judged = report(exempt=True)
    new, *unchanged = [outcome for outcome in judged.outcomes if not outcome.exemption]
    fixed = outcomes((sample.PLAINTEXT,), *buckets(1))
    return run(replace(judged, change=Change("main", (new,), tuple(fixed), tuple(unchanged), (ACCESS,))))


def buckets(count: int, *, name: str = "b", lines: bool = True) -> list[Resource]:
    """Resources of which each violates `s3-plaintext-transport`."""
    return [
        Resource(
            "aws:s3/bucket:Bucket",
            f"{name}{number}",
            position=Position("storage.py", number + 1) if lines else None,
        )
        for number in range(count)
    ]
