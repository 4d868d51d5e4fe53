"""The plugin in projects of other people: each test is a run of pytest in a folder with a program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PROGRAM = """
import pulumi
import pulumi_aws as aws

with open("runs.txt", "a") as runs:
    runs.write("run\\n")
config = pulumi.Config()
uploads = aws.s3.Bucket("uploads", bucket="acme-uploads", acl=config.get("acl") or "public-read")
aws.s3.Bucket("logs", bucket="acme-logs", tags={"stack": pulumi.get_stack()})
aws.sns.Topic("uploads", name="uploads", display_name=uploads.hosted_zone_id)
"""
PROJECT = {
    "infra/Pulumi.yaml": "name: shop\nruntime: python\n",
    "infra/Pulumi.dev.yaml": "config:\n  aws:region: eu-west-1\n",
    "infra/Pulumi.prod.yaml": "config:\n  aws:region: eu-west-1\n  shop:acl: private\n",
    "infra/__main__.py": PROGRAM,
    "broken/Pulumi.yaml": "name: broken\nruntime: python\n",
    "broken/__main__.py": "1 / 0\n",
    "pytest.ini": "[pytest]\nstackguard_program = infra\nstackguard_stack = dev\naddopts = --strict-markers\n",
}
ACME = Path(__file__).with_name("acme_policies.py")


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    for name, text in PROJECT.items():
        file = pytester.path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return pytester


def ran(project: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    project.makepyfile(test_infra=source)
    return project.runpytest_inprocess("-p", "stackguard.pytest_plugin", "-p", "no:xdist", "-p", "no:cov", *options)


def test_resources_are_found_by_type_and_name(project: pytest.Pytester) -> None:
    result = ran(
        project,
        """
        import pulumi_aws
        import pytest
        from policypack.core.policy import Unknown

        def test_resources(pulumi_stack):
            bucket = pulumi_stack["aws:s3/bucket:Bucket", "uploads"]
            assert bucket.inputs["acl"] == "public-read"
            assert bucket.outputs["arn"] == "arn:aws:s3:::acme-uploads"
            assert pulumi_stack["logs"].inputs["tags"] == {"stack": "dev"}
            assert bucket is pulumi_stack[pulumi_aws.s3.Bucket, "uploads"]
            assert [bucket.name for bucket in pulumi_stack.resources("aws:s3:Bucket")] == ["uploads", "logs"]
            assert pulumi_stack.resources("aws:s3/bucket:Bucket") == pulumi_stack.resources(pulumi_aws.s3.Bucket)
            assert isinstance(pulumi_stack["aws:sns:Topic", "uploads"].inputs["displayName"], Unknown)
            with pytest.raises(LookupError, match="2 resources have the name `uploads`"):
                pulumi_stack["uploads"]
            with pytest.raises(LookupError, match="no resource `upload` of aws:s3:Bucket; the program has `uploads`"):
                pulumi_stack["aws:s3:Bucket", "upload"]
        """,
    )
    result.assert_outcomes(passed=1)


def test_assertions_are_those_of_the_gate(project: pytest.Pytester) -> None:
    result = ran(
        project,
        """
        import pytest

        def test_violation(pulumi_stack):
            (outcome,) = pulumi_stack.assert_violation("s3-public-acl", on="uploads", path="acl")
            assert outcome.resource.name == "uploads"

        def test_no_violation(pulumi_stack):
            pulumi_stack.assert_violation("s3-public-acl", on="logs")

        def test_no_resource(pulumi_stack):
            pulumi_stack.assert_violation("s3-public-acl", on="upload")

        def test_no_policy(pulumi_stack):
            pulumi_stack.assert_violation("s3-public-acls", on="uploads")

        def test_clean(pulumi_stack):
            pulumi_stack.assert_clean()

        def test_clean_of_some(pulumi_stack):
            pulumi_stack.assert_clean(policies=["kms-missing-rotation"])

        @pytest.mark.pulumi_stack(stack="prod")
        def test_prod(pulumi_stack):
            pulumi_stack.assert_clean(["s3-public-acl"], fail_on="critical")

        @pytest.mark.parametrize("pulumi_stack", ["dev", "prod", {"config": {"shop:acl": "private"}}], indirect=True)
        def test_each(pulumi_stack):
            pulumi_stack.assert_clean(["s3-public-acl"])
        """,
    )
    result.assert_outcomes(passed=5, failed=5)
    result.stdout.fnmatch_lines(
        [
            "*AssertionError: `s3-public-acl` must report a violation on `logs`:",
            "*s3-public-acl  acl*",
            "*AssertionError: there is no resource `upload`; the program has `uploads`*",
            "*AssertionError: cannot judge: there is no policy `s3-public-acls`; did you mean `s3-public-acl`*",
            "*AssertionError: the stack must be clean:",
        ]
    )
    result.stdout.no_fnmatch_line("*previewed_stack.py:*")


def test_a_program_runs_once_for_the_same_options(project: pytest.Pytester) -> None:
    result = ran(
        project,
        """
        import pytest

        def test_first(pulumi_stack):
            pass

        def test_second(pulumi_stack):
            pass

        @pytest.mark.pulumi_stack("infra", "prod")
        def test_third(pulumi_stack):
            pass
        """,
    )
    result.assert_outcomes(passed=3)
    assert (project.path / "infra/runs.txt").read_text() == "run\nrun\n"


def test_settings_waivers_and_the_baseline_count(project: pytest.Pytester) -> None:
    (project.path / "stackguard.yaml").write_text(
        "policies: [./acme.py]\nenforcement: {s3-missing-versioning: disabled}\n"
    )
    (project.path / "acme.py").write_text(ACME.read_text())
    (project.path / "stackguard-waivers.yaml").write_text(
        "waivers:\n  - {policy: s3-public-acl, resource: {type: 'aws:s3/bucket:Bucket', name: uploads}, reason: site, "
        "expires: 2999-12-31}\n"
    )
    result = ran(
        project,
        """
        def test_waived(pulumi_stack):
            pulumi_stack.assert_clean(["s3-public-acl"])

        def test_own(pulumi_stack):
            pulumi_stack.assert_violation("acme-unowned-bucket", on="uploads")
        """,
    )
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("ini", "line"),
    [
        ("stackguard_program = nowhere", "*cannot judge: *nowhere*"),
        ("stackguard_program = broken\nstackguard_stack = dev", "*cannot judge: *program*failed*"),
        ("stackguard_program = infra\nstackguard_settings = none.yaml", "*cannot judge: there is no settings file*"),
    ],
)
def test_what_cannot_be_previewed_is_an_error_of_one_line(project: pytest.Pytester, ini: str, line: str) -> None:
    (project.path / "pytest.ini").write_text(f"[pytest]\n{ini}\n")
    result = ran(project, "def test_it(pulumi_stack):\n    pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([line])


def test_an_unknown_option_is_an_error(project: pytest.Pytester) -> None:
    result = ran(
        project,
        """
        import pytest

        @pytest.mark.pulumi_stack(stak="dev")
        def test_it(pulumi_stack):
            pass
        """,
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*pulumi_stack has no option stak; it has program, stack, *"])


def test_the_examples_of_cards_are_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        acme=ACME.read_text()
        + "\nfrom dataclasses import replace\n"
        + "POLICIES = [POLICY, replace(POLICY, id='acme-turned-round', bad=POLICY.good, good=[])]\n"
    )
    result = pytester.runpytest_inprocess(
        "-p", "stackguard.pytest_plugin", "-p", "no:xdist", "--stackguard-cards", "./acme.py"
    )
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "bad example 1 of `acme-turned-round` must be reported, and reports nothing about `inbox`",
            "*`acme-turned-round` has no good example; give its card one",
        ]
    )
    few = pytester.runpytest_inprocess(
        "-p", "stackguard.pytest_plugin", "-p", "no:xdist", "--stackguard-cards", "acme.py", "-k", "unowned"
    )
    few.assert_outcomes(passed=2, deselected=2)


def test_broken_cards_are_one_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(acme="POLICIES = 1 / 0\n")
    result = pytester.runpytest_inprocess(
        "-p", "stackguard.pytest_plugin", "-p", "no:xdist", "--stackguard-cards", "acme.py"
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --stackguard-cards: `acme.py` cannot be imported: ZeroDivisionError at *acme.py:1"]
    )


def test_projects_that_do_not_use_it_import_nothing() -> None:
    script = "import sys, pytest; before = set(sys.modules); import stackguard.pytest_plugin; print(*sorted(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert [module for module in run.stdout.split() if not module.startswith("__editable__")] == [
        "stackguard",
        "stackguard.pytest_plugin",
    ]
