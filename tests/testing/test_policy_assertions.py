from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi_policy
import pytest

from policypack.core.examples import bucket
from policypack.core.policy import UNKNOWN, Asset, Resource
from policypack.policies.s3 import public_acl
from stackguard.errors import CannotJudge
from stackguard.testing import assert_passes, assert_policy, assert_reports, assert_undecided, pack_policies, remediated
from tests.testing import acme_policies as acme

VOLUME = "aws:ebs/volume:Volume"


def test_a_card_passes_reports_or_is_undecided() -> None:
    assert_policy(acme.POLICY, bucket(tags={"owner": "web"}))
    assert_policy(acme.POLICY, bucket(), reports="no tag `owner`")
    (outcome,) = assert_reports(acme.POLICY, bucket(), bucket(tags={"owner": "web"}), on="inbox", path="tags")
    assert outcome.policy is acme.POLICY
    assert_undecided(acme.POLICY, bucket(tags=UNKNOWN), path="tags")
    assert_policy(public_acl.POLICY, bucket(acl="public-read"), reports="")


def test_a_failing_assertion_shows_the_outcomes_as_the_text_report_does() -> None:
    with pytest.raises(AssertionError) as raised:
        assert_passes(acme.POLICY, bucket())
    message = str(raised.value)
    assert message.startswith("policy `acme-unowned-bucket` must pass:\n\n")
    assert "medium  acme-unowned-bucket  tags" in message
    assert "Add the tag `owner`" in message
    with pytest.raises(AssertionError, match=r"must report a violation on `other`:\n"):
        assert_reports(acme.POLICY, bucket(), on="other")
    with pytest.raises(AssertionError, match="must report an undecided value, and reports nothing about `inbox`"):
        assert_undecided(acme.POLICY, bucket(tags={"owner": "web"}))


def test_a_crash_is_no_pass_and_no_report() -> None:
    with pytest.raises(AssertionError, match=r"policy `acme-unowned-bucket` crashed on this resource \(AttributeError"):
        assert_policy(acme.POLICY, bucket(tags="web"))
    with pytest.raises(AssertionError, match="crashed"):
        assert_reports(acme.POLICY, bucket(tags="web"))


def test_a_policy_of_the_sdk_gets_what_the_sdk_gives_it() -> None:
    assert_policy(acme.NO_PUBLIC_READ, bucket(acl="private"))
    assert_policy(acme.NO_PUBLIC_READ, bucket(acl="public-read"), reports="inbox is public")
    (undecided,) = assert_undecided(acme.NO_PUBLIC_READ, bucket(acl=UNKNOWN), path="acl")
    assert "can't be known during preview" in undecided.message
    with pytest.raises(AssertionError, match="no-public-read` must pass:\n"):
        assert_passes(acme.NO_PUBLIC_READ, bucket(acl=UNKNOWN))


def test_values_are_those_of_the_wire() -> None:
    seen: list[Any] = []

    def look(args: pulumi_policy.ResourceValidationArgs, _report: object) -> None:
        seen.extend([args.props["size"], args.props["key"], type(args.props["tags"]).__name__, args.props["code"].path])

    resource = Resource(
        VOLUME,
        "data",
        {"size": 8, "key": "hush", "tags": {"a": "b"}, "code": Asset(path="index.py")},
        secrets=frozenset({"key"}),
    )
    assert_policy(pulumi_policy.ResourceValidationPolicy("looks", "Looks.", look), resource)
    assert seen == [8.0, "hush", "_DictProxy", "index.py"]
    assert isinstance(seen[0], float)


def test_the_configuration_is_held_to_the_schema_and_has_its_defaults() -> None:
    volume = Resource(VOLUME, "data", {"size": 200})
    assert_policy(acme.WITHIN_SIZE, volume, reports="data has 200")
    assert_policy(acme.WITHIN_SIZE, volume, config={"largest": 300})
    with pytest.raises(CannotJudge, match="`largest` must be of type number"):
        assert_policy(acme.WITHIN_SIZE, volume, config={"largest": "huge"})


def test_a_policy_of_the_stack_reports_on_the_resource_that_it_names() -> None:
    two = [Resource("aws:s3/bucket:Bucket", name, {"bucket": name}) for name in ("first", "second")]
    assert_policy(acme.ONE_BUCKET, two[0])
    assert_reports(acme.ONE_BUCKET, *two, on="second", message="second is one too many")


def test_a_message_with_a_secret_is_shown_without_it() -> None:
    user = Resource("acme:index:User", "ana", {"password": "hunter2-forever"}, secrets=frozenset({"password"}))
    (outcome,) = assert_reports(acme.QUOTES_PASSWORD, user, message="weak password")
    assert "hunter2" not in outcome.message


def test_what_a_policy_raises_fails_the_test() -> None:
    with pytest.raises(TypeError, match="not supported between"):
        assert_policy(acme.WITHIN_SIZE, Resource(VOLUME, "data", {"size": "big"}))


def test_a_policy_that_is_not_mandatory_is_tested_too() -> None:
    policy = pulumi_policy.ResourceValidationPolicy(
        "advice", "Buckets are private.", acme.no_public_read, pulumi_policy.EnforcementLevel.DISABLED
    )
    assert_reports(policy, bucket(acl="public-read"))


def test_an_awaited_policy_is_awaited() -> None:
    async def validate(args: pulumi_policy.ResourceValidationArgs, report: pulumi_policy.ReportViolation) -> None:
        report(f"{args.name} waits", None)

    assert_reports(pulumi_policy.ResourceValidationPolicy("waits", "Waits.", validate), bucket(), message="inbox waits")


def test_a_report_without_a_resource_is_about_the_stack() -> None:
    def validate(_args: object, report: pulumi_policy.ReportViolation) -> None:
        report("too few", None)

    policy = pulumi_policy.StackValidationPolicy("few", "Few.", validate)
    assert_reports(policy, bucket(), on="stack")
    assert_reports(policy, message="too few")


def test_a_remediation_returns_the_resource_as_it_would_be_created() -> None:
    def private(args: pulumi_policy.ResourceValidationArgs) -> dict[str, Any]:
        return {**args.props, "acl": "private"} if args.props["acl"] != "private" else {}

    policy = pulumi_policy.ResourceValidationPolicy("private", "Private.", remediate=private)
    assert (
        remediated(policy, bucket(acl="public-read", tags={"a": "b"})).inputs
        == bucket(acl="private", tags={"a": "b"}).inputs
    )
    assert remediated(policy, bucket(acl="private")).inputs == bucket(acl="private").inputs
    unknown = remediated(policy, bucket(acl=UNKNOWN))  # in a remediation the SDK shows an unknown value as a text
    assert unknown.inputs["acl"] == "private"


PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy
from rules import validate

if __name__ == "__main__":
    PolicyPack("acme", enforcement_level=EnforcementLevel.ADVISORY, policies=[
        ResourceValidationPolicy("named", "Buckets have names.", validate)])
"""
RULES = """
def validate(args, report):
    if not args.props.get("bucket"):
        report("no name")
"""


def test_the_policies_of_a_pack_are_taken_from_its_program(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(PACK)
    (tmp_path / "rules.py").write_text(RULES)
    named = pack_policies(tmp_path)["named"]
    assert_policy(named, bucket())
    assert_policy(named, bucket(None), reports="no name")


@pytest.mark.parametrize(
    ("program", "problem"), [(None, "it has no `__main__.py`"), ("", "makes no `PolicyPack` with policies")]
)
def test_a_folder_without_a_pack_is_named(tmp_path: Path, program: str | None, problem: str) -> None:
    if program is not None:
        (tmp_path / "__main__.py").write_text(program)
    with pytest.raises(LookupError, match=problem):
        pack_policies(tmp_path)
