"""Which of a function's own files are in its archive, and what runs around them."""

from __future__ import annotations

import os
import zipfile
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackguard.bundle import CannotBundle, build, sources
from stackguard.bundle.config import Overrides, read
from stackguard.bundle.sources import collect
from tests.bundle.functions import RUNTIME, function, names, wheel
from tests.processes import gone, own

TREE = {
    "app/__init__.py": "",
    "app/main.py": "def handler(event, context): ...\n",
    "app/template.json": "{}",
    "app/.hidden": "",
    "app/tests/test_main.py": "",
    "app/conftest.py": "",
    "app/__pycache__/main.cpython-313.pyc": "",
    "space/inner/module.py": "",
    "single.py": "",
    "setup.py": "",
    "test_single.py": "",
    "tests/test_main.py": "",
    "data/table.csv": "",
    "dist/old.py": "",
    "venv/lib/module.py": "",
    "other-env/pyvenv.cfg": "",
    "other-env/lib/module.py": "",
    "node_modules/x/y.py": "",
    ".env": "SECRET=1",
    "README.md": "",
}


def packaged(folder: Path) -> list[str]:
    return [file.path for file in collect(read(folder)).files]


def test_by_default_modules_and_packages_are_packaged_with_their_data(tmp_path: Path) -> None:
    folder = function(tmp_path / "fn", files=TREE)

    assert packaged(folder) == [
        "app/__init__.py",
        "app/main.py",
        "app/template.json",
        "single.py",
        "space/inner/module.py",
    ]
    assert {"data", "README.md"} <= set(collect(read(folder)).left_out)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('include = ["app/*.py"]', ["app/__init__.py", "app/conftest.py", "app/main.py"]),
        ('include = ["data", "single.py"]', ["data/table.csv", "single.py"]),
        ('include = ["**/*.json", "./data/**"]', ["app/template.json", "data/table.csv"]),
        ('include = ["app/**"]\nexclude = ["**/tests/**", "**/conftest.py"]', ["app/__init__.py", "app/main.py", "app/template.json"]),
        ('exclude = ["space/", "*.py"]', ["app/__init__.py", "app/main.py", "app/template.json"]),
    ],
)  # fmt: skip
def test_globs_choose_otherwise(tmp_path: Path, table: str, expected: list[str]) -> None:
    assert packaged(function(tmp_path / "fn", files=TREE, table=f"{RUNTIME}\n{table}")) == expected


def test_an_earlier_bundle_is_in_no_bundle(tmp_path: Path) -> None:
    earlier = {"out/orders.zip": "old", "out/orders.manifest.json": "{}", "orders.cdx.json": "{}", "out/other.zip": ""}
    folder = function(tmp_path / "fn", files={"app.py": "", **earlier}, table=f'{RUNTIME}\ninclude = ["**"]')

    assert packaged(folder) == ["app.py", "out/other.zip", "pyproject.toml", "requirements.lock"]


def test_packages_below_src_are_at_the_top_of_the_archive(tmp_path: Path) -> None:
    files = {"src/app/__init__.py": "", "src/app/main.py": "", "src/module.py": "", "scripts/run.py": ""}
    folder = function(tmp_path / "fn", files=files, table=f'{RUNTIME}\nhandler = "module.handler"')
    (folder / "src" / "module.py").write_text("def handler(event, context): ...\n")

    assert names(build(folder).archive) == ["app/__init__.py", "app/main.py", "module.py"]


def test_links_inside_the_folder_are_followed_and_circles_refused(tmp_path: Path) -> None:
    folder = function(tmp_path / "fn", files={"app/__init__.py": "", "common/__init__.py": "shared = 1\n"})
    (folder / "app" / "shared").symlink_to("../common")
    (folder / "app" / "module.py").symlink_to(folder / "common" / "__init__.py")
    (folder / "app" / "hard.py").hardlink_to(folder / "common" / "__init__.py")
    (tmp_path / "link").symlink_to(folder)

    with zipfile.ZipFile(build(tmp_path / "link").archive) as packed:
        contents = {packed.read(f"app/{name}") for name in ("shared/__init__.py", "module.py", "hard.py")}
        assert contents == {b"shared = 1\n"}

    (folder / "app" / "again").symlink_to(folder / "app")
    assert "again` is a link to a folder that contains it; remove it" in refusal(folder)


def refusal(folder: Path) -> str:
    """The message with which a function is refused, after which nothing of the build is left."""
    with pytest.raises(CannotBundle) as refused:
        build(folder)
    assert refused.value.message.isprintable()
    return refused.value.message


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside/x.py", "../../outside", "../hop", "../hop/x.py"])
@pytest.mark.parametrize("table", ["", 'include = ["**"]', 'include = ["app/**"]'])
def test_a_link_out_of_the_folder_is_refused_unless_it_is_left_out(tmp_path: Path, target: str, table: str) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x.py").write_text("secret = 1\n")
    folder = function(tmp_path / "fn", table=f"{RUNTIME}\n{table}")
    (folder / ".hop").symlink_to(tmp_path / "outside")
    (folder / "app" / "linked.py").symlink_to(target.replace("hop", ".hop"))

    assert "app/linked.py` is a link out of the function's folder, which is not followed: copy" in refusal(folder)

    function(tmp_path / "fn", table=f'{RUNTIME}\n{table}\nexclude = ["app/linked.py"]')
    assert all("linked" not in name for name in names(build(folder).archive))


def test_a_package_that_is_a_link_out_of_the_folder_is_refused_and_other_links_are_not_looked_at(
    tmp_path: Path,
) -> None:
    (tmp_path / "outside").mkdir()
    folder = function(tmp_path / "fn")
    (folder / "README.md").symlink_to("/etc/passwd")
    (folder / "nothing").symlink_to("nowhere")
    (folder / "tests").symlink_to(tmp_path / "outside")

    assert names(build(folder).archive) == ["app/__init__.py", "app/main.py"]

    (folder / "shared").symlink_to(tmp_path / "outside")
    assert "shared` is a link out of the function's folder" in refusal(folder)


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    folder = function(tmp_path / "fn")
    for name, make in {
        "pipe.py": os.mkfifo,
        "loop.py": lambda path: path.symlink_to(path),
        "dangling.py": lambda path: path.symlink_to(folder / "nowhere.py"),
    }.items():
        make(folder / "app" / name)
        expected = "is no file, but a pipe" if name == "pipe.py" else "cannot be read: "
        assert expected in refusal(folder)
        (folder / "app" / name).unlink()
    assert names(build(folder).archive) == ["app/__init__.py", "app/main.py"]


@pytest.mark.parametrize("name", [b"new\nline.py", b"\xff.py", b"\x1b[31m.py"])
def test_a_name_that_cannot_be_in_an_archive_is_refused_on_one_line(tmp_path: Path, name: bytes) -> None:
    folder = function(tmp_path / "fn")
    Path(os.fsdecode(os.fsencode(folder / "app") + b"/" + name)).write_text("")

    assert "has a name that cannot be in an archive: rename it" in refusal(folder)


def test_far_more_than_lambda_takes_is_not_read(tmp_path: Path) -> None:
    folder = function(tmp_path / "fn")
    with (folder / "app" / "huge.bin").open("wb") as stream:
        stream.truncate(1 << 40)  # sparse

    assert "app/huge.bin` has 1048576 MiB, and Lambda takes 250 in all; leave it out" in refusal(folder)


BODY = "MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAq"
SECRETS = {
    "app/signing.pem": (f"-----BEGIN PRIVATE KEY-----\n{BODY}\n", "a private key"),
    "app/prod.env": ("DB_PASSWORD=hunter2hunter2\n", "an environment file"),
    "app/store.p12": ("", "a keystore"),
    "app/config.py": (f"TOKEN = 'ghp_{'aB3dE6gH9j' * 4}'\n", "a GitHub token"),
}


@pytest.mark.parametrize("path", SECRETS)
def test_a_secret_is_refused_unless_it_is_named(tmp_path: Path, path: str) -> None:
    content, kind = SECRETS[path]
    files = {"app/__init__.py": "", path: content}
    folder = function(tmp_path / "fn", files=files)

    message = refusal(folder)

    assert f"would package `{path}`, which holds {kind}: leave it out with `exclude`" in message
    assert BODY not in message
    assert "hunter2" not in message
    assert "aB3d" not in message
    assert not [*(tmp_path / "cache").rglob("*.zip")]
    assert path in names(build(folder, Overrides(allow_secrets=("app/*",))).archive)
    function(tmp_path / "fn", files=files, table=f"{RUNTIME}\nallow-secrets = ['{path}']")
    assert path in names(build(folder).archive)


def fits(glob: list[str], path: list[str]) -> bool:
    """What a glob means, segment by segment: `**` is any number of folders, and a full path matches everything below it."""
    if not glob:
        return True
    if glob[0] == "**":
        return bool(len(glob) > 1 and fits(glob[1:], path)) or bool(path and (len(glob) == 1 or fits(glob, path[1:])))
    return bool(path) and fnmatchcase(path[0], glob[0]) and fits(glob[1:], path[1:])


@given(
    st.lists(st.sampled_from(["**", "*", "a", "b", "a*", "?", "*.py"]), min_size=1, max_size=4),
    st.lists(st.sampled_from(["a", "b", "ab", "a.py", "c"]), min_size=1, max_size=5),
)
def test_a_glob_matches_segment_by_segment(glob: list[str], path: list[str]) -> None:
    assert sources.matcher(("/".join(glob),))("/".join(path)) == fits(glob, path)


@pytest.mark.parametrize(
    ("files", "table", "message"),
    [
        ({"data/table.csv": ""}, "", "has no Python module or package to bundle; add files with"),
        ({"alpha/__init__.py": ""}, "", "would hide `alpha/__init__.py` of a dependency"),
        ({"a.py": "", "src/a.py": ""}, "", "would both be `a.py` in the archive; exclude one"),
        ({"app.py": "def handler(): ..."}, 'handler = "app.handle"', "did you mean `app.handler`?"),
        ({"app.py": "def handler(): ..."}, 'handler = "ap.handler"', "did you mean `app.handler`?"),
        ({"app.py": "def handler(): ..."}, 'handler = "handler"', "names no function of a module"),
        ({"app.py": "def handler(: ..."}, 'handler = "app.handler"', "does not parse as Python; fix it"),
        ({"a\x1b[31m.py": ""}, "", "has a name that cannot be in an archive: rename it"),
        ({"app.py": ""}, 'before = ["mkfifo pipe.py"]', "is no file, but a pipe, a socket or a device: remove it"),
        ({"app.py": ""}, 'before = ["a\\u0000b"]', "has a zero byte"),
        ({"app.py": ""}, 'before = ["exit 3"]', "`exit 3`, in `before` below `[tool.stackguard.bundle]` of"),
    ],
)
def test_a_bundle_that_cannot_run_is_refused(
    tmp_path: Path, wheels: Path, files: dict[str, str], table: str, message: str
) -> None:
    folder = function(
        tmp_path / "fn", [wheel(wheels, "alpha")], files=files, table=f"{RUNTIME}\n{table}", wheels=wheels
    )

    with pytest.raises(CannotBundle) as refused:
        build(folder)

    assert message in refused.value.message
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    "code",
    [
        "from helpers import handler\n",
        "try:\n    import fast as handler\nexcept ImportError:\n    handler = None\n",
        "from helpers import *\n",
        "def __getattr__(name): ...\n",
        "class handler: ...\n",
    ],
)
def test_a_handler_may_be_bound_in_any_way(tmp_path: Path, code: str) -> None:
    files = {"app.py": code, "helpers.py": "def handler(): ..."}
    folder = function(tmp_path / "fn", files=files, table=f'{RUNTIME}\nhandler = "app.handler"')

    assert build(folder).handler == "app.handler"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"app.py": "import beta\n"},
            "imports `beta` (`app.py:1`), which neither the archive nor `python3.13` has; lock the package that has `beta`",
        ),
        ({"app.py": "import alpha.more\n"}, "imports `alpha.more` (`app.py:1`), which the archive does not hold; fix"),
        (
            {"app.py": "from own import thin\nimport beta\n", "own.py": "def thing(): ...\n"},
            "imports `thin` from `own` (`app.py:1`), which does not define it; there is `thing`, and 1 more; fix the",
        ),
        ({"app.py": "import own\n", "own.py": "def (\n"}, "the archive holds `own.py`, which does not parse as Python"),
    ],
)
@pytest.mark.parametrize("place", ["", "layer = true"])
def test_an_import_that_finds_nothing_is_refused_with_the_policys_message(
    tmp_path: Path, wheels: Path, files: dict[str, str], message: str, place: str
) -> None:
    table = f'{RUNTIME}\nhandler = "app.handler"\n{place}'
    files = {**files, "app.py": f"{files['app.py']}def handler(event, context): ...\n"}
    folder = function(tmp_path / "fn", [wheel(wheels, "alpha")], files=files, table=table, wheels=wheels)

    with pytest.raises(CannotBundle) as refused:
        build(folder)

    assert message in refused.value.message
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("table", ["", "layer = true", 'strip = ["runtime"]'])
def test_what_is_locked_or_in_the_runtime_may_be_imported(tmp_path: Path, wheels: Path, table: str) -> None:
    lock = [wheel(wheels, "alpha"), wheel(wheels, "six", files={"six.py": ""})]
    code = "import alpha, six, boto3\ndef handler(event, context): ...\n"
    table = f'{RUNTIME}\nhandler = "app.handler"\n{table}'
    folder = function(tmp_path / "fn", lock, files={"app.py": code}, table=table, wheels=wheels)

    assert build(folder).handler == "app.handler"


def test_without_a_handler_or_with_a_place_that_the_code_adds_nothing_surely_fails(tmp_path: Path) -> None:
    code = "import sys\nsys.path.append('/mnt/efs')\nimport beta\ndef handler(event, context): ...\n"
    adding = function(tmp_path / "a", files={"app.py": code}, table=f'{RUNTIME}\nhandler = "app.handler"')
    naming_none = function(tmp_path / "b", files={"app.py": "import beta\n"})

    assert build(adding).handler == "app.handler"
    assert build(naming_none).handler is None


def test_a_handler_may_be_a_dependencys(tmp_path: Path, wheels: Path) -> None:
    table = f'{RUNTIME}\nhandler = "alpha.handler"'
    folder = function(tmp_path / "fn", [wheel(wheels, "alpha")], table=table, wheels=wheels)

    assert build(folder).handler == "alpha.handler"


def test_what_a_command_before_makes_is_packaged(tmp_path: Path) -> None:
    table = f'{RUNTIME}\nbefore = [\'echo "target = \\"$STACKGUARD_ARCHITECTURE\\"" > app/made.py\']'
    folder = function(tmp_path / "fn", table=table)

    with zipfile.ZipFile(build(folder).archive) as packed:
        assert packed.read("app/made.py") == b'target = "x86_64"\n'


def test_a_command_leaves_no_process_and_is_not_waited_for(tmp_path: Path) -> None:
    daemons = f"(setsid sleep {own(71130)} &); nohup sleep {own(71131)} & true"
    folder = function(tmp_path / "fn", files={"app.py": ""}, table=f"{RUNTIME}\nbefore = ['{daemons}']")
    build(folder)
    assert gone(own(71130))
    assert gone(own(71131))
