"""What a mock file does not answer, and what a report says of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

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


def told(preview: Preview) -> Sequence[tuple[str, str]]:
    return [(note.about, note.message) for note in preview.notes]


def test_a_stack_that_is_answered_is_not_asked_for(program: Path) -> None:
    source = """
network = pulumi.StackReference("acme/network/dev")
pulumi.export("vpc", network.get_output("vpcId"))
"""
    preview = ran(program, source, "stacks: {acme/network/dev: {vpcId: vpc-1}}")
    assert preview.outputs["vpc"] == "vpc-1"
    assert told(preview) == []


def test_an_output_that_the_answer_lacks_is_asked_for(program: Path) -> None:
    source = """
network = pulumi.StackReference("acme/network/dev")
pulumi.export("vpc", network.get_output("vpcId"))
pulumi.export("subnet", network.get_output("subnetId"))
"""
    preview = ran(program, source, "stacks: {acme/network/dev: {vpcId: vpc-1}}")
    ((about, message),) = told(preview)
    assert about == "acme/network/dev"
    assert message.endswith("`acme/network/dev: {subnetId: <value>}` under `stacks:`")


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
def test_what_an_answer_leaves_out_is_asked_for(program: Path, source: str) -> None:
    mock = "functions:\n  - {token: aws:ecr/getAuthorizationToken:getAuthorizationToken, result: {id: x}}\n"
    ((about, message),) = told(ran(program, source, mock))
    assert about == "aws:ecr/getAuthorizationToken:getAuthorizationToken"
    where = program / "mock.yaml"
    assert message == (
        f"the program uses more than the `result` at {where}:2 has; add `authorizationToken: <text>` to it"
    )


def test_the_fields_of_a_result_that_is_read_in_an_apply_are_named(program: Path) -> None:
    source = "pulumi.export('user', aws.ecr.get_authorization_token_output().apply(lambda found: found.user_name))"
    ((_, message),) = told(ran(program, source, ""))
    assert "result: {id: <text>}}` under `functions:`; it also has `authorizationToken`, `expiresAt`, " in message
