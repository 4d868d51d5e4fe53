"""From a target to a validated template: load, translate, hold it to cfn-lint and to our own policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policypack.core.policy import Resource, Stack
from policypack.evaluation.redaction import secrets_of
from policypack.evaluation.settings import read
from stackguard.errors import CannotJudge
from stackguard.gate.judging import with_region
from stackguard.gate.masked import masked
from stackguard.notes import Note
from stackguard.reports import Report
from stackguard.reports.formatting import name_of, printable
from stackguard.sources import RunOptions, load
from stackguard.stand_in import NOTE, mentioned
from stackguard.template.emit import Problem
from stackguard.template.serialize import placed, text_of
from stackguard.template.translation import translate
from stackguard.template.validation import Validation, lint
from stackguard.template.verdict import Difference, judge


@dataclass(frozen=True, slots=True)
class Order:
    """What to make: of which target, for which file, in which format, and whether a part of it will do."""

    target: str
    how: RunOptions
    file: str
    format: str = "json"
    settings: Path | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A template and what came of validating it."""

    document: Mapping[str, Any]
    resources: int
    """How many resources of the program it says."""
    validation: Validation
    notes: tuple[Note, ...]


def make(order: Order) -> Made:
    """Make a template.

    Raises:
        CannotJudge: the target cannot be read or run, or, unless a part will do, something in it cannot be said.
        SettingsError: the settings do not fit their schema.
    """
    from policypack.policies import POLICIES

    settings = read(order.settings)
    loaded = load(order.target, order.how.under(settings))
    template = translate(loaded.resources, loaded.region, loaded.folder)
    by_urn = {each.urn: each for each in loaded.resources}
    unseen = tuple(printable(f"the stack {each.why}") for each in loaded.unseen)
    problems = (tell(each, by_urn, loaded.folder) for each in template.problems if each.blocks)
    told = list(map(loaded.mask.hide, (*problems, *unseen)))
    if told and not order.partial:
        raise CannotJudge(_unsaid(order.target, len(told)), "\n".join(told))
    if not template.document["Resources"]:
        raise CannotJudge(
            f"`{order.target}` has no resource that CloudFormation could create, so there is nothing to write"
        )
    document = _with_problems(template.document, template.problems)
    settings = with_region(settings, loaded.region)
    whole = Stack(loaded.resources, settings)
    text = text_of(document, order.format)
    verdict = judge(template, loaded.resources, settings, POLICIES)
    outcomes = masked(verdict.outcomes, loaded.mask)
    printed = (text, *(each.message for each in outcomes), *(each.message for each in loaded.notes))
    report = Report(order.file, outcomes, verdict.resources, verdict.policies, folder=loaded.folder)
    linted = placed(lint(document, template.region, (*secrets_of(whole), *loaded.mask.texts)), text, order.format)
    return Made(
        document,
        sum(map(len, template.origins.values())),
        Validation(
            order.file,
            text,
            linted,
            report,
            differences=tuple(map(told_difference, verdict.differences)),
            left_out=(*(tell(each, by_urn, loaded.folder) for each in template.problems), *unseen),
        ),
        (*loaded.notes, NOTE) if loaded.stand_in and mentioned(printed) else loaded.notes,
    )


def tell(problem: Problem, resources: Mapping[str, Resource], folder: Path | None) -> str:
    """A problem on one line: of which resource, where the program in `folder` constructs it, at which path, and why."""
    resource = resources.get(problem.urn)
    position = resource.position if resource else None
    place = f" ({(folder or Path()) / position.file}:{position.line})" if position else ""
    path = f" `{problem.path}`" if problem.path else ""
    return printable(f"{name_of(problem.urn)}{place}:{path} {problem.why}")


def told_difference(each: Difference) -> str:
    """A difference between the verdicts on one line."""
    where = f"`{each.logical_id}`" if each.logical_id else "the stack"
    return printable(f"on the {each.side} only, {each.kind} {each.policy} on {where}: {each.message}")


def _unsaid(target: str, count: int) -> str:
    things = "1 thing" if count == 1 else f"{count} things"
    return (
        f"`{target}` has {things} that CloudFormation cannot say, so nothing was written; mend what is listed above, or write "
        "the rest with `--allow-partial`"
    )


def _with_problems(document: Mapping[str, Any], problems: Sequence[Problem]) -> dict[str, Any]:
    """The template that says itself what it lacks."""
    found = dict(document)
    if problems:
        metadata = {**found.get("Metadata", {}).get("Stackguard", {}), "LeftOut": list(_entries(problems))}
        found["Metadata"] = {"Stackguard": metadata}
    order = ("AWSTemplateFormatVersion", "Metadata", "Parameters", "Resources", "Outputs")
    return {key: found[key] for key in order if key in found}


def _entries(problems: Sequence[Problem]) -> Iterator[dict[str, str]]:
    for each in problems:
        yield {"Urn": each.urn, **({"Path": each.path} if each.path else {}), "Why": each.why}
