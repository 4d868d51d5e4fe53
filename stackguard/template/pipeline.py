"""From a target to a validated template: load, translate, validate by cfn-lint and by our own policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policypack.core.policy import Resource
from policypack.evaluation.redaction import masked
from stackguard.errors import CannotJudge
from stackguard.gate.judging import with_region
from stackguard.notes import Note
from stackguard.positions.repository import shown
from stackguard.reports import Report
from stackguard.reports.formatting import name_of, printable
from stackguard.sources import RunOptions, load
from stackguard.sources.settings import of_target, program_stack
from stackguard.stand_in import NOTE, mentioned
from stackguard.template.graph import Problem
from stackguard.template.serialize import text_of
from stackguard.template.translation import translate
from stackguard.template.validation import Validation, lint
from stackguard.template.verdict import Difference, judge


@dataclass(frozen=True, slots=True)
class GeneratedTemplate:
    """A template, how many resources of the program are in it, and its validation."""

    document: Mapping[str, Any]
    resources: int
    validation: Validation
    notes: tuple[Note, ...]


def generate(
    target: str,
    options: RunOptions,
    file: str,
    format_: str = "json",
    settings_file: Path | None = None,
    *,
    central: Path | None = None,
    partial: bool = False,
) -> GeneratedTemplate:
    """Generate a template of a program's folder or an export.

    `file` is its name in messages; `format_` is `json` or `yaml`; `settings_file` is the operator's, None to search
    for it, and `central` the central one; with `partial`, a part of the target is enough.

    Raises:
        CannotJudge: the target cannot be read or run, or, unless a part is enough, the template cannot express all of it.
        SettingsError: the settings do not match their schema.
    """
    from policypack.policies import POLICIES

    layers, chosen = of_target(target, settings_file, central), program_stack(target, options.stack)
    loaded = load(target, options.under(layers.of(chosen).settings))
    settings = layers.of(chosen if chosen.stack else loaded.name).settings
    template = translate(loaded.resources, loaded.region, loaded.folder)
    by_urn = {resource.urn: resource for resource in loaded.resources}
    hide = loaded.mask.hide
    lines = [hide(problem_line(problem, by_urn, loaded.folder)) for problem in template.problems]
    unseen = [hide(printable(f"the stack {unseen.why}")) for unseen in loaded.unseen]
    blocking = [line for line, problem in zip(lines, template.problems, strict=True) if problem.blocks] + unseen
    if blocking and not partial:
        count = "1 thing" if len(blocking) == 1 else f"{len(blocking)} things"
        raise CannotJudge(
            f"`{target}` has {count} that the template cannot contain, so nothing was written; fix what is listed "
            "above, or write the rest with `--allow-partial`",
            "\n".join(blocking),
        )
    if not template.document["Resources"]:
        raise CannotJudge(f"`{target}` has no resource that CloudFormation could create, so there is nothing to write")
    document = _with_problems(template.document, template.problems, hide)
    settings = with_region(settings, loaded.region)
    text = text_of(document, format_)
    verdict = judge(template, loaded.resources, settings, POLICIES)
    outcomes = masked(verdict.outcomes, loaded.mask)
    printed = (text, *(outcome.message for outcome in outcomes), *(note.message for note in loaded.notes))
    validation = Validation(
        file,
        text,
        lint(document, template.region, loaded.secrets, "" if format_ == "json" else text),
        Report(file, outcomes, verdict.resources, verdict.policies, folder=loaded.folder),
        differences=tuple(hide(_difference_line(difference)) for difference in verdict.differences),
        left_out=(*lines, *unseen),
    )
    notes = (*loaded.notes, NOTE) if loaded.stand_in and mentioned(printed) else loaded.notes
    return GeneratedTemplate(document, sum(map(len, template.origins.values())), validation, notes)


def problem_line(problem: Problem, resources: Mapping[str, Resource], folder: Path | None) -> str:
    """A problem on one line: the resource, where the program in `folder` constructs it, the path, and why."""
    resource = resources.get(problem.urn)
    position = shown(resource.position, folder) if resource and resource.position else None
    place = f" ({position.file}:{position.line})" if position else ""
    path = f" `{problem.path}`" if problem.path else ""
    return printable(f"{name_of(problem.urn)}{place}:{path} {problem.why}")


def _difference_line(difference: Difference) -> str:
    where = f"`{difference.logical_id}`" if difference.logical_id else "the stack"
    return printable(
        f"on the {difference.side} only, {difference.kind} {difference.policy} on {where}: {difference.message}"
    )


def _with_problems(
    document: Mapping[str, Any], problems: Sequence[Problem], hide: Callable[[str], str]
) -> dict[str, Any]:
    """The template, with its problems in its metadata, where `hide` masks secrets."""
    if not problems:
        return dict(document)
    entries = [
        {
            "Urn": hide(problem.urn),
            **({"Path": hide(problem.path)} if problem.path else {}),
            "Why": hide(problem.why),
        }
        for problem in problems
    ]
    metadata = {**document.get("Metadata", {}).get("Stackguard", {}), "LeftOut": entries}
    version = "AWSTemplateFormatVersion"  # this and the metadata are the first keys
    ordered = {version: document[version], "Metadata": None, **document}
    return {**ordered, "Metadata": {"Stackguard": metadata}}
