"""The baseline: what was there before does not block, and nothing else passes with it."""

from __future__ import annotations

import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from policypack.core.policy import Exemption, Kind, Options, Outcome, Resource
from policypack.core.stack_name import StackName
from policypack.evaluation.settings import SettingsError
from policypack.evaluation.waivers import WaiverRules
from stackguard.gate.baseline import Added, Baseline, apply, read
from stackguard.reports.formatting import exemption_text
from tests.evaluation.test_places import OTHER, WIDE, outcomes, role_policy

POLICY = "iam-wildcard-action"
DEV = StackName("acme", "shop", "dev")
PROD = StackName("", "shop", "prod")
ADDED = Added("ana", "2026-11-29T08:30:00Z", "0a1b2c3", "0.1.0")
LATER = Added("bo", "2027-01-01T00:00:00Z", "ffffff", "9")


def reported(*resources: Resource, stack: StackName = DEV) -> tuple[Outcome, ...]:
    return outcomes(*resources, policy=POLICY, stack=stack.stack)


def baseline_of(*resources: Resource) -> Baseline:
    return Baseline().with_outcomes(DEV, reported(*resources), ADDED)


def blocking(baseline: Baseline, *resources: Resource, stack: StackName = DEV) -> int:
    result = apply(reported(*resources, stack=stack), baseline, stack, [POLICY])
    return sum(outcome.blocks for outcome in result.outcomes)


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        ((WIDE, OTHER), (OTHER, WIDE), 0),
        ((WIDE,), (OTHER, WIDE), 1),
        ((WIDE,), (OTHER,), 1),
        ((WIDE,), (WIDE, WIDE), 1),
        ((WIDE, WIDE), (WIDE, WIDE), 0),
        ((WIDE, WIDE), (WIDE, WIDE, WIDE), 1),
    ],
    ids=["reordered", "one more", "replaced", "the same twice", "two of the same", "a third of the same"],
)
def test_what_is_new_blocks_and_what_was_there_does_not(before: Any, after: Any, new: int) -> None:
    assert blocking(baseline_of(role_policy(*before)), role_policy(*after)) == new


def test_a_renamed_resource_keeps_its_entry_by_its_alias() -> None:
    old = role_policy(WIDE, name="old")
    assert blocking(baseline_of(old), role_policy(WIDE, name="new", options=Options(aliases=(old.urn,)))) == 0
    assert blocking(baseline_of(old), role_policy(WIDE, name="new")) == 1


def test_an_entry_is_used_once_though_a_copy_has_the_old_name_as_an_alias() -> None:
    old = role_policy(WIDE, name="old")
    copy = role_policy(WIDE, name="copy", options=Options(aliases=(old.urn,)))
    result = apply(reported(copy, old), baseline_of(old), DEV, [POLICY])
    assert [outcome.blocks for outcome in result.outcomes] == [True, False]


def test_a_baselined_outcome_names_who_added_its_entry() -> None:
    old = role_policy(WIDE, name="old")
    new = role_policy(WIDE, name="new", options=Options(aliases=(old.urn,)))
    (outcome,) = apply(reported(new), baseline_of(old), DEV, [POLICY]).outcomes
    assert outcome.exemption
    assert exemption_text(outcome.exemption) == "added by ana"


def test_each_stack_has_its_own_entries() -> None:
    prod = role_policy(WIDE, stack="prod")
    assert blocking(baseline_of(role_policy(WIDE)), prod, stack=PROD) == 1
    both = baseline_of(role_policy(WIDE)).with_outcomes(PROD, reported(prod, stack=PROD), ADDED)
    assert blocking(both, prod, stack=PROD) == 0


def test_a_crash_is_never_in_a_baseline() -> None:
    (outcome,) = reported(role_policy(WIDE))
    crash = replace(outcome, kind=Kind.ERROR)
    result = apply([crash], Baseline(), DEV, [POLICY], add=True)
    assert result.new == ()
    assert result.outcomes == (crash,)


def test_what_may_not_be_waived_is_not_baselined() -> None:
    found = reported(role_policy(WIDE))
    result = apply(found, baseline_of(role_policy(WIDE)), DEV, [POLICY], WaiverRules(frozenset({POLICY})))
    assert [outcome.blocks for outcome in result.outcomes] == [True]


def test_what_is_gone_is_told_and_pruned() -> None:
    baseline = baseline_of(role_policy(WIDE, WIDE, OTHER))
    gone = apply(reported(role_policy(WIDE)), baseline, DEV, [POLICY]).gone
    assert gone.total() == 2
    pruned = baseline.without("shop/dev", gone, LATER.at)
    assert pruned.entries == baseline_of(role_policy(WIDE)).entries
    assert blocking(pruned, role_policy(WIDE, OTHER)) == 1
    assert not apply(reported(role_policy(WIDE)), baseline, DEV, ()).gone, "of a policy that did not run"


def test_what_is_waived_or_refused_is_not_gone() -> None:
    baseline = baseline_of(role_policy(WIDE))
    waived = [replace(outcome, exemption=Exemption("waived")) for outcome in reported(role_policy(WIDE))]
    assert not apply(waived, baseline, DEV, [POLICY]).gone
    rules = WaiverRules(frozenset({POLICY}))
    refused = apply(reported(role_policy(WIDE)), baseline, DEV, [POLICY], rules)
    assert not refused.gone
    assert refused.refused == {POLICY: 1}
    assert apply(reported(role_policy(OTHER)), baseline, DEV, [POLICY], rules).gone.total() == 1


def test_a_second_violation_keeps_the_entry_of_the_first(tmp_path: Path) -> None:
    baseline = baseline_of(role_policy(WIDE))
    new = apply(reported(role_policy(WIDE, WIDE, WIDE)), baseline, DEV, [POLICY], add=True).new
    both = baseline.with_outcomes(DEV, new, LATER)
    assert {*baseline.text().splitlines()} < {*both.text().splitlines()}
    assert [entry.added.by for entry in both.entries.values()] == ["ana", "bo", "bo"]
    gone = apply(reported(role_policy(WIDE)), both, DEV, [POLICY]).gone
    assert both.without("shop/dev", gone, LATER.at).entries == baseline.entries
    file = tmp_path / "stackguard-baseline.json"
    file.write_text(both.text())
    assert read(file) == both
    assert blocking(read(file), role_policy(WIDE, WIDE, WIDE)) == 0


def test_an_entry_that_fits_by_an_alias_gets_the_present_name() -> None:
    old = role_policy(WIDE, name="old")
    new = role_policy(WIDE, name="new", options=Options(aliases=(old.urn,)))
    baseline = baseline_of(old)
    moved = baseline.moved(DEV, apply(reported(new), baseline, DEV, [POLICY]).moved, LATER.at)
    (entry,) = moved.entries.values()
    assert (entry.resource, entry.added) == ("aws:iam:RolePolicy new", ADDED)
    assert blocking(moved, role_policy(WIDE, name="new")) == 0
    assert blocking(moved, old) == 1
    assert not apply(reported(new), moved, DEV, [POLICY]).moved


def test_writing_it_again_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "stackguard-baseline.json"
    file.write_text(baseline_of(role_policy(WIDE, WIDE, OTHER)).text())
    again = read(file)
    new = apply(reported(role_policy(OTHER, WIDE, WIDE)), again, DEV, [POLICY], add=True).new
    assert again.with_outcomes(DEV, new, LATER).text() == file.read_text()


def test_two_branches_merge(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        options = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *options, *arguments], cwd=tmp_path, check=True, capture_output=True)

    file = tmp_path / "stackguard-baseline.json"
    shared = baseline_of(*(role_policy(WIDE, name=f"shared{index}") for index in range(12)))
    git("init")
    names = {"left": ("a", "b", "c"), "right": ("d", "e", "f")}
    file.write_text(shared.text())
    (tmp_path / ".gitattributes").write_text("stackguard-baseline.json merge=union\n")
    git("add", ".")
    git("commit", "-m", "base")
    for branch, added in names.items():
        git("checkout", "-b", branch, "main")
        more = reported(*(role_policy(OTHER, name=name) for name in added))
        file.write_text(shared.with_outcomes(DEV, more, ADDED).text())
        git("commit", "-am", branch)
    git("merge", "left", "-m", "merged")
    assert len(read(file).entries) == 18


def test_an_entry_that_two_branches_added_counts_once(tmp_path: Path) -> None:
    file = tmp_path / "stackguard-baseline.json"
    first, *entries = baseline_of(role_policy(WIDE)).text().splitlines(keepends=True)
    file.write_text("".join([first, entries[0], *entries]))
    assert blocking(read(file), role_policy(WIDE, WIDE)) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "malformed"),
        ("[]", 'it has no `"version": 1`'),
        ('{"version": 2}', 'it has no `"version": 1`'),
        ('{"shop/dev 00": {"policy": 3}, "version": 1}', "entry `shop/dev 00`"),
        ('{"shop/dev 00": {"policy": "a", "resource": "b", "path": "", "count": 0}, "version": 1}', "entry"),
        ('{"shop/dev": {}, "version": 1}', "no stack and fingerprint"),
        ("[" * 100_000, "malformed: its values are nested too deeply"),
        ('{"version": ' + "1" * 5000 + "}", "malformed: a number has too many digits"),
        ("<<<<<<< left\n{}", "conflicts of a merge"),
    ],
)
def test_a_malformed_file_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "stackguard-baseline.json"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"stackguard-baseline\.json") as caught:
        read(file)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_counts_are_a_multiset() -> None:
    assert [*baseline_of(role_policy(WIDE, WIDE, OTHER)).of("shop/dev").values()] in ([2, 1], [1, 2])
    assert isinstance(baseline_of(role_policy(WIDE)).of("shop/prod"), Counter)


def test_a_line_with_a_count_is_of_so_many(tmp_path: Path) -> None:
    file = tmp_path / "stackguard-baseline.json"
    file.write_text(baseline_of(role_policy(WIDE)).text().replace('"count":1', '"count":3'))
    baseline = read(file)
    assert blocking(baseline, role_policy(WIDE, WIDE, WIDE, WIDE)) == 1
    assert baseline.text() == file.read_text()
    gone = apply(reported(role_policy(WIDE)), baseline, DEV, [POLICY]).gone
    file.write_text(baseline.without("shop/dev", gone, LATER.at).text())
    assert blocking(read(file), role_policy(WIDE, WIDE)) == 1


def test_what_is_added_after_a_prune_counts_again() -> None:
    baseline = baseline_of(role_policy(WIDE))
    pruned = baseline.without("shop/dev", baseline.of("shop/dev"), ADDED.at)
    again = pruned.with_outcomes(DEV, reported(role_policy(WIDE)), LATER)
    assert blocking(again, role_policy(WIDE)) == 0
    assert blocking(again, role_policy(WIDE, WIDE)) == 1
    assert again.forgetting(LATER.at).pruned == {}
    assert again.forgetting(ADDED.at) == again


def test_a_renamed_stack_takes_its_entries_along() -> None:
    baseline = baseline_of(role_policy(WIDE, WIDE, OTHER))
    one = baseline.with_outcomes(PROD, reported(role_policy(WIDE, stack="prod"), stack=PROD), LATER)
    renamed = one.renamed("shop/dev", "shop/prod", LATER.at)
    assert renamed.stacks == {"shop/prod": 3}, "of equal ones that both have, the higher count"
    assert renamed.of("shop/prod") == baseline.of("shop/dev")
