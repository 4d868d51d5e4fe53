"""The formats: what each says, that it fits its schema, and that a hostile text stays a text."""

from __future__ import annotations

import csv as csv_reader
import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from policypack.frameworks.catalog import PUBLISHED, covered
from policypack.policies import POLICIES
from stackguard.audit.reports import csv, document, html, markdown, ocsf, rollups, text
from stackguard.audit.reports import json as json_report
from stackguard.audit.reports.frameworks import states
from stackguard.audit.reports.rollups import Rollups
from stackguard.cli.audit import audit
from tests.audit.reports.conftest import HOSTILE, Audited

FRAMEWORKS = tuple(covered(name, POLICIES) for name in PUBLISHED)


def test_the_text_is_one_screen(part: Rollups) -> None:
    shown = text.render(part, states(part, FRAMEWORKS))
    assert len(shown.splitlines()) <= 30
    totals = part.totals()
    assert shown.startswith(f"score {totals.score:g}: {totals.sound} of {totals.stacks} stacks")
    assert "left out; they count as they were known last" in shown
    assert "NIST SP 800-53" in shown


def test_without_owners_projects_are_ranked(whole: Rollups) -> None:
    whole.database.execute("UPDATE current_violations SET owner = ''")
    whole.database.execute("UPDATE current_stacks SET owner = ''")
    worst = whole.by("project", 1)[0].name
    for shown, title in ((text.render(whole), "worst projects:"), (markdown.render(whole), "**Worst projects**")):
        assert title in shown
        assert worst in shown
    page = html.render(whole)
    assert "<h3>Worst project</h3>" in page
    assert "No stack has an owner" in page


def test_the_csv_has_a_line_for_each_open_violation(part: Rollups) -> None:
    rows = [*csv_reader.DictReader(io.StringIO("".join(csv.render(part))))]
    assert len(rows) == part.totals().open.total
    assert Counter(row["policy"] for row in rows) == {
        group.name: group.open.total for group in part.by("policy") if group.open.total
    }
    assert {row["owner"] for row in rows} == {HOSTILE, "everybody@example.com"}
    assert all(row["id"] and row["message"] and row["fix"] for row in rows)


def test_the_digest_is_short_and_has_no_link_and_no_markup_of_others(whole: Rollups) -> None:
    digest = markdown.render(whole, states(whole, FRAMEWORKS))
    assert len(digest) < markdown.MOST
    page = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(digest)
    assert "<script" not in page
    assert "<a " not in page
    assert "@everyone" not in digest
    for title in ("New", "Worst teams", "Worst policies", "Controls"):
        assert f"**{title}**" in digest


def test_a_digest_that_would_be_too_long_says_so(part: Rollups, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "MOST", 700)
    digest = markdown.render(part)
    assert len(digest) < 700
    assert digest.endswith("(more is left out; the report as html has all)\n")


def test_the_json_fits_its_schema(part: Rollups) -> None:
    schema = json.loads((Path(document.__file__).parent / "audit.schema.json").read_text(encoding="utf-8"))
    assert schema == document.schema()
    report = json.loads(json_report.render(part, FRAMEWORKS))
    jsonschema.Draft202012Validator(schema).validate(report)
    assert report["audit"]["totals"]["open"]["critical"] == part.totals().open.critical
    assert set(report["audit"]) == set(schema["$defs"]["Overview"]["properties"])


def test_every_property_of_the_schema_is_described() -> None:
    definitions = document.schema()["$defs"]
    missing = [
        f"{name}.{key}"
        for name, definition in definitions.items()
        for key, value in definition["properties"].items()
        if not value.get("description")
    ]
    assert missing == []


@pytest.fixture(scope="module")
def finding_schema() -> jsonschema.Draft202012Validator:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=ocsf.VERSION))
    name = schema.lookup_class_name_from_uid(class_uid=ocsf.CLASS)
    return jsonschema.Draft202012Validator(
        schema.get_class_schema(class_name=name, profiles=["cloud", "datetime"]),
        format_checker=jsonschema.FormatChecker(),
    )


def events(opened: Rollups) -> list[dict[str, Any]]:
    return [json.loads(line) for line in "".join(ocsf.render(opened)).splitlines()]


def test_findings_fit_the_schema_of_ocsf(
    whole: Rollups, part: Rollups, finding_schema: jsonschema.Draft202012Validator
) -> None:
    for event in (*events(whole), *events(part)):
        finding_schema.validate(event)
    with pytest.raises(jsonschema.ValidationError):
        finding_schema.validate({**event, "severity_id": 7})
    with pytest.raises(jsonschema.ValidationError):
        finding_schema.validate({key: value for key, value in event.items() if key != "compliance"})


def test_findings_are_open_or_resolved_and_keep_their_ids(audited: Audited, whole: Rollups) -> None:
    found, totals = events(whole), whole.totals()
    statuses = Counter(event["status"] for event in found)
    assert statuses == {"New": totals.open.total, "Resolved": totals.fixed.total}
    activities = Counter(event["activity_name"] for event in found)
    assert activities["Close"] == totals.fixed.total
    assert activities["Create"] == totals.new.total - totals.reopened
    with rollups.opened(audited.runs, audited.infos[0].id) as first:
        before = {event["finding_info"]["uid"] for event in events(first)}
    resolved = {event["finding_info"]["uid"] for event in found if event["status"] == "Resolved"}
    assert resolved <= before


def test_a_finding_has_account_resource_controls_and_remediation(whole: Rollups) -> None:
    event = next(event for event in events(whole) if event["metadata"]["event_code"] == "s3-missing-access-block")
    assert re.fullmatch(r"\d{12}", event["cloud"]["account"]["uid"])
    assert event["resources"][0]["uid"].startswith("arn:aws:s3:::")
    assert event["resources"][0]["owner"]["name"] in {HOSTILE, "everybody@example.com"}
    assert event["compliance"]["control"] == "S3.8"
    assert {"aws-fsbp/S3.8", "cis-aws-5.0/2.1.4"} <= {*event["compliance"]["requirements"]}
    assert "BucketPublicAccessBlock" in event["remediation"]["desc"]
    assert (event["severity_id"], event["severity"]) == (4, "High")


def test_several_formats_in_one_command(audited: Audited, tmp_path: Path) -> None:
    pairs = [("html", "a.html"), ("csv", "a.csv"), ("markdown", "a.md"), ("ocsf", "a.jsonl"), ("json", "a.json")]
    options = [part for form, name in pairs for part in ("--format", form, "--output", str(tmp_path / name))]
    result = CliRunner().invoke(audit, ["report", "--store", str(audited.store), "--format", "text", *options])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("score ")
    assert all((tmp_path / name).stat().st_size > 500 for _, name in pairs)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--run", "2019"], "there is no run `2019`"),
        (["--since", "nothing"], "there is no run `nothing`"),
        (["--framework", "nist"], "there is no framework `nist`"),
        (["--format", "csv", "--format", "json"], "two formats go to standard output"),
        (["--output", "/nowhere/a.html"], "there is no folder `/nowhere`"),
    ],
)
def test_bad_input_is_one_clear_line(audited: Audited, arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(audit, ["report", "--store", str(audited.store), *arguments])
    assert result.exit_code == 2
    assert message in result.output
