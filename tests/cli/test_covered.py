"""What a run over a repository covers: new projects, excluded ones, waivers for nothing, and files further up."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.warm.apart import stackguard

pytestmark = pytest.mark.outside

PROGRAM = 'import pulumi_aws as aws\naws.s3.Bucket("uploads", acl="public-read")\n'
WAIVER = """waivers:
  - {{policy: s3-public-acl, resource: {{type: aws:s3:Bucket, name: {name}}}, stacks: {stacks}, reason: r, expires: 2999-01-01}}
"""


def project(root: Path, name: str, runtime: str = "python", stacks: tuple[str, ...] = ("dev",)) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text(f"name: {name.replace('/', '-')}\nruntime: {runtime}\n")
    for stack in stacks:
        (folder / f"Pulumi.{stack}.yaml").write_text("config: {aws:region: eu-west-1}\n")
    if runtime == "python":
        (folder / "__main__.py").write_text(PROGRAM)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    project(tmp_path, "shop")
    return tmp_path


CHECK = ("check", ".", "--all-stacks", "--policy", "s3-public-acl")


def test_a_new_project_is_gated_and_an_excluded_one_is_noted(root: Path) -> None:
    (root / "stackguard.yaml").write_text("exclude: [infra/legacy]\n")
    assert stackguard(root, "baseline", ".", "--all-stacks").returncode == 0
    run = stackguard(root, *CHECK)
    assert run.returncode == 0
    assert "`exclude` of stackguard.yaml:1 has `infra/legacy`, which fits no project" in run.stderr
    (root / "stackguard.yaml").write_text(
        "exclude: [infra/legacy]\noverrides:\n- paths: [shopp, shop]\n  failOn: high\n"
    )
    run = stackguard(root, *CHECK)
    assert "has `shopp`, which fits no project; did you mean `shop`?" in run.stderr
    assert "has `shop`," not in run.stderr
    project(root, "infra/legacy", "yaml")
    run = stackguard(root, *CHECK)
    assert run.returncode == 0
    assert "`infra/legacy` is excluded by stackguard.yaml:1, and was not judged" in run.stderr
    assert stackguard(root, "check", "infra/legacy", "--all-stacks").returncode == 2
    project(root, "infra/new")
    run = stackguard(root, *CHECK)
    assert run.returncode == 1
    assert "== infra-new/dev" in run.stdout


@pytest.mark.parametrize(
    ("waiver", "message"),
    [
        (WAIVER.format(name="uploads", stacks="[dve]"), "its `stacks` fit no stack"),
        (WAIVER.format(name="gone", stacks="[]"), "no stack that it is for has this resource"),
        (WAIVER.format(name="uploads", stacks="dev").replace("acl", "acls"), "did you mean `s3-public-acl`?"),
    ],
)
def test_a_waiver_that_can_never_match_closes_the_gate(root: Path, waiver: str, message: str) -> None:
    (root / "stackguard.yaml").touch()
    assert stackguard(root, "baseline", ".", "--all-stacks").returncode == 0
    (root / "stackguard-waivers.yaml").write_text(waiver)
    run = stackguard(root, "check", ".", "--all-stacks")
    assert message in run.stdout
    assert run.returncode == 1
    if "did you mean" not in message:
        project(root, "bill")
        partial = stackguard(root, "check", "shop", "--all-stacks")
        assert partial.returncode == 0, "the resource may be of the other project"


def test_files_further_up_that_nearer_settings_hide_are_noted(root: Path) -> None:
    (root / "stackguard.yaml").touch()
    assert stackguard(root, "baseline", ".", "--all-stacks").returncode == 0
    assert "is the nearest settings file" not in stackguard(root, "check", "shop").stdout
    (root / "shop" / "stackguard.yaml").touch()
    run = stackguard(root, "check", "shop", "--policy", "s3-public-acl")
    assert run.returncode == 1
    assert (
        "shop/stackguard.yaml: is the nearest settings file, so `stackguard-baseline.json` does not count" in run.stdout
    )
    shown = stackguard(root, "check", "shop", "--stack", "dev", "--show-settings").stdout
    assert "# baseline: none" in shown
    assert "# waivers: none" in shown


FAILS = 'import pulumi\npulumi.Config().require("size")\n'


@pytest.mark.parametrize("program", [PROGRAM, FAILS], ids=["runs", "fails"])
def test_a_misspelt_stack_is_noted_first(root: Path, program: str) -> None:
    (root / "shop" / "__main__.py").write_text(program)
    run = stackguard(root, "check", "shop", "--stack", "dve", "--quiet")
    first = run.stderr.splitlines()[0]
    assert first == "note: stack `dve` has no Pulumi.dve.yaml, so no configuration of its own; did you mean `dev`?"
    (root / "shop" / "Pulumi.dev.yaml").unlink()
    alone = stackguard(root, "check", "shop", "--stack", "dve", "--quiet").stderr.splitlines()[0]
    assert alone.endswith("no configuration of its own; no stack of this project has one")


def test_a_program_that_fails_is_in_the_reports(root: Path) -> None:
    (root / "shop" / "__main__.py").write_text(FAILS)
    formats = ("--format", "text", "--format", "json", "--output", "o.json", "--format", "junit", "--output", "o.xml")
    run = stackguard(root, "check", "shop", *formats)
    assert (run.returncode, run.stdout) == (2, "")
    (failed,) = json.loads((root / "o.json").read_text())["failed"]
    assert failed["stack"] == "" or failed["stack"] == "dev"
    assert "shop:size" in failed["message"]
    assert ET.fromstring((root / "o.xml").read_text()).findall(".//error")


@pytest.mark.parametrize("name", ["sarif", "html", "markdown", "github", "gitlab-codequality", "gitlab-sast", "csv"])
def test_each_format_can_tell_that_nothing_was_judged(root: Path, name: str) -> None:
    run = stackguard(root, "check", "nothing", "--format", name, "--output", "report")
    assert run.returncode == 2
    assert run.stderr.startswith("cannot judge: there is no file or folder `nothing`")
    assert (root / "report").exists()


def test_what_fails_in_every_stack_is_told_once(root: Path) -> None:
    (root / "shop" / "__main__.py").write_text("raise ValueError('no size')\n")
    (root / "shop" / "Pulumi.prod.yaml").touch()
    run = stackguard(root, "check", "shop", "--all-stacks")
    assert run.stderr.count("Traceback") == 1
    assert "cannot judge: shop/dev, shop/prod: the program in" in run.stdout
