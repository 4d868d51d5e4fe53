"""What the pages show of a store, and that what is hostile in it stays text."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
import pytest

from stackguard.audit.reports.overview import cards, responsible
from stackguard.audit.reports.rollups import opened
from stackguard.audit.serve.listing import page
from stackguard.audit.serve.lists import RESOURCES, STACKS, violations
from stackguard.audit.serve.saved import SavedViews
from stackguard.audit.serve.snapshot import Snapshot, a_week_before
from stackguard.audit.store import files
from stackguard.audit.store.runs import TIME, RunInfo, Runs
from stackguard.errors import CannotJudge
from tests.audit.serve.serving import HOSTILE, MARKUP, Served

EVERY = {"status": "any", "kind": "any"}


@pytest.fixture(scope="module")
def snapshot(site: Served) -> Snapshot:
    runs = Runs(files.opened(str(site.store)))
    return Snapshot(runs, runs.finished())


def count(site: Served, path: str, **parameters: str) -> int:
    text = site.ask(f"{path}?{urlencode(parameters)}").text
    match = re.search(r'id="count">([\d,]+) ', text)
    assert match is not None, text[:500]
    return int(match[1].replace(",", ""))


def test_the_overview_has_the_roll_ups(site: Served) -> None:
    text = site.ask("/").text
    with opened(Runs(files.opened(str(site.store)))) as rollups:
        totals = rollups.totals()
    assert f"{totals.score} %</p>" in text
    assert f"<strong>{totals.open.critical:,}</strong> critical" in text
    assert f"{totals.new.total:,} new</a>" in text
    assert count(site, "/violations", status="new") == totals.new.total
    assert count(site, "/violations") == totals.open.total
    assert count(site, "/violations", status="fixed") >= totals.fixed.total


def test_the_overview_answers_who_what_why_and_how(site: Served, snapshot: Snapshot) -> None:
    short = site.ask("/").text.partition('class="answers"')[2].partition('class="tiles"')[0]
    kind, (worst, *_) = responsible(snapshot.rollups, 1)
    (policy,) = snapshot.rollups.by("policy", 1)
    (card,) = cards([policy.name])
    assert f"Worst {kind}" in short
    assert f"<bdi>{worst.name}</bdi>" in short
    assert f"New since the audit of {snapshot.finished[0].started[:10]}" in short
    assert ("owned by" in short) == (snapshot.rollups.totals().new.total > 0)
    assert card.fix.partition("`")[0] in short
    assert card.why.partition("`")[0].partition("\n")[0] in short
    link = re.search(r'href="(/violations\?(?:project|owner)=[^"]+)"', short)
    assert link is not None
    path, _, query = html.unescape(link[1]).partition("?")
    assert count(site, path, **dict(parse_qsl(query))) == worst.open.total


@pytest.mark.parametrize(
    ("days", "since"),
    [
        ((0,), ""),
        ((0, 1), "0"),
        ((0, 1, 2, 3), "2"),
        ((0, 1, 2, 7, 8), "1"),
        ((0, 6.9), "0"),
        ((0, 7, 14), "1"),
    ],
)
def test_new_is_what_the_last_audit_of_a_week_ago_did_not_have(days: tuple[float, ...], since: str) -> None:
    begin = datetime(2026, 11, 1, 3, tzinfo=UTC)
    runs = [
        RunInfo(id=str(at), started=f"{begin + timedelta(days=day):{TIME}}", previous=str(at - 1) if at else "")
        for at, day in enumerate(days)
    ]
    assert a_week_before(runs) == since
    if len(runs) == 5:
        runs[1] = msgspec.structs.replace(runs[1], sample="a sample of 3 stacks")
        assert a_week_before(runs) == "0"


def test_a_list_that_nothing_fits_leads_to_everything(site: Served) -> None:
    text = site.ask("/violations?q=no-such-thing").text
    assert count(site, "/violations", q="no-such-thing") == 0
    assert 'href="/violations?status=any&amp;kind=any">show everything' in text
    assert "There is none" not in text


@pytest.mark.parametrize(
    ("parameters", "condition"),
    [
        ({"severity": "critical"}, "severity = 'critical'"),
        ({"service": "s3"}, "service = 's3'"),
        ({"policy": "s3-*"}, "policy LIKE 's3-%'"),
        ({"owner": "-"}, "owner = ''"),
        ({"region": "eu-west-1"}, "region = 'eu-west-1'"),
        ({"q": "S3 BUCKET"}, "contains(search, 's3') AND contains(search, 'bucket')"),
        ({"status": "not-looked-at"}, "status = 'not-looked-at'"),
        ({"age": "-7"}, "true"),
        ({"age": "90"}, "false"),
        ({"severity": "'; DROP TABLE listed; --"}, "false"),
        ({"policy": "' OR 1=1 --"}, "false"),
        ({"policy": "s3[*"}, "false"),
        ({"stack_id": "%"}, "false"),
    ],
)
def test_each_filter_narrows_the_list(snapshot: Snapshot, parameters: dict[str, str], condition: str) -> None:
    listing = violations(snapshot.info.started)
    shown = page(snapshot, listing, EVERY | parameters)
    ((expected,),) = [row.values() for row in snapshot.rows(f"SELECT count(*) FROM listed WHERE {condition}")]
    assert shown.total == expected


@pytest.mark.parametrize("sort", ["severity", "oldest", "newest", "policy", "team", "stack"])
def test_pages_in_each_order_have_every_row_once(snapshot: Snapshot, sort: str) -> None:
    listing = violations(snapshot.info.started)
    seen: list[str] = []
    after = ""
    while True:
        shown = page(snapshot, listing, EVERY | {"sort": sort, "after": after}, most=7)
        seen += [row["id"] for row in shown.rows]
        after = shown.after
        if not after:
            break
    assert len(seen) == len(set(seen)) == shown.total > 20


def test_the_pages_of_resources_have_every_row_once(snapshot: Snapshot) -> None:
    seen: list[str] = []
    after = ""
    while True:
        shown = page(snapshot, RESOURCES, {"after": after}, most=50)
        seen += [row["stack_id"] + row["urn"] for row in shown.rows]
        after = shown.after
        if not after:
            break
    ((expected,),) = [row.values() for row in snapshot.rows("SELECT count(*) FROM resources")]
    assert len(seen) == len(set(seen)) == expected


@pytest.mark.parametrize(
    "after", ["x", "e30=", "W10=", "WzEsMl0=", "WyJhIl0=", "Wy0xXQ==", "é", "WzEuNV0=", "W251bGxd"]
)
@pytest.mark.parametrize("path", ["/violations", "/stacks", "/resources", "/access"])
def test_a_damaged_link_is_said_to_be_damaged(site: Served, path: str, after: str) -> None:
    answer = site.ask(f"{path}?after={quote(after)}")
    assert answer.status in {200, 400}
    assert answer.status == 400 or 'role="status"' in answer.text


def test_resources_are_found_by_type_tag_and_arn(snapshot: Snapshot) -> None:
    (bucket,) = page(snapshot, RESOURCES, {"type": "aws:s3/bucket*:*", "q": "arn:aws:s3"}, most=1).rows
    assert page(snapshot, RESOURCES, {"arn": bucket["arn"]}).total >= 1
    tagged = page(snapshot, RESOURCES, {"tag": f"{MARKUP}={MARKUP}"})
    assert tagged.total > 0
    assert all(json.loads(row["tags"]) == {MARKUP: MARKUP} for row in tagged.rows)
    assert page(snapshot, RESOURCES, {"tag": f"{MARKUP}={MARKUP}x"}).total == 0
    name = json.loads(tagged.rows[0]["tags"])
    assert [*name] == [MARKUP]
    plain = page(snapshot, RESOURCES, {"tag": "team"})
    assert plain.total > 0
    assert all("team" in json.loads(row["tags"]) for row in plain.rows)


def test_a_violation_has_what_a_ticket_needs(site: Served, snapshot: Snapshot) -> None:
    row = page(snapshot, violations(snapshot.info.started), {"policy": "s3-*"}, most=1).rows[0]
    text = site.ask(f"/violations/{row['id']}").text
    for part in ("How to fix it", "Why it matters", row["id"], f"{site.origin}/violations/{row['id']}", "First seen"):
        assert part in text
    assert html.escape(row["name"])[:50] in text


def test_a_violation_that_was_not_looked_at_says_so(site: Served, snapshot: Snapshot) -> None:
    shown = page(snapshot, violations(snapshot.info.started), {"status": "not-looked-at"})
    assert shown.total > 0
    for row in shown.rows:
        assert "not looked at" in site.ask(f"/violations/{row['id']}").text


def test_every_row_leads_to_a_page(site: Served) -> None:
    for path in (
        "/",
        "/violations?status=any&kind=any",
        "/stacks",
        "/policies",
        "/resources",
        "/access",
        "/runs",
        "/failed",
        "/sql",
    ):
        links = set(re.findall(r'href="(/[^"]*)"', site.ask(path).text))
        assert links
        for link in sorted(links)[:40]:
            assert site.ask(html.unescape(link)).status == 200, link


def test_what_was_not_judged_is_listed(site: Served) -> None:
    text = site.ask("/failed").text
    assert "malformed" in text
    assert "1 stack;" in text
    assert count(site, "/stacks", state="failed") == 1


def test_hostile_names_stay_text_on_every_page(site: Served, snapshot: Snapshot) -> None:
    listed = page(snapshot, violations(snapshot.info.started), EVERY | {"q": "onerror"}).rows
    stack = page(snapshot, STACKS, {"q": "hostile"}).rows[0]["stack_id"]
    assert listed
    paths = [
        "/",
        "/violations?status=any&kind=any&q=alert",
        f"/violations/{listed[0]['id']}",
        f"/stacks/{stack}",
        "/resources?q=alert",
        f"/resources?{urlencode({'tag': MARKUP, 'type': MARKUP, 'q': MARKUP})}",
        "/access",
        "/difference",
        f"/violations?{urlencode({'owner': MARKUP, 'q': HOSTILE[3]})}",
        f"/policies?{urlencode({'q': MARKUP})}",
        f"/sql?{urlencode({'sql': 'SELECT name, tags FROM resources'})}",
        f"/sql?{urlencode({'sql': MARKUP})}",
        f"/sql?{urlencode({'sql': '</textarea><script>alert(1)</script>'})}",
    ]
    for path in paths:
        text = site.ask(path).text
        assert "<img" not in text, path
        assert "<script>" not in text, path
        assert text.count("<script") == 1, path
        assert "\u202e" not in text, path
        assert len(text) < 600_000, path


def test_sql_has_rows_as_a_page_and_as_csv(site: Served) -> None:
    sql = "SELECT -1 AS n, '=1+1' AS formula, ['a', 'b'] AS listed, NULL AS nothing"
    text = site.ask(f"/sql?{urlencode({'sql': sql})}").text
    assert "1 row" in text
    answer = site.ask(f"/sql.csv?{urlencode({'sql': sql})}")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    assert list(csv.reader(io.StringIO(answer.text))) == [
        ["n", "formula", "listed", "nothing"],
        ["-1", "'=1+1", "a, b", ""],
    ]
    assert "and more" in site.ask(f"/sql?{urlencode({'sql': 'FROM range(2000)'})}").text


def test_sql_that_takes_too_long_is_ended(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackguard.audit.serve.sql.SECONDS", 0.2)
    sql = "SELECT count(*) FROM range(100000000000) a, range(1000000) b"
    answer = site.ask(f"/sql?{urlencode({'sql': sql})}")
    assert answer.status == 400
    assert "takes longer than 0.2 s" in answer.text
    memory = "SELECT list(repeat('x', 1000000)) FROM range(100000)"
    assert site.ask(f"/sql?{urlencode({'sql': memory})}").status == 400
    assert site.ask("/violations").status == 200


def test_a_view_is_saved_and_removed(site: Served) -> None:
    name = f"mine {MARKUP}"
    address = "/violations?severity=critical&owner=-"
    assert site.post("/views/save", urlencode({"name": name, "address": address})).status == 303
    assert json.loads(site.views.read_text()) == [{"name": name, "address": address}]
    text = site.ask("/views").text
    assert html.escape(address) in text
    assert MARKUP not in text
    assert site.post("/views/remove", urlencode({"name": name})).status == 303
    assert json.loads(site.views.read_text()) == []
    site.views.unlink()


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("", "/violations"),
        ("x" * 101, "/violations"),
        ("x", "https://evil.example/violations"),
        ("x", "//evil.example/violations"),
        ("x", "javascript:alert(1)"),
        ("x", "/views/remove"),
        ("x", "/violations\\..\\x"),
        ("x", "/violations?q=" + "x" * 9000),
        ("x", "/violations?q=a\nb"),
        ("x", "http://[::1"),
    ],
)
def test_only_our_own_pages_are_saved(site: Served, name: str, address: str) -> None:
    assert site.post("/views/save", urlencode({"name": name, "address": address})).status == 400
    assert site.post("/views/save", "x" * 70_000).status == 400
    assert not site.views.exists()


def test_a_damaged_file_of_views_is_reported_and_kept(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("views") / "views.json"
    file.write_text("[{")
    with pytest.raises(CannotJudge, match="damaged"):
        SavedViews(file).save("a", "/violations")
    assert file.read_text() == "[{"
    file.write_text(json.dumps([{"name": "a", "address": "https://evil.example"}]))
    assert SavedViews(file).all() == []
