"""A target against its base: exports, folders and commits."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policypack.core.policy import Outcome
from stackguard.errors import CannotJudge
from stackguard.gate.request import CheckRequest, judge_stack
from stackguard.reports import Change
from tests.reports import sample
from tests.sources.states import as_bytes, export, state

BUCKET, ROLE_POLICY = "aws:s3/bucket:Bucket", sample.ROLE_POLICY
Check = Callable[..., Change]


@pytest.fixture
def compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Judges a target against a base in an empty folder, by the sample's policies."""
    monkeypatch.chdir(tmp_path)

    def check(target: str, base: str) -> Change:
        change = judge_stack(CheckRequest(target, base=base), sample.POLICIES).report.change
        assert change is not None
        return change

    return check


def written(name: str, *resources: dict[str, Any]) -> str:
    Path(name).write_bytes(as_bytes(export(list(resources))))
    return name


def bucket(name: str) -> dict[str, Any]:
    return state(BUCKET, name, {"bucket": name})


def names(outcomes: tuple[Outcome, ...]) -> list[str]:
    return [outcome.resource.name for outcome in outcomes]


def git(*arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


def test_an_export_is_compared_with_another(compared: Check) -> None:
    old, new = written("old.json", bucket("kept"), bucket("gone")), written("new.json", bucket("kept"), bucket("added"))
    change = compared(new, old)
    assert (names(change.new), names(change.fixed), names(change.unchanged)) == (["added"], ["gone"], ["kept"])
    assert change.base == old


def test_a_renamed_resource_with_an_alias_is_unchanged(compared: Check) -> None:
    inputs = {"policy": sample.document(sample.allow("*", "*")), "role": "reader"}
    before = state(ROLE_POLICY, "before", inputs)
    old = written("old.json", before)
    change = compared(written("new.json", state(ROLE_POLICY, "after", inputs) | {"aliases": [before["urn"]]}), old)
    assert (names(change.new), names(change.fixed), names(change.unchanged)) == ([], [], ["after"])


def test_what_a_partial_fix_leaves_is_unchanged(compared: Check) -> None:
    """What nothing is left of is fixed, and a wider one is new."""

    def role(name: str, **condition: Any) -> dict[str, Any]:
        document = sample.document(sample.allow("*", "arn:aws:s3:::inbox/*", **condition))
        return state(ROLE_POLICY, name, {"policy": document, "role": name})

    wide = written("wide.json", role("a"), role("b"))
    narrow = written("narrow.json", role("a", Condition={"Bool": {"aws:SecureTransport": "true"}}))
    fixed = compared(narrow, wide)
    assert (names(fixed.new), names(fixed.fixed), names(fixed.unchanged)) == ([], ["b"], ["a"])
    widened = compared(wide, narrow)
    assert (names(widened.new), names(widened.fixed), names(widened.unchanged)) == (["a", "b"], ["a"], [])


def test_new_access_is_listed(compared: Check) -> None:
    def role(action: str) -> dict[str, Any]:
        document = sample.document(sample.allow(action, "arn:aws:s3:::inbox/*"))
        return state(ROLE_POLICY, "reader", {"policy": document, "role": "reader"})

    written("old.json", role("s3:GetObject"))
    (access,) = compared(written("new.json", role("s3:PutObject")), "old.json").access
    assert access.verdict == "new-access"
    assert access.witness is not None
    assert access.witness.action == "s3:PutObject"
    assert access.by.endswith("::aws:iam/rolePolicy:RolePolicy::reader")
    assert access.path.startswith("policy.Statement")


def test_an_export_is_compared_with_its_version_at_a_commit(compared: Check) -> None:
    git("init", "-q", "-b", "main")
    Path("exports").mkdir()
    target = written("exports/state.json", bucket("kept"), bucket("gone"))
    git("add", ".")
    git("commit", "-q", "-m", "one")
    written(target, bucket("kept"), bucket("added"))
    Path("untracked").touch()
    index = Path(".git/index").read_bytes()
    change = compared(target, "main")
    assert (names(change.new), names(change.fixed), names(change.unchanged)) == (["added"], ["gone"], ["kept"])
    assert Path(".git/index").read_bytes() == index
    assert Path("untracked").exists()
    assert not Path(".git/worktrees").exists()


def test_what_the_commit_does_not_have_is_new(compared: Check) -> None:
    git("init", "-q", "-b", "main")
    git("commit", "-q", "--allow-empty", "-m", "none")
    change = compared(written("state.json", bucket("first")), "HEAD")
    assert (names(change.new), change.fixed, change.unchanged, change.problem) == (["first"], (), (), "")


def test_a_git_hook_does_not_choose_the_repository(compared: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    git("init", "-q", "-b", "main")
    target = written("state.json", bucket("kept"))
    git("add", ".")
    git("commit", "-q", "-m", "one")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert names(compared(target, "main").unchanged) == ["kept"]


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b"", b"\0\1\2", b"[" * 50_000, b'{"version": ' + b"8" * 6000 + b"}", b'{"terraform_version": "1.9"}'],
    ids=["cut off", "list", "empty", "binary", "nested", "number", "terraform"],
)
def test_a_file_that_is_no_export_is_no_base(compared: Check, content: bytes) -> None:
    Path("old.json").write_bytes(content)
    target = written("new.json", bucket("b"))
    with pytest.raises(CannotJudge, match=r"^`--base old\.json` cannot be compared with: `old\.json` ") as raised:
        compared(target, "old.json")
    assert "\n" not in raised.value.message


def test_an_export_that_cannot_be_read_at_a_commit_blocks_nobody(compared: Check) -> None:
    target = written("new.json", bucket("b"))
    content = Path(target).read_bytes()
    Path(target).write_text("[]")
    git("init", "-q", "-b", "main")
    git("add", target)
    git("commit", "-q", "-m", "no export")
    Path(target).write_bytes(content)
    change = compared(target, "main")
    assert change.problem.startswith("`main` cannot be judged: ")
    assert (change.new, change.unchanged) == ((), ())


def test_a_folder_without_a_program_blocks_nobody(compared: Check, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert compared(written("new.json", bucket("b")), "empty").problem.startswith("`empty` cannot be judged: ")


def test_a_program_that_failed_at_the_commit_is_named_as_today(compared: Check, tmp_path: Path) -> None:
    project = tmp_path / "infra"
    project.mkdir()
    (project / "__main__.py").write_text(PROGRAM.format(more=""))
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "no project yet")
    (project / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (project / "Pulumi.prod.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    change = compared("infra", "main")
    assert change.problem.startswith("`main` cannot be judged: `infra` has no `Pulumi.yaml`")


@pytest.mark.parametrize("base", ["nope", "--upload-pack=x", "-"])
@pytest.mark.parametrize("repository", [True, False])
def test_a_base_that_is_not_there_is_an_error(compared: Check, base: str, *, repository: bool) -> None:
    if repository:
        git("init", "-q")
    target = written("new.json", bucket("b"))
    with pytest.raises(CannotJudge, match="--base"):
        compared(target, base)


PROGRAM = """
import json
import pulumi_aws as aws

aws.s3.Bucket("uploads")
{more}
"""


def test_a_program_is_run_as_it_is_at_a_commit_by_the_python_of_today(compared: Check, tmp_path: Path) -> None:
    project = tmp_path / "infra"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (project / "Pulumi.prod.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    program = project / "__main__.py"
    program.write_text(PROGRAM.format(more='aws.s3.Bucket("gone")'))
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    program.write_text(PROGRAM.format(more='aws.s3.Bucket("added")'))
    change = compared("infra", "main")
    assert (names(change.new), names(change.fixed), names(change.unchanged)) == (["added"], ["gone"], ["uploads"])
    assert program.read_text() == PROGRAM.format(more='aws.s3.Bucket("added")')


def test_a_stack_that_the_commit_does_not_have_is_all_new(compared: Check, tmp_path: Path) -> None:
    """Without its configuration, the program would be run for no stack of the commit's."""
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "infra" / "__main__.py").write_text(PROGRAM.format(more=""))
    (tmp_path / "infra" / "Pulumi.prod.yaml").touch()
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    (tmp_path / "infra" / "Pulumi.prod.yaml").rename(tmp_path / "infra" / "Pulumi.qa.yaml")
    change = compared("infra", "main")
    assert (names(change.new), names(change.fixed), names(change.unchanged)) == (["uploads"], [], [])


SHARED = """
import pulumi_aws as aws

def create():
    aws.s3.Bucket("{name}")
"""


@pytest.mark.cold_start
@pytest.mark.parametrize("how", ["path", "installed", "unlisted"])
def test_a_package_of_the_repository_is_that_of_the_commit(
    compared: Check, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Also if today's is installed: then the program would run with today's at both."""
    infra, package = tmp_path / "infra", tmp_path / "shared" / "src" / "acme_shared"
    infra.mkdir()
    (infra / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (infra / "Pulumi.prod.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    (infra / "__main__.py").write_text("import acme_shared\nacme_shared.create()\n")
    package.mkdir(parents=True)
    (package.parent / "json.py").write_text("raise SystemExit('the standard library has this name')\n")
    (package / "__init__.py").write_text(SHARED.format(name="before"))
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    (package / "__init__.py").write_text(SHARED.format(name="today"))
    if how == "path":
        (package.parent / "json.py").unlink()
        monkeypatch.setenv("PYTHONPATH", str(package.parent))
    else:
        installed = tmp_path_factory.mktemp("site")
        about = installed / "acme_shared-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-shared\nVersion: 1.0\n")
        (about / "direct_url.json").write_text(f'{{"dir_info": {{}}, "url": "{(tmp_path / "shared").as_uri()}"}}')
        (about / "RECORD").write_text("acme_shared/__init__.py,,\nacme_shared-1.0.dist-info/METADATA,,\n")
        if how == "installed":
            (about / "top_level.txt").write_text("acme_shared\n")
        (installed / "acme_shared").mkdir()
        (installed / "acme_shared" / "__init__.py").write_text((package / "__init__.py").read_text())
        monkeypatch.setenv("PYTHONPATH", str(installed))
    change = compared("infra", "main")
    assert (names(change.new), names(change.fixed), change.problem) == (["today"], ["before"], "")


@pytest.mark.cold_start
def test_a_package_that_is_the_same_at_the_commit_stays_as_it_is_installed(
    compared: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have files that only its build makes."""
    infra, package = tmp_path / "infra", tmp_path / "acme_shared"
    infra.mkdir()
    package.mkdir()
    (infra / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (infra / "Pulumi.prod.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    (infra / "__main__.py").write_text("import acme_shared\nacme_shared.create()\n")
    (package / "__init__.py").write_text("from acme_shared.built import create\n")
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    (package / "built.py").write_text(SHARED.format(name="uploads"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    change = compared("infra", "main")
    assert (names(change.unchanged), change.problem) == (["uploads"], "")


@pytest.mark.parametrize(
    ("base", "remark", "fixed"),
    [
        (
            "old",
            "is a file and a commit, and was taken for the file; `refs/heads/old` is the branch, `./old` the file",
            1,
        ),
        ("./old", "", 1),
        ("refs/heads/old", "", 0),
        ("new.json", "is the target itself, so nothing can differ", 0),
    ],
)
def test_what_a_name_was_taken_for_is_noted(
    tmp_path: Path, compared: Check, base: str, remark: str, fixed: int
) -> None:
    git("init", "-q", "-b", "main")
    target = written("new.json", bucket("kept"))
    git("add", ".")
    git("commit", "-q", "-m", "one")
    git("branch", "old")
    written("old", bucket("kept"), bucket("gone"))
    report = judge_stack(CheckRequest(target, base=base), sample.POLICIES).report
    assert report.change
    assert (report.change.remark, len(report.change.fixed)) == (remark, fixed)
    assert [note.message for note in report.notes if note.about == f"--base {base}"] == ([remark] if remark else [])
