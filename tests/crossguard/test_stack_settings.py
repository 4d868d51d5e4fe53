"""The file in the pack's own folder is the central one; a file beside the program tightens it, and loosens what it allows."""

from __future__ import annotations

from pathlib import Path

import pytest
from pulumi.runtime.proto import analyzer_pb2

from policypack.core.policy import UNKNOWN, Resource, Stack
from policypack.evaluation.settings import Settings
from tests.analyzer import Diagnostic, running
from tests.test_pack_settings import ROLE_POLICY, pack_folder

pytestmark = pytest.mark.outside

WILDCARD = "iam-wildcard-action"
LATE = Resource("aws:iam/rolePolicy:RolePolicy", "late", {"role": "r", "policy": UNKNOWN})
ADVISORY = f"enforcement: {{{WILDCARD}: advisory}}\n"


def judged(
    folder: Path, central: str, beside: str | None, resource: Resource = ROLE_POLICY, level: int | None = None
) -> list[Diagnostic]:
    """What the pack reports of a resource.

    Args:
        folder: an empty one.
        central: the settings in the pack's folder.
        beside: those beside the program.
        resource: the resource.
        level: that the engine asks for, of `iam-wildcard-action`.
    """
    for name in ("pack", "program"):
        (folder / name).mkdir()
    (folder / "program" / "Pulumi.yaml").write_text("name: orders\nruntime: python\n")
    if beside is not None:
        (folder / "program" / "stackguard.yaml").write_text(beside)
    pack = pack_folder(folder / "pack", f"resolveUnknowns: false\n{central}")
    with running(pack, program=folder / "program") as running_pack:
        if level is not None:
            request = analyzer_pb2.ConfigureAnalyzerRequest()
            request.policyConfig[WILDCARD].enforcementLevel = level
            running_pack.stub.Configure(request)
        return running_pack.analyze(Stack((resource,), Settings()), {}, "orders")


def blocking(diagnostics: list[Diagnostic]) -> set[str]:
    return {diagnostic.policy for diagnostic in diagnostics if diagnostic.mandatory}


@pytest.mark.parametrize(
    ("central", "beside", "blocks"),
    [
        ("", None, True),
        ("", ADVISORY, True),
        (ADVISORY, None, False),
        (ADVISORY, f"enforcement: {{{WILDCARD}: mandatory}}", True),
        ("programs: {maySet: [enforcement]}", ADVISORY, False),
        ("programs: {maySet: [enforcement]}\nlocked: {enforcement: {tag:iam: mandatory}}", ADVISORY, True),
        (f"overrides: [{{stacks: [dev*], {ADVISORY.strip()}}}]", None, False),
        (f"overrides: [{{stacks: [prod*], {ADVISORY.strip()}}}]", None, True),
        (f"overrides: [{{projects: [orders], {ADVISORY.strip()}}}]", None, False),
    ],
)
def test_a_program_loosens_only_what_the_pack_allows(
    tmp_path: Path, central: str, beside: str | None, *, blocks: bool
) -> None:
    assert (WILDCARD in blocking(judged(tmp_path, central, beside))) is blocks


def test_what_does_not_count_is_noted(tmp_path: Path) -> None:
    notes = [
        report.message for report in judged(tmp_path, "", f"{ADVISORY}unknown: advisory\n") if not report.mandatory
    ]
    assert any("`unknown` counts only as far as it is stricter" in note for note in notes)
    assert any(f"`{WILDCARD}: advisory` does not count for `{WILDCARD}`" in note for note in notes)


@pytest.mark.parametrize(
    ("central", "beside", "blocks"),
    [
        ("unknown: advisory", None, False),
        ("unknown: advisory", "unknown: mandatory", True),
        ("", "unknown: advisory", True),
        ("", "enforcement: {pulumi-unknown-value: advisory}", True),
        ("programs: {maySet: [unknown]}", "unknown: advisory", False),
    ],
)
def test_unknown_values_too(tmp_path: Path, central: str, beside: str | None, *, blocks: bool) -> None:
    assert ("pulumi-unknown-value" in blocking(judged(tmp_path, central, beside, LATE))) is blocks


@pytest.mark.parametrize(
    "beside", ["unknwon: advisory", "enforcement: {no-such-policy: advisory}", "programs: {mayWaive: true}", "a: ["]
)
def test_settings_beside_the_program_that_do_not_fit_block_everything(tmp_path: Path, beside: str) -> None:
    reports = judged(tmp_path, "unknown: advisory", beside)
    (problem, *_) = (report for report in reports if report.urn == ROLE_POLICY.urn)
    assert problem.mandatory
    assert "stackguard.yaml:1" in problem.message


@pytest.mark.parametrize(
    ("central", "level", "blocks"),
    [
        ("", analyzer_pb2.ADVISORY, False),
        (ADVISORY, analyzer_pb2.MANDATORY, True),
        ("locked: {enforcement: {severity:critical: mandatory}}", analyzer_pb2.ADVISORY, True),
        ("locked: {enforcement: {severity:critical: mandatory}}", analyzer_pb2.DISABLED, True),
    ],
)
def test_crossguards_level_counts_within_the_locks(tmp_path: Path, central: str, level: int, *, blocks: bool) -> None:
    assert (WILDCARD in blocking(judged(tmp_path, central, "failOn: low", level=level))) is blocks
