"""Which lock is read, what it contains for the target, and which are refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.lambda_code.binaries import Target
from stackguard.bundle import CannotBundle, build, metadata
from stackguard.bundle.config import read as config
from stackguard.bundle.install.lock import Lock, Locked, read
from stackguard.bundle.targets import environment_of, platform_of
from tests.bundle.functions import RUNTIME, function, names, wheel

DIGEST = "0" * 64
HASH = f"--hash=sha256:{DIGEST}"


def never(_function: object) -> str:
    raise AssertionError("there is no uv.lock")


def locked(folder: Path) -> Lock:
    return read(config(folder), never)


@pytest.mark.parametrize(
    ("runtime", "architecture", "platform"),
    [
        ("python3.11", "x86_64", "x86_64-manylinux_2_17"),
        ("python3.12", "arm64", "aarch64-manylinux_2_34"),
        ("python3.13", "x86_64", "x86_64-manylinux_2_34"),
    ],
)
def test_the_platform_is_the_runtimes_own(runtime: str, architecture: str, platform: str) -> None:
    assert platform_of(Target(runtime, architecture)) == platform


def test_markers_are_those_of_the_target() -> None:
    assert environment_of(Target("python3.12", "arm64"))["platform_machine"] == "aarch64"
    assert environment_of(Target("python3.12", "arm64"))["python_version"] == "3.12"


def test_markers_choose_the_target_and_never_the_builder(tmp_path: Path) -> None:
    lines = [
        f'alpha==1.0 ; python_version < "3.13" {HASH}',
        f'alpha==2.0 ; python_version >= "3.13" {HASH}',
        f'windows==1.0 ; sys_platform == "win32" {HASH}',
        f'arm==1.0 ; platform_machine == "aarch64" \\\n    {HASH}',
    ]
    folder = function(tmp_path / "fn", lines, [], table=f'{RUNTIME}\narchitecture = "arm64"')

    packages = locked(folder).packages
    assert [(package.name, package.version) for package in packages] == [("alpha", "2.0"), ("arm", "1.0")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("alpha==1.0", "has no hash for `alpha`, so a replaced file would not be detected; lock again with `cd "),
        (f"alpha>=1.0 {HASH}", "does not pin `alpha` to one version"),
        (f"alpha==1.* {HASH}", "does not pin `alpha` to one version"),
        ("-e ../common", "`-e ../common` is not a package with a pinned version, so it cannot be bundled"),
        ("-r other.txt", "`-r other.txt` is not a package with a pinned version, so it cannot be bundled"),
        (f"alpha_==1.0 {HASH}", "`alpha_==1.0` is not a package with a pinned version, so it cannot be bundled"),
        ("./common", "`./common` is not a package with a pinned version, so it cannot be bundled"),
        (f"alpha==1.0 {HASH}\nalpha==2.0 {HASH}", "locks `alpha` twice for the same target"),
    ],
)
def test_a_line_that_locks_nothing_is_refused(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(CannotBundle) as refused:
        locked(function(tmp_path / "fn", [line], []))

    assert message in refused.value.message
    assert "requirements.lock`" in refused.value.message


def test_a_lock_with_a_zero_byte_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotBundle, match="is binary: it has a zero byte"):
        locked(function(tmp_path / "fn", ["--find-links ./wheels\0"], []))


def test_several_locks_are_refused_unless_one_is_named(tmp_path: Path, wheels: Path) -> None:
    folder = function(tmp_path / "fn", [wheel(wheels, "alpha")], wheels=wheels)
    (folder / "uv.lock").write_text("")

    with pytest.raises(CannotBundle, match=r"has several locks, `uv.lock` and `requirements.lock`: remove all but one"):
        build(folder)

    function(folder, [wheel(wheels, "alpha")], table=f'{RUNTIME}\nlock = "requirements.lock"', wheels=wheels)
    assert "alpha/__init__.py" in names(build(folder).archive)


def test_dependencies_without_a_lock_are_refused_and_none_need_none(tmp_path: Path) -> None:
    folder = function(tmp_path / "fn", None, ["alpha"])
    with pytest.raises(CannotBundle, match=r"has dependencies and no lock: lock again with `cd .* uv pip compile"):
        build(folder)

    assert names(build(function(folder, None, [])).archive) == ["app/__init__.py", "app/main.py"]


PYLOCK = """
lock-version = "1.0"
created-by = "tests"
"""
PACKAGE = """
[[packages]]
name = "{name}"
version = "1.0"
{more}
[[packages.wheels]]
url = "https://host/{file}-1.0-py3-none-any.whl"
hashes = {{sha256 = "{digest}"}}
"""


def package(name: str, more: str = "") -> str:
    return PACKAGE.format(name=name, more=more, file=name.replace("-", "_"), digest=DIGEST)


def pylock(tmp_path: Path, text: str) -> Path:
    folder = function(tmp_path / "fn", None, [])
    (folder / "pylock.toml").write_text(text)
    return folder


def test_a_pylock_is_read_like_requirements(tmp_path: Path) -> None:
    others = package("windows", "marker = \"sys_platform == 'win32'\"") + package(
        "in-a-group", "marker = \"'dev' in dependency_groups\""
    )

    lock = locked(pylock(tmp_path, PYLOCK + package("alpha-one") + others))

    assert lock.packages == (Locked("alpha-one", "1.0", (f"sha256:{DIGEST}",)),)


def test_a_version_that_a_pylock_leaves_out_is_that_of_the_files(tmp_path: Path) -> None:
    text = package("alpha-one").replace('version = "1.0"\n', "")

    assert locked(pylock(tmp_path, PYLOCK + text)).requirements() == f"alpha-one==1.0 --hash=sha256:{DIGEST}\n"


def test_files_of_two_versions_in_a_pylock_are_refused(tmp_path: Path) -> None:
    sdist = f'sdist = {{url = "https://host/alpha-2.0.tar.gz", hashes = {{sha256 = "{DIGEST}"}}}}'
    text = package("alpha", sdist).replace('version = "1.0"\n', "")

    with pytest.raises(
        CannotBundle, match=r"does not pin `alpha` to one version: it has files of 1\.0, 2\.0; lock again"
    ):
        locked(pylock(tmp_path, PYLOCK + text))


def test_a_default_group_of_a_pylock_is_installed(tmp_path: Path) -> None:
    text = f'{PYLOCK}default-groups = ["dev"]\n' + package("in-a-group", "marker = \"'dev' in dependency_groups\"")

    assert [package.name for package in locked(pylock(tmp_path, text)).packages] == ["in-a-group"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "packages = 1",
            "is no `pylock.toml` as PEP 751 describes it: missing required value in 'lock-version'; lock ",
        ),
        ("packages = [", "is not valid TOML"),
        (
            f"{PYLOCK}packages = 1",
            "is no `pylock.toml` as PEP 751 describes it: unexpected type int (expected Sequence",
        ),
        (
            PYLOCK + package("Alpha_One"),
            "is no `pylock.toml` as PEP 751 describes it: name 'Alpha_One' is not normalized",
        ),
        (f'{PYLOCK}[[packages]]\nname = "a"\ndirectory = {{path = "."}}', "`a` is a directory, which has no hash"),
        (
            f'{PYLOCK}[[packages]]\nname = "a"\nvcs = {{type = "git", url = "https://h/a", commit-id = "0"}}',
            "`a` is a vcs, which has no hash",
        ),
        (
            f'{PYLOCK}[[packages]]\nname = "a"\narchive = {{path = "a.zip", hashes = {{sha256 = "0"}}}}',
            "the archive of `a` has no `url`",
        ),
        (f'{PYLOCK}[[packages]]\nname = "a"\nversion = "1"', "exactly one of vcs, directory, archive must be set"),
        (PYLOCK + package("a").replace(DIGEST, "").replace('sha256 = ""', ""), "is no `pylock.toml`"),
        (PYLOCK + package("a", 'marker = "\'a"'), "is no `pylock.toml` as PEP 751 describes it: "),
    ],
)
def test_a_malformed_pylock_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CannotBundle) as refused:
        locked(pylock(tmp_path, text))

    assert message in refused.value.message
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    ("dependencies", "requires", "message"),
    [
        (["alpha>=2"], [], "has `alpha` 1.0, and `{project}` requires `alpha>=2`; lock again with"),
        (["alpha", "beta"], [], "lacks `beta`, which `{project}` requires; lock again with"),
        (["alpha"], ["gamma>=1"], "lacks `gamma`, which `alpha` 1.0 requires; lock again with"),
        (["alpha[more]"], ['gamma; extra == "more"'], "lacks `gamma`, which `alpha` 1.0 requires; lock again with"),
        (["alpha"], ['gamma; python_version >= "3.13"'], "lacks `gamma`, which `alpha` 1.0 requires"),
    ],
)
def test_a_lock_that_does_not_fit_is_refused(
    tmp_path: Path, wheels: Path, dependencies: list[str], requires: list[str], message: str
) -> None:
    folder = function(tmp_path / "fn", [wheel(wheels, "alpha", requires=requires)], dependencies, wheels=wheels)

    with pytest.raises(CannotBundle) as refused:
        build(folder)

    assert message.format(project=folder / "pyproject.toml") in refused.value.message
    assert refused.value.message.startswith(f"`{folder / 'requirements.lock'}`")


def test_what_the_target_does_not_need_may_be_missing(tmp_path: Path, wheels: Path) -> None:
    requires = ['gamma; sys_platform == "win32"', 'gamma; extra == "more"', 'gamma; python_version < "3.13"']
    dependencies = ["alpha", "windows; os_name == 'nt'"]
    folder = function(tmp_path / "fn", [wheel(wheels, "alpha", requires=requires)], dependencies, wheels=wheels)

    assert "alpha/__init__.py" in names(build(folder).archive)


def test_a_project_file_without_a_project_takes_all_that_is_locked(tmp_path: Path, wheels: Path) -> None:
    lock = [wheel(wheels, "alpha"), wheel(wheels, "beta", requires=["gamma"])]
    folder = function(tmp_path / "prices", lock[:1], wheels=wheels)
    (folder / "pyproject.toml").write_text(f"[tool.stackguard.bundle]\n{RUNTIME}\n")

    bundle = build(folder)

    assert bundle.archive.name == "prices.zip"
    assert "alpha/__init__.py" in names(bundle.archive)
    assert metadata.read(bundle.folder, metadata.Finished).unneeded == ()

    function(folder, lock, wheels=wheels)
    (folder / "pyproject.toml").write_text(f"[tool.stackguard.bundle]\n{RUNTIME}\n")
    with pytest.raises(CannotBundle, match=r"lacks `gamma`, which `beta` 1\.0 requires"):
        build(folder)


def test_a_function_for_another_python_is_refused(tmp_path: Path) -> None:
    folder = function(tmp_path / "fn")
    file = folder / "pyproject.toml"
    file.write_text(file.read_text().replace('version = "1.0"', 'version = "1.0"\nrequires-python = ">=3.14"'))

    with pytest.raises(CannotBundle, match=r"requires Python >=3.14, and python3.13 is not that"):
        build(folder)


@given(st.text(alphabet="ab-_.=<>;#\\\n '\"[]@/0123hs:", max_size=60))
def test_no_text_breaks_the_reading_of_a_lock(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = function(tmp_path_factory.mktemp("fn"), [text], [])

    try:
        lock = locked(folder)
    except CannotBundle as refused:
        message = refused.message
    else:
        message = " ".join(package.line() for package in lock.packages if package.hashes)
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("poetry.lock", "poetry self add poetry-plugin-export && poetry export --format requirements.txt --output"),
        ("pdm.lock", "pdm export --prod --format requirements --output"),
        ("Pipfile.lock", "pipenv requirements --hash >"),
    ],
)
def test_the_lock_of_another_tool_is_not_read_and_its_export_is_named(tmp_path: Path, name: str, command: str) -> None:
    folder = function(tmp_path / "fn", None, ["alpha"])
    (folder / name).write_text("")
    for table in ("", f'lock = "{name}"'):
        function(folder, None, ["alpha"], table=f"{RUNTIME}\n{table}")
        with pytest.raises(CannotBundle, match=r"is not read; export it with its hashes by") as refused:
            build(folder)
        assert f"cd {folder} && {command} requirements.lock`" in refused.value.message
        assert ("and set `lock" in refused.value.message) == bool(table)

    project = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(project[project.index("[tool") :].replace(table, ""))
    with pytest.raises(CannotBundle, match="is not read"):  # a project that states nothing would be bundled empty
        build(folder)

    function(folder, [], [])
    assert build(folder).archive.exists()


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (
            '[tool.poetry.dependencies]\nalpha = "^1"\n',
            "dependencies of Poetry and no lock; lock them with `poetry lock`",
        ),
        ("", "has a `Pipfile` and no lock; lock it with `pipenv lock`"),
    ],
)
def test_dependencies_of_another_tool_without_a_lock_are_refused(tmp_path: Path, extra: str, message: str) -> None:
    folder = function(tmp_path / "fn", None)
    (folder / "pyproject.toml").write_text(f"[tool.stackguard.bundle]\n{RUNTIME}\n{extra}")
    if not extra:
        (folder / "Pipfile").write_text("[packages]\n")
    with pytest.raises(CannotBundle) as refused:
        build(folder)
    assert message in refused.value.message


@pytest.mark.parametrize("name", ["requirements.lock", "uv.lock"])
@pytest.mark.parametrize("make", [lambda path: path.symlink_to("nowhere"), os.mkfifo, Path.mkdir])
def test_a_lock_that_is_no_file_is_not_no_lock(tmp_path: Path, name: str, make: Callable[[Path], None]) -> None:
    folder = function(tmp_path / "fn", [], [])
    (folder / "requirements.lock").unlink(missing_ok=True)
    make(folder / name)
    with pytest.raises(CannotBundle, match=f"{name}` is no file, or a link to none: lock again"):
        locked(folder)
