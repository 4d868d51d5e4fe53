"""Programs as sources: a folder that is named is run, one that is only found is not."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from stackguard.audit.engine.pool import Pool
from stackguard.audit.sources import listing
from tests.audit.test_run import audited, rows
from tests.processes import appears, gone, own

pytestmark = pytest.mark.outside
PROGRAM = """
import pulumi_aws as aws
aws.s3.BucketAcl("open", bucket="logs", acl="public-read")
"""


def project(folder: Path, program: str = PROGRAM, *stacks: str) -> Path:
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "__main__.py").write_text(program)
    for stack in stacks:
        (folder / f"Pulumi.{stack}.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    return folder


def test_the_stacks_of_a_program_are_judged_in_the_processes_of_the_pool(tmp_path: Path) -> None:
    folder = project(tmp_path / "shop", PROGRAM, "dev", "prod")
    info = audited(folder, tmp_path / "store", lambda job: Pool(job, 2, 60.0))
    assert (info.judged, info.failed) == (2, 0)
    facts = "SELECT project, stack, state, key FROM stacks ORDER BY stack"
    assert rows(tmp_path / "store", facts) == [("shop", "dev", "judged", ""), ("shop", "prod", "judged", "")]
    assert rows(tmp_path / "store", "SELECT DISTINCT policy FROM outcomes WHERE policy LIKE 's3-%acl%'")


def test_a_program_without_files_of_stacks_is_a_row_that_says_so(tmp_path: Path) -> None:
    assert audited(project(tmp_path / "shop"), tmp_path / "store").failed == 1
    ((reason, message),) = rows(tmp_path / "store", "SELECT reason, message FROM stacks")
    assert reason == "program"
    assert "no Pulumi.<stack>.yaml" in str(message)


def test_a_program_that_fails_is_a_row_of_its_own(tmp_path: Path) -> None:
    info = audited(project(tmp_path / "shop", "raise ValueError('no')", "dev"), tmp_path / "store")
    assert info.failed == 1
    ((reason, message),) = rows(tmp_path / "store", "SELECT reason, message FROM stacks")
    assert reason == "program"
    assert "\n" not in str(message)


def test_a_program_that_is_only_found_does_not_run(tmp_path: Path) -> None:
    (tmp_path / "states").mkdir()
    project(tmp_path / "states" / "shop", "raise SystemExit('it runs')", "dev")
    assert not list(listing.stacks([str(tmp_path / "states")]))


def test_a_program_ends_at_its_time_and_leaves_no_process(tmp_path: Path) -> None:
    from stackguard.audit.request import AuditRequest
    from stackguard.audit.run import Audit, Plan
    from stackguard.gate.exemptions import Accepting
    from stackguard.sources.settings import of_target

    seconds = own(86_401)
    program = f"import subprocess\nsubprocess.run(['sleep', '{seconds}'])"
    folder = project(tmp_path / "shop", program, "dev")
    request = AuditRequest(of_target("-"), Accepting(), timeout=8.0)
    plan = Plan((str(folder),), str(tmp_path / "store"))
    info = Audit(request, plan, lambda job: Pool(job, 1, 8.0)).run(list(listing.stacks([str(folder)])))
    assert info.failed == 1
    assert rows(tmp_path / "store", "SELECT reason FROM stacks") == [("timeout",)]
    assert gone(seconds)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_a_program_ends_with_the_audit(tmp_path: Path, name: str) -> None:
    import signal

    seconds = own(86_402)
    program = f"import subprocess\nsubprocess.run(['sleep', '{seconds}'])"
    folder = project(tmp_path / "shop", program, "dev")
    command = [sys.executable, "-m", "stackguard", "audit", str(folder), "--store", str(tmp_path / "store"), "-j", "1"]
    audit = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        assert appears(seconds)
        audit.send_signal(getattr(signal, name))
        if name == "SIGTERM":  # it finishes what it judges, and is asked again
            time.sleep(0.5)
            audit.send_signal(signal.SIGTERM)
        audit.wait(60)
    finally:
        audit.kill()
        audit.wait()
    assert gone(seconds)
