from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from stackguard.cli import cli as main

SOURCE = """
import pulumi
vpc = pulumi.ComponentResource("awsx:ec2:Vpc", "network", {"vpcId": None}, None, remote=True)
pulumi.export("id", vpc.vpcId.apply(lambda text: text.upper()))
"""


def test_a_program_with_one_is_undecided_and_not_an_error(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    (tmp_path / "__main__.py").write_text(SOURCE)
    result = CliRunner().invoke(main, ["check", str(tmp_path)])
    assert result.exit_code == 1, result.output
    assert "`network` is built by the plugin of `awsx`" in " ".join(result.output.split())
