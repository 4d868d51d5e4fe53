"""Where what a waiver or the baseline accepts is shown, as README.md says, in every format."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policypack.core.policy import Exemption
from stackguard.cli.check import FORMATS
from stackguard.reports import Detail, Report, Run, Screen, render
from tests.reports import runs, sample

SHOWN = {"text", "json", "html", "junit", "markdown", "csv"}
MARKS = {"baselined": ("baselined", "In the baseline"), "waived": ("waived", "Waived")}
pytestmark = pytest.mark.usefixtures("repository")


def accepted(kind: str, *, some: bool) -> Run:
    """A stack of which everything, or `some`, is accepted."""
    report: Report = runs.report((sample.PLAINTEXT,), *runs.buckets(2, name="ledger"))
    first, second = report.outcomes
    exempt = Exemption(kind, "agreed", "ann")  # type: ignore[arg-type]
    outcomes = (replace(first, exemption=exempt), second if some else replace(second, exemption=exempt))
    return runs.run(replace(report, outcomes=outcomes))


@pytest.mark.parametrize("some", [False, True], ids=["all", "some"])
@pytest.mark.parametrize("kind", MARKS)
@pytest.mark.parametrize("name", FORMATS)
def test_what_is_accepted_is_shown_and_marked_or_left_out(name: str, kind: str, *, some: bool) -> None:
    text = render(accepted(kind, some=some), name, Screen(detail=Detail.VERBOSE))
    assert ("ledger0" in text) is (name in SHOWN)
    if name in SHOWN:
        assert "s3-plaintext-transport" in text
        assert any(mark in text for mark in MARKS[kind])


@pytest.mark.parametrize("name", sorted(SHOWN - {"html"}))
def test_nothing_is_called_accepted_that_is_not(name: str) -> None:
    live: Report = runs.report((sample.PLAINTEXT,), *runs.buckets(2, name="ledger"))
    text = render(runs.run(live), name, Screen(detail=Detail.VERBOSE))
    assert "In the baseline" not in text
    assert "baselined:" not in text
    assert "waived:" not in text


def test_the_text_counts_the_baseline_and_lists_it_when_asked() -> None:
    run = accepted("baselined", some=False)
    assert "2 outcomes in the baseline; `--verbose` lists them" in render(run, "text", Screen())
    verbose = render(run, "text", Screen(detail=Detail.VERBOSE))
    lines = verbose[verbose.index("baselined: ") :].splitlines()
    assert "ledger0" in lines[0]
    assert lines[1].startswith("    ")
    assert lines[2].startswith("    waiver: {policy: s3-plaintext-transport, ")
