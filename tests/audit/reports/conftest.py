"""A store with three audits: a whole one, one after a drift with a stack that cannot be read, and one of a part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.fleet import Fleet
from benchmarks.states import Place
from stackguard.audit.owners import OwnerRule
from stackguard.audit.reports import rollups
from stackguard.audit.reports.rollups import Rollups
from stackguard.audit.request import AuditRequest
from stackguard.audit.run import Audit, Plan
from stackguard.audit.sources import listing
from stackguard.audit.store import files
from stackguard.audit.store.runs import RunInfo, Runs
from stackguard.gate.exemptions import Accepting
from stackguard.sources.settings import of_target
from tests.audit.test_run import Inline

STACKS = 12
HOSTILE = "team-<script>alert(1)</script>@everyone`*[x](http://evil)"


@dataclass(frozen=True)
class Audited:
    store: Path
    infos: list[RunInfo]

    @property
    def runs(self) -> Runs:
        return Runs(files.opened(str(self.store)))


def audit(fleet: Path, store: Path, *, only: str = "", accepting: Accepting | None = None) -> RunInfo:
    owners = (OwnerRule(owner="everybody@example.com"), OwnerRule(owner=HOSTILE, stack="*/prod"))
    request = AuditRequest(of_target("-"), accepting or Accepting(), owners=owners)
    refs = [ref for ref in listing.stacks([str(fleet)]) if only in str(ref.location)]
    return Audit(request, Plan((str(fleet),), str(store), filters=(only,) if only else ()), Inline).run(refs)


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    folder = tmp_path_factory.mktemp("reports")
    fleet, store = folder / "fleet", folder / "store"
    truth = Fleet(fleet, 16).write(STACKS)
    infos = [audit(fleet, store)]
    Fleet(fleet, 17).drift(truth, 0.5)
    broken = Place(**max(truth["stacks"].values(), key=lambda stack: sum(stack["planted"].values()))["place"])
    (fleet / broken.file).write_text("{", encoding="utf-8")
    infos.append(audit(fleet, store))
    Fleet(fleet, 18).drift(truth, 0.5)
    (fleet / broken.file).write_text("{", encoding="utf-8")
    infos.append(audit(fleet, store, only="prod"))
    return Audited(store, infos)


@pytest.fixture
def whole(audited: Audited) -> Iterator[Rollups]:
    with rollups.opened(audited.runs, audited.infos[1].id) as opened:
        yield opened


@pytest.fixture
def part(audited: Audited) -> Iterator[Rollups]:
    with rollups.opened(audited.runs) as opened:
        yield opened
