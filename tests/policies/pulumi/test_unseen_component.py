from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from policypack.core.policy import Resource
from policypack.policies.pulumi.unseen_component import POLICY
from stackguard.cli import cli as main
from tests.policies.helpers import outcomes, violations

SOURCE = """
import pulumi
vpc = pulumi.ComponentResource("awsx:ec2:Vpc", "network", {"vpcId": None}, None, remote=True)
pulumi.export("id", vpc.vpcId.apply(lambda text: text.upper()))
"""


@pytest.mark.parametrize("type_token", ["awsx:ec2:Vpc", "eks:index:Cluster"])
def test_a_component_of_a_plugin_is_named_with_its_package(type_token: str) -> None:
    (found,) = outcomes(POLICY, Resource(type_token, "shop", custom=False, remote=True))
    assert found.message == (
        f"`shop` is built by the plugin of `{type_token.partition(':')[0]}`, and none of its resources was seen,"
        " so this policy cannot judge it"
    )
    assert found.blocks


def test_a_component_of_the_program_is_seen() -> None:
    assert outcomes(POLICY, Resource("acme:storage:Storage", "storage", custom=False)) == []


def test_nothing_is_called_a_breach() -> None:
    assert violations(POLICY, Resource("eks:index:Cluster", "cluster", custom=False, remote=True)) == []


def test_a_program_with_one_is_undecided_and_not_an_error(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    (tmp_path / "__main__.py").write_text(SOURCE)
    result = CliRunner().invoke(main, ["check", str(tmp_path)])
    assert result.exit_code == 1, result.output
    assert "`network` is built by the plugin of `awsx`" in " ".join(result.output.split())
