from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from stackguard.errors import CannotJudge
from stackguard.template import validation
from stackguard.template.serialize import text_of
from stackguard.template.validation import Level, lint

BUCKET = "AWS::S3::Bucket"


def template(properties: dict[str, Any], resource_type: str = BUCKET, **more: Any) -> dict[str, Any]:
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {"Inbox": {"Type": resource_type, "Properties": properties}},
        **more,
    }


BROKEN = template({"BucketName": "inbox", "Colour": "red"})


def rules(document: dict[str, Any], region: str | None = None) -> list[str]:
    return [result.rule for result in lint(document, region).results]


def test_a_good_template_has_no_result() -> None:
    linted = lint(template({"BucketName": "inbox"}, Outputs={"Name": {"Value": {"Ref": "Inbox"}}}), "eu-central-1")
    assert linted.results == ()
    assert linted.errors == ()
    assert linted.region == "eu-central-1"
    assert linted.rules > 300
    assert set(linted.left_out) <= {"I4010", "W4011", "W4012"}


def test_a_result_has_rule_place_and_documentation() -> None:
    (result,) = lint(BROKEN).results
    assert (result.rule, result.level, result.logical_id) == ("E3002", Level.ERROR, "Inbox")
    assert result.title == "Resource properties are invalid"
    assert result.message == "Additional properties are not allowed ('Colour' was unexpected)"
    assert result.path == ("Resources", "Inbox", "Properties", "Colour")
    assert '"Colour": "red"' in text_of(BROKEN, "json").splitlines()[result.line - 1]
    assert result.url.startswith("https://")


def test_every_level_is_reported_and_only_errors_are_errors() -> None:
    table = template(
        {
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
        "AWS::DynamoDB::Table",
        Parameters={"Unused": {"Type": "String"}},
        Outputs={"Odd": {"Value": {"Ref": "Nothing"}}},
    )
    linted = lint(table)
    assert {result.level for result in linted.results} == set(Level)
    assert [result.rule for result in linted.errors] == ["E6101"]
    assert [result.line for result in linted.results] == sorted(result.line for result in linted.results)


def test_a_result_without_a_resource_has_no_logical_id() -> None:
    (result,) = (result for result in lint({"Resources": {}, "Colour": 1}).results if "Colour" in result.message)
    assert result.logical_id == ""


@pytest.mark.parametrize("where", ["home", "working folder"])
@pytest.mark.parametrize(
    "settings", ["ignore_checks: [E]\nregions: [nowhere]\n", "include_experimental: true\n", "colour: red\n"]
)
def test_no_configuration_file_of_the_user_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, settings: str
) -> None:
    (tmp_path / ".cfnlintrc").write_text(settings)
    monkeypatch.setenv("HOME", str(tmp_path)) if where == "home" else monkeypatch.chdir(tmp_path)
    assert rules(BROKEN) == ["E3002"]


def test_a_template_does_not_switch_its_own_rules_off() -> None:
    switches = {"cfn-lint": {"config": {"ignore_checks": ["E3002", "W", "I"]}}}
    broken = template({"Colour": "red"}, Metadata=switches)
    broken["Resources"]["Inbox"]["Metadata"] = switches
    assert "E3002" in rules(broken)


def test_a_template_does_not_choose_its_rules() -> None:
    chosen = {"cfn-lint": {"config": {"include_experimental": True, "configure_rules": {"E3012": {"strict": True}}}}}
    properties = {"BucketName": "inbox", "OwnershipControls": {"Rules": "none"}}
    plain, choosing = lint(template(properties)), lint(template(properties, Metadata=chosen))
    assert [(result.rule, result.path) for result in choosing.results] == [
        (result.rule, result.path) for result in plain.results
    ]
    assert (choosing.rules, choosing.left_out) == (plain.rules, plain.left_out)


def test_the_region_decides_what_exists() -> None:
    service = template({"SourceConfiguration": {}}, "AWS::AppRunner::Service")
    assert "E3006" not in rules(service, "eu-west-1")
    assert "E3006" in rules(service, "ca-west-1")


def test_an_unknown_region_is_reported() -> None:
    with pytest.raises(CannotJudge, match=r"does not know the region `eu-atlantis-1`.*fix `aws:region`"):
        lint(BROKEN, "eu-atlantis-1")


def test_a_missing_linter_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "find_spec", lambda _: None)
    with pytest.raises(CannotJudge, match=r"install `stackguard\[template\]`"):
        lint(BROKEN)


def test_a_secret_is_not_quoted() -> None:
    document = template({"BucketName": "Hush-7f3a"})
    assert "Hush-7f3a" in "".join(result.message for result in lint(document).results)
    assert "Hush-7f3a" not in "".join(result.message for result in lint(document, secrets=["Hush-7f3a"]).results)


def test_no_network_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        pytest.fail("cfn-lint opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert rules(BROKEN, "ap-southeast-2") == ["E3002"]


def test_the_text_is_the_templates_own_order_and_letters() -> None:
    assert text_of({"b": "ä", "a": []}, "json") == '{\n  "b": "ä",\n  "a": []\n}\n'
