"""Waived violations of stacks that an audit leaves out, and waivers of stacks that it does not have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.states import Place, bucket, parameter
from policypack.core.policy import Severity
from policypack.evaluation.waivers import PlacedWaiver, Waiver
from stackguard.audit import history
from stackguard.audit.difference import difference
from stackguard.audit.reports import rollups
from stackguard.audit.store import files
from stackguard.audit.store.runs import Runs
from stackguard.gate.exemptions import Accepting
from tests.audit.reports.conftest import audit
from tests.audit.test_joined import write

TODAY = datetime.now(UTC).date()


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    for project in ("shop", "bank"):
        where = Place("org", "team", project, "prod", "111122223333", "eu-west-1")
        write(tmp_path / "fleet", where, [*bucket(where, 1, block=False), *parameter(where, 2)])
    return tmp_path / "fleet"


def waiving(stack: str, days: int = 30) -> Accepting:
    urn = f"urn:pulumi:prod::{stack.partition('/')[0]}::aws:s3/bucket:Bucket::bucket1"
    expires = TODAY + timedelta(days)
    waiver = Waiver(
        policy="s3-missing-access-block", resource=urn, reason="known", expires=expires, owner="ann", stacks=(stack,)
    )
    return Accepting((PlacedWaiver(waiver, f"w.yaml:{stack}"),))


def changes(fleet: Path) -> dict[str, int]:
    counts = difference(Runs(files.opened(str(fleet.parent / "store"))), None, None).counts
    return {change: count for change, count in counts.items() if change != "still-open"}


def test_a_waived_violation_of_a_stack_that_is_left_out_stays_waived(fleet: Path, tmp_path: Path) -> None:
    store, accepting = tmp_path / "store", waiving("shop/prod")
    audit(fleet, store)
    audit(fleet, store, accepting=accepting)
    assert changes(fleet) == {"waived": 1}
    for _ in range(2):
        audit(fleet, store, only="bank", accepting=accepting)
        assert changes(fleet) == {}
    info = audit(fleet, store, accepting=accepting)
    assert changes(fleet) == {}
    assert history.still_open(Runs(files.opened(str(store))), info, Severity.LOW, new=True) == 0
    audit(fleet, store, only="bank", accepting=accepting)
    info = audit(fleet, store, accepting=waiving("shop/prod", -1))
    assert changes(fleet) == {"new": 1}
    assert history.still_open(Runs(files.opened(str(store))), info, Severity.LOW, new=True) == 1


def test_a_violation_of_a_stack_that_is_left_out_is_waived_when_it_is_read_again(fleet: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    audit(fleet, store)
    audit(fleet, store, only="bank", accepting=waiving("shop/prod"))
    assert changes(fleet) == {"not-looked-at": 1}
    audit(fleet, store, accepting=waiving("shop/prod"))
    assert changes(fleet) == {"waived": 1}


def test_a_waiver_is_unused_only_if_its_stack_could_use_it(fleet: Path, tmp_path: Path) -> None:
    def unused() -> list[str]:
        with rollups.opened(Runs(files.opened(str(tmp_path / "store")))) as opened:
            return [state.source for state in opened.waivers() if state.kind == "unused"]

    audit(fleet, tmp_path / "store", only="bank", accepting=waiving("shop/prod"))
    assert unused() == []
    audit(fleet, tmp_path / "store", accepting=waiving("shop/prod"))
    assert unused() == []
    audit(fleet, tmp_path / "store", accepting=waiving("gone/prod"))
    assert unused() == ["w.yaml:gone/prod"]
    audit(fleet, tmp_path / "store", only="bank", accepting=waiving("gone/prod"))
    assert unused() == []
