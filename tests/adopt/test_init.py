"""`stackguard init` as a newcomer runs it, in repositories of several kinds."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stackguard import cli
from stackguard.adopt import plan
from stackguard.gate.request import CheckRequest, judge
from stackguard.sources import RunOptions
from tests.cli.running import Ran, RanApart

PUBLIC = 'import pulumi_aws as aws\n\naws.s3.Bucket("uploads", acl="public-read")\n'
QUEUE = 'import pulumi_aws as aws\n\naws.sqs.Queue("jobs")\n'
NEW = 'aws.s3.Bucket("fresh", acl="public-read-write")\n'
OURS = {
    ".gitattributes",
    ".github/workflows/stackguard.yml",
    ".pre-commit-config.yaml",
    "stackguard-baseline.json",
    "stackguard-pack/.gitignore",
    "stackguard-pack/PulumiPolicy.yaml",
    "stackguard-pack/__main__.py",
    "stackguard-pack/requirements.txt",
    "stackguard.yaml",
}


def project(folder: Path, program: str = PUBLIC, runtime: str = "python", stacks: tuple[str, ...] = ("dev",)) -> Path:
    folder.mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text(f"name: {folder.name.replace(' ', '-')}\nruntime: {runtime}\n")
    (folder / "__main__.py").write_text(program)
    for stack in stacks:
        (folder / f"Pulumi.{stack}.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    return folder


def tree(root: Path) -> dict[str, bytes]:
    return {
        file.relative_to(root).as_posix(): file.read_bytes()
        for file in root.rglob("*")
        if file.is_file() and not file.is_relative_to(root / ".git")
    }


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of two projects, in which a newcomer is."""
    folder = tmp_path / "shop"
    project(folder / "infra" / "web", stacks=("dev", "prod"))
    project(folder / "infra" / "data", QUEUE)
    git(folder, "init", "--quiet")
    git(folder, "remote", "add", "origin", "https://github.com/acme/shop.git")
    monkeypatch.chdir(folder)
    return folder


def test_from_then_on_a_new_violation_blocks_and_the_old_ones_do_not(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = tree(root)
    ran = RanApart("init", "--yes", "--requirement", "stackguard==9.9")
    assert ran.code == 0, ran.out + ran.err
    after = tree(root)
    assert after.keys() - before.keys() == OURS
    assert {name: after[name] for name in before} == before
    accepted = json.loads(after["stackguard-baseline.json"])
    assert {name.split(" ")[0] for name in accepted} == {"web/dev", "web/prod", "version"}

    checked = Ran(capfd, "check", "infra/web", "--stack", "prod")
    assert checked.code == 0, checked.out
    with (root / "infra" / "web" / "__main__.py").open("a") as program:
        program.write(NEW)
    for stack in ("dev", "prod"):
        assert Ran(capfd, "check", "infra/web", "--stack", stack).code == 1
        report = judge(CheckRequest("infra/web", RunOptions(stack)))
        assert {outcome.resource.name for outcome in report.outcomes if outcome.blocks} == {"fresh"}

    again = RanApart("init", "--yes")
    assert again.code == 0
    assert "nothing to write" in again.out
    assert {name: content for name, content in tree(root).items() if name in after and "web" not in name} == {
        name: content for name, content in after.items() if "web" not in name
    }


@pytest.mark.parametrize("stdin", [StringIO(), None], ids=["no terminal", "closed"])
@pytest.mark.parametrize("arguments", [("--dry-run",), ("--dry-run", "--yes"), ()])
def test_it_only_shows_unless_it_may_write(
    root: Path,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    stdin: StringIO | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", stdin)
    before = tree(root)
    ran = Ran(capfd, "init", "--no-baseline", *arguments)
    assert (ran.code, tree(root)) == (0, before)
    for name in OURS - {plan.BASELINE}:
        assert f"write {name}\n" in ran.out
    assert "    serve()\n" in ran.out
    assert "nothing is written" in ran.out


def test_projects_of_others_are_not_found(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for folder in ("node_modules/kit", ".cache/kit", "web/lib/site-packages/kit", "env/kit", "vendored/kit"):
        project(root / folder)
    (root / "env" / "pyvenv.cfg").touch()
    (root / "vendored" / ".git").mkdir()
    project(root / "cdn", runtime="nodejs")
    project(root / "template").joinpath("Pulumi.yaml").write_text("name: ${PROJECT}\nruntime: python\n")
    (root / "linked").symlink_to(root / "infra")
    ran = Ran(capfd, "init", "--dry-run", "--no-baseline")
    assert "\n  infra/data: dev\n  infra/web: dev, prod\n" in ran.out
    assert "  cdn: not judged: Pulumi.yaml: runtime is `nodejs`" in ran.out
    assert "  template: not judged: " in ran.out
    assert not {"kit", "linked"} & set(ran.out.replace("/", " ").replace(":", " ").split())


def test_what_is_the_users_stays(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mine = {
        ".pre-commit-config.yaml": b"repos: []\r\n",
        "stackguard.yaml": b"unknown: advisory\r\n",
        "stackguard-pack/requirements.txt": b"stackguard==0.0.1\r\npulumi\r\n",
    }
    (root / "stackguard-pack").mkdir()
    for name, content in mine.items():
        (root / name).write_bytes(content)
    (root / ".gitattributes").write_bytes(b"* text=auto\r\n*.png binary")
    ran = Ran(capfd, "init", "--yes", "--no-baseline")
    assert ran.code == 0
    after = tree(root)
    assert {name: after[name] for name in mine} == mine
    assert after[".gitattributes"] == b"* text=auto\r\n*.png binary\r\nstackguard-baseline.json merge=union\r\n"
    assert "keep .pre-commit-config.yaml: it is yours; add this to it\n    repos:\n" in ran.out
    assert (
        'additional_dependencies: ["stackguard==0.0.1"]' not in ran.out
    )  # these programs have no environment of their own
    assert "language: system" in ran.out
    Ran(capfd, "init", "--yes", "--no-baseline")
    assert tree(root) == after


def test_of_a_job_that_exists_it_shows_what_a_new_one_has_differently(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Ran(capfd, "init", "--yes", "--no-baseline", "--ci", "github")
    before = tree(root)
    assert f"keep {plan.GITHUB}: unchanged\n" in Ran(capfd, "init", "--dry-run", "--no-baseline", "--ci", "github").out
    project(root / "infra" / "dns")
    out = Ran(capfd, "init", "--yes", "--no-baseline", "--ci", "github").out
    assert f"keep {plan.GITHUB}: it is yours; a new one would differ in this\n" in out
    assert '    +      - name: "Install what infra/dns needs"\n' in out
    assert tree(root)[plan.GITHUB] == before[plan.GITHUB]


def test_an_environment_that_projects_share_is_made_once(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    project(root / "infra" / "dns")
    for name in ("data", "web", "dns"):
        file = root / "infra" / name / "Pulumi.yaml"
        file.write_text(f"name: {name}\nruntime:\n  name: python\n  options:\n    virtualenv: ../../.venv\n")
    job = Ran(capfd, "init", "--dry-run", "--no-baseline", "--ci", "github").out
    assert job.count("python -m venv ../../.venv && ") == 1
    assert job.count("../../.venv/bin/pip install -q") == 3


def test_settings_in_pyproject_are_settings(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (root / "pyproject.toml").write_text("[tool.stackguard]\nunknown = 'advisory'\n")
    assert "keep stackguard.yaml: `[tool.stackguard]`" in Ran(capfd, "init", "--yes", "--no-baseline").out
    assert not (root / "stackguard.yaml").exists()


def test_a_stack_that_cannot_be_judged_leaves_the_baseline_for_the_next_run(root: Path) -> None:
    program = root / "infra" / "data" / "__main__.py"
    program.write_text("import nowhere_to_be_found\n")
    ran = RanApart("init", "--yes")
    assert ran.code == 2
    assert "infra/data --stack dev:\n" in ran.out
    assert "nowhere_to_be_found" in ran.err
    assert tree(root).keys() >= OURS - {plan.BASELINE}
    assert not (root / plan.BASELINE).exists()
    program.write_text(QUEUE)
    again = RanApart("init", "--yes")
    assert again.code == 0
    assert "1 file written" in again.out
    assert (root / plan.BASELINE).exists()


def test_a_folder_without_git_is_set_up_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path / "one project", stacks=())
    monkeypatch.chdir(tmp_path)
    ran = Ran(capfd, "init", "--yes", "--ci", "gitlab")
    assert ran.code == 0, ran.err
    assert "note: one project has no Pulumi.<stack>.yaml" in ran.out
    assert yaml.safe_load((tmp_path / ".gitlab-ci.yml").read_text()) == {
        "include": [{"local": ".gitlab/stackguard.yml"}]
    }
    job = yaml.safe_load((tmp_path / ".gitlab" / "stackguard.yml").read_text())["stackguard"]
    assert "check . --all-stacks " in job["script"][-1]


def test_without_a_project_it_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path / "cdn", runtime="nodejs")
    monkeypatch.chdir(tmp_path)
    ran = Ran(capfd, "init")
    assert ran.code == 2
    assert ran.err.startswith(f"cannot set up: no Pulumi project in Python was found in `{tmp_path}`; `cdn`: ")
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("name", [".gitattributes", ".github", "stackguard-pack", "stackguard.yaml"])
def test_a_link_out_of_the_repository_is_refused(
    root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    (root / name).symlink_to(tmp_path / "elsewhere")
    ran = Ran(capfd, "init", "--yes", "--no-baseline")
    assert ran.code == 2
    assert f"`{name}` is a link out of the repository" in ran.err
    assert not (tmp_path / "elsewhere").exists()
    assert not {file for file in OURS if (root / file).exists()}


def test_what_cannot_be_written_leaves_nothing(
    root: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / ".gitattributes").write_text("*.png binary\n")
    before = tree(root)
    real = plan.write

    def full(text: str, file: Path) -> None:
        if file.name == ".pre-commit-config.yaml":
            raise OSError(28, "No space left on device")
        real(text, file)

    monkeypatch.setattr(plan, "write", full)
    ran = Ran(capfd, "init", "--yes", "--no-baseline")
    assert ran.code == 2
    assert (
        ran.err
        == "cannot set up: `.pre-commit-config.yaml` cannot be written: no space left on device; nothing is written\n"
    )
    assert tree(root) == before
    assert not (root / "stackguard-pack").exists()
    assert not (root / ".github").exists()


CONTENT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40).map(str.encode)


@given(st.dictionaries(st.sampled_from(sorted(OURS | {".gitlab-ci.yml", ".gitlab/stackguard.yml"})), CONTENT))
@settings(max_examples=30)
@pytest.mark.parametrize("ci", ["github", "gitlab", "none"])
def test_nothing_of_the_user_is_overwritten_and_a_second_run_changes_nothing(
    ci: str, tmp_path_factory: pytest.TempPathFactory, present: dict[str, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("users")
    project(folder / "infra")
    for name, content in present.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    before = tree(folder)
    command = ["init", str(folder), "--yes", "--no-baseline", "--ci", ci]
    assert cli.main(command) == 0
    after = tree(folder)
    for name, content in before.items():
        assert after[name] == content or (name == ".gitattributes" and after[name].startswith(content))
    assert cli.main(command) == 0
    assert tree(folder) == after
    shutil.rmtree(folder)


def test_pulumi_starts_the_pack(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Ran(capfd, "init", "--yes", "--no-baseline")
    pack = root / "stackguard-pack"
    assert yaml.safe_load((pack / "PulumiPolicy.yaml").read_text())["runtime"]["options"]["virtualenv"] == ".venv"
    with subprocess.Popen([sys.executable, str(pack)], cwd=pack, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip().isdigit()  # the port that it serves on
        process.terminate()


@pytest.mark.usefixtures("root")
def test_what_others_cannot_install_is_said_before_the_next_steps(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    remark = "stackguard is installed here from `/build/x.whl`; if `stackguard==7.7` is in no index of yours"
    monkeypatch.setattr("stackguard.adopt.requirement.of_this", lambda: ("stackguard==7.7", remark))
    lines = Ran(capfd, "init", "--yes", "--no-baseline").out.splitlines()
    first = lines.index(next(line for line in lines if line.startswith("before you commit: ")))
    assert remark in lines[first]
    assert "write in stackguard-pack/requirements.txt what CI can install" in lines[first]
    assert "--requirement" in lines[first + 1]
    assert lines[first + 2].startswith("commit the files")


@pytest.mark.usefixtures("root")
def test_nothing_is_said_of_what_others_can_install(capfd: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capfd, "init", "--yes", "--no-baseline", "--requirement", "stackguard==7.7")
    assert "before you commit" not in ran.out


@pytest.mark.parametrize(
    "requirement",
    [
        "stackguard\n--index-url http://index.example",
        "stackguard\r",
        "stack\x1b[31mguard",
        "stackguard ==",
        "",
        "-r x",
    ],
)
def test_a_requirement_that_is_none_writes_nothing(
    root: Path, capfd: pytest.CaptureFixture[str], requirement: str
) -> None:
    before = tree(root)
    ran = Ran(capfd, "init", "--yes", "--no-baseline", "--requirement", requirement)
    assert ran.code == 2
    assert "`--requirement` takes one requirement on one line, such as `stackguard==0.1.0`" in ran.err
    assert ran.err.strip().splitlines()[-1].startswith("Error: ")
    assert tree(root) == before
