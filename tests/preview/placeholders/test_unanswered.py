"""Calls that a mock file does not answer, and their notes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from policypack.core.policy import UNKNOWN
from stackguard.preview import Preview, run

PREAMBLE = """
import pulumi, pulumi_aws as aws
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: asking\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {aws:region: eu-west-1}\n")
    return tmp_path


def ran(program: Path, source: str, mock: str) -> Preview:
    (program / "__main__.py").write_text(PREAMBLE + source)
    (program / "mock.yaml").write_text(mock)
    return run(program, mock=[program / "mock.yaml"], timeout=60)


def notes(preview: Preview) -> Sequence[tuple[str, str]]:
    return [(note.about, note.message) for note in preview.notes]


@pytest.mark.parametrize(
    "source",
    [
        """
token = aws.ecr.get_authorization_token_output()
pulumi.export("user", token.apply(lambda found: found.authorization_token.index(":")))
""",
        """
token = aws.ecr.get_authorization_token()
aws.ssm.Parameter("token", type="SecureString", value=token.authorization_token)
""",
    ],
)
def test_a_missing_part_of_an_answer_is_requested(program: Path, source: str) -> None:
    mock = "functions:\n  - {token: aws:ecr/getAuthorizationToken:getAuthorizationToken, result: {id: x}}\n"
    ((token, message),) = notes(ran(program, source, mock))
    assert token == "aws:ecr/getAuthorizationToken:getAuthorizationToken"
    where = program / "mock.yaml"
    assert message == (
        f"the program uses more than the `result` at {where}:2 has; add `authorizationToken: <text>` to it"
    )


TOKEN = "aws:ecr/getAuthorizationToken:getAuthorizationToken"
UNSEEN = "only the cloud knows its result, so what the program does with it in an `apply` was not seen; give it with"


def reading(function: str) -> str:
    return f"""
import re
token = aws.ecr.get_authorization_token_output()
pulumi.export("made", token.apply(lambda found: {function}))
"""


def test_a_field_that_an_apply_cannot_do_without_is_named(program: Path) -> None:
    preview = ran(program, reading("['a'][len(found.user_name)]"), "")
    assert preview.outputs["made"] == UNKNOWN
    entry = f"`- {{token: '{TOKEN}', result: {{userName: <text>}}}}` under `functions:`"
    assert notes(preview) == [(TOKEN, f"{UNSEEN} `--mock FILE`: {entry}")]


@pytest.mark.parametrize(
    ("mock", "beginning"),
    [
        (
            "",
            f"{UNSEEN} `--mock FILE`: `- {{token: '{TOKEN}', result: {{id: <text>}}}}` under `functions:`; it also has ",
        ),
        (
            f"functions: [{{token: '{TOKEN}', result: {{id: x}}}}]",
            "a function given to `apply` fails on the `result` at ",
        ),
    ],
)
def test_an_apply_that_fails_on_an_unknown_value_is_unknown(program: Path, mock: str, beginning: str) -> None:
    preview = ran(program, reading("found.user_name.group()"), mock)
    assert preview.outputs["made"] == UNKNOWN
    ((_, message),) = notes(preview)
    assert message.startswith(beginning)
    assert "`authorizationToken`, `expiresAt`, " in message


def test_a_value_that_derives_from_an_output_has_the_reason(program: Path) -> None:
    source = """
vpc = aws.ec2.get_vpc_output(default=True)
aws.ec2.Subnet("whole", vpc_id=vpc.id, cidr_block=vpc.cidr_block.apply(lambda block: block.split("/")[0] + "/24"))
vpc.apply(lambda found: aws.ec2.Subnet("inside", vpc_id=found.id))
"""
    preview = ran(program, source, "")
    subnets = [resource for resource in preview.resources if resource.type == "aws:ec2/subnet:Subnet"]
    assert {resource.name for resource in subnets} == {"whole", "inside"}
    for subnet in subnets:
        assert subnet.inputs["vpcId"].fix.endswith("result: {id: <text>}}` under `functions:`.")
