"""The published frameworks: their lists are whole and well-formed, and every control on a card is in one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from policypack import frameworks
from policypack.core.controls import Control
from policypack.core.policy import Policy
from policypack.core.tags import Tag
from policypack.frameworks.catalog import PUBLISHED, covered, published, requirements, supported
from policypack.frameworks.model import Requirement, schema
from policypack.iam.tables import known_types
from policypack.policies import POLICIES

SCHEMA = Path(frameworks.__file__).with_name("framework.schema.json")
DATA = sorted((SCHEMA.parent / "data").glob("*.json"))
SIZES = {"aws-fsbp": 358, "cis-aws-5.0": 63, "nist-800-53-r5": 229}
"""As many as their sources list at the dates of the files."""
WITH_CONTROLS = [policy for policy in POLICIES if policy.controls]


def test_each_file_is_a_framework() -> None:
    assert tuple(file.stem for file in DATA) == PUBLISHED
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for file in DATA:
        validator.validate(json.loads(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("framework_id", PUBLISHED)
def test_a_list_is_whole_dated_and_without_repetition(framework_id: str) -> None:
    framework = published(framework_id)
    assert framework.id == framework_id
    assert date.fromisoformat(framework.date) <= date(2026, 11, 29)
    assert framework.source.startswith("https://")
    assert len(requirements(framework_id)) == len(framework.requirements) == SIZES[framework_id]
    for requirement in framework.requirements:
        assert requirement.url.startswith("https://")
        assert requirement.service
        assert 0 < len(requirement.title) <= 80
        assert not requirement.title.endswith(".")


def numbers(requirement: Requirement) -> tuple[Any, ...]:
    parts = re.findall(r"\d+|[A-Za-z]+", requirement.id)
    return tuple(int(part) if part.isdigit() else part.lower() for part in parts)


@pytest.mark.parametrize("framework_id", PUBLISHED)
def test_requirements_are_in_reading_order(framework_id: str) -> None:
    order = [numbers(requirement) for requirement in published(framework_id).requirements]
    of_service = [
        pair for pair in pairwise(order) if [type(part) for part in pair[0]] == [type(part) for part in pair[1]]
    ]
    assert all(first < second for first, second in of_service)


def test_related_requirements_exist() -> None:
    for framework_id in PUBLISHED:
        for requirement in published(framework_id).requirements:
            for related in requirement.related:
                framework, _, name = related.partition("/")
                assert name in requirements(framework), (requirement.id, related)


@pytest.mark.parametrize("policy", WITH_CONTROLS, ids=lambda policy: policy.id)
def test_the_controls_of_a_card_exist_and_are_written_once(policy: Policy[Any]) -> None:
    ids = [control.id for control in policy.controls]
    assert len(ids) == len(set(ids))
    for control in policy.controls:
        framework, _, name = control.id.partition("/")
        assert name in requirements(framework), control.id
        for prefix in control.types:
            assert any(token.startswith(prefix) for token in known_types()), prefix
    derived = {
        related
        for control in policy.controls
        for framework, _, name in [control.id.partition("/")]
        for related in requirements(framework)[name].related
    }
    assert not derived & set(ids), "NIST's requirements follow from the control: leave them out of the card"


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_the_tag_follows_from_the_controls(policy: Policy[Any]) -> None:
    assert (Tag.AWS_FSBP in policy.tags) == any(control.id.startswith("aws-fsbp/") for control in policy.controls)


def test_what_a_control_supports_is_checked_in_part() -> None:
    (transport,) = (policy for policy in POLICIES if policy.id == "s3-plaintext-transport")
    assert {control.id for control in supported(transport)} >= {"nist-800-53-r5/SC-8", "nist-800-53-r5/SC-8(1)"}
    assert all(control.partly for control in supported(transport))
    nist = covered("nist-800-53-r5", [transport])
    checked = {requirement.id for requirement in nist.requirements if requirement.checks}
    assert checked == {control.id.partition("/")[2] for control in supported(transport)}
    assert not any(map(nist.whole, nist.requirements))


def test_controls_of_one_requirement_are_one_check() -> None:
    (policy,) = (policy for policy in POLICIES if policy.id == "aws-public-endpoint")
    (boundary,) = (
        requirement for requirement in covered("nist-800-53-r5", [policy]).requirements if requirement.id == "SC-7"
    )
    (check,) = boundary.checks
    assert {"aws:rds/instance:", "aws:eks/cluster:"} <= set(check.types)
    assert check.partly
    assert not check.about("aws:mq/broker:Broker")


def test_a_control_of_another_framework_is_ignored() -> None:
    card = replace(POLICIES[0], controls=(Control("acme/1"), Control("aws-fsbp/S3.5")))
    framework = covered("aws-fsbp", [card])
    assert [requirement.id for requirement in framework.requirements if requirement.checks] == ["S3.5"]


def test_the_published_schema_is_current_and_a_schema() -> None:
    published_schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert published_schema == json.loads(json.dumps(schema())), "run `python tools/generate_docs.py`"
    jsonschema.Draft202012Validator.check_schema(published_schema)
