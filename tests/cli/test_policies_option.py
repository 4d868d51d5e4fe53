"""Policies from outside the pack, by `--policies` and by the setting `policies`: in every command and every report."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from policypack.evaluation.interrupts import is_interrupt
from stackguard import cli
from tests.cli.running import RanApart, written
from tests.sources.states import state

pytestmark = pytest.mark.outside

CARD = '''
from policypack.core.examples import bucket, example
from policypack.core.policy import Policy, Severity, Violation

def owners(resource):
    """The tag `owner`."""
    if resource.type == "aws:s3/bucket:Bucket":
        yield "tags.owner", (resource.inputs.get("tags") or {}).get("owner", "")

def check(owner):
    if not owner:
        yield Violation("", "the bucket has no tag `owner`")

POLICY = Policy(
    id="acme-unowned-bucket", title="Bucket has no owner", why="Nobody is called. It burns.",
    severity=Severity.MEDIUM, tags=["acme"], fix="Add the tag `owner`.", references=[],
    bad=[example(bucket())], good=[example(bucket(tags={"owner": "web"}))], reads=owners, check=check,
)
'''
ID = "acme-unowned-bucket"
PROGRAM = """
import pulumi_aws as aws

aws.s3.Bucket("inbox", bucket="inbox")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "state.json", state("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"}))
    (tmp_path / "acme.py").write_text(CARD)
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra/Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "infra/Pulumi.dev.yaml").write_text("config: {'aws:region': eu-west-1}\n")
    (tmp_path / "infra/__main__.py").write_text(PROGRAM)
    return tmp_path


@pytest.mark.parametrize("module", ["acme.py", "./acme.py", "{folder}/acme.py"])
def test_a_file_that_the_command_line_names(folder: Path, module: str) -> None:
    named = module.format(folder=folder)
    ran = RanApart("check", "state.json", "--policies", named, "--policy", ID, "--format", "json")
    assert ran.code == 1
    (outcome,) = json.loads(ran.out)["outcomes"]
    assert (outcome["policy"], outcome["name"], outcome["path"]) == (ID, "inbox", "tags.owner")


def test_a_package_may_import_its_own_modules(folder: Path) -> None:
    package = folder / "cards/buckets"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from .owned import POLICY\n\nPOLICIES = [POLICY]\n")
    (package / "owned.py").write_text(CARD)
    assert ID in RanApart("check", "state.json", "--policies", "cards/buckets").out


def test_an_installed_module(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "site").mkdir()
    (folder / "site/acme_cards_of_site.py").write_text(CARD)
    monkeypatch.setenv("PYTHONPATH", str(folder / "site"))
    assert ID in RanApart("check", "state.json", "--policies", "acme_cards_of_site").out


def test_without_our_own_only_these_run(folder: Path) -> None:
    ran = RanApart("check", "state.json", "--policies", "acme.py", "--no-own-policies", "--format", "json")
    report = json.loads(ran.out)
    assert {outcome["policy"] for outcome in report["outcomes"]} == {ID}
    assert report["summary"]["policies"] == 1


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_every_report_has_them(folder: Path, form: str) -> None:
    ran = RanApart("check", "state.json", "--policies", "acme.py", "--format", form)
    assert ran.code == 1
    assert ID in ran.out
    assert "Add the tag `owner`." in ran.out


def test_explain_and_the_baseline_know_them(folder: Path) -> None:
    card = RanApart("explain", ID, "--policies", "acme.py").out
    assert "Nobody is called. It burns." in card
    assert "`acme`" in card
    assert ID in RanApart("explain", "--policies", "acme.py").out
    assert RanApart("baseline", "state.json", "--policies", "acme.py").code == 0
    assert RanApart("check", "state.json", "--policies", "acme.py").code == 0
    assert RanApart("check", "state.json", "--policies", "acme.py", "--baseline", "/dev/null").code != 0


def test_settings_that_are_given_or_of_a_program_count(folder: Path) -> None:
    (folder / "stackguard.yaml").write_text(f"policies: [./acme.py]\nenforcement: {{{ID}: advisory}}\n")
    assert f"{ID}  tags.owner  (advisory)" in RanApart("check", "infra").out
    assert ID in RanApart("check", "state.json", "--settings", "stackguard.yaml").out
    assert ID in RanApart("explain", "--settings", "stackguard.yaml").out
    (folder / "other").mkdir()
    (folder / "stackguard.yaml").rename(folder / "other/settings.yaml")
    (folder / "acme.py").rename(folder / "other/acme.py")
    assert ID in RanApart("check", "state.json", "--settings", "other/settings.yaml").out, "relative to the settings"


def test_settings_beside_a_file_run_no_code(folder: Path) -> None:
    (folder / "stackguard.yaml").write_text("policies: [./trap.py]\n")
    (folder / "trap.py").write_text("open('sprung', 'w').close()\n")
    ran = RanApart("check", "state.json")
    assert ran.code == 2
    assert ran.err == (
        "cannot judge: stackguard.yaml: `policies` is code, which does not run to judge a file; "
        "if you trust it, give `--settings stackguard.yaml`\n"
    )
    assert RanApart("explain").code == 0
    assert not (folder / "sprung").exists()


def test_a_module_beside_the_target_does_not_shadow_an_installed_one(folder: Path) -> None:
    ran = RanApart("check", "state.json", "--policies", "acme")
    assert ran.code == 2
    assert "--policies: `acme` cannot be imported: it is not installed; give the path of a file or a package" in ran.err


def broken(old: str, new: str) -> str:
    assert old in CARD
    return CARD.replace(old, new)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("", "`acme.py` has no policies; it must have `POLICIES`, a list of cards, or `POLICY`, one card"),
        ("POLICIES = []", "`acme.py` has no policies"),
        ("POLICIES = [1]", "`acme.py` has no policies"),
        ("POLICIES = 1", "`acme.py` has no policies"),
        ("import nothing_like_it", "acme.py:1: there is no module `nothing_like_it`"),
        ("from os.nothing import x", "acme.py:1: there is no module `os.nothing`"),
        ("def", "`acme.py` cannot be imported: SyntaxError at "),
        ("password = 'hunter2'\nraise ValueError(password)", "`acme.py` cannot be imported: ValueError at "),
        ("import sys\nsys.exit()", "`acme.py` cannot be imported: SystemExit at "),
        ("raise KeyboardInterrupt", "`acme.py` cannot be imported: KeyboardInterrupt at "),
        (broken(ID, "s3-public-acl"), "policy id `s3-public-acl` is already in use by stackguard; choose another"),
        (broken(ID, "Acme Unowned"), "policy `Acme Unowned` has an id that is not in kebab case"),
        (broken("Severity.MEDIUM", "'medium'"), f"policy `{ID}` has a `severity` that is not of the class `Severity`"),
        (broken('title="Bucket has no owner"', "title=''"), f"policy `{ID}` has no `title`"),
        (broken("check=check", "check=None"), f"policy `{ID}` has a `check` that is no function"),
        (broken("reads=owners", "reads='tags'"), f"policy `{ID}` has a `reads` that is neither a function nor"),
        (broken('tags=["acme"]', 'tags="acme"'), f"policy `{ID}` has `tags` that are no list"),
        (
            broken("references=[],", "references=[], requires=['acme-none'],"),
            "names a policy `acme-none` that does not",
        ),
        (f"{CARD}\nPOLICIES = [POLICY, POLICY]", f"policy id `{ID}` is already in use by --policies: `acme.py`"),
    ],
)
def test_a_broken_module_is_one_line(folder: Path, source: str, line: str) -> None:
    (folder / "acme.py").write_text(source)
    for command in (["check", "state.json"], ["check", "infra"], ["explain"]):
        ran = RanApart(*command, "--policies", "acme.py")
        assert ran.code == 2
        (shown,) = ran.err.splitlines()
        assert shown.startswith("cannot judge: --policies: `acme.py`")
        assert line in shown
        assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("policies: acme.py", "stackguard.yaml:1: `policies` must be a list of modules or paths, such as"),
        ('policies: ["./a\\0b.py"]', r"`policies`: `./a\x00b.py` is no name of a module, and no path of a file"),
        ('policies: ["a\\0b"]', r"`policies`: `a\x00b` is no name of a module, and no path of a file"),
        ("policies: ['']", "`policies`: `` is no name of a module, and no path of a file"),
        ("policies: [.]", "`policies`: `.` is a folder without `__init__.py`; name a file in it, or make it a package"),
        ("policies: [./none.py]", "stackguard.yaml:1: `policies`: there is no file `./none.py`; paths are relative to"),
    ],
)
def test_a_malformed_setting_is_one_line(folder: Path, setting: str, line: str) -> None:
    (folder / "stackguard.yaml").write_text(setting)
    ran = RanApart("check", "infra")
    assert ran.code == 2
    (shown,) = ran.err.splitlines()
    assert line in shown


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("if owner.nothing:", "AttributeError"),
        ("raise SystemExit(0)\n    if True:", "SystemExit"),
        ("raise GeneratorExit\n    if True:", "GeneratorExit"),
        ("raise KeyboardInterrupt\n    if True:", "KeyboardInterrupt"),
        ("raise type('Odd', (BaseException,), {})\n    if True:", "Odd"),
    ],
)
def test_a_crash_is_no_pass(folder: Path, statement: str, error: str) -> None:
    (folder / "acme.py").write_text(broken("if not owner:", statement))
    ran = RanApart("check", "state.json", "--policies", "acme.py", "--policy", ID)
    assert ran.code == 2
    assert f"policy `{ID}` crashed on this resource ({error}" in ran.out


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("import os; os._exit(0)", "ended with exit code 0 (a policy may have ended it)"),
        ("import os; os.execv('/bin/true', ['true'])", "ended with exit code 0 (a policy may have ended it)"),
        ("import os; os.kill(os.getpid(), 10)", "was killed by signal 10"),
    ],
)
@pytest.mark.parametrize("target", ["state.json", "infra"])
def test_a_policy_that_ends_the_process_is_no_pass(folder: Path, statement: str, line: str, target: str) -> None:
    (folder / "acme.py").write_text(broken("if not owner:", f"{statement}\n    if True:"))
    ran = RanApart("check", target, "--policies", "acme.py", "--policy", ID)
    assert ran.code == 2
    (shown,) = ran.err.splitlines()
    assert shown.startswith("cannot judge: the process that judged ")
    assert shown.endswith(line)


def test_a_module_that_ends_the_process_is_no_pass_under_a_framework(folder: Path) -> None:
    (folder / "acme.py").write_text("import os\nos._exit(0)")
    ran = RanApart("check", "state.json", "--policies", "acme.py", "--framework", "aws-fsbp")
    assert (ran.code, ran.out) == (2, "")
    assert "the policies of state.json end the process that loads them, with exit code 0" in ran.err


@pytest.mark.parametrize("place", ["check", "import"])
@pytest.mark.parametrize("framework", [(), ("--framework", "aws-fsbp")])
def test_a_policy_that_hangs_is_stopped(folder: Path, place: str, framework: tuple[str, ...]) -> None:
    hangs = "import time; time.sleep(60)"
    source = broken("if not owner:", f"{hangs}\n    if True:") if place == "check" else hangs
    (folder / "acme.py").write_text(source)
    ran = RanApart("check", "state.json", "--policies", "acme.py", "--timeout", "1", *framework)
    assert (ran.code, ran.out) == (2, "")
    assert "did not end within 1 s and were stopped; see --timeout" in ran.err


IGNORES = "import os, signal, time\nfor each in set(signal.Signals) - {9, 19}: signal.signal(each, signal.SIG_IGN)\n"


@pytest.mark.parametrize("framework", [(), ("--framework", "aws-fsbp")])
def test_policies_that_ignore_every_signal_are_stopped(folder: Path, framework: tuple[str, ...]) -> None:
    (folder / "acme.py").write_text(f"{IGNORES}time.sleep(600)")
    ran = RanApart("check", "state.json", "--policies", "acme.py", "--timeout", "1", *framework)
    assert (ran.code, ran.out) == (2, "")
    assert "did not end within 1 s and were stopped" in ran.err


DAEMON = """
import os
import sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("daemon.pid", "w").write(str(os.getpid()))
        os.execve("/bin/sleep", ["sleep", "600"], {})
    os._exit(0)
os.wait()
"""
PLAIN = """
import subprocess
started = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
open("daemon.pid", "w").write(str(started.pid))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are found by Linux's child subreapers")
@pytest.mark.parametrize("start", [DAEMON, PLAIN], ids=["daemon", "child"])
@pytest.mark.parametrize("rest", ["", CARD], ids=["broken", "sound"])
def test_nothing_that_a_module_starts_is_left(folder: Path, start: str, rest: str) -> None:
    (folder / "acme.py").write_text(start + rest)
    ran = RanApart("check", "state.json", "--policies", "acme.py")
    assert ran.code == (1 if rest else 2), ran.err
    started = Path("/proc", (folder / "daemon.pid").read_text(), "stat")
    assert not started.exists() or started.read_text().rpartition(")")[2].split()[0] == "Z"


SESSION = """
import subprocess
started = subprocess.Popen(["sleep", "600"], start_new_session=True)
open("daemon.pid", "w").write(str(started.pid))
"""
STUBBORN = """
import subprocess
started = subprocess.Popen(["sh", "-c", "trap '' TERM; sleep 600 & wait; sleep 600"], env={"PATH": "/bin:/usr/bin"})
open("daemon.pid", "w").write(str(started.pid))
"""
HANGS = "import time\nopen('ready', 'w').close()\ntime.sleep(600)\n"


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are found by Linux's child subreapers")
@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        *((("check", "state.json"), start) for start in (DAEMON, PLAIN, STUBBORN)),
        (("check", "infra"), SESSION),
        (("explain", ID), SESSION),
    ],
    ids=["daemon", "child", "stubborn", "program", "explain"],
)
def test_nothing_is_left_of_a_module_when_the_gate_is_killed(
    folder: Path, arguments: tuple[str, str], start: str
) -> None:
    (folder / "acme.py").write_text(start.replace("os.wait()", "os.wait()\nimport time; time.sleep(0.3)") + HANGS)
    gate = running(*arguments)
    wait_until((folder / "ready").exists)
    started = Path("/proc", (folder / "daemon.pid").read_text(), "stat")
    assert started.exists()
    gate.kill()
    gate.wait()
    wait_until(lambda: not started.exists())


CHAIN = """
import subprocess, sys
open("ready", "w").close()
LINK = '''
import os, signal, time
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
for link in range(3):
    if os.fork():
        os._exit(0)
    os.setsid()
open("chain.pid", "w").write(str(os.getpid()))
time.sleep(600)
'''
subprocess.Popen([sys.executable, "-c", LINK], env={})
"""


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are found by Linux's child subreapers")
@pytest.mark.parametrize("target", ["state.json", "infra"])
@pytest.mark.parametrize("after", [0.0, 0.05])
def test_nothing_is_left_at_whatever_moment_the_gate_is_killed(
    folder: Path, target: str, after: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(folder / "temporary"))
    (folder / "acme.py").write_text(CHAIN + CARD)
    gate = running("check", target)
    wait_until((folder / "ready").exists)
    time.sleep(after)
    gate.kill()
    gate.wait()
    time.sleep(2)  # in which what is left would go on
    wait_until(lambda: not others_in(folder))
    assert not [*(folder / "temporary").iterdir()]


def others_in(folder: Path) -> list[int]:
    """The other processes that work in a folder."""
    every = psutil.process_iter(["cwd"])
    return [process.pid for process in every if process.info["cwd"] == str(folder) and process.pid != os.getpid()]


def running(*arguments: str) -> subprocess.Popen[bytes]:
    """The gate, with the policies of `acme.py`."""
    return subprocess.Popen(
        [sys.executable, "-m", "stackguard", *arguments, "--policies", "acme.py"],
        env=os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[2])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_file_of_policies_that_is_no_source_is_named(folder: Path) -> None:
    (folder / "acme.py").write_text("x = '\0'\n")
    ran = RanApart("check", "state.json", "--policies", "acme.py")
    assert ran.code == 2
    assert "`acme.py` cannot be imported: source code string cannot contain null bytes" in ran.err


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are texts")
def test_a_file_whose_name_is_no_utf_8(folder: Path) -> None:
    (folder / "acme.py").rename(folder / os.fsdecode(b"a\xff.py"))
    ran = RanApart("check", "state.json", "--policies", os.fsdecode(b"./a\xff.py"), "--policy", ID)
    assert ran.code == 1, ran.err


def test_a_policy_that_ends_the_process_leaves_no_baseline(folder: Path) -> None:
    (folder / "acme.py").write_text(broken("if not owner:", "import os; os._exit(0)\n    if True:"))
    ran = RanApart("baseline", "state.json", "--policies", "acme.py")
    assert (ran.code, ran.out) == (2, "")
    assert not (folder / "stackguard-baseline.json").exists()


def test_what_a_policy_does_to_its_process_changes_no_report(folder: Path) -> None:
    odd = (
        "import atexit, json, os, sys; atexit.register(os._exit, 0); json.dumps = None; print('hi'); sys.stdout.close()"
    )
    (folder / "acme.py").write_text(broken("if not owner:", f"{odd}\n    if True:"))
    ran = RanApart("check", "state.json", "--policies", "acme.py", "--policy", ID, "--format", "json")
    assert ran.code == 1
    assert [outcome["policy"] for outcome in json.loads(ran.out)["outcomes"]] == [ID]


def test_an_interrupt_is_no_crash_of_a_policy() -> None:
    with pytest.raises(KeyboardInterrupt) as raised:
        signal.raise_signal(signal.SIGINT)
    assert is_interrupt(raised.value)


def test_the_entries_of_a_policy_that_crashes_stay_in_the_baseline(folder: Path) -> None:
    options = ("infra", "--policies", "acme.py")
    assert RanApart("baseline", *options).code == 0
    (file,) = folder.rglob("stackguard-baseline.json")
    before = file.read_text()
    (folder / "acme.py").write_text(CARD.replace("    if not owner:", "    raise ValueError\n    if not owner:"))
    pruned = RanApart("baseline", *options, "--prune")
    assert pruned.code == 2
    assert "crashed" in pruned.err
    assert file.read_text() == before
    (folder / "acme.py").write_text(CARD)
    assert RanApart("check", *options, "--policy", ID).code == 0
