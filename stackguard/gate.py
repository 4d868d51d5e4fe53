"""From a target to a report: load, settle the settings, choose the policies, judge."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from policypack.evaluate import enforcement, evaluate
from policypack.policy import EnforcementLevel, Policy, Severity, Stack
from policypack.settings import DEFAULT_FILE, Settings, SettingsError, read
from stackguard.errors import CannotJudge
from stackguard.reports import Report
from stackguard.sources import HowToRun, load


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


def judge(request: Request, policies: Sequence[Policy[Any]]) -> Report:
    """Judge a target.

    Raises:
        CannotJudge: the target cannot be read or run, or no policy is left to judge it.
        SettingsError: the settings do not fit their schema.
    """
    settings = read(request.settings)
    source = str(request.settings or DEFAULT_FILE)
    _known(settings.enforcement, policies, f"{source}: `enforcement` has")
    chosen = [policy for policy in policies if not request.policies or policy.id in request.policies]
    active = [policy for policy in chosen if enforcement(policy, settings) is not EnforcementLevel.DISABLED]
    if not active:
        raise CannotJudge(f"no policy is left to judge by; {source} disables all that were asked for, so enable one")
    with _no_collection():
        loaded = load(request.target, request.how)
        stack = Stack(loaded.resources, _with_region(settings, loaded.region))
        outcomes = tuple(evaluate(active, stack))
    return Report(
        loaded.target.strip("`"), outcomes, len(loaded.resources), len(active), request.fail_on, loaded.folder
    )


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


def _with_region(settings: Settings, region: str | None) -> Settings:
    """The settings with the stack's own region, unless the operator wrote it there."""
    if settings.stack_region is not None or region is None:
        return settings
    return msgspec.structs.replace(settings, stack_region=region)


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
