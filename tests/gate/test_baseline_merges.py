"""Two branches that edit a baseline, merged by git: each change of either is in the result, and nothing else."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policypack.core.policy import Outcome
from policypack.core.stack_name import StackName
from policypack.evaluation.places import fingerprint
from policypack.evaluation.settings import SettingsError
from stackguard.gate.baseline import Added, Baseline, read
from tests.evaluation.test_places import OTHER, WIDE, outcomes, role_policy

DEV = StackName("acme", "shop", "dev")
FILE = "stackguard-baseline.json"
BRANCHES = ("left", "right")


@cache
def violations() -> Sequence[Outcome]:
    resources = [role_policy(WIDE, OTHER, name=f"role{index}") for index in range(6)]
    return outcomes(*resources, policy="iam-wildcard-action", stack="dev")


def at(minute: int) -> str:
    return f"2026-11-29T08:{minute:02}:00Z"


edits = st.lists(
    st.tuples(st.sampled_from(("add", "prune", "rewrite")), st.integers(0, 11), st.integers(1, 3)), max_size=8
)
"""What a branch does: to which violation, and to how many equal ones."""
rounds = st.lists(st.tuples(edits, edits), min_size=1, max_size=3)


def edited(baseline: Baseline, changes: Sequence[tuple[str, int, int]], minute: int) -> Baseline:
    for kind, index, count in changes:
        violation = violations()[index]
        if kind == "add":
            baseline = baseline.with_outcomes(DEV, [violation] * count, Added("ana", at(minute)))
        elif kind == "prune":
            baseline = baseline.without("shop/dev", Counter({fingerprint(violation): count}), at(minute))
    return baseline


class Repository:
    """A repository with a baseline."""

    def __init__(self, folder: Path, *, union: bool) -> None:
        self.folder, self.file = folder, folder / FILE
        self.git("init", "-q")
        (folder / ".gitattributes").write_text(f"{FILE} merge=union\n" if union else "")

    def git(self, *arguments: str) -> int:
        options = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=left"]
        ran = subprocess.run(["git", *options, *arguments], cwd=self.folder, check=False, capture_output=True)
        return ran.returncode

    def commit(self, baseline: Baseline) -> None:
        self.file.write_text(baseline.text())
        self.git("add", ".")
        self.git("commit", "-qm", "edit", "--allow-empty")

    def edit(self, changes: Sequence[tuple[str, int, int]], minute: int) -> Baseline:
        """Edit the baseline of the branch that is checked out."""
        baseline = edited(read(self.file), changes, minute)
        self.commit(baseline)
        return baseline

    def merged(self, into: str, other: str) -> Baseline:
        self.git("checkout", "-q", into)
        if self.git("merge", "-q", other, "-m", "merge"):
            with pytest.raises(SettingsError, match="conflicts of a merge"):
                read(self.file)
            self.commit(read(self.file, unmerged=True))
        return read(self.file)


def both(left: Baseline, right: Baseline) -> set[tuple[str, str, int]]:
    """What either has and neither has pruned."""
    return ({*left.entries} | {*right.entries}) - {*left.pruned} - {*right.pruned}


@pytest.mark.parametrize("union", [True, False])
def test_a_merge_has_what_either_added_and_nothing_that_either_pruned(*, union: bool) -> None:
    @given(rounds)
    @settings(max_examples=25, deadline=None)
    def check(course: Sequence[tuple[Sequence[tuple[str, int, int]], ...]]) -> None:
        with TemporaryDirectory() as folder:
            repository = Repository(Path(folder), union=union)
            first = Baseline().with_outcomes(DEV, violations()[::2], Added("ana", at(0)))
            repository.commit(first.with_outcomes(DEV, violations()[:2], Added("bo", at(0))))
            repository.git("branch", "right")
            for number, of_round in enumerate(course):
                edited = []
                for index, (branch, changes) in enumerate(zip(BRANCHES, of_round, strict=True)):
                    repository.git("checkout", "-q", branch)
                    edited.append(repository.edit(changes, 1 + 2 * number + index))
                expected = both(*edited)
                repository.git("branch", "-f", "before", "left")
                assert {*repository.merged("left", "right").entries} == expected
                assert {*repository.merged("right", "before").entries} == expected

    check()


def test_a_line_that_was_pruned_does_not_come_back_beside_new_ones(tmp_path: Path) -> None:
    repository = Repository(tmp_path, union=True)
    every = violations()
    repository.commit(Baseline().with_outcomes(DEV, every[::2], Added("ana", at(0))))
    repository.git("checkout", "-qb", "right")
    repository.edit([("add", index, 1) for index in range(1, 12, 2)], 1)
    repository.git("checkout", "-q", "left")
    repository.edit([("prune", index, 1) for index in range(0, 12, 2)], 2)
    assert repository.merged("right", "left").of("shop/dev") == Counter(map(fingerprint, every[1::2]))


def test_of_two_branches_that_raise_a_count_the_higher_one_counts(tmp_path: Path) -> None:
    """They may have accepted the same violation, so that the sum would accept one that nobody has seen."""
    repository = Repository(tmp_path, union=True)
    repository.commit(Baseline().with_outcomes(DEV, violations()[:1], Added("ana", at(0))))
    repository.git("checkout", "-qb", "right")
    repository.edit([("add", 0, 2)], 1)
    repository.git("checkout", "-q", "left")
    repository.edit([("add", 0, 1)], 2)
    assert repository.merged("right", "left").of("shop/dev").total() == 3


def test_what_another_run_writes_meanwhile_stays() -> None:
    @given(edits, edits)
    @settings(max_examples=50, deadline=None)
    def check(one: Sequence[tuple[str, int, int]], other: Sequence[tuple[str, int, int]]) -> None:
        first = Baseline().with_outcomes(DEV, violations()[::2], Added("ana", at(0)))
        left, right = edited(first, one, 1), edited(first, other, 2)
        assert {*left.merged(right).entries} == both(left, right)
        assert left.merged(right).text() == right.merged(left).text()

    check()
