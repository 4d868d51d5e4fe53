"""From a request to a report: load the target and the settings, choose the policies, judge."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from policypack.core.policy import EnforcementLevel, Outcome, Policy, Severity, Stack
from policypack.core.stack_name import StackName
from policypack.evaluation.coverage import without_policy
from policypack.evaluation.evaluate import enforcement, evaluate
from policypack.evaluation.redaction import masked
from policypack.evaluation.settings import DEFAULT_FILE, Settings, SettingsError, read
from policypack.evaluation.waivers import WaiverProblem, WaiverRules
from stackguard.errors import CannotJudge
from stackguard.gate import exemptions
from stackguard.gate.judging import JudgingObserver
from stackguard.gate.provenance import provenance
from stackguard.notes import Note, NoteKind, masked_notes
from stackguard.packs import PackSpec
from stackguard.packs.observer import PackObserver
from stackguard.reports import Report, Run
from stackguard.sources import LoadedStack, RunOptions, load
from stackguard.stand_in import NOTE, mentioned


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What to judge, and how."""

    target: str
    options: RunOptions = field(default_factory=RunOptions)
    settings: Path | None = None
    """The settings file; None is `stackguard.yaml` in the working folder, if it exists."""
    policies: tuple[str, ...] = ()
    """Ids of the policies to run; empty means all."""
    fail_on: Severity = Severity.LOW
    packs: tuple[PackSpec, ...] = ()
    """Other policy packs to run."""
    own: bool = True
    """Whether to run our own policies too."""
    waivers: Path | None = None
    """The waiver file; None is the one beside the settings, if it exists."""
    baseline: Path | None = None
    """The baseline file; None is the one beside the settings, if it exists."""
    add: bool = False
    """Whether new violations are accepted, to be added to the baseline."""


def run(request: CheckRequest) -> Run:
    """Judge a target, and keep how that came about.

    Raises:
        CannotJudge: as by `judge`.
        SettingsError: as by `judge`.
    """
    started = datetime.now(UTC)
    judged = judge_stack(request)
    blocking = judged.settings.waiver_problems == "mandatory"
    return Run(
        (judged.report,),
        provenance(judged.settings, judged.policies, started),
        problems=judged.problems,
        problems_block=blocking,
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """One stack that was judged."""

    report: Report
    settings: Settings
    policies: tuple[str, ...]
    """The ids of the policies that ran."""
    problems: tuple[WaiverProblem, ...] = ()
    """Of waivers: one that accepts nothing here may be used by another stack."""
    used: frozenset[str] = frozenset()
    """The sources of the waivers that accept an outcome."""
    gone: Counter[str] = field(default_factory=Counter)
    """By fingerprint, what is in the baseline and not there any more."""
    new: tuple[Outcome, ...] = ()
    """The outcomes to add to the baseline, if the request says so."""


def judge(request: CheckRequest, policies: Sequence[Policy[Any]] | None = None) -> Report:
    """Judge a target: the report of `judge_stack`."""
    return judge_stack(request, policies).report


def judge_stack(request: CheckRequest, policies: Sequence[Policy[Any]] | None = None) -> Judged:
    """Judge a target.

    Args:
        request: what to judge, and how.
        policies: the cards to run; by default our own, which are imported while a program starts.

    Raises:
        CannotJudge: the target cannot be read or run, or every policy is disabled.
        SettingsError: the settings, the waivers or the baseline do not fit their schema.
    """
    start = time.monotonic()
    settings = read(request.settings)
    folder = request.settings.parent if request.settings else Path()
    accepting = exemptions.read(request.waivers, request.baseline, folder, WaiverRules(), add=request.add)
    packs = PackObserver(request.packs, request.options.timeout) if request.packs else None
    judging = JudgingObserver(lambda: _chosen(request, settings, policies), settings, packs)
    with _no_garbage_collection():
        loaded = load(request.target, request.options.under(settings), judging)

        def ran() -> list[str]:
            return [*(policy.id for policy in judging.policies), *(packs.policies if packs else ())]

        exempt = exemptions.StackExemptions(accepting, loaded, ran)
        outcomes = tuple(judging.outcomes(loaded.resources, loaded.region, loaded.unseen, exempt))
        unjudged = without_policy(judging.policies, loaded.resources) if request.own else {}
        if not request.own:
            outcomes = (*masked(_unseen(loaded, settings), loaded.mask), *outcomes)
    notes = (
        *judging.notes,
        *loaded.notes,
        *(packs.notes if packs else ()),
        *_unread(judging.policies, Stack(loaded.resources, settings)),
    )
    if loaded.stand_in and mentioned(_texts(outcomes, notes)):
        notes = (*notes, NOTE)
    hide = loaded.mask.hide
    report = Report(
        loaded.target.strip("`"),
        outcomes,
        len(loaded.resources),
        len(ran()),
        request.fail_on,
        loaded.folder,
        {hide(token): count for token, count in unjudged.items()},
        masked_notes(notes, hide),
        StackName(*map(hide, (loaded.name.organization, loaded.name.project, loaded.name.stack))),
        loaded.accounts,
        loaded.region,
        time.monotonic() - start,
        exempt.baselined.gone.total(),
    )
    waived, baselined = exempt.waived, exempt.baselined
    return Judged(report, settings, tuple(ran()), waived.problems, waived.used, baselined.gone, baselined.new)


def _unread(policies: Sequence[Policy[Any]], stack: Stack) -> Iterator[Note]:
    """Notes about functions whose code was not read."""
    from policypack.lambda_code.unread_code import unread_code

    for unread in unread_code(policies, stack):
        urns = tuple(function.urn for function in unread.functions)
        yield Note(NoteKind.NOT_APPLICABLE, ", ".join(unread.policies), unread.sentence, urns)


def _texts(outcomes: Iterable[Outcome], notes: Iterable[Note]) -> Iterator[str]:
    """The texts that a report shows of a program."""
    from stackguard.reports.excerpt import excerpt

    for outcome in outcomes:
        yield from (outcome.message, outcome.fix, outcome.path, outcome.resource.urn)
        yield from (line for _, line in excerpt(outcome))
    yield from (note.message for note in notes)


def _chosen(request: CheckRequest, settings: Settings, policies: Sequence[Policy[Any]] | None) -> list[Policy[Any]]:
    if policies is None:
        from policypack.policies import POLICIES

        policies = POLICIES
    source = str(request.settings or DEFAULT_FILE)
    known = {policy.id for policy in policies}
    for policy_id in settings.enforcement:
        if policy_id not in known:
            raise SettingsError(
                f"{source}: `enforcement` has no policy `{policy_id}` to set; {suggestion(policy_id, policies)}"
            )
    if not request.own:
        return []
    selected = [policy for policy in policies if not request.policies or policy.id in request.policies]
    active = [policy for policy in selected if enforcement(policy, settings) is not EnforcementLevel.DISABLED]
    if not active and not request.packs:
        raise CannotJudge(f"no policy is left to run: {source} disables all that were selected; enable one")
    return active


def _unseen(loaded: LoadedStack, settings: Settings) -> Iterable[Outcome]:
    """Outcomes for resources that no policy pack saw: without them, a report of packs alone would look like a pass."""
    if not loaded.unseen and not any(resource.remote for resource in loaded.resources):
        return ()
    from policypack.policies.pulumi import unseen_component as pulumi_unseen_component
    from policypack.policies.pulumi import unseen_resource as pulumi_unseen_resource

    policies = (pulumi_unseen_component.POLICY, pulumi_unseen_resource.POLICY)
    return evaluate(policies, Stack(loaded.resources, settings, loaded.unseen))


def suggestion(policy_id: str, policies: Sequence[Policy[Any]]) -> str:
    """The policies with similar ids, as a clause."""
    matches = get_close_matches(policy_id, [policy.id for policy in policies], n=3, cutoff=0.5)
    listed = " or ".join(f"`{match}`" for match in matches)
    return f"did you mean {listed}?" if listed else "`stackguard explain` lists them"


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Disable garbage collection, which takes a third of the time for a big stack and finds nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
