"""Examples as programs: the code in the docs is Python, and creates the resources that the card judges."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from policypack.core.examples import Example, construct, example
from policypack.core.policy import ROOT_TYPE, UNKNOWN, Asset, Kind, Policy, Position, Resource, Stack, Unseen
from policypack.policies import POLICIES
from stackguard.card_sections import paragraphs
from stackguard.example_source import DEFAULT_PROVIDER, constructor, program, snake_case
from stackguard.preview import Preview, run
from tests.test_policies import NEVER_SURE, SETTINGS, by_id, outcomes_in

PRINTED = {
    f"{policy.id.replace('-', '_')}_{kind}_{number}": (policy, kind, case)
    for policy in POLICIES
    for kind, examples in (("bad", policy.bad), ("good", policy.good))
    for number, case in enumerate(examples)
}
MAIN = """
from pathlib import Path

import pulumi

case = ""
construct = pulumi.Resource.__init__
pulumi.Resource.__init__ = lambda self, kind, name, *rest, **more: construct(
    self, kind, f"{case}--{name}", *rest, **more
)
for file in sorted((Path(__file__).parent / "cases").glob("*.txt")):
    case = file.stem
    try:
        exec(compile(file.read_text(), file.name, "exec"), {})
    except TypeError as error:
        print(f"{case}: {error}")
"""
"""Runs each program, with its name before the names of its resources."""


def needs_more(case: Example) -> bool:
    """Whether it needs a package that is not installed here, or resources that are not seen."""
    return bool(case.unseen) or any(
        (resource.type.partition(":")[0] not in {"aws", "pulumi"} and resource.custom) or resource.remote
        for resource in case.resources
    )


REFUSED = {
    "aws_unknown_argument_bad_0",
    "aws_unknown_argument_bad_1",
    "aws_unknown_argument_bad_2",
    "aws_unknown_argument_bad_3",
}
"""Programs that the Python SDK rejects."""
AS_TEXT = {"iam_malformed_document_bad_1": ("policy",)}
"""Examples whose document the card judges as a mapping, and the program as a text."""
RUN = {
    name: (policy, kind, case)
    for name, (policy, kind, case) in PRINTED.items()
    if not needs_more(case) and name not in REFUSED
}


def types_and_names(resources: Iterable[Resource]) -> list[tuple[str, str]]:
    """The resources that a program creates, by type and name."""
    return sorted(
        (resource.type, resource.name.rpartition("--")[2])
        for resource in resources
        if resource.type not in {ROOT_TYPE, "pulumi:pulumi:StackReference"}
        and not DEFAULT_PROVIDER.search(resource.urn)
    )


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Preview:
    folder = tmp_path_factory.mktemp("examples")
    (folder / "cases").mkdir()
    for name, (_, _, case) in RUN.items():
        (folder / "cases" / f"{name}.txt").write_text(program(case))
    (folder / "__main__.py").write_text(MAIN)
    (folder / "Pulumi.yaml").write_text("name: examples\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n  dbPassword: correct-horse-7\n")
    return run(folder, stack="dev", timeout=120)


@pytest.fixture(scope="module")
def by_case(preview: Preview) -> dict[str, list[Resource]]:
    resources: dict[str, list[Resource]] = {}
    for resource in preview.resources:
        case, dashes, _ = resource.name.partition("--")
        for name in [case] if dashes else RUN:
            resources.setdefault(name, []).append(resource)
    return resources


@pytest.mark.parametrize("policy", {policy.id: policy for policy, _, _ in RUN.values()}.values(), ids=by_id)
def test_a_program_creates_what_the_card_judges(policy: Policy[Any], by_case: dict[str, list[Resource]]) -> None:
    for name, (judging, kind, case) in RUN.items():
        if judging is not policy:
            continue
        assert types_and_names(by_case[name]) == types_and_names(case.resources), name
        outcomes = outcomes_in(policy, Stack(tuple(by_case[name]), SETTINGS))
        if kind == "good":
            assert outcomes == [], name
            continue
        expected = Kind.UNDECIDED if policy.id in NEVER_SURE else Kind.VIOLATION
        assert {outcome.kind for outcome in outcomes} == {expected}, name
        paths = AS_TEXT.get(name, case.paths)
        assert paths is None or {outcome.path for outcome in outcomes} == set(paths), name


def test_programs_are_python_and_formatted(tmp_path: Path) -> None:
    for name, (_, _, case) in PRINTED.items():
        (tmp_path / f"{name}.py").write_text(program(case))
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_an_example_of_everything() -> None:
    home = Resource("pulumi:providers:aws", "home", {"region": "eu-west-1"})
    read = Resource(
        "aws:lambda/function:Function",
        "read-it",
        {
            "code": Asset(archive=True, members={"a.py": Asset(text="A = 1\nB = 2\n")}),
            "memorySize": 128,
            "role": UNKNOWN,
        },
        provider=home.urn,
        dependencies=(home.urn,),
    )
    policy = Resource("aws:iam/rolePolicy:RolePolicy", "p", {"policy": '{"Version": "2012-10-17"}'})
    assert (
        program(example(home, read, policy))
        == '''\
import json

import pulumi
import pulumi_aws as aws

a_py = """\\
A = 1
B = 2
"""
shared = pulumi.StackReference("acme/shared/prod")
home = aws.Provider("home", region="eu-west-1")
aws.lambda_.Function(
    "read-it",
    code=pulumi.AssetArchive({"a.py": pulumi.StringAsset(a_py)}),
    memory_size=128,
    role=shared.get_output("role"),
    opts=pulumi.ResourceOptions(provider=home, depends_on=[home]),
)
aws.iam.RolePolicy("p", policy=json.dumps({"Version": "2012-10-17"}))
'''
    )


def test_the_program_of_an_example_is_printed_unchanged() -> None:
    unseen = Unseen(Position("__main__.py", 3), "constructs resources", "Give it.")
    assert program(example(unseen=[unseen], program="aws.s3.Bucket('a')")) == (
        "import pulumi_aws as aws\n\naws.s3.Bucket('a')\n"
    )


def test_names() -> None:
    assert snake_case("kmsMasterKeyId") == "kms_master_key_id"
    assert constructor("pulumi:providers:aws") == "aws.Provider"
    assert constructor("aws:lambda/function:Function") == "aws.lambda_.Function"
    assert constructor("eks:index:Cluster") == "eks.Cluster"


def test_a_docstring_is_its_paragraphs() -> None:
    assert paragraphs("One\nline.\n\n    Two\n    lines.\n") == ["One line.", "Two lines."]
    assert paragraphs("") == []


@pytest.mark.parametrize(
    ("token", "source"),
    [
        ("acme:index:Queue", "import pulumi_acme as acme\n\nacme.Queue("),
        ("random:index/randomId:RandomId", "import pulumi_random as random\n\nrandom.RandomId("),
        ("kubernetes:apps/v1:Deployment", "import pulumi_kubernetes as kubernetes\n\nkubernetes.apps.v1.Deployment("),
        (
            "azure-native:web:AppServicePlan",
            "import pulumi_azure_native as azure_native\n\nazure_native.web.AppServicePlan(",
        ),
        ("acme:Queue", "import pulumi_acme as acme\n\nacme.Queue("),
    ],
)
def test_resources_of_other_packages(token: str, source: str) -> None:
    assert program(example(construct(token, "jobs"))).startswith(source)
