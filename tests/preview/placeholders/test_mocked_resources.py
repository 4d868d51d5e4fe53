"""A mock file's outputs of a resource replace the program's own inputs."""

from __future__ import annotations

from pathlib import Path

from stackguard.preview import Preview, run

PROGRAM = """
import pulumi

class Group(pulumi.CustomResource):
    rules: pulumi.Output[list]
    labels: pulumi.Output[dict]

    def __init__(self, name, opts=None):
        written = {"rules": [1, [2]], "labels": {"mine": "x", "list": [1]}}
        super().__init__("test:index:Group", name, written, opts)

for group in (Group("made"), Group("read", pulumi.ResourceOptions(id="g-1"))):
    pulumi.export(group._name, [group.rules, group.labels])
"""
MOCK = """
resources:
  - type: test:index:Group
    outputs: {rules: [3, [4]], labels: {theirs: "y", list: [5]}}
"""


def preview(folder: Path) -> Preview:
    (folder / "Pulumi.yaml").write_text("name: mocked\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "mock.yaml").write_text(MOCK)
    return run(folder, mock=[folder / "mock.yaml"], timeout=60)


def test_lists_and_structures_are_replaced_and_not_joined(tmp_path: Path) -> None:
    outputs = preview(tmp_path).outputs
    answered = [[3, [4]], {"theirs": "y", "list": [5]}]
    assert outputs == {"made": answered, "read": answered}
