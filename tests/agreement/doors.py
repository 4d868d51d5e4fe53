"""Both doors over one program: the outcomes of the gate, and those of the pack in a recorded preview.

The engine's requests to the pack are recorded for each program, so no CLI is needed; the pack's offline run is the
gate's own. The random parts of names differ between the requests and the offline run, as in a real preview.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from policypack.core.arguments import Arguments
from policypack.core.policy import EnforcementLevel
from policypack.crossguard import message
from policypack.crossguard.offline import OfflineAnswer
from policypack.crossguard.session import MOCK, Diagnostic, Session
from policypack.crossguard.stack_settings import Levels, StackSettings
from policypack.evaluation.grouping import one_per_value
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from stackguard.gate.judging import JudgingObserver
from stackguard.preview import Preview, run
from stackguard.preview.project.sdk import accepted
from stackguard.sources import REGION
from tests.agreement import session
from tests.agreement.view import RANDOM, preconditions, working_folder

Reported = tuple[str, str, str, bool]
LEVELS: Levels = {policy.id: (policy.enforcement, None) for policy in POLICIES}


class Ran:
    """The gate's own run of a program, as the pack's."""

    def __init__(self, preview: Preview, program: Path) -> None:
        self.preview, self.program = preview, program

    def __call__(self, _request: Any, _settings: Settings, _folder: Path, _warm_up: object) -> Ran:
        return self

    def folder(self) -> Path:
        return working_folder(self.program)

    def accepts(self, type_token: str, inputs: Mapping[str, Any]) -> Arguments | None:
        return accepted(Path(sys.executable), type_token, inputs)

    def answer(self) -> OfflineAnswer:
        return OfflineAnswer(self.preview)


@cache
def preview(name: str) -> Preview:
    program = session.TESTS / name
    mock = [file] if (file := program / "mock.yaml").exists() else []
    return run(program, stack="dev", config=preconditions(program)["config"], timeout=120, mock=mock)


def without_random_parts(outcomes: frozenset[Reported]) -> set[Reported]:
    """The outcomes without the random parts of names."""
    return {(policy, urn, RANDOM.sub("-*******", text), blocks) for policy, urn, text, blocks in outcomes}


@cache
def by_gate(name: str) -> frozenset[Reported]:
    ran = preview(name)
    outcomes = JudgingObserver(lambda: POLICIES, Settings()).outcomes(ran.resources, ran.config.get(REGION), ran.unseen)
    return frozenset(
        (outcome.policy.id, outcome.resource.urn, message(outcome).replace(*MOCK), outcome.blocks)
        for outcome in one_per_value(outcomes)
    )


@cache
def by_pack(name: str, *, resolve: bool = True) -> frozenset[Reported]:
    program = session.TESTS / name
    sent = session.load(program)
    pack = Session(POLICIES, StackSettings(), Path(), Ran(preview(name), program) if resolve else None)
    pack.configure(_with_other_names(sent.configuration))
    diagnostics: list[Diagnostic] = []
    for resource in sent.resources:
        diagnostics += pack.analyze(_with_other_names(resource), LEVELS)
    diagnostics += pack.analyze_stack(_with_other_names(sent.stack), LEVELS)
    return frozenset(
        (diagnostic.policy.id, diagnostic.urn, diagnostic.message, diagnostic.level is EnforcementLevel.MANDATORY)
        for diagnostic in diagnostics
        if diagnostic.urn  # others are about the pack's own run
    )


def _with_other_names(request: object) -> object:
    """A request with other digits at the end of each name that the provider draws."""
    parsed = type(request)()
    parsed.ParseFromString(
        re.sub(rb"-[0-9a-f]{7}(?![0-9a-zA-Z])", lambda match: b"-" + match[0][:0:-1], request.SerializeToString())  # type: ignore[attr-defined]
    )
    return parsed
