"""Both doors over one program: what the gate reports, and what the pack does in a recorded preview.

What the engine sends to the pack is recorded for each program, so no CLI is needed; the pack's offline run is the
gate's own. The names that the engine draws are made others than those of the offline run, as in a real preview.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from policypack.core.policy import EnforcementLevel
from policypack.crossguard import message
from policypack.crossguard.offline import OfflineAnswer
from policypack.crossguard.session import MOCK, Diagnostic, Levels, Session
from policypack.evaluation.settings import Settings
from policypack.evaluation.unknown_values import one_per_value
from policypack.policies import POLICIES
from stackguard.gate.judging import JudgingObserver
from stackguard.preview import Preview, run
from stackguard.preview.project.sdk import accepted
from stackguard.sources import REGION
from tests.agreement import session
from tests.agreement.view import RANDOM, given, working_folder

Told = tuple[str, str, str, bool]
LEVELS: Levels = {policy.id: (EnforcementLevel.MANDATORY, None) for policy in POLICIES}


class Ran:
    """The gate's own run of a program, as the pack's."""

    def __init__(self, preview: Preview, program: Path) -> None:
        self.preview, self.program = preview, program

    def __call__(self, _request: Any, _settings: Settings, _folder: Path, _warm_up: object) -> Ran:
        return self

    def folder(self) -> Path:
        return working_folder(self.program)

    def accepts(self, type_token: str, inputs: Mapping[str, Any]) -> frozenset[str] | None:
        return accepted(Path(sys.executable), type_token, inputs)

    def answer(self) -> OfflineAnswer:
        return OfflineAnswer(self.preview)


@cache
def preview(name: str) -> Preview:
    program = session.TESTS / name
    mock = [file] if (file := program / "mock.yaml").exists() else []
    return run(program, stack="dev", config=given(program)["config"], timeout=120, mock=mock)


def evened(told: frozenset[Told]) -> set[Told]:
    """Without what a provider draws."""
    return {(policy, urn, RANDOM.sub("-*******", text), blocks) for policy, urn, text, blocks in told}


@cache
def by_gate(name: str) -> frozenset[Told]:
    ran = preview(name)
    found = JudgingObserver(lambda: POLICIES, Settings()).outcomes(ran.resources, ran.config.get(REGION), ran.unseen)
    return frozenset(
        (each.policy.id, each.resource.urn, message(each).replace(*MOCK), each.blocks) for each in one_per_value(found)
    )


@cache
def by_pack(name: str, *, resolve: bool = True) -> frozenset[Told]:
    program = session.TESTS / name
    sent = session.load(program)
    pack = Session(POLICIES, Settings(), Path(), Ran(preview(name), program) if resolve else None)
    pack.configure(_drawn_anew(sent.configuration))
    found: list[Diagnostic] = []
    for each in sent.resources:
        found += pack.analyze(_drawn_anew(each), LEVELS)
    found += pack.analyze_stack(_drawn_anew(sent.stack), LEVELS)
    return frozenset(
        (each.policy.id, each.urn, each.message, each.level is EnforcementLevel.MANDATORY)
        for each in found
        if each.urn  # what the pack tells of its own run
    )


def _drawn_anew(request: object) -> object:
    """A request with other digits at the end of each name that the provider draws."""
    parsed = type(request)()
    parsed.ParseFromString(
        re.sub(rb"-[0-9a-f]{7}(?![0-9a-zA-Z])", lambda found: b"-" + found[0][:0:-1], request.SerializeToString())  # type: ignore[attr-defined]
    )
    return parsed
