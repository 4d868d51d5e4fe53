"""Digests of expressions: what changes the one of a property, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from policypack.core.policy import Position, Resource
from stackguard.positions.digests import Digests

PROGRAM = """
import pulumi_aws as aws
from helper import document

network = StackReference(f"acme/network/{stage}")
bucket = network.get_output("bucket")
role = aws.iam.Role("reader", tags={"team": "data"})
aws.iam.RolePolicy("shared", role=role.id, policy=bucket.apply(lambda arn: document("s3:GetObject", arn)))
"""
HELPER = """
def document(action, resource):
    return {"Effect": "Allow", "Action": action, "Resource": resource}
"""


def digest(folder: Path, program: str = PROGRAM, helper: str = HELPER, path: str = "policy") -> str:
    folder.joinpath(".git").mkdir(parents=True, exist_ok=True)
    folder.joinpath("__main__.py").write_text(program)
    folder.joinpath("helper.py").write_text(helper)
    line = next(number for number, text in enumerate(program.split("\n"), 1) if "RolePolicy(" in text)
    resource = Resource("aws:iam/rolePolicy:RolePolicy", "shared", position=Position("__main__.py", line))
    return Digests(folder)(resource, path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"s3:GetObject"', '"*"'),
        ("arn))", '["*", arn]))'),
        ('get_output("bucket")', 'get_output("other")'),
        ("acme/network", "acme/data"),
    ],
)
def test_another_expression_has_another_digest(tmp_path: Path, old: str, new: str) -> None:
    before = digest(tmp_path / "before")
    assert before
    assert digest(tmp_path / "after", PROGRAM.replace(old, new)) != before


def test_what_a_function_of_the_program_does_counts(tmp_path: Path) -> None:
    assert digest(tmp_path / "a") != digest(tmp_path / "b", helper=HELPER.replace("action,", '"*",', 2))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import pulumi_aws", "# a comment\n\nimport pulumi_aws"),
        ("lambda arn: document", "lambda arn:  document"),
        ('{"team": "data"}', '{"team": "web"}'),
        ("role=role.id", "role=role.name"),
    ],
)
def test_lines_layout_and_other_arguments_do_not_count(tmp_path: Path, old: str, new: str) -> None:
    assert digest(tmp_path / "before") == digest(tmp_path / "after", PROGRAM.replace(old, new))


def test_what_a_caller_passes_counts(tmp_path: Path) -> None:
    program = """
import pulumi_aws as aws

def grant(policy):
    aws.iam.RolePolicy("shared", policy=policy)

grant(network.get_output("a"))
"""

    def of(text: str) -> str:
        folder = tmp_path / str('"b"' in text)
        folder.joinpath(".git").mkdir(parents=True)
        folder.joinpath("__main__.py").write_text(text)
        callers = (Position("__main__.py", 7),)
        here = Position("__main__.py", 5)
        return Digests(folder)(Resource("aws:iam/rolePolicy:RolePolicy", "x", position=here, callers=callers), "policy")

    assert of(program) != of(program.replace('"a"', '"b"'))


def test_without_a_source_there_is_none(tmp_path: Path) -> None:
    assert Digests(tmp_path)(Resource("aws:iam/rolePolicy:RolePolicy", "x"), "policy") == ""
    assert digest(tmp_path, path="") == ""
