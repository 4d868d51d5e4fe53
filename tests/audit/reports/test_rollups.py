"""Roll-ups: they add up, and stay right when only a part was looked at."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from benchmarks.fleet import Fleet
from policypack.evaluation.waivers import PlacedWaiver, Waiver
from policypack.frameworks.catalog import covered
from policypack.policies import POLICIES
from stackguard.audit.difference import difference
from stackguard.audit.reports import rollups
from stackguard.audit.reports.frameworks import states
from stackguard.audit.reports.picture import listings
from stackguard.audit.reports.results import WEIGHTS, Finding
from stackguard.audit.reports.rollups import DIMENSIONS, Rollups
from stackguard.audit.store import files
from stackguard.audit.store.runs import RunInfo, Runs
from stackguard.errors import CannotJudge
from stackguard.gate.exemptions import Accepting
from tests.audit.reports.conftest import HOSTILE, STACKS, Audited, audit


def test_the_totals_are_those_of_the_difference(audited: Audited, whole: Rollups) -> None:
    counts = difference(audited.runs, None, audited.infos[1].id).counts
    totals = whole.totals()
    assert totals.new.total == counts["new"] > 0
    assert totals.fixed.total == counts["fixed"] > 0
    assert totals.open.total == counts["new"] + counts["still-open"] + counts["not-looked-at"]
    assert (totals.stacks, totals.looked_at, totals.failed, totals.not_looked_at) == (STACKS, STACKS - 1, 1, 1)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_each_dimension_adds_up(part: Rollups, dimension: str) -> None:
    totals, groups = part.totals(), part.by(dimension)
    for severity in WEIGHTS:
        assert sum(getattr(group.open, severity) for group in groups) == getattr(totals.open, severity)
    assert sum(group.new for group in groups) == totals.new.total
    assert sum(group.fixed for group in groups) == totals.fixed.total
    assert [group.weight for group in groups] == sorted((group.weight for group in groups), reverse=True)
    assert all(group.weight == group.open.weight for group in groups)
    assert part.count_by(dimension) == len(groups)
    assert part.by(dimension, 1) == groups[:1]


def test_the_trend_counts_what_was_left_out_as_it_was_known_last(audited: Audited, part: Rollups) -> None:
    trend = part.trend()
    assert [point.run for point in trend] == [info.id for info in audited.infos]
    assert [point.stacks for point in trend] == [STACKS] * 3
    assert [point.partial for point in trend] == [False, True, True]
    for point, info in zip(trend, audited.infos, strict=True):
        with rollups.opened(audited.runs, info.id) as opened:
            totals = opened.totals()
        assert (point.open, point.sound, point.score) == (totals.open, totals.sound, totals.score)


def test_the_trend_is_the_same_if_the_runs_do_not_have_its_counts(part: Rollups) -> None:
    assert part.runs[0].open is not None
    former = [msgspec.structs.replace(info, open=None) for info in part.runs]
    assert Rollups(part.database, former, part.info, part.previous).trend() == part.trend()


def test_a_part_changes_only_what_it_looked_at(audited: Audited, whole: Rollups, part: Rollups) -> None:
    def by_stack(opened: Rollups) -> dict[str, int]:
        return Counter(finding.stack_name for finding in opened.findings())

    before, after = by_stack(whole), by_stack(part)
    left_out = {stack for stack in before | after if not stack.endswith("/prod")}
    assert {stack: before[stack] for stack in left_out} == {stack: after[stack] for stack in left_out}
    assert part.totals().looked_at + part.totals().not_looked_at == STACKS
    assert len(part.stacks_in("left-out")) == part.totals().not_looked_at


def test_a_failed_stack_keeps_its_violations_and_says_why(whole: Rollups) -> None:
    (failed,) = whole.stacks_in("failed")
    assert failed.reason == "malformed"
    assert failed.open == sum(finding.stack_id == failed.stack_id for finding in whole.findings()) > 0
    assert all(finding.message and finding.fix for finding in whole.findings())


def test_the_lists_have_what_they_say(whole: Rollups) -> None:
    totals = whole.totals()
    for name, count in (("open", totals.open), ("oldest", totals.open), ("new", totals.new), ("fixed", totals.fixed)):
        listed = whole.listed(name, 3)
        assert listed.total == count.total
        assert len(listed.findings) == min(3, count.total)
    first = whole.listed("oldest", 1).findings[0]
    assert first.first_seen == min(finding.first_seen for finding in whole.findings())
    arns = {finding.arn for finding in whole.findings(arns=True)}
    assert any(arn.startswith("arn:aws:") for arn in arns)


def test_the_heat_map_has_the_counts(part: Rollups) -> None:
    heat = part.heat_map(100, 100)
    counts = Counter((finding.stack_id, finding.policy) for finding in part.findings())
    assert {
        (row.stack_id, policy): count
        for row in heat.rows
        for policy, count in zip(heat.policies, row.counts, strict=True)
        if count
    } == counts
    assert (len(heat.rows), len(heat.policies)) == (heat.stacks, heat.all_policies)
    assert part.heat_map(2, 1).rows[0].weight == heat.rows[0].weight


def test_another_run_can_be_compared_with(audited: Audited) -> None:
    first, second, _ = audited.infos
    with rollups.opened(audited.runs, second.id, first.id) as opened:
        assert opened.totals().previous == first.id
    with rollups.opened(audited.runs, first.id) as opened:
        totals = opened.totals()
        assert (totals.previous, totals.new) == ("", totals.open)
    with pytest.raises(CannotJudge, match="there is no run"):
        rollups.opened(audited.runs, "none").__enter__()


def test_a_framework_is_rolled_up_over_all_stacks(whole: Rollups, audited: Audited) -> None:
    framework = covered("aws-fsbp", POLICIES)
    (state,) = states(whole, [framework])
    controls = {control.id: control for control in state.controls}
    open_ = Counter(finding.policy for finding in whole.findings())
    assert controls["S3.8"].violations == open_["s3-missing-access-block"] > 0
    assert controls["S3.8"].status == "violated"
    assert sum(state.counts.values()) == len(framework.requirements)
    assert state.counts["not-judged"] == state.without_policy
    with rollups.opened(audited.runs, audited.infos[0].id) as first:
        (before,) = states(first, [framework])
    typed = next(c for c in framework.requirements if any(check.types for check in c.checks))
    assert {control.id: control.status for control in before.controls}[typed.id] != "violated"


def test_what_is_not_counted_by_type_is_not_judged(whole: Rollups, monkeypatch: pytest.MonkeyPatch) -> None:
    framework = covered("aws-fsbp", POLICIES)
    (requirement, check) = next(
        (r, c)
        for r in framework.requirements
        for c in r.checks
        if not c.types and c.policy == "s3-missing-access-block"
    )
    typed = msgspec.structs.replace(check, types=("aws:s3/",))
    custom = msgspec.structs.replace(framework, requirements=(msgspec.structs.replace(requirement, policies=(typed,)),))
    (state,) = states(whole, [custom])
    assert [control.status for control in state.controls] == ["not-judged"]


def test_a_whole_listing_replaces_earlier_ones_of_its_sources() -> None:
    def run(name: str, *sources: str, **more: object) -> RunInfo:
        return RunInfo(id=name, sources=sources, **more)

    a, part, b = run("1", "a"), run("2", "a", filters=("x",)), run("3", "b")
    assert [*listings([a])] == ["1"]
    assert [*listings([a, part])] == ["2", "1"]
    assert [*listings([a, part, b])] == ["3", "2", "1"]
    assert [*listings([a, part, b, run("4", "a")])] == ["4", "3"]
    assert [*listings([a, part, b, run("4", "a", "b")])] == ["4"]
    assert [*listings([a, b, run("4", "a", unlisted=("a",))])] == ["4", "3", "1"]


def test_a_stack_that_the_sources_do_not_have_any_more_does_not_count(audited: Audited, tmp_path: Path) -> None:
    fleet, store = tmp_path / "fleet", tmp_path / "store"
    Fleet(fleet, 16).write(3)
    audit(fleet, store)
    gone = next(fleet.rglob("dev.json"))
    gone.unlink()
    audit(fleet, store)
    with rollups.opened(Runs(files.opened(str(store)))) as opened:
        totals = opened.totals()
        assert (totals.stacks, totals.not_looked_at) == (2, 0)
        assert all(finding.stack != "dev" for finding in opened.findings())
        left = opened.rows("SELECT count(*) FROM violations WHERE stack = 'dev' AND status = 'not-looked-at'")[0][0]
        assert totals.gone == min(left, 1)
        assert [point.stacks for point in opened.trend()] == [3, 2]
        assert opened.trend()[-1].open == totals.open


def test_waivers_that_somebody_has_to_look_at(tmp_path: Path) -> None:
    fleet, store, today = tmp_path / "fleet", tmp_path / "store", datetime.now(UTC).date()
    Fleet(fleet, 16).write(6)
    audit(fleet, store)
    with rollups.opened(Runs(files.opened(str(store)))) as opened:
        first, second, third = [*opened.findings()][:3]

    def waiver(finding: Finding, days: int, **more: str) -> PlacedWaiver:
        expires = today + timedelta(days)
        facts = {"policy": finding.policy, "resource": finding.urn, "reason": "known", "expires": expires, **more}
        return PlacedWaiver(Waiver(**facts), f"w.yaml:{days}")

    given = (waiver(first, 5, owner="ann"), waiver(second, -5), waiver(third, 90, policy="lambda-public-invoke"))
    audit(fleet, store, accepting=Accepting(given))
    with rollups.opened(Runs(files.opened(str(store)))) as opened:
        states = {state.kind: state for state in opened.waivers()}
        assert states["expired"].source == "w.yaml:-5"
        assert (states["expires-soon"].owner, states["expires-soon"].policy) == ("ann", first.policy)
        assert opened.totals().waived == 1
        assert first.id not in {finding.id for finding in opened.findings()}


def test_owners_are_those_of_the_rules(whole: Rollups) -> None:
    stacks = {group.name: group.stacks for group in whole.by("owner")}
    assert stacks == {HOSTILE: STACKS // 3, "everybody@example.com": STACKS - STACKS // 3}
