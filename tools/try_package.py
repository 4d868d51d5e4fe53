"""Builds the wheel and the sdist, and uses the wheel as a stranger would: in an empty environment and an empty folder."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from uv import find_uv_bin

ROOT = Path(__file__).parents[1]
PACKAGES = ("policypack", "stackguard")
EXTRAS = ("bundle", "template", "stack")
BUCKET = "urn:pulumi:dev::shop::aws:s3/bucket:Bucket::uploads"
EXPORT = {
    "version": 3,
    "deployment": {
        "manifest": {},
        "resources": [
            {
                "urn": BUCKET,
                "custom": True,
                "id": "uploads",
                "type": "aws:s3/bucket:Bucket",
                "inputs": {},
                "outputs": {},
            }
        ],
    },
}
PROJECT = {"Pulumi.yaml": "name: shop\nruntime: python\n", "__main__.py": "", "Pulumi.dev.yaml": ""}


def run(*command: str, folder: Path, code: int = 0) -> str:
    """The output of a command that must end with an exit code."""
    print("+", *command, flush=True)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != code:
        sys.exit(f"exit code {done.returncode} instead of {code}:\n{done.stdout}{done.stderr}")
    return done.stdout


def missing(wheel: Path, sdist: Path) -> Iterator[str]:
    """The files of our packages that git has and a distribution lacks."""
    tracked = run("git", "ls-files", *PACKAGES, folder=ROOT).splitlines()
    with zipfile.ZipFile(wheel) as archive, tarfile.open(sdist) as source:
        installed = set(archive.namelist())
        sources = {name.partition("/")[2] for name in source.getnames()}
    for file in tracked:
        for name, files in ((wheel.name, installed), (sdist.name, sources)):
            if file not in files:
                yield f"{name} lacks {file}"


def main(output: Path) -> int:
    """Build into a folder, and try what was built there."""
    uv = find_uv_bin()
    run(uv, "build", "--quiet", "--out-dir", str(output), folder=ROOT)
    (wheel,), (sdist,) = output.glob("*.whl"), output.glob("*.tar.gz")
    if lacking := list(missing(wheel, sdist)):
        sys.exit("\n".join(lacking))
    with tempfile.TemporaryDirectory() as name:
        environment, folder = Path(name, "environment"), Path(name, "empty")
        folder.mkdir()
        python = environment / "bin" / "python"
        run(uv, "venv", "--quiet", "--python", sys.executable, str(environment), folder=folder)
        run(uv, "pip", "install", "--quiet", "--python", str(python), str(wheel), folder=folder)
        stackguard = str(environment / "bin" / "stackguard")
        run(stackguard, "--help", folder=folder)
        run(stackguard, "explain", "s3-public-acl", folder=folder)
        (folder / "export.json").write_text(json.dumps(EXPORT), encoding="utf-8")
        report = json.loads(run(stackguard, "check", "export.json", "--format", "json", folder=folder, code=1))
        assert "s3-missing-access-block" in {outcome["policy"] for outcome in report["outcomes"]}
        for file, text in PROJECT.items():
            (folder / file).write_text(text, encoding="utf-8")
        run(stackguard, "init", "--yes", folder=folder)
        assert (folder / "stackguard-baseline.json").is_file()
        needs = f"stackguard[{','.join(EXTRAS)}] @ {wheel.resolve().as_uri()}"
        run(uv, "pip", "install", "--dry-run", "--python", str(python), needs, folder=folder)
    print(f"{wheel.name} and {sdist.name} are complete, and the wheel works in an empty environment")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
