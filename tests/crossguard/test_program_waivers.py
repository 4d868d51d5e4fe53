"""Waivers beside the program count in a preview, as far as the pack's own settings allow."""

from __future__ import annotations

from pathlib import Path

import pytest

from policypack.core.policy import Resource, Stack
from policypack.evaluation.settings import Settings
from tests.analyzer import Diagnostic, running
from tests.test_pack_settings import ROLE_POLICY, pack_folder

pytestmark = pytest.mark.outside

WILDCARD = "iam-wildcard-action"
ALLOWED = "programs: {mayWaive: true}\n"


def waiver(policy: str = WILDCARD, expires: str = "2999-12-31", name: str = ROLE_POLICY.name) -> str:
    resource = f"{{type: {ROLE_POLICY.type!r}, name: {name}}}"
    return f"waivers:\n  - {{policy: {policy}, resource: {resource}, reason: legacy importer, expires: {expires}}}\n"


def judged(folder: Path, central: str, waivers: str, resource: Resource = ROLE_POLICY) -> list[Diagnostic]:
    for name in ("pack", "program"):
        (folder / name).mkdir()
    (folder / "program" / "Pulumi.yaml").write_text("name: orders\nruntime: python\n")
    (folder / "program" / "stackguard-waivers.yaml").write_text(waivers)
    pack = pack_folder(folder / "pack", f"resolveUnknowns: false\n{central}")
    with running(pack, program=folder / "program") as running_pack:
        return running_pack.analyze(Stack((resource,), Settings()), {}, "orders")


def levels(diagnostics: list[Diagnostic], policy: str = WILDCARD) -> set[bool]:
    return {diagnostic.mandatory for diagnostic in diagnostics if diagnostic.policy == policy}


@pytest.mark.parametrize(
    ("central", "waivers", "blocks"),
    [
        ("", waiver(), True),
        (ALLOWED, waiver(), False),
        (ALLOWED, waiver(expires="2020-01-01"), True),
        (ALLOWED, waiver(name="elsewhere"), True),
        (ALLOWED, waiver(policy="iam-open-trust"), True),
        (f"{ALLOWED}locked: {{neverWaive: [{WILDCARD}]}}", waiver(), True),
        (f"{ALLOWED}locked: {{longestWaiver: {{critical: 30, high: 30}}}}", waiver(), True),
    ],
)
def test_a_waiver_counts_as_far_as_the_pack_allows(tmp_path: Path, central: str, waivers: str, *, blocks: bool) -> None:
    assert levels(judged(tmp_path, central, waivers)) == {blocks}


def test_what_is_waived_stays_visible_with_its_reason(tmp_path: Path) -> None:
    (shown,) = [entry for entry in judged(tmp_path, ALLOWED, waiver()) if entry.policy == WILDCARD]
    assert "Waived until 2999-12-31: legacy importer" in shown.message


@pytest.mark.parametrize(
    ("waivers", "message"),
    [
        (waiver(expires="2020-01-01"), "expired on 2020-01-01"),
        (waiver(policy="iam-open-trust"), "accepts nothing"),
        ("waivers: [{policy: x}]", "`resource` is missing"),
    ],
)
def test_a_waiver_that_somebody_has_to_edit_blocks(tmp_path: Path, waivers: str, message: str) -> None:
    sound = Resource(ROLE_POLICY.type, ROLE_POLICY.name, {"role": "r"}, ROLE_POLICY.urn)
    assert any(message in entry.message and entry.mandatory for entry in judged(tmp_path, ALLOWED, waivers, sound))
