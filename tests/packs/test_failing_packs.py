"""A pack that is missing, crashes, hangs or prints something else is one clear line, with the pack's own output."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from policypack.core.policy import Resource
from stackguard.errors import CannotJudge
from stackguard.packs import PackSpec
from tests.packs.making import judged, pack_of, policy, project, write_pack
from tests.sources.states import as_bytes, export, state

BUCKET = Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"})
GOOD = policy("good", "report('seen')")
TOP = ["PolicyPack(name='late', policies=[ResourceValidationPolicy(name='p', description='d', validate=p)])\n"]


def refused(pack: Path | PackSpec, timeout: float = 30) -> CannotJudge:
    with pytest.raises(CannotJudge) as caught:
        judged([pack], BUCKET, timeout=timeout)
    assert "\n" not in caught.value.message
    return caught.value


def test_a_missing_folder(tmp_path: Path) -> None:
    assert "there is no folder `" in refused(tmp_path / "missing").message


def test_a_folder_that_is_no_pack_names_the_nearest(tmp_path: Path) -> None:
    pack = pack_of(tmp_path / "packs" / "tagging", GOOD)
    message = refused(tmp_path / "packs").message
    assert "has no `PulumiPolicy.yaml`, so it is not a policy pack" in message
    assert f"the nearest one is `{pack}`" in message


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", "a policy pack needs a `runtime`"),
        ("version: 1\n", "a policy pack needs a `runtime`"),
        ("runtime: nodejs\n", "runtime is `nodejs`; only policy packs in Python can be run"),
        ("runtime: [\n", "malformed YAML"),
        ("runtime:\n  name: python\n  options:\n    virtualenv: venv\n", "venv"),
        ("runtime:\n  name: python\n  options:\n    virtualenv: 1\n", "`virtualenv`"),
    ],
)
def test_malformed_settings(tmp_path: Path, settings: str, expected: str) -> None:
    message = refused(pack_of(tmp_path / "pack", GOOD, settings=settings)).message
    assert expected in message
    assert str(tmp_path / "pack") in message


def test_a_pack_without_a_program(tmp_path: Path) -> None:
    pack = pack_of(tmp_path / "pack", GOOD)
    (pack / "__main__.py").unlink()
    assert "has neither `__main__.py` nor a `pyproject.toml`" in refused(pack).message


def test_an_environment_without_pulumi(tmp_path: Path) -> None:
    """A wrapper that hides the installed libraries, because the system's Python may have them."""
    pack = pack_of(tmp_path / "pack", GOOD, settings="runtime:\n  name: python\n  options:\n    virtualenv: bare\n")
    python = pack / "bare" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{os.path.realpath("/proc/self/exe")}" -S "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    message = refused(pack).message
    assert "`pulumi` is not installed for" in message
    assert "`virtualenv` under `runtime.options`" in message


def test_a_crash_at_the_start(tmp_path: Path) -> None:
    error = refused(write_pack(tmp_path / "pack", "import no_such_library\n"))
    assert "ended with exit code 1 before it served: " in error.message
    assert "No module named 'no_such_library'" in error.message
    assert "Traceback" in error.detail


def test_a_pack_that_ends_and_prints_nothing(tmp_path: Path) -> None:
    assert "before it served: it printed nothing" in refused(write_pack(tmp_path / "pack", "")).message


@pytest.mark.parametrize(
    "output",
    ["print('hello')", "print(99999)", "import sys; sys.stdout.write('Loading '); import time; time.sleep(60)"],
)
def test_other_output_instead_of_the_port(tmp_path: Path, output: str) -> None:
    error = refused(write_pack(tmp_path / "pack", f"{output}\n" + "def p(args, report): pass\n" + TOP[0]))
    assert "printed something other than its port first; print to standard error instead" in error.message
    assert error.detail.split()[0] in {"hello", "99999", "Loading"}


def test_a_port_that_does_not_answer(tmp_path: Path) -> None:
    body = "import sys, time\nprint(1)\nprint('no server', file=sys.stderr)\ntime.sleep(60)\n"
    error = refused(write_pack(tmp_path / "pack", body))
    assert "printed `1` first, and nothing answers on that port; print to standard error instead" in error.message
    assert "no server" in error.detail


def test_a_pack_that_hangs_at_the_start(tmp_path: Path) -> None:
    body = "import sys, time\nprint('waiting for Godot', file=sys.stderr)\ntime.sleep(60)\n"
    error = refused(write_pack(tmp_path / "pack", body), timeout=2)
    assert "did not start within 2 s and was stopped; see --timeout" in error.message
    assert "Godot" in error.detail


def test_a_policy_that_hangs(tmp_path: Path) -> None:
    error = refused(pack_of(tmp_path / "pack", policy("slow", "import time; time.sleep(60)")), timeout=3)
    assert "did not answer within 3 s about aws:s3:Bucket inbox and was stopped; see --timeout" in error.message


def test_a_crash_while_judging(tmp_path: Path) -> None:
    body = "import os, sys; print('out of memory', file=sys.stderr); os._exit(7)"
    error = refused(pack_of(tmp_path / "pack", policy("fatal", body)))
    assert "ended with exit code 7 while it judged aws:s3:Bucket inbox" in error.message
    assert "out of memory" in error.detail


@pytest.mark.parametrize(
    ("body", "code", "printed"),
    [
        ("import sys; sys.exit(3)", 3, "SystemExit: 3"),
        ("import sys; sys.exit('no such team')", 1, "SystemExit: no such team"),
        ("raise KeyboardInterrupt", 1, "KeyboardInterrupt"),
    ],
)
@pytest.mark.parametrize("over_stack", [False, True])
def test_a_policy_that_exits_ends_its_pack_at_once(
    tmp_path: Path, body: str, code: int, printed: str, *, over_stack: bool
) -> None:
    """A thread would ignore it, and the call would have no answer."""
    error = refused(pack_of(tmp_path / "pack", policy("exits", body, over_stack=over_stack)))
    assert f"ended with exit code {code} while it judged " in error.message
    assert printed in error.detail


def test_a_crash_of_a_policy_shows_where(tmp_path: Path) -> None:
    error = refused(pack_of(tmp_path / "pack", policy("wrong", "return args.props['nothing']")))
    assert "failed while it judged aws:s3:Bucket inbox" in error.message
    assert "return args.props['nothing']" in error.detail
    assert "KeyError" in error.detail


def test_a_crash_of_a_remediation_and_of_a_stack_policy(tmp_path: Path) -> None:
    fixing = policy("fixing", "", remediates="raise RuntimeError('broken')", level="REMEDIATE")
    assert "failed while it judged aws:s3:Bucket inbox" in refused(pack_of(tmp_path / "a", fixing)).message
    over = policy("over", "raise RuntimeError('broken')", over_stack=True)
    assert "failed while it judged the stack" in refused(pack_of(tmp_path / "b", over)).message


def test_a_crash_while_it_is_configured(tmp_path: Path) -> None:
    body = (
        "import pulumi_policy.policy as sdk\n"
        "def broken(self, request, context): raise RuntimeError('no configuration, please')\n"
        "sdk._PolicyAnalyzerServicer.Configure = broken\n"
        "def p(args, report): pass\n" + TOP[0]
    )
    error = refused(write_pack(tmp_path / "pack", body))
    assert "failed while it judged its configuration" in error.message
    assert "no configuration, please" in error.detail


def test_a_pack_that_prints_a_lot_is_not_blocked(tmp_path: Path) -> None:
    noise = "import sys; sys.stdout.write('x' * 3_000_000); sys.stderr.write('y' * 3_000_000); report('seen')"
    result = judged([pack_of(tmp_path / "pack", policy("loud", noise))], BUCKET)
    assert [outcome.message for outcome in result.outcomes] == ["seen"]


KEY = "-----BEGIN KEY-----\nMIIEvQ\n-----END KEY-----"
SECRETIVE = Resource(
    "aws:s3/bucket:Bucket", "inbox", {"pin": "own-secret-1", "key": KEY}, secrets=frozenset({"pin", "key"})
)
READS_SECRETS = "[args.props['pin'], args.props['key'], pulumi.Config('project').get('key')]"


@pytest.mark.parametrize(
    "fails",
    [
        policy("p", f"raise RuntimeError(*{READS_SECRETS})"),
        policy("p", f"import os; print({READS_SECRETS}, flush=True); os._exit(1)"),
        policy("p", "", level="REMEDIATE", remediates=f"raise RuntimeError(*{READS_SECRETS})"),
        policy("p", f"args = args.resources[0]; raise RuntimeError(*{READS_SECRETS})", over_stack=True),
        "raise RuntimeError(pulumi.Config('project').get('key'))\n",
    ],
)
def test_the_output_of_a_pack_has_its_secrets_masked(tmp_path: Path, fails: str) -> None:
    pack = pack_of(tmp_path / "pack", "import pulumi\n", fails)
    subject = replace(SECRETIVE, outputs=SECRETIVE.inputs)
    with pytest.raises(CannotJudge) as caught:
        judged([pack], subject, project=project())
    error = f"{caught.value.message}\n{caught.value.detail}"
    assert "…" in error
    assert not [secret for secret in ("own-secret-1", "MIIEvQ", "config-secret") if secret in error]


LEAVES_OTHERS = (
    "import os, subprocess\n"
    "others = [subprocess.Popen(['sleep', '300'], start_new_session=daemon, env={}).pid for daemon in (False, True)]\n"
    "open('pids', 'w').write(f'{os.getpid()} {os.getppid()} {others[0]} {others[1]}')\n"
)


@pytest.mark.cold_start
def test_nothing_is_left_running(tmp_path: Path) -> None:
    """A pack and the processes that it started end with the judging, even if that fails."""
    good = write_pack(tmp_path / "good", LEAVES_OTHERS + "def p(args, report): pass\n" + TOP[0])
    bad = write_pack(tmp_path / "bad", LEAVES_OTHERS + "raise SystemExit(3)\n")
    judged([good], BUCKET)
    refused(bad)
    assert_all_ended(good, bad)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_running_after_a_signal(tmp_path: Path, number: int) -> None:
    pack = write_pack(tmp_path / "pack", LEAVES_OTHERS + "import time; time.sleep(300)\n")
    target = tmp_path / "state.json"
    target.write_bytes(as_bytes(export([state("aws:s3/bucket:Bucket", "inbox", {})])))
    command = [sys.executable, "-m", "stackguard", "check", str(target), "--policy-pack", str(pack)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as gate:
        deadline = time.monotonic() + 30
        written = pack / "pids"
        while not (written.exists() and written.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        gate.send_signal(number)
        _, printed = gate.communicate(timeout=30)
    assert (gate.returncode, printed.strip()) == (130, "interrupted")
    assert_all_ended(pack)


def assert_all_ended(*packs: Path) -> None:
    pids = [int(pid) for pack in packs for pid in (pack / "pids").read_text().split()]
    deadline = time.monotonic() + 5
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(pids) == 4 * len(packs)
    assert not [pid for pid in pids if alive(pid)]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
