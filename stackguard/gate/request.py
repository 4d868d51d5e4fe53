"""From a target to a report: load, settle the settings, choose the policies, judge."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from policypack.core.policy import EnforcementLevel, Outcome, Policy, Severity, Stack
from policypack.evaluation.evaluate import enforcement, evaluate
from policypack.evaluation.settings import DEFAULT_FILE, Settings, SettingsError, read
from stackguard.errors import CannotJudge
from stackguard.gate.judging import Judging
from stackguard.gate.masked import masked
from stackguard.notes import Note, masked_notes
from stackguard.packs import Wanted
from stackguard.packs.observer import Following
from stackguard.reports import Report
from stackguard.sources import HowToRun, Loaded, load
from stackguard.stand_in import NOTE, shown


@dataclass(frozen=True, slots=True)
class Request:
    """What to judge, and how."""

    target: str
    how: HowToRun = field(default_factory=HowToRun)
    settings: Path | None = None
    """The settings file; None is `stackguard.yaml` in the working folder, where there is one."""
    policies: tuple[str, ...] = ()
    """Ids to run; none means all."""
    fail_on: Severity = Severity.LOW
    packs: tuple[Wanted, ...] = ()
    """Other policy packs to judge by."""
    own: bool = True
    """Whether to judge by our own policies too."""


def judge(request: Request, policies: Sequence[Policy[Any]] | None = None) -> Report:
    """Judge a target.

    Args:
        request: what to judge, and how.
        policies: the cards to judge by; the pack's own by default, which are imported while a program starts.

    Raises:
        CannotJudge: the target cannot be read or run, or no policy is left to judge it.
        SettingsError: the settings do not fit their schema.
    """
    settings = read(request.settings)
    others = Following(request.packs, request.how.timeout) if request.packs else None
    judging = Judging(
        lambda: _chosen(request, settings, _own_policies() if policies is None else policies), settings, others
    )
    with _no_collection():
        loaded = load(request.target, request.how.under(settings), judging)
        outcomes = judging.outcomes(loaded.resources, loaded.region, loaded.unseen)
        if not request.own:
            outcomes = (*_unseen(loaded, settings), *outcomes)
    notes = (*judging.notes, *loaded.notes, *(others.notes if others else ()))
    return Report(
        loaded.target.strip("`"),
        masked(outcomes, loaded.mask),
        len(loaded.resources),
        len(judging.policies) + (others.policies if others else 0),
        request.fail_on,
        loaded.folder,
        masked_notes((*notes, NOTE) if loaded.stand_in and shown(_texts(outcomes, notes)) else notes, loaded.mask.hide),
    )


def _texts(outcomes: Iterable[Outcome], notes: Iterable[Note]) -> Iterator[str]:
    """What a report shows of a program."""
    from stackguard.reports.excerpt import excerpt

    for outcome in outcomes:
        yield from (outcome.message, outcome.fix, outcome.path, outcome.resource.urn)
        yield from (line for _, line in excerpt(outcome))
    yield from (note.message for note in notes)


def _own_policies() -> Sequence[Policy[Any]]:
    from policypack.policies import POLICIES

    return POLICIES


def _chosen(request: Request, settings: Settings, policies: Sequence[Policy[Any]]) -> list[Policy[Any]]:
    source = str(request.settings or DEFAULT_FILE)
    _known(settings.enforcement, policies, f"{source}: `enforcement` has")
    if not request.own:
        return []
    asked = [policy for policy in policies if not request.policies or policy.id in request.policies]
    active = [policy for policy in asked if enforcement(policy, settings) is not EnforcementLevel.DISABLED]
    if not active and not request.packs:
        raise CannotJudge(f"no policy is left to judge by; {source} disables all that were asked for, so enable one")
    return active


def _unseen(loaded: Loaded, settings: Settings) -> Iterable[Outcome]:
    """What no policy pack was shown: where others judge alone, silence about it would still read as a pass."""
    if not loaded.unseen and not any(resource.remote for resource in loaded.resources):
        return ()
    from policypack.policies.pulumi import unseen_component as pulumi_unseen_component
    from policypack.policies.pulumi import unseen_resource as pulumi_unseen_resource

    policies = (pulumi_unseen_component.POLICY, pulumi_unseen_resource.POLICY)
    return evaluate(policies, Stack(loaded.resources, settings, loaded.unseen))


def near(policy_id: str, policies: Sequence[Policy[Any]]) -> str:
    """A clause that names the policies that were probably meant."""
    matches = get_close_matches(policy_id, [policy.id for policy in policies], n=3, cutoff=0.5)
    listed = " or ".join(f"`{match}`" for match in matches)
    return f"did you mean {listed}?" if listed else "`stackguard explain` lists them"


def _known(ids: Mapping[str, object], policies: Sequence[Policy[Any]], clause: str) -> None:
    known = {policy.id for policy in policies}
    for policy_id in ids:
        if policy_id not in known:
            raise SettingsError(f"{clause} no policy `{policy_id}` to set; {near(policy_id, policies)}")


@contextmanager
def _no_collection() -> Iterator[None]:
    """A big stack is a million objects, none of them garbage: looking for some would cost a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
