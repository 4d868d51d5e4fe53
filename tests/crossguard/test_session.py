"""When the pack judges: at once in an update; in a preview, resources with unknown values at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2

from policypack.core.examples import allow, construct, document
from policypack.core.policy import UNKNOWN, UNKNOWN_VALUE, EnforcementLevel, Resource, Unseen
from policypack.crossguard.offline import OfflineAnswer
from policypack.crossguard.session import Diagnostic, Session
from policypack.crossguard.stack_settings import Levels, StackSettings
from policypack.evaluation.redaction import Mask
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from policypack.resources.attachments import ROLE_ATTACHMENT
from policypack.resources.tokens import MANAGED_POLICY
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
    """An offline run that has ended."""

    def __init__(self, answer: OfflineAnswer) -> None:
        self._answer = answer
        self.started: list[Any] = []

    def __call__(self, request: Any, _settings: Settings, _folder: Path, warm_up: Callable[[Preview], object]) -> Ready:
        self.started.append(request)
        if self._answer.preview is not None:
            warm_up(self._answer.preview)
        return self

    def folder(self) -> Path:
        return Path()

    def accepts(self, _type_token: str, _inputs: Mapping[str, Any]) -> frozenset[str] | None:
        return None

    def answer(self) -> OfflineAnswer:
        return self._answer


def preview(*resources: Resource) -> Preview:
    return Preview("project", "stack", "organization", {}, frozenset(), resources, {}, "")


def session(start: Any) -> Session:
    return Session(POLICIES, StackSettings(), Path(), start)


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


def analyze(pack: Session, resource: Resource, levels: Levels = MANDATORY) -> list[Diagnostic]:
    return pack.analyze(
        analyzer_pb2.AnalyzeRequest(
            type=resource.type, name=resource.name, urn=resource.urn, properties=struct(resource.inputs)
        ),
        levels,
    )


def analyze_stack(pack: Session, *resources: Resource, levels: Levels = MANDATORY) -> list[Diagnostic]:
    request = analyzer_pb2.AnalyzeStackRequest(
        resources=[
            analyzer_pb2.AnalyzerResource(
                type=resource.type,
                name=resource.name,
                urn=resource.urn,
                properties=struct(resource.outputs or resource.inputs),
                propertyDependencies={
                    name: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
                    for name, urns in resource.property_dependencies.items()
                },
            )
            for resource in resources
        ]
    )
    return pack.analyze_stack(request, levels)


def of(reports: list[Diagnostic], resource: Resource) -> Iterator[tuple[str, str]]:
    return ((report.policy.id, report.message) for report in reports if report.urn == resource.urn)


def test_a_preview_waits_for_the_offline_run_and_judges_what_it_resolved() -> None:
    start = Ready(OfflineAnswer(preview(BUCKET, replace(LATE, inputs={"bucket": "orders", "policy": OPEN}))))
    pack = session(start)
    configure(pack)
    assert analyze(pack, BUCKET) == []
    assert analyze(pack, LATE) == []
    reports = analyze_stack(pack, BUCKET, LATE)
    assert "iam-public-policy" in dict(of(reports, LATE))
    assert UNKNOWN_VALUE not in {report.policy.id for report in reports}


def test_the_run_is_of_the_stack_that_the_engine_configures() -> None:
    start = Ready(OfflineAnswer(preview()))
    configure(session(start))
    (request,) = start.started
    assert (request.project, request.stack, request.organization) == ("project", "stack", "acme")
    assert dict(request.config) == {"aws:region": "eu-west-1", "project:pw": "sesame"}
    assert list(request.config_secret_keys) == ["project:pw"]


def test_an_update_runs_no_program_twice_and_blocks_before_anything_is_created() -> None:
    start = Ready(OfflineAnswer(preview()))
    pack = session(start)
    configure(pack, dry_run=False)
    reports = analyze(pack, replace(LATE, inputs={"bucket": "orders", "policy": OPEN}))
    assert start.started == []
    assert "iam-public-policy" in dict(of(reports, LATE))
    assert UNKNOWN_VALUE in dict(of(analyze(pack, LATE), LATE))


def test_policy_analyze_has_no_program() -> None:
    start = Ready(OfflineAnswer(preview()))
    pack = session(start)
    assert UNKNOWN_VALUE in dict(of(analyze(pack, LATE), LATE))
    assert start.started == []


def test_what_stays_unknown_is_reported_once_with_all_policies_and_the_reason() -> None:
    pack = session(Ready(OfflineAnswer(None, "`main` names `x`, which does not exist")))
    configure(pack)
    analyze(pack, BUCKET)
    analyze(pack, LATE)
    reports = analyze_stack(pack, BUCKET, LATE)
    ((policy, message),) = of(reports, LATE)
    assert policy == UNKNOWN_VALUE
    assert message.startswith("undecided: `policy` is known only after the update; not judged by ")
    assert all(f"`{name}`" in message for name in ("iam-malformed-document", "iam-public-policy", "iam-open-address"))
    assert "; waits for `orders`. Fix: Build it from names" in message
    (reason,) = (report for report in reports if report.urn == "")
    assert (reason.policy.id, reason.level) == (UNKNOWN_VALUE, EnforcementLevel.ADVISORY)
    assert reason.message.endswith("stays unknown: `main` names `x`, which does not exist")


def test_a_failed_run_is_reported_though_nothing_is_unknown() -> None:
    """What a callback of `apply` would construct is not known either."""
    pack = session(Ready(OfflineAnswer(None, "it is not in Python")))
    configure(pack)
    analyze(pack, BUCKET)
    (reason,) = (report for report in analyze_stack(pack, BUCKET) if report.urn == "")
    assert reason.level is EnforcementLevel.ADVISORY
    assert reason.message.endswith("it is not in Python")


def test_known_breaches_are_reported_at_once_and_not_again() -> None:
    public = Resource("aws:s3/bucketAcl:BucketAcl", "orders", {"bucket": "orders", "acl": "public-read"})
    pack = session(Ready(OfflineAnswer(preview(public))))
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
            {policy.id: EnforcementLevel.ADVISORY for policy in POLICIES if policy.id != "iam-public-policy"},
            EnforcementLevel.ADVISORY,
        ),
        (
            {
                policy.id: EnforcementLevel.ADVISORY
                for policy in POLICIES
                if policy.id not in {UNKNOWN_VALUE, "iam-public-policy"}
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
    chosen = {**MANDATORY, **{name: (chosen_level, None) for name, chosen_level in levels.items()}}
    analyze(pack, LATE, chosen)
    (report,) = (report for report in analyze_stack(pack, LATE, levels=chosen) if report.policy.id == UNKNOWN_VALUE)
    assert report.level is level


def test_a_policy_that_crashes_blocks_at_any_level() -> None:
    crashing = replace(next(policy for policy in POLICIES if policy.id == "s3-public-acl"), check=lambda _: 1 / 0)
    pack = Session([crashing], StackSettings(), Path(), None)
    acl = Resource("aws:s3/bucketAcl:BucketAcl", "a", {"acl": "public-read"})
    (report,) = analyze(pack, acl, {crashing.id: (EnforcementLevel.ADVISORY, None)})
    assert report.level is EnforcementLevel.MANDATORY
    assert "crashed" in report.message


def test_a_configuration_that_does_not_fit_blocks() -> None:
    pack = session(None)
    acl = Resource("aws:s3/bucketAcl:BucketAcl", "a", {"acl": "public-read"})
    levels = {**MANDATORY, "s3-public-acl": (EnforcementLevel.ADVISORY, {"allowedRegions": "x"})}
    (report,) = analyze(pack, acl, levels)
    assert report.level is EnforcementLevel.MANDATORY
    assert "`allowedRegions` must be a list" in report.message


UNSEEN = "pulumi-unseen-resource"
ROLE = Resource("aws:iam/role:Role", "r", {"name": "r"})
ROOT = Resource("pulumi:pulumi:Stack", "project-stack", custom=False)


GET_POLICY = "aws:iam/getPolicy:getPolicy"
ARN = "arn:aws:iam::111122223333:role/r"


def of_function(argument: str) -> Unseen:
    return Unseen(None, "waits", "", function=GET_POLICY, args=json.dumps({"arn": argument}))


@pytest.mark.parametrize(
    ("unseen", "outputs", "expected"),
    [
        (Unseen(None, "waits", "", (ROLE.urn,)), {}, True),
        (Unseen(None, "waits", "", (ROLE.urn,)), {"name": "r", "region": "eu-west-1"}, True),
        (Unseen(None, "waits", "", (ROLE.urn,)), {"name": "r", "uniqueId": UNKNOWN}, True),
        (Unseen(None, "waits", "", (ROLE.urn,)), {"name": "r", "arn": "a", "uniqueId": UNKNOWN}, True),
        (Unseen(None, "waits", "", (ROLE.urn,)), {"name": "r", "uniqueId": "AROA"}, False),
        (Unseen(None, "waits", ""), {}, True),
        (of_function("x"), {}, False),
        (of_function(ARN), {}, True),
        (of_function(ARN), {"name": "r", "arn": UNKNOWN}, True),
        (of_function(ARN), {"name": "r", "arn": "arn:aws:iam::444455556666:role/r"}, False),
    ],
)
def test_what_neither_the_engine_nor_the_offline_run_saw_is_undecided(
    unseen: Unseen, outputs: dict[str, Any], *, expected: bool
) -> None:
    """With a value of an older state, or the cloud's answer, the engine runs what the offline run could not."""
    offline = replace(ROLE, outputs={"uniqueId": "AROAOFFLINE", "arn": ARN})
    pack = session(Ready(OfflineAnswer(replace(preview(ROOT, offline), unseen=(unseen,)))))
    configure(pack)
    analyze(pack, ROOT)
    analyze(pack, ROLE)
    reports = analyze_stack(pack, ROOT, replace(ROLE, outputs=outputs))
    assert (UNSEEN in dict(of(reports, ROOT))) is expected


def test_making_unknown_values_advisory_leaves_unseen_resources_mandatory() -> None:
    pack = session(Ready(OfflineAnswer(replace(preview(ROOT), unseen=(Unseen(None, "waits", ""),)))))
    configure(pack)
    analyze(pack, ROOT)
    levels = {**MANDATORY, UNKNOWN_VALUE: (EnforcementLevel.ADVISORY, None)}
    (report,) = (report for report in analyze_stack(pack, ROOT, levels=levels) if report.policy.id == UNSEEN)
    assert report.level is EnforcementLevel.MANDATORY


def test_a_resource_that_waits_is_judged_though_the_engine_does_not_repeat_it() -> None:
    pack = session(None)
    configure(pack)
    analyze(pack, LATE)
    assert UNKNOWN_VALUE in dict(of(analyze_stack(pack), LATE))


def test_a_resource_that_the_program_only_reads_can_be_referred_to() -> None:
    """The engine does not send it."""
    read = replace(BUCKET, inputs={"bucket": "orders"}, external=True, id="orders")
    block = Resource(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "orders",
        {"bucket": "orders", "blockPublicAcls": False},
        property_dependencies={"bucket": (BUCKET.urn,)},
    )
    pack = session(Ready(OfflineAnswer(preview(read, block))))
    configure(pack)
    analyze(pack, block)
    assert not [report for report in analyze_stack(pack, block) if report.urn == BUCKET.urn]


def test_a_stand_in_account_in_a_message_is_noted_once() -> None:
    arn = "arn:aws:s3:::orders-111122223333/*"
    resolved = replace(LATE, inputs={"bucket": "orders", "policy": OPEN.replace("arn:aws:s3:::orders/*", arn)})
    start = Ready(OfflineAnswer(replace(preview(BUCKET, resolved), stand_in=True)))
    pack = session(start)
    configure(pack)
    analyze(pack, LATE)
    notes = [report.message for report in analyze_stack(pack, LATE) if report.urn == ""]
    assert notes == [LINE]


def test_no_secret_of_config_or_program_is_quoted() -> None:
    unseen = Unseen(None, "waits for sesame and for hush-hush", "Give `sesame` with `--mock FILE`.")
    start = Ready(OfflineAnswer(replace(preview(ROOT), unseen=(unseen,), mask=Mask(texts={"hush-hush"}))))
    pack = session(start)
    configure(pack)
    analyze(pack, ROOT)
    ((_, message),) = of(analyze_stack(pack, ROOT), ROOT)
    assert "waits for … and for …" in message
    assert "Give `…` in a file that the setting `mockFiles` names." in message


def test_a_reason_quotes_no_secret() -> None:
    pack = session(Ready(OfflineAnswer(None, "the program failed: ValueError: sesame")))
    configure(pack)
    analyze(pack, LATE)
    (reason,) = (report.message for report in analyze_stack(pack, LATE) if report.urn == "")
    assert reason.endswith("ValueError: …")


LIMIT_ARN = "arn:aws:iam::111122223333:policy/limit"
LIMIT = construct(
    MANAGED_POLICY, "limit", name="limit", policy=document(allow("s3:*", "*"), allow("s3:GetObjekt", "*"))
)
LIMITED = Resource("aws:iam/role:Role", "app", {"name": "app", "permissionsBoundary": LIMIT_ARN})
ATTACHING = Resource(ROLE_ATTACHMENT, "app", {"role": "app", "policyArn": LIMIT_ARN})


def wide(reports: list[Diagnostic]) -> bool:
    return "iam-wildcard-action" in dict(of(reports, LIMIT))


@pytest.mark.parametrize(
    ("others", "reported"), [((LIMITED,), False), ((), True), ((ATTACHING,), True), ((LIMITED, ATTACHING), True)]
)
def test_a_preview_knows_at_its_end_which_policies_only_limit(others: tuple[Resource, ...], *, reported: bool) -> None:
    pack = session(Ready(OfflineAnswer(preview(LIMIT, *others))))
    configure(pack)
    assert not wide([report for resource in (LIMIT, *others) for report in analyze(pack, resource)])
    assert wide(analyze_stack(pack, LIMIT, *others)) is reported


def test_an_update_judges_a_policy_before_something_attaches_it() -> None:
    pack = session(Ready(OfflineAnswer(preview())))
    configure(pack, dry_run=False)
    at_once = analyze(pack, LIMIT)
    assert dict(of(at_once, LIMIT)).keys() == {"iam-unknown-action"}
    assert not wide(analyze(pack, LIMITED))
    assert wide(analyze(pack, ATTACHING))
    assert not wide(analyze_stack(pack, LIMIT, LIMITED, ATTACHING))


def test_an_update_judges_a_policy_at_once_that_something_attaches() -> None:
    pack = session(Ready(OfflineAnswer(preview())))
    configure(pack, dry_run=False)
    analyze(pack, ATTACHING)
    assert wide(analyze(pack, LIMIT))


@pytest.mark.parametrize(("others", "reported"), [((LIMITED,), False), ((), True)])
def test_an_update_judges_the_other_policies_at_its_end(others: tuple[Resource, ...], *, reported: bool) -> None:
    pack = session(Ready(OfflineAnswer(preview())))
    configure(pack, dry_run=False)
    assert not wide([report for resource in (LIMIT, *others) for report in analyze(pack, resource)])
    assert wide(analyze_stack(pack, LIMIT, *others)) is reported


def test_an_update_knows_that_a_domain_is_in_a_network() -> None:
    pack = session(Ready(OfflineAnswer(preview())))
    configure(pack, dry_run=False)
    analyze(
        pack, construct("aws:opensearch/domain:Domain", "s", domainName="s", vpcOptions={"subnetIds": ["subnet-1"]})
    )
    anyone = document(allow("es:ESHttpGet", "*", Principal="*"))
    policy = construct("aws:opensearch/domainPolicy:DomainPolicy", "p", domainName="s", accessPolicies=anyone)
    assert "iam-public-policy" not in dict(of(analyze(pack, policy), policy))
