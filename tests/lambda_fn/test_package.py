"""The function is a room of its own: what it imports, what it may be made of, and what importing it does."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement

from stackguard.bundle.targets import MACHINES

ROOT = Path(__file__).parents[2] / "lambda_fn"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PINNED = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>[0-9a-z.]+)(?P<hashes>( \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
)

IMPORT = """
import sys
from ingest import handler
assert handler.s3_client.cache_info().currsize == 0, "a client was made"
print(*sorted({name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)))
"""


def test_importing_needs_no_environment_makes_no_client_and_stays_in_the_room() -> None:
    completed = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT], cwd=ROOT, env={}, capture_output=True, text=True, check=False
    )
    assert completed.stderr == ""
    modules = completed.stdout.split()
    assert "ingest" in modules
    assert not {"policypack", "stackguard", "pulumi", "stack"} & set(modules)


def test_the_lock_pins_all_dependencies_with_hashes_and_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert PINNED.sub("", text) == "", "nothing but pins and hashes"
    for requirement in map(Requirement, PROJECT["project"]["dependencies"]):
        assert pins()[requirement.name] in requirement.specifier


def test_the_tests_run_on_what_is_shipped() -> None:
    assert version("aws-lambda-powertools") == pins()["aws-lambda-powertools"]
    for requirement in map(Requirement, PROJECT["dependency-groups"]["runtime"]):
        assert version(requirement.name) in requirement.specifier
        assert requirement.name not in pins(), "the runtime brings it"


def test_the_lock_is_made_for_what_the_bundle_is_made_for() -> None:
    locking, bundle = PROJECT["tool"]["uv"]["pip"], PROJECT["tool"]["stackguard"]["bundle"]

    assert bundle["runtime"] == f"python{locking['python-version']}"
    assert locking["python-platform"].partition("-")[0] == MACHINES[bundle["architecture"]]


def pins() -> dict[str, str]:
    return {match["name"]: match["version"] for match in PINNED.finditer((ROOT / "requirements.lock").read_text())}
