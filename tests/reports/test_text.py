"""The text report: exemptions, several stacks, and the options for how much it shows."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from policypack.core.policy import EnforcementLevel, Severity
from stackguard.reports import Change, Detail, Screen, render
from tests.reports import runs, sample
from tests.reports.test_reports import without_lines


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("detail", list(Detail))
def test_the_text_of_several_stacks_reads_well(detail: Detail, snapshot: SnapshotAssertion) -> None:
    assert without_lines(render(runs.everything(), "text", Screen(detail=detail))) == snapshot


def test_statistics_read_well(snapshot: SnapshotAssertion) -> None:
    text = render(runs.everything(), "text", Screen(detail=Detail.QUIET, statistics=True))
    assert text[text.index("outcomes by policy") :] == snapshot


def test_the_most_severe_resource_comes_first() -> None:
    text = render(runs.run(), "text", Screen())
    labels = re.findall(r"^  (critical|high|medium|low|undecided)  ", text, re.MULTILINE)
    assert labels == ["critical", "critical", "low", "undecided", "undecided"]


def test_a_statement_is_shown_once_with_the_elements_of_all_its_violations() -> None:
    resource = sample.role_policy("r", sample.document(sample.allow("*", "*")))
    other = replace(sample.WILDCARD, id="iam-other", severity=Severity.LOW, fix="do something else")
    text = render(runs.run(runs.report((other, sample.WILDCARD), resource)), "text", Screen())
    assert text.count('"Effect": "Allow"') == 1
    assert text.index("iam-wildcard-action") < text.index('"Effect"') < text.index("iam-other")


def test_quiet_leaves_out_what_does_not_block() -> None:
    report = runs.report((sample.PLAINTEXT, sample.WILDCARD))
    advisory = tuple(
        outcome.at(EnforcementLevel.ADVISORY) if outcome.policy.id == sample.PLAINTEXT.id else outcome
        for outcome in report.outcomes
    )
    run = runs.run(replace(report, outcomes=advisory))
    assert "s3-plaintext-transport" in render(run, "text", Screen())
    quiet = render(run, "text", Screen(detail=Detail.QUIET))
    assert "s3-plaintext-transport" not in quiet
    assert "iam-wildcard-action" in quiet
    assert quiet.splitlines()[-1].startswith("3 violations")


@pytest.mark.parametrize(("color", "coloured"), [("always", True), ("never", False), ("auto", False)])
@pytest.mark.parametrize("variable", ["", "NO_COLOR"])
def test_the_option_for_colour_comes_before_the_environment(
    color: str, variable: str, monkeypatch: pytest.MonkeyPatch, *, coloured: bool
) -> None:
    if variable:
        monkeypatch.setenv(variable, "1")
    text = render(runs.run(), "text", Screen(color=color))  # type: ignore[arg-type]
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]m", text)) is coloured
    assert "\x1b" not in render(runs.run(), "text", Screen(terminal=True, color="never"))


def test_explain_is_named_for_cards_only() -> None:
    foreign = replace(sample.WILDCARD, bad=[], good=[])
    assert "`stackguard explain iam-wildcard-action`" in render(runs.run(), "text", Screen())
    assert "stackguard explain" not in render(runs.run(runs.report((foreign,))), "text", Screen())


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (Change("main", fixed=tuple(runs.outcomes((sample.WILDCARD,)))), "against main: 0 new, 3 fixed, 0 unchanged"),
        (
            Change("main", problem="`main` cannot be judged: it failed"),
            "no comparison: `main` cannot be judged: it failed",
        ),
    ],
)
def test_a_comparison_is_counted(change: Change, line: str) -> None:
    assert line in render(runs.run(replace(runs.report(), change=change)), "text", Screen()).splitlines()
