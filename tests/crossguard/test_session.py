"""When the pack judges what: at once in an update, at the end of a preview what the preview does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2

from policypack.crossguard.offline import Answer, Configured
from policypack.crossguard.session import Levels, Report, Session
from policypack.masking import Mask
from policypack.policies import POLICIES
from policypack.policy import UNKNOWN, EnforcementLevel, Resource, Unseen
from policypack.settings import UNKNOWN_VALUE, Settings
from stackguard.preview import Preview
from stackguard.stand_in import LINE
from tests.analyzer import struct

BUCKET = Resource("aws:s3/bucket:Bucket", "orders", {"bucket": "orders"})
OPEN = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::orders/*"}
        ],
    }
)
LATE = Resource(
    "aws:s3/bucketPolicy:BucketPolicy",
    "orders",
    {"bucket": "orders", "policy": UNKNOWN},
    property_dependencies={"policy": (BUCKET.urn,)},
)
MANDATORY: Levels = {policy.id: (EnforcementLevel.MANDATORY, None) for policy in POLICIES}


class Ready:
    """An offline run that is over."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.started: list[Configured] = []

    def __call__(self, configured: Configured, _settings: Settings, _folder: Path) -> Ready:
        self.started.append(configured)
        return self

    def folder(self) -> Path:
        return Path()

    def answer(self) -> Answer:
        return self._answer


def preview(*resources: Resource) -> Preview:
    return Preview("project", "stack", "organization", {}, frozenset(), resources, {}, "")


def session(start: Any, settings: Settings | None = None) -> Session:
    return Session(POLICIES, settings or Settings(), Path(), start)


def configure(pack: Session, *, dry_run: bool = True, config: Mapping[str, str] | None = None) -> None:
    pack.configure(
        analyzer_pb2.AnalyzerStackConfigureRequest(
            project="project",
            stack="stack",
            organization="acme",
            dry_run=dry_run,
            config=config or {"aws:region": "eu-west-1", "project:pw": "sesame"},
            config_secret_keys=["project:pw"],
        )
    )


def analyze(pack: Session, resource: Resource, levels: Levels = MANDATORY) -> list[Report]:
    return pack.analyze(
        analyzer_pb2.AnalyzeRequest(
            type=resource.type, name=resource.name, urn=resource.urn, properties=struct(resource.inputs)
        ),
        levels,
    )


def analyze_stack(pack: Session, *resources: Resource, levels: Levels = MANDATORY) -> list[Report]:
    request = analyzer_pb2.AnalyzeStackRequest(
        resources=[
            analyzer_pb2.AnalyzerResource(
                type=each.type,
                name=each.name,
                urn=each.urn,
                properties=struct(each.outputs or each.inputs),
                propertyDependencies={
                    name: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
                    for name, urns in each.property_dependencies.items()
                },
            )
            for each in resources
        ]
    )
    return pack.analyze_stack(request, levels)


def of(reports: list[Report], resource: Resource) -> Iterator[tuple[str, str]]:
    return ((each.policy.id, each.message) for each in reports if each.urn == resource.urn)


def test_a_preview_waits_for_the_offline_run_and_judges_what_it_resolved() -> None:
    start = Ready(Answer(preview(BUCKET, replace(LATE, inputs={"bucket": "orders", "policy": OPEN}))))
    pack = session(start)
    configure(pack)
    assert analyze(pack, BUCKET) == []
    assert analyze(pack, LATE) == []
    found = analyze_stack(pack, BUCKET, LATE)
    assert "iam-public-policy" in dict(of(found, LATE))
    assert UNKNOWN_VALUE not in {each.policy.id for each in found}


def test_the_run_is_of_the_stack_that_the_engine_configures() -> None:
    start = Ready(Answer(preview()))
    configure(session(start))
    config = {"aws:region": "eu-west-1", "project:pw": "sesame"}
    assert start.started == [Configured("project", "stack", "acme", config, frozenset({"project:pw"}))]


def test_an_update_runs_no_program_twice_and_blocks_before_anything_is_created() -> None:
    start = Ready(Answer(preview()))
    pack = session(start)
    configure(pack, dry_run=False)
    found = analyze(pack, replace(LATE, inputs={"bucket": "orders", "policy": OPEN}))
    assert start.started == []
    assert "iam-public-policy" in dict(of(found, LATE))
    assert UNKNOWN_VALUE in dict(of(analyze(pack, LATE), LATE))


def test_policy_analyze_has_no_program() -> None:
    start = Ready(Answer(preview()))
    pack = session(start)
    assert UNKNOWN_VALUE in dict(of(analyze(pack, LATE), LATE))
    assert start.started == []


def test_what_stays_unknown_is_reported_once_with_all_that_there_is_to_know() -> None:
    pack = session(Ready(Answer(None, "`main` names `x`, which does not exist")))
    configure(pack)
    analyze(pack, BUCKET)
    analyze(pack, LATE)
    found = analyze_stack(pack, BUCKET, LATE)
    ((policy, message),) = of(found, LATE)
    assert policy == UNKNOWN_VALUE
    assert message.startswith("undecided: `policy` is known only after the update; not judged by ")
    assert all(f"`{each}`" in message for each in ("iam-malformed-document", "iam-public-policy", "iam-open-address"))
    assert "; waits for `orders`. Fix: Build it from names" in message
    (reason,) = (each for each in found if each.urn == "")
    assert (reason.policy.id, reason.level) == (UNKNOWN_VALUE, EnforcementLevel.ADVISORY)
    assert reason.message.endswith("stays unknown: `main` names `x`, which does not exist")


def test_where_nothing_is_unknown_a_failed_run_is_no_news() -> None:
    pack = session(Ready(Answer(None, "it is not in Python")))
    configure(pack)
    analyze(pack, BUCKET)
    assert "" not in {each.urn for each in analyze_stack(pack, BUCKET)}


def test_known_breaches_are_reported_at_once_and_not_again() -> None:
    public = Resource("aws:s3/bucketAcl:BucketAcl", "orders", {"bucket": "orders", "acl": "public-read"})
    pack = session(Ready(Answer(preview(public))))
    configure(pack)
    assert "s3-public-acl" in dict(of(analyze(pack, public), public))
    assert "s3-public-acl" not in dict(of(analyze_stack(pack, public), public))


@pytest.mark.parametrize(
    ("levels", "level"),
    [
        ({}, EnforcementLevel.MANDATORY),
        ({UNKNOWN_VALUE: EnforcementLevel.ADVISORY}, EnforcementLevel.ADVISORY),
        ({UNKNOWN_VALUE: EnforcementLevel.DISABLED}, EnforcementLevel.ADVISORY),
        (
            {each.id: EnforcementLevel.ADVISORY for each in POLICIES if each.id != "iam-public-policy"},
            EnforcementLevel.ADVISORY,
        ),
        (
            {
                each.id: EnforcementLevel.ADVISORY
                for each in POLICIES
                if each.id not in {UNKNOWN_VALUE, "iam-public-policy"}
            },
            EnforcementLevel.MANDATORY,
        ),
    ],
)
def test_it_is_mandatory_if_any_policy_that_waits_is(
    levels: dict[str, EnforcementLevel], level: EnforcementLevel
) -> None:
    pack = session(None)
    configure(pack)
    chosen = {**MANDATORY, **{name: (each, None) for name, each in levels.items()}}
    analyze(pack, LATE, chosen)
    (found,) = (each for each in analyze_stack(pack, LATE, levels=chosen) if each.policy.id == UNKNOWN_VALUE)
    assert found.level is level


def test_a_policy_that_crashes_blocks_at_any_level() -> None:
    crashing = replace(next(each for each in POLICIES if each.id == "s3-public-acl"), check=lambda _: 1 / 0)
    pack = Session([crashing], Settings(), Path(), None)
    acl = Resource("aws:s3/bucketAcl:BucketAcl", "a", {"acl": "private"})
    (found,) = analyze(pack, acl, {crashing.id: (EnforcementLevel.ADVISORY, None)})
    assert found.level is EnforcementLevel.MANDATORY
    assert "crashed" in found.message


def test_a_configuration_that_does_not_fit_blocks() -> None:
    pack = session(None)
    acl = Resource("aws:s3/bucketAcl:BucketAcl", "a", {"acl": "private"})
    levels = {**MANDATORY, "s3-public-acl": (EnforcementLevel.ADVISORY, {"allowedRegions": "x"})}
    (found,) = analyze(pack, acl, levels)
    assert found.level is EnforcementLevel.MANDATORY
    assert "`allowedRegions` must be a list" in found.message


UNSEEN = "pulumi-unseen-resource"
ROLE = Resource("aws:iam/role:Role", "r", {"name": "r"})
ROOT = Resource("pulumi:pulumi:Stack", "project-stack", custom=False)


def seen_offline(*unseen: Unseen, made_up: frozenset[str] = frozenset(), offline: Resource = ROLE) -> Session:
    pack = session(Ready(Answer(replace(preview(ROOT, offline), unseen=unseen, made_up=made_up))))
    configure(pack)
    analyze(pack, ROOT)
    analyze(pack, ROLE)
    return pack


@pytest.mark.parametrize(
    ("unseen", "role", "told"),
    [
        (Unseen(None, "waits", "", (ROLE.urn,)), ROLE, True),
        (Unseen(None, "waits", "", (ROLE.urn,)), replace(ROLE, outputs={"name": "r", "uniqueId": UNKNOWN}), True),
        (Unseen(None, "waits", "", (ROLE.urn,)), replace(ROLE, outputs={"name": "r", "uniqueId": "AROA"}), False),
        (Unseen(None, "waits", ""), ROLE, True),
        (Unseen(None, "waits", "", function="aws:ec2/getVpc:getVpc"), ROLE, False),
        (Unseen(None, "waits", "", function="aws:x/y:y", made_up=frozenset({"drawn"})), ROLE, True),
        (
            Unseen(None, "waits", "", function="aws:x/y:y", made_up=frozenset({"drawn"})),
            replace(ROLE, outputs={"uniqueId": "real"}),
            False,
        ),
    ],
)
def test_what_neither_the_engine_nor_the_offline_run_saw_is_undecided(
    unseen: Unseen, role: Resource, *, told: bool
) -> None:
    """A value of an older state, or the cloud's answer, has the engine run what the offline run could not."""
    offline = replace(ROLE, outputs={"uniqueId": "drawn"})
    pack = seen_offline(unseen, made_up=frozenset({"drawn"}), offline=offline)
    assert (UNSEEN in dict(of(analyze_stack(pack, ROOT, role), ROOT))) is told


def test_a_stand_in_account_that_is_shown_is_told_once() -> None:
    arn = "arn:aws:s3:::orders-111122223333/*"
    resolved = replace(LATE, inputs={"bucket": "orders", "policy": OPEN.replace("arn:aws:s3:::orders/*", arn)})
    start = Ready(Answer(replace(preview(BUCKET, resolved), stand_in=True)))
    pack = session(start)
    configure(pack)
    analyze(pack, LATE)
    found = [each.message for each in analyze_stack(pack, LATE) if each.urn == ""]
    assert found == [LINE]


def test_no_secret_of_config_or_program_is_quoted() -> None:
    unseen = Unseen(None, "waits for sesame and for hush-hush", "Give `sesame`.")
    start = Ready(Answer(replace(preview(ROOT), unseen=(unseen,), mask=Mask(texts={"hush-hush"}))))
    pack = session(start)
    configure(pack)
    analyze(pack, ROOT)
    ((_, message),) = of(analyze_stack(pack, ROOT), ROOT)
    assert "waits for … and for …" in message
    assert "Give `…`." in message


def test_a_reason_quotes_no_secret() -> None:
    pack = session(Ready(Answer(None, "the program failed: ValueError: sesame")))
    configure(pack)
    analyze(pack, LATE)
    (reason,) = (each.message for each in analyze_stack(pack, LATE) if each.urn == "")
    assert reason.endswith("ValueError: …")
