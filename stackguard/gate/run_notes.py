"""Notes about a run: what it leaves out, of the functions' code, of the baseline and of files further up."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policypack.core.policy import Policy, Stack
from policypack.core.reading.files import repository
from policypack.core.stack_name import StackName
from policypack.evaluation.places import fingerprint, in_project
from policypack.evaluation.settings import files
from policypack.evaluation.waiver_file import DEFAULT_FILE as WAIVERS
from policypack.evaluation.waivers import WaiverProblem, nowhere
from stackguard.gate import baseline
from stackguard.gate.baseline import Baselined, Key
from stackguard.gate.exemptions import Accepting
from stackguard.gate.stacks import StackTarget, below, known, vanished
from stackguard.notes import Note, NoteKind
from stackguard.reports import Failed, Report
from stackguard.reports.formatting import many
from stackguard.sources.settings import TargetSettings

if TYPE_CHECKING:
    from stackguard.gate.request import CheckRequest, Judged

READ_ROLES = "they read one of `aws.iam.Role.get` for which `--mock` gives `inlinePolicies` and `managedPolicyArns`"


def unread(policies: Sequence[Policy[Any]], stack: Stack) -> Iterator[Note]:
    """Notes about functions of which the code or the role was not read."""
    from policypack.lambda_code.unread_code import unread_code

    for unread in unread_code(policies, stack):
        urns = tuple(function.urn for function in unread.functions)
        sentence = unread.sentence + f"; {READ_ROLES}" * (unread.part == "role")
        yield Note(NoteKind.NOT_APPLICABLE, ", ".join(unread.policies), sentence, urns)


def refused(baselined: Baselined, layers: TargetSettings) -> Iterator[Note]:
    """A note about entries of the baseline that the central settings keep from counting."""
    if baselined.refused:
        listed = ", ".join(f"{count} of `{policy_id}`" for policy_id, count in sorted(baselined.refused.items()))
        where = str(layers.central or layers.source)
        yield Note(NoteKind.SETTINGS, where, f"`locked.neverWaive` allows no entry of the baseline: {listed}")


def of_others(others: Mapping[Key, str], accepting: Accepting, stack: StackName) -> Iterator[Note]:
    """Notes about entries of the baseline that do not count, since they are of another program with the stack's name.

    Args:
        others: the entries, and the folder of each from that of the file.
        accepting: the baseline and its file.
        stack: the stack's name.
    """
    assert accepting.baseline_file or not others
    for folder, count in sorted(Counter(others.values()).items()):
        text = f"has {many(count, 'entry')} of `{stack.in_project}` in `{folder}`, another program of this name,"
        yield Note(
            NoteKind.SETTINGS,
            os.path.relpath(accepting.baseline_file or ""),
            f"{text} {'which does' if count == 1 else 'which do'} not count here; give one of the projects another name",
        )


def same_names(judged: Sequence[Judged], failed: Sequence[Failed]) -> tuple[list[Judged], list[Failed]]:
    """The results of a run, of which those of one stack's name are told apart by their targets, with a note on programs."""
    targets: dict[str, dict[str, bool]] = {}
    results: list[Report | Failed] = [*(result.report for result in judged), *failed]
    for one in results:
        if one.stack.project and one.stack.stack:
            targets.setdefault(one.stack.in_project, {})[one.target] = isinstance(one, Report) and bool(one.folder)

    def noted(report: Report) -> Report:
        of_name = targets.get(report.stack.in_project, {})
        if len(of_name) < 2:
            return report
        others = [f"`{target}`" for target, program in of_name.items() if program and target != report.target]
        text = f"is also a program of {', '.join(others)}: waivers and settings for one fit the other; give one another name"
        note = Note(NoteKind.SETTINGS, report.stack.in_project, text)
        return replace(report, apart=True, notes=(*report.notes, *[note][: bool(others and report.folder)]))

    return [replace(result, report=noted(result.report)) for result in judged], [
        replace(one, apart=len(targets.get(one.stack.in_project, ())) > 1) for one in failed
    ]


def renamed(baselined: Baselined, accepting: Accepting, stack: StackName, target: Path | None) -> Iterator[Note]:
    """A note about a stack that has no entry in the baseline, if one that is gone has entries that fit what blocks.

    Args:
        baselined: the outcomes.
        accepting: the baseline and its file.
        stack: the stack's name.
        target: the program.
    """
    entries, file, name = accepting.baseline, accepting.baseline_file, stack.in_project
    blocking = [outcome for outcome in baselined.outcomes if outcome.blocks]
    if (
        not (file and target and blocking)
        or name in entries.stacks
        or not target.is_relative_to(file.parent.absolute())
    ):
        return
    prints = {
        project: Counter(
            fingerprint(outcome, next(in_project(outcome, stack.project, project))) for outcome in blocking
        )
        for project in {other.rpartition("/")[0] for other in entries.stacks}
    }
    fitting = {other: (prints[other.rpartition("/")[0]] & entries.of(other)).total() for other in entries.stacks}
    there = known(file.parent) if any(fitting.values()) else None
    gone = {other: count for other, count in fitting.items() if count and there and not there.has(other)}
    if not gone:
        return
    former = max(gone, key=lambda other: (other.rpartition("/")[2] == stack.stack, gone[other]))
    old, new = former, name
    if former.rpartition("/")[2] == stack.stack:
        old, new = former.rpartition("/")[0], stack.project
    violations = f"the same {gone[former]} violations" if gone[former] > 1 else "the same violation"
    command = f"stackguard baseline --rename {old} {new}"
    text = f"has {violations} of `{former}`, which is gone; if this is its new name, `{command}` moves the entries"
    yield Note(NoteKind.SETTINGS, os.path.relpath(file), text)


def left_out(layers: TargetSettings) -> Iterator[Note]:
    """Notes about files that have settings which do not count, or could have had some and are malformed."""
    if file := files.outranked(layers.file):
        text = f"`[{files.TABLE}]` does not count, because `{layers.file}` beside it does; keep one of them"
        yield Note(NoteKind.SETTINGS, str(file), text)
    for place, problem in layers.malformed:
        yield Note(NoteKind.SETTINGS, place, f"{problem}, so it was not searched for settings")


def shadowed(layers: TargetSettings, waiver_file: Path | None, baseline_file: Path | None) -> Iterator[Note]:
    """A note about a baseline and waivers further up, which do not count because nearer settings do.

    Args:
        layers: the settings.
        waiver_file: the operator's, which counts in any case.
        baseline_file: the same for the baseline.
    """
    top = repository(layers.folder.absolute()) if layers.file else None
    given = {baseline.DEFAULT_FILE: baseline_file, WAIVERS: waiver_file}
    for folder in layers.folder.absolute().parents if top else ():
        names = [name for name, file in given.items() if file is None and os.path.lexists(folder / name)]
        if names and top and folder.is_relative_to(top):
            listed = " and ".join(f"`{os.path.relpath(folder / name)}`" for name in names)
            verb = "does" if len(names) == 1 else "do"
            yield Note(
                NoteKind.SETTINGS,
                str(layers.file),
                f"is the nearest settings file, so {listed} {verb} not count here; `--baseline` and `--waivers` name them",
            )


def gone(request: CheckRequest, judged: Sequence[Judged], stacks: Sequence[StackTarget]) -> dict[str, int]:
    """By stack that is not there any more, the number of violations that the baselines have of it."""
    vanished_stacks: dict[str, int] = {}
    for file in dict.fromkeys(filter(None, (result.baseline_file for result in judged))):
        vanished_stacks |= vanished(baseline.read(file).stacks, file.parent, stacks, every=request.all_stacks)
    return vanished_stacks


def for_no_stack(judged: Sequence[Judged], folders: Collection[Path | None]) -> Iterator[WaiverProblem]:
    """The waivers for no stack and resource, of files beside or below which every project was judged."""
    for file in dict.fromkeys(result.waiver_file for result in judged if result.elsewhere):
        assert file is not None
        if all(project in folders for project in below(file.parent.absolute()).projects):
            yield from nowhere(result.elsewhere for result in judged if result.waiver_file == file)
