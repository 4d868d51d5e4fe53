"""`stackguard bundle` as a user runs it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stackguard.bundle.artifacts import sizes
from stackguard.cli import cli
from tests.bundle.functions import RUNTIME, function, names, wheel

HANDLER = f'{RUNTIME}\nhandler = "app.main.handler"'
ARTIFACTS = ["orders.cdx.json", "orders.manifest.json", "orders.zip"]


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STACKGUARD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    return tmp_path / "cache" / "bundle"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_of(tmp_path)


def folder_of(tmp_path: Path, table: str = HANDLER) -> Path:
    wheels = tmp_path / "wheels"
    lock = [
        wheel(wheels, "alpha", files={"alpha/__init__.py": "", "alpha/a.pyi": "x" * 500}),
        wheel(wheels, "beta", "2.0"),
    ]
    return function(tmp_path / "fn", lock, ["alpha"], table=table, wheels=wheels)


def bundle(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["bundle", *map(str, arguments)])


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_writes_the_artifacts_and_prints_their_paths_and_sizes(folder: Path) -> None:
    ran = bundle(folder)

    assert ran.exit_code == 0, ran.output
    assert files(folder / "dist") == ARTIFACTS
    archive = folder / "dist" / "orders.zip"
    digest = base64.b64encode(hashlib.sha256(archive.read_bytes()).digest()).decode()
    lines = ran.output.splitlines()
    assert lines[0] == "orders for python3.13 on x86_64, from requirements.lock"
    assert f"  {archive}  CodeSha256 {digest}" in lines
    assert any(line.startswith("  alpha 1.0") for line in lines)
    assert any(line.startswith("  --strip stubs   500 bytes unzipped") for line in lines)
    assert any("locks beta, which nothing requires" in line for line in lines)


def test_secret_files_are_reported_and_never_quoted(folder: Path) -> None:
    body = "MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAq"
    key = f"-----BEGIN PRIVATE KEY-----\n{body}\n"
    (folder / "app" / "signing.pem").write_text(key)

    refused = bundle(folder)
    allowed = bundle(folder, "--allow-secrets", "app/*.pem")

    assert refused.exit_code == 2
    assert "would package `app/signing.pem`, which holds a private key" in refused.output
    assert "app/signing.pem (a private key)" in allowed.output
    assert allowed.exit_code == 0
    assert body not in refused.output + allowed.output


def tree(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("options", [[], ["--layer"], ["--image"]])
@pytest.mark.parametrize(
    "command", ["exit 3", "touch out/new/orders.zip.sig; exit 3", "echo x >> $STACKGUARD_MANIFEST"]
)
def test_nothing_is_left_of_a_build_whose_command_after_fails(tmp_path: Path, command: str, options: list[str]) -> None:
    command = command.replace("out/new", str(tmp_path / "out" / "new"))
    failing = f'{HANDLER}\nafter = ["{command}"]'

    ran = bundle(folder_of(tmp_path, failing), "--output", tmp_path / "out" / "new", *options)

    assert ran.exit_code == 2
    assert not (tmp_path / "out").exists()

    assert bundle(folder_of(tmp_path), "--output", tmp_path / "out" / "new").exit_code == 0
    (tmp_path / "out" / "new" / "orders.notes").write_text("the user's own")
    before = tree(tmp_path / "out")
    (tmp_path / "fn" / "app" / "more.py").write_text("")
    assert bundle(folder_of(tmp_path, failing), "--output", tmp_path / "out" / "new", *options).exit_code == 2
    assert tree(tmp_path / "out") == before


def test_json_has_the_same_facts(folder: Path, tmp_path: Path) -> None:
    ran = bundle(folder, "--output", tmp_path / "out", "--format", "json")
    report = json.loads(ran.stdout)

    assert ran.exit_code == 0
    assert report["version"] == 1
    assert report["artifacts"][0]["path"] == str(tmp_path / "out" / "orders.zip")
    assert report["artifacts"][0]["zipped"] == (tmp_path / "out" / "orders.zip").stat().st_size
    assert report["limits"] == {"zipped": 52_428_800, "unzipped": 262_144_000, "layers": 5}
    assert [package["name"] for package in report["packages"]] == ["alpha", "beta"]
    assert report["over"] == []


def test_over_the_unzipped_limit_nothing_is_written_and_fixes_are_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "UNZIPPED", 1000)

    ran = bundle(folder)
    as_json = json.loads(bundle(folder, "--format", "json").stdout)

    assert ran.exit_code == 1
    assert not (folder / "dist").exists()
    line = next(line for line in ran.output.splitlines() if line.startswith("over the limit: "))
    for message in ("`orders.zip` unzipped", "`--strip stubs` saves 500 bytes", "a layer does not raise", "`--image`"):
        assert message in line
    assert as_json["over"]
    assert as_json["artifacts"][0]["path"] is None


def test_over_the_limit_of_a_direct_upload_a_bucket_is_suggested_or_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "ZIPPED", 100)

    through_s3 = bundle(folder_of(tmp_path))
    direct = bundle(folder_of(tmp_path, f'{HANDLER}\nupload = "direct"'), "--output", tmp_path / "direct")

    assert through_s3.exit_code == 0
    assert "deploy it through a bucket" in through_s3.output
    assert direct.exit_code == 1
    assert "over the limit: `orders.zip` zipped" in direct.output
    assert not (tmp_path / "direct").exists()


def test_a_layer_of_an_earlier_bundle_is_removed(folder: Path) -> None:
    assert bundle(folder, "--layer").exit_code == 0
    assert files(folder / "dist") == sorted([*ARTIFACTS, "orders-layer.zip"])
    assert "python/alpha/__init__.py" in names(folder / "dist" / "orders-layer.zip")
    (folder / "dist" / "notes.txt").write_text("the user's own")

    assert bundle(folder).exit_code == 0
    assert files(folder / "dist") == ["notes.txt", *ARTIFACTS]


def test_an_image_is_a_context_for_the_same_lock(folder: Path) -> None:
    ran = bundle(folder, "--image")
    context = folder / "dist" / "orders-image"

    assert ran.exit_code == 0, ran.output
    assert files(folder / "dist") == ["orders-image", "orders.manifest.json"]
    dockerfile = (context / "Dockerfile").read_text()
    assert "FROM --platform=linux/amd64 amazon/aws-lambda-python:3.13\n" in dockerfile
    assert "--no-deps --require-hashes --only-binary :all:" in dockerfile
    assert 'CMD ["app.main.handler"]' in dockerfile
    locked = [line for line in (context / "requirements.txt").read_text().splitlines() if "==" in line]
    assert [line.partition(" ")[0] for line in locked] == ["alpha==1.0", "beta==2.0"]
    assert all("--hash=sha256:" in line for line in locked)
    assert (context / "code" / "app" / "main.py").is_file()
    assert (context / ".dockerignore").is_file()

    assert bundle(folder, "--image").exit_code == 0, "again, over the existing files"
    assert bundle(folder).exit_code == 0
    assert files(folder / "dist") == ARTIFACTS


def test_lambdas_user_can_read_the_files_of_an_image(folder: Path) -> None:
    (folder / "app" / "run.sh").write_text("#!/bin/sh\n")
    (folder / "app" / "run.sh").chmod(0o700)
    before = os.umask(0o077)
    try:
        assert bundle(folder, "--image").exit_code == 0
    finally:
        os.umask(before)

    context = folder / "dist" / "orders-image"
    modes = {path.relative_to(context).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in context.rglob("*")}
    assert modes["code"] == modes["code/app"] == 0o755
    assert modes["code/app/main.py"] == modes["requirements.txt"] == 0o644
    assert modes["code/app/run.sh"] == 0o755


@pytest.mark.parametrize(("handler", "code"), [("app.man.handler", 2), ("app.main.handle", 2), ("alpha.handler", 0)])
def test_an_images_handler_must_be_in_the_functions_own_files(tmp_path: Path, handler: str, code: int) -> None:
    ran = bundle(folder_of(tmp_path, f'{RUNTIME}\nhandler = "{handler}"'), "--image")

    assert ran.exit_code == code, ran.output
    assert ("did you mean `app.main.handler`?" in ran.output) == (code == 2)


@pytest.mark.parametrize(("code", "zipped", "image"), [("import gamma", 2, 0), ("from app.lost import x", 2, 2)])
def test_imports_of_the_handler_must_exist_but_an_image_installs_its_packages_itself(
    tmp_path: Path, code: str, zipped: int, image: int
) -> None:
    folder = folder_of(tmp_path)
    (folder / "app" / "main.py").write_text(f"{code}\ndef handler(event, context): ...\n")

    for ran, expected in ((bundle(folder, "--image"), image), (bundle(folder), zipped)):
        assert ran.exit_code == expected, ran.output
        assert (f"imports `{code.split()[1]}` (`app/main.py:1`)" in ran.output) == (expected == 2)
        assert (folder / "dist").exists() == (image == 0)


def test_an_image_needs_its_handler_and_no_layer(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, RUNTIME)

    assert 'add `handler = "package.module.function"`' in bundle(folder, "--image").output
    assert "`--layer` and `--image` exclude each other" in bundle(folder, "--image", "--layer").output
    assert not (folder / "dist").exists()


def test_commands_after_get_the_artifacts_and_may_not_change_them(tmp_path: Path) -> None:
    out = tmp_path / "out"
    listing = f'{RUNTIME}\nafter = ["echo printed; cp $STACKGUARD_ARCHIVE $STACKGUARD_MANIFEST $STACKGUARD_MATERIALS {tmp_path}"]'
    spoiling = f'{RUNTIME}\nafter = ["echo more >> $STACKGUARD_ARCHIVE"]'

    listed = bundle(folder_of(tmp_path, listing), "--output", out, "--format", "json")
    before = (out / "orders.zip").read_bytes()
    spoilt = bundle(folder_of(tmp_path, spoiling), "--output", out)

    assert json.loads(listed.stdout)["name"] == "orders", "what a command prints is not in the report"
    assert (tmp_path / "orders.zip").read_bytes() == before
    assert spoilt.exit_code == 2
    assert "changed `" in spoilt.output
    assert zipfile.ZipFile(out / "orders.zip").testzip() is None
    assert (out / "orders.zip").read_bytes() == before, "the archive is restored"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "cannot bundle: `nowhere` has no `pyproject.toml`"),
        (["--runtime", "python3.1"], "cannot bundle: `--runtime` is one of"),
        (["--output", "/proc/nowhere"], "cannot bundle: `/proc/nowhere` cannot be written: "),
        (["--strip", "everything"], "is not one of 'tests', 'stubs', 'headers', 'runtime'"),
    ],
)
def test_an_error_is_exit_code_2_and_one_line(folder: Path, arguments: list[str], message: str) -> None:
    ran = bundle(*(arguments if arguments[0] == "nowhere" else [folder, *arguments]))

    assert ran.exit_code == 2
    assert message in ran.output.splitlines()[-1]
    assert not (folder / "dist").exists()


def test_a_bundle_that_cannot_be_written_completely_is_not_written(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert bundle(folder, "--output", out).exit_code == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    (folder / "app" / "main.py").write_text("def handler(event, context): return 2\n")
    (folder / "requirements.lock").write_text("alpha==1.0\n")

    assert bundle(folder, "--output", out).exit_code == 2
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_terminated_bundle_leaves_no_files_and_the_next_one_succeeds(tmp_path: Path, caches: Path) -> None:
    sign = tmp_path / "sign"
    folder = folder_of(tmp_path, f"{RUNTIME}\nbefore = ['if [ ! -e {sign} ]; then touch {sign}; sleep 60; fi']")
    child = subprocess.Popen(
        [sys.executable, "-m", "stackguard", "bundle", str(folder)], stderr=subprocess.PIPE, text=True
    )
    while not sign.exists():
        assert child.poll() is None
        time.sleep(0.02)
    child.send_signal(signal.SIGTERM)

    assert child.communicate()[1].strip() == "interrupted"
    assert child.returncode == 130
    assert not (folder / "dist").exists()
    assert bundle(folder).exit_code == 0
    assert [path.name for path in caches.iterdir() if path.name.startswith(".")] == []


WARM = """
import sys
from stackguard.bundle import build
build(sys.argv[1], offline=True)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_an_interrupt_also_ends_uv_that_waits_for_an_index(
    tmp_path: Path, caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as index:
        index.settimeout(60)
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{index.getsockname()[1]}/simple")
        folder = function(tmp_path / "fn", [f"alpha==1.0 --hash=sha256:{'0' * 64}"])
        child = subprocess.Popen([sys.executable, "-m", "stackguard", "bundle", str(folder)], stderr=subprocess.DEVNULL)
        connection, _ = index.accept()
        child.send_signal(signal.SIGTERM)
        connection.settimeout(60)
        while connection.recv(4096):
            pass  # until uv is gone, and its end of the connection with it
        connection.close()

    assert child.wait() == 130
    assert list(caches.iterdir()) == []
    assert not (folder / "dist").exists()


@pytest.mark.parametrize("missing", ["packaging", "uv", "cyclonedx"])
def test_without_its_extra_the_error_names_what_to_install(folder: Path, missing: str) -> None:
    script = f"import sys; sys.modules[{missing!r}] = None; sys.argv[0] = 'stackguard'; from stackguard.__main__ import run; run()"

    done = subprocess.run(
        [sys.executable, "-c", script, "bundle", str(folder)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stderr.rstrip().endswith("is not installed; install `stackguard[bundle]`")


def test_from_a_warm_cache_a_program_imports_nothing_heavy(folder: Path) -> None:
    assert bundle(folder).exit_code == 0

    done = subprocess.run(
        [sys.executable, "-c", WARM, str(folder)], env=os.environ, capture_output=True, text=True, check=True
    )

    heavy = {"click", "cyclonedx", "packageurl", "packaging", "rich", "uv", "zipfile", "subprocess"}
    assert sorted(heavy & set(done.stdout.split())) == []
