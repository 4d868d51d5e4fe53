"""Stacks that are selected by account, which is known only once they were read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.states import Place, bucket, parameter
from stackguard.audit.request import AuditRequest
from stackguard.audit.run import Audit, Plan
from stackguard.audit.selection import Selection
from stackguard.audit.sources import listing
from stackguard.audit.store.runs import RunInfo
from stackguard.cli.audit.run import summary
from stackguard.gate.exemptions import Accepting
from stackguard.sources.settings import of_target
from tests.audit.test_joined import write
from tests.audit.test_run import Inline, rows

ONE, TWO = "111122223333", "444455556666"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    for project, account in (("shop", ONE), ("bank", TWO)):
        where = Place("org", "team", project, "prod", account, "eu-west-1")
        write(tmp_path / "fleet", where, [*bucket(where, 1, block=False), *parameter(where, 2)])
    where = Place("org", "team", "nowhere", "prod", "", "eu-west-1")
    write(tmp_path / "fleet", where, [*bucket(where, 1, block=False)])
    return tmp_path / "fleet"


def audited(fleet: Path, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> RunInfo:
    selection = Selection(tuple(include), tuple(exclude))
    request = AuditRequest(of_target("-"), Accepting(), selection=selection)
    plan = Plan((str(fleet),), str(fleet.parent / "store"), filters=selection.filters)
    return Audit(request, plan, Inline).run(selection.fitting(listing.stacks([str(fleet)])))


def judged(fleet: Path) -> set[object]:
    return {project for (project,) in rows(fleet.parent / "store", "SELECT project FROM stacks")}


@pytest.mark.parametrize(
    ("include", "exclude", "projects"),
    [
        ([f"account:{ONE}"], [], {"shop"}),
        (["account:1111*"], [], {"shop"}),
        ([], [f"account:{ONE}"], {"bank", "nowhere"}),
        ([f"account:{ONE}", "nowhere/*"], [], {"shop", "nowhere"}),
        (["bank/*"], [f"account:{TWO}"], set()),
        ([f"account:{ONE}", f"account:{TWO}"], ["shop/*"], {"bank"}),
    ],
)
def test_the_accounts_of_a_stack_select_it(
    include: list[str], exclude: list[str], projects: set[str], fleet: Path
) -> None:
    info = audited(fleet, include, exclude)
    assert judged(fleet) == projects
    assert info.left_out == info.listed - len(projects)
    assert (f"{info.left_out} left out by account" in summary(info)) is bool(info.left_out)
    assert info.partial


def test_what_an_account_leaves_out_is_not_fixed_and_is_carried_over_later(fleet: Path) -> None:
    store = fleet.parent / "store"
    audited(fleet)
    info = audited(fleet, [f"account:{ONE}"])
    assert (info.judged, info.carried, info.left_out) == (0, 1, 2)
    status = "SELECT project, status FROM violations WHERE policy = 's3-missing-access-block' ORDER BY 1"
    assert rows(store, status) == [("bank", "not-looked-at"), ("nowhere", "not-looked-at"), ("shop", "open")]
    info = audited(fleet)
    assert (info.judged, info.carried, info.left_out) == (0, 3, 0)
    assert {state for _, state in rows(store, status)} == {"open"}
