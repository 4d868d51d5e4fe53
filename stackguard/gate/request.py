"""From a request to a report: load the target and the settings, choose the policies, judge."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from policypack.core.policy import Outcome, Policy, Resource, Severity, Stack
from policypack.core.stack_name import StackName
from policypack.evaluation.coverage import without_policy
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.redaction import masked
from policypack.evaluation.settings import Settings, SettingsError
from policypack.evaluation.settings.parsing import option
from policypack.evaluation.settings.resolving import Effective, require_known
from policypack.evaluation.settings.selectors import runs
from policypack.evaluation.waivers import WaiverProblem, rules_of
from stackguard.errors import CannotJudge
from stackguard.garbage import no_garbage_collection
from stackguard.gate import exemptions, run_notes
from stackguard.gate.baseline import Key
from stackguard.gate.evidence import Evidence
from stackguard.gate.exemptions import Accepting
from stackguard.gate.judging import JudgingObserver, unwatched
from stackguard.gate.provenance import provenance
from stackguard.notes import Note, NoteKind, masked_notes
from stackguard.packs import PackSpec
from stackguard.packs.observer import PackObserver
from stackguard.reports import Report, Run
from stackguard.sources import LoadedStack, RunOptions, load
from stackguard.sources.settings import TargetSettings, of_target, program_stack
from stackguard.stand_in import NOTE, mentioned

Loading = Callable[[str, RunOptions, JudgingObserver], LoadedStack]
"""Reads a target, as `sources.load` does."""


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What to judge, and how."""

    target: str
    options: RunOptions = field(default_factory=RunOptions)
    settings: Path | None = None
    """The settings file; None is the nearest one from the target upwards."""
    policies: tuple[str, ...] = ()
    """Ids of the policies to run; empty means all."""
    fail_on: Severity | None = None
    """The operator's; None is the setting `failOn`."""
    packs: tuple[PackSpec, ...] = ()
    """Other policy packs to run."""
    own: bool = True
    """Whether to run our own policies too."""
    policy_modules: tuple[str, ...] = ()
    """Modules and files with further policies, which the command line names."""
    waivers: Path | None = None
    """The waiver file; None is the one beside the settings, if it exists."""
    baseline: Path | None = None
    """The baseline file; None is the one beside the settings, if it exists."""
    evidence: bool = False
    """Whether the report has a record for each policy and resource."""
    by_type: frozenset[str] = frozenset()
    """The policies whose records are counted by resource type too, for frameworks of controls."""
    add: bool = False
    """Whether new violations are accepted, to be added to the baseline."""
    all_stacks: bool = False
    """Whether the run judges all stacks of its projects, by all policies."""
    base: str | None = None
    """What the target is compared with: a folder, a file, or a commit of its repository."""
    shared: tuple[Path, ...] = ()
    """Of a base, the folders that its program shares code with: the target's, and the one of the base's own files."""
    central: Path | None = None
    """The central settings file, which locks what the others may not loosen."""
    fail_on_source: str = "--fail-on"
    """Where `fail_on` comes from, for messages."""

    @property
    def own_modules(self) -> bool:
        """Whether the command line or the settings name policies of the operator's own.

        Raises:
            SettingsError: as by `layers`.
        """
        parts = (part for layer in self.layers.layers for part in layer.parts)
        return bool(self.policy_modules) or any(part.values.get("policies") for part in parts)

    @property
    def layers(self) -> TargetSettings:
        """The settings of the target and of the options.

        Raises:
            SettingsError: a file is missing, or does not fit the schema.
        """
        options = [option({"failOn": self.fail_on.value}, self.fail_on_source)] if self.fail_on else []
        return of_target(self.target, self.settings, self.central, options)


def run(request: CheckRequest, policies: Sequence[Policy[Any]] | None = None, loading: Loading = load) -> Run:
    """Judge a target, and keep how that came about; the arguments are those of `judge_stack`.

    Raises:
        CannotJudge: as by `judge`.
        SettingsError: as by `judge`.
    """
    started = datetime.now(UTC)
    return run_of(judge_stack(request, policies, loading=loading), started)


def run_of(judged: Judged, started: datetime) -> Run:
    """The run that judged one stack."""
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
    waiver_file: Path | None = None
    elsewhere: tuple[WaiverProblem, ...] = ()
    """Of waivers for other stacks or resources: problems if every stack that there is was judged."""
    moved: tuple[tuple[str, Outcome], ...] = ()
    """The former fingerprint and the outcome of entries of the baseline that fit by a former place."""
    baseline_file: Path | None = None
    others: frozenset[Key] = frozenset()
    """The entries of the baseline of another program with the stack's name."""


def judge(request: CheckRequest, policies: Sequence[Policy[Any]] | None = None) -> Report:
    """Judge a target: the report of `judge_stack`."""
    return judge_stack(request, policies).report


def judge_stack(
    request: CheckRequest,
    policies: Sequence[Policy[Any]] | None = None,
    *,
    phase: Callable[[str], None] = unwatched,
    loading: Loading = load,
) -> Judged:
    """Judge a target, and compare it with the base of the request, if it has one.

    Args:
        request: what to judge, and how.
        policies: the cards to run; by default our own, which are imported while a program starts, and further ones.
        phase: called with `running` and `judging`, when these begin.
        loading: reads the target.

    Raises:
        CannotJudge: the target cannot be read or run, every policy is disabled, or there is no such base.
        SettingsError: the settings, the waivers or the baseline do not fit their schema.
    """
    judged, loaded = judge_loaded(request, policies, phase=phase, loading=loading)
    if request.base is None:
        return judged
    from stackguard.gate.comparison import with_change

    return replace(judged, report=with_change(request, judged.report, loaded, policies))


def judge_loaded(
    request: CheckRequest,
    policies: Sequence[Policy[Any]] | None = None,
    *,
    phase: Callable[[str], None] = unwatched,
    loading: Loading = load,
) -> tuple[Judged, LoadedStack]:
    """Judge a target as `judge_stack` does, without its base; also returns the stack."""
    layers = request.layers
    accepting = exemptions.read(request.waivers, request.baseline, layers.folder, add=request.add)
    judged, loaded, _ = judge_under(request, layers, accepting, policies, phase=phase, loading=loading)
    return judged, loaded


def judge_under(
    request: CheckRequest,
    layers: TargetSettings,
    accepting: Accepting,
    policies: Sequence[Policy[Any]] | None = None,
    *,
    phase: Callable[[str], None] = unwatched,
    loading: Loading = load,
) -> tuple[Judged, LoadedStack, Stack]:
    """Judge a target as `judge_loaded` does, by files that are already read; also returns the stack that was judged.

    Args:
        request: what to judge, and how; its files of settings, waivers and baseline are not read.
        layers: the settings.
        accepting: the waivers and the baseline.
        policies: as of `judge_stack`.
        phase: as of `judge_stack`.
        loading: as of `judge_stack`.
    """
    start = time.monotonic()
    chosen = program_stack(request.target, request.options.stack)
    effective = layers.of(chosen)
    packs = PackObserver(request.packs, request.options.timeout) if request.packs else None
    cards: list[Policy[Any]] = []

    def choose() -> list[Policy[Any]]:
        cards[:] = available(request, layers, effective) if policies is None else policies
        return _chosen(request, layers, effective.settings, cards)

    judging = JudgingObserver(choose, effective.settings, packs, phase=phase)
    with no_garbage_collection():
        loaded = loading(request.target, request.options.under(effective.settings), judging)
        if not chosen.stack:  # of an export, which names its stack
            effective = layers.of(loaded.name)
            judging.settings = effective.settings
        accepting = replace(accepting, rules=rules_of(effective.settings))
        settings = effective.settings

        def ran() -> list[str]:
            return [*(policy.id for policy in judging.policies), *(packs.policies if packs else ())]

        def known() -> list[str]:
            return [*(policy.id for policy in cards), *ran()]

        exempt = exemptions.StackExemptions(accepting, loaded, ran, known, judging.readings, request.shared)
        outcomes = tuple(judging.outcomes(loaded.resources, loaded.region, loaded.unseen, exempt))
        unjudged = without_policy(judging.policies, loaded.resources) if request.own else {}
        if not request.own:
            outcomes = (*masked(_unseen(loaded, settings), loaded.mask), *outcomes)
    if packs:
        require_known(layers.layers, [*cards, *packs.cards])
    limited = (*effective.notes, *effective.lock_notes([*judging.policies, *(packs.cards if packs else ())]))
    locks = [Note(NoteKind.SETTINGS, place, text) for place, _, text in (line.partition(": ") for line in limited)]
    notes = (
        *(*judging.notes, *loaded.notes, *locks, *(packs.notes if packs else ())),
        *run_notes.unread(judging.policies, judging.stack),
        *run_notes.refused(exempt.baselined, layers),
        *run_notes.of_others(exempt.others, accepting, loaded.name),
        *run_notes.renamed(exempt.baselined, accepting, loaded.name, layers.path),
        *run_notes.left_out(layers),
        *run_notes.shadowed(layers, request.waivers, request.baseline),
    )
    if loaded.stand_in and mentioned(_texts(outcomes, notes)):
        notes = (*notes, NOTE)
    hide = loaded.mask.hide
    name = StackName(*map(hide, (loaded.name.organization, loaded.name.project, loaded.name.stack)))
    absent = _absent(cards, judging.policies)
    others = tuple(packs.policies) if packs else ()
    evidence = Evidence(
        judging.readings, outcomes, loaded.resources, judging.policies, absent, others, settings, name, hide
    )
    report = Report(
        loaded.target.strip("`"),
        outcomes,
        len(loaded.resources),
        len(ran()),
        settings.fail_on,
        loaded.folder,
        without_policy={hide(token): count for token, count in unjudged.items()},
        notes=masked_notes(notes, hide),
        stack=name,
        accounts=loaded.accounts,
        region=loaded.region,
        seconds=time.monotonic() - start,
        gone=exempt.baselined.gone.total(),
        related=related(outcomes, loaded.resources),
        evidence=evidence.counts(),
        evidence_by_type=evidence.counts_by_type(request.by_type),
        records=evidence if request.evidence else (),
    )
    waived, baselined = exempt.waived, exempt.baselined
    judged = Judged(
        report,
        settings,
        tuple(ran()),
        waived.problems,
        waived.used,
        baselined.gone,
        baselined.new,
        accepting.waiver_file,
        waived.elsewhere,
        baselined.moved,
        accepting.baseline_file,
        frozenset(exempt.others),
    )
    return judged, loaded, judging.stack


def related(outcomes: Iterable[Outcome], resources: Iterable[Resource]) -> dict[str, Resource]:
    """By URN, the parents of the resources with outcomes, and those that these wait for."""
    urns = {urn for outcome in outcomes for urn in (outcome.resource.parent, *outcome.waits_for)}
    return {resource.urn: resource for resource in resources if resource.urn in urns}


def _texts(outcomes: Iterable[Outcome], notes: Iterable[Note]) -> Iterator[str]:
    """The texts that a report shows of a program."""
    from stackguard.reports.excerpt import excerpt

    for outcome in outcomes:
        yield from (outcome.message, outcome.fix, outcome.path, outcome.resource.urn)
        yield from (line for _, line in excerpt(outcome))
    yield from (note.message for note in notes)


def _chosen(
    request: CheckRequest, layers: TargetSettings, settings: Settings, policies: Sequence[Policy[Any]]
) -> list[Policy[Any]]:
    if not request.packs:  # the names of their policies are known once they have started
        require_known(layers.layers, policies)
    for policy_id in sorted(set(request.policies) - {policy.id for policy in policies}):
        raise CannotJudge(f"there is no policy `{policy_id}`; {suggestion(policy_id, policies)}")
    if not request.own:
        policies = [policy for policy in policies if not _is_ours(policy)]
    selected = [policy for policy in policies if not request.policies or policy.id in request.policies]
    active = [policy for policy in selected if runs(policy, settings)]
    if policies and not active and not request.packs:
        raise CannotJudge(f"no policy is left to run: {layers.source} disables all that were selected; enable one")
    return active


def _is_ours(policy: Policy[Any]) -> bool:
    from policypack.policies import POLICIES

    return policy in POLICIES


def available(
    request: CheckRequest, layers: TargetSettings | None = None, effective: Effective | None = None
) -> Sequence[Policy[Any]]:
    """Our own policies, and further ones that the command line and the settings name.

    Importing them runs code, so a settings file that was found counts only if the target is a program, which runs anyway;
    one that is given, or central, always does.

    Args:
        request: what to judge, and how.
        layers: the settings of the target; None for those of the command line only.
        effective: these for its stack.

    Raises:
        SettingsError: they cannot be loaded, or the settings do not count.
    """
    from policypack.evaluation import policy_modules
    from policypack.policies import POLICIES

    names = [policy_modules.Named(name, "--policies") for name in request.policy_modules]
    if layers is not None and effective is not None and effective.settings.policies:
        source = effective.origin("policies").rpartition(":")[0]
        trusted = request.settings is not None or (layers.central and source == str(layers.central))
        if not trusted and not os.path.isdir(request.target):  # noqa: PTH112 (any text)
            raise SettingsError(
                f"{source}: `policies` is code, which does not run to judge a file; if you trust it, give"
                f" `--settings {source}`"
            )
        line = effective.origin("policies")
        names = [*policy_modules.named(effective.settings, line, Path(source).parent), *names]
    return (*POLICIES, *policy_modules.load(names))


def of_settings(request: CheckRequest) -> Sequence[Policy[Any]]:
    """What `available` returns for the settings of the target of a request.

    Raises:
        SettingsError: as by `available`.
    """
    layers = request.layers
    return available(request, layers, layers.of(program_stack(request.target, request.options.stack)))


def _absent(policies: Sequence[Policy[Any]], ran: Iterable[Policy[Any]]) -> list[Policy[Any]]:
    """Our own policies that did not run."""
    ids = {policy.id for policy in ran}
    return [policy for policy in policies if policy.id not in ids]


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
