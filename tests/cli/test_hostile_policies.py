"""Policies of one's own that end their process, print anything, leave processes or have odd cards, in every command."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.cli.running import RanApart, written
from tests.cli.test_policies_option import CARD, ID, PROGRAM, broken
from tests.sources.states import state

pytestmark = [
    pytest.mark.outside,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere they run in the process of the command line"),
]

COMMANDS = [
    ("explain", "--policies", "acme.py"),
    ("explain", ID, "--settings", "own.yaml"),
    ("explain", "--framework", "aws-fsbp", "--policies", "acme.py"),
    ("check", "state.json", "--policies", "acme.py", "--policy", ID),
    ("check", "state.json", "--settings", "own.yaml", "--framework", "aws-fsbp"),
    ("baseline", "state.json", "--policies", "acme.py"),
]
each_command = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "state.json", state("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"}))
    (tmp_path / "own.yaml").write_text("policies: [./acme.py]\n")
    return tmp_path


def is_running(pid: int) -> bool:
    file = Path("/proc", str(pid), "stat")
    return file.exists() and file.read_text().rpartition(")")[2].split()[0] != "Z"


STARTS = [
    "pid = subprocess.Popen(['sleep', '600'], start_new_session=True).pid",
    "pid = subprocess.Popen(['sleep', '600'], start_new_session=True, env={}).pid",
    "pid = subprocess.Popen(['setsid', 'setsid', 'sleep', '600'], env={'PATH': os.environ['PATH']}).pid",
    "pid = os.fork()\nif pid == 0:\n    os.setsid()\n    time.sleep(600)",
]


@each_command
@pytest.mark.parametrize("start", STARTS, ids=["session", "no variables", "setsid", "fork"])
def test_what_a_module_starts_is_ended(folder: Path, command: tuple[str, ...], start: str) -> None:
    (folder / "acme.py").write_text(f"import os, subprocess, time\n{start}\nopen('pid', 'w').write(str(pid))\n{CARD}")
    ran = RanApart(*command)
    assert "cannot judge" not in ran.err
    assert not is_running(int((folder / "pid").read_text()))


def test_what_is_not_the_module_s_goes_on(folder: Path) -> None:
    pid = os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "600")
    try:
        (folder / "acme.py").write_text(CARD)
        RanApart("explain", "--policies", "acme.py")
        assert is_running(pid)
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


@each_command
@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), 9)", "os.execv('/bin/true', ['true'])"])
def test_a_module_that_ends_its_process_is_one_line(folder: Path, command: tuple[str, ...], end: str) -> None:
    (folder / "acme.py").write_text(f"import os\n{end}\n")
    ran = RanApart(*command)
    assert (ran.code, ran.out) == (2, "")
    (line,) = ran.err.splitlines()
    assert line.startswith("cannot judge: the p")


def test_a_module_that_ends_the_process_at_its_exit_changes_nothing(folder: Path) -> None:
    (folder / "acme.py").write_text(f"import atexit, os\natexit.register(os._exit, 5)\n{CARD}")
    ran = RanApart("explain", ID, "--policies", "acme.py")
    assert ran.code == 0
    assert "Nobody is called. It burns." in ran.out


def test_init_judges_such_a_project_apart(folder: Path) -> None:
    (folder / "infra").mkdir()
    (folder / "infra/Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "infra/Pulumi.dev.yaml").write_text("config: {'aws:region': eu-west-1}\n")
    (folder / "infra/__main__.py").write_text(PROGRAM)
    (folder / "infra/stackguard.yaml").write_text("policies: [./acme.py]\n")
    (folder / "infra/acme.py").write_text("import os\nos._exit(0)\n")
    ran = RanApart("init", ".", "--requirement", "stackguard==1")
    assert ran.code == 2
    assert "a policy may have ended it" in ran.err
    assert not (folder / "stackguard-baseline.json").exists()


PRINTS = [
    r"print('\x1b]0;title\x07ding', end='')",
    r"print('::error::ding\x1b[2K', file=sys.stderr, end='')",
    r"os.write(1, b'ding\x08\x08\x9b')",
    r"os.system(r'''printf 'ding\033]8;;http://x\a' ''')",
    r"subprocess.run(['printf', r'ding\r\033[A'], stdout=2)",
]


@pytest.mark.parametrize(
    ("command", "place"),
    [*((command, "import") for command in COMMANDS), *((command, "check") for command in COMMANDS[3:])],
)
@pytest.mark.parametrize("statement", PRINTS)
def test_what_policies_print_is_a_line_without_control_characters(
    folder: Path, command: tuple[str, ...], place: str, statement: str
) -> None:
    header = "import os, subprocess, sys\n"
    source = f"{statement}\n{CARD}" if place == "import" else broken("    if not", f"    {statement}\n    if not")
    (folder / "acme.py").write_text(header + source)
    ran = RanApart(*command)
    assert "ding" in ran.err
    assert "ding" not in ran.out
    assert all(character.isprintable() or character == "\n" for character in ran.err)
    assert all(line.strip() != "" for line in ran.err.splitlines() if "ding" in line)
    assert not any(line.startswith("::") for line in ran.err.splitlines())
    assert not any("ding" in line and "cannot judge" in line for line in ran.err.splitlines())


def test_a_policy_that_prints_without_end_is_stopped(folder: Path) -> None:
    (folder / "acme.py").write_text(broken("    if not", "    while True: print('ding')\n    if not"))
    ran = RanApart("check", "state.json", "--policies", "acme.py", "--timeout", "1")
    assert ran.code == 2
    assert ran.err.splitlines()[-1].endswith("did not end within 1 s and were stopped; see --timeout")


ODD = {
    "iterator": "class L(list):\n    def __iter__(self): raise ValueError('\\x1b')\nPOLICIES = L([POLICY])",
    "length": "class L(list):\n    def __len__(self): raise RuntimeError\nPOLICIES = L([POLICY])",
    "half-way": "class L(list):\n    def __iter__(self):\n        yield POLICY\n        raise OSError\nPOLICIES = L([1])",
    "no iterator": "class L(list):\n    __iter__ = None\nPOLICIES = L([POLICY])",
    "generator": "POLICIES = (POLICY for _ in range(1))",
    "text": "POLICIES = 'acme'",
    "bytes": "POLICIES = b'acme'",
    "dict": "POLICIES = {'acme': POLICY}",
    "nothing": "POLICIES = None\nPOLICY = None",
    "class": "POLICIES = [Policy]",
    "property": "class P(Policy):\n    fix = property(lambda self: 1 / 0)\nPOLICIES = [object.__new__(P)]",
    "attributes": "class P(Policy):\n    def __getattribute__(self, name): raise SystemExit(0)\nPOLICIES = [object.__new__(P)]",
    "empty card": "POLICIES = [object.__new__(Policy)]",
    "tags": "POLICY = dataclasses.replace(POLICY, tags=[1])",
    "references": "POLICY = dataclasses.replace(POLICY, references=[None])",
    "examples": "POLICY = dataclasses.replace(POLICY, bad=['x'])",
    "reason": "POLICY = dataclasses.replace(POLICY, why=3)",
    "controls": "POLICY = dataclasses.replace(POLICY, controls=['x'])",
    "module": "def __getattr__(name): raise KeyError(name)\ndel POLICY",
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_card_is_one_line(folder: Path, odd: str) -> None:
    (folder / "acme.py").write_text(f"import dataclasses\n{CARD}\n{odd}\n")
    for command in (COMMANDS[0], COMMANDS[3]):
        ran = RanApart(*command)
        assert ran.code == 2
        (line,) = ran.err.splitlines()
        assert line.startswith("cannot judge: --policies: `acme.py`")
        assert line.isprintable()


SOUND = {
    "tuple": "POLICIES = (POLICY,)",
    "list of one's own": "class L(list): pass\nPOLICIES = L([POLICY])",
    "subclass": "class P(Policy): pass\nPOLICIES = [P(**{f.name: getattr(POLICY, f.name) for f in dataclasses.fields(POLICY)})]",
    "no reason": "POLICY = dataclasses.replace(POLICY, why=None)",
    "tuples": "POLICY = dataclasses.replace(POLICY, tags=('acme',), references=(), bad=tuple(POLICY.bad))",
}


@pytest.mark.parametrize("sound", SOUND.values(), ids=SOUND)
def test_a_sound_card_is_run(folder: Path, sound: str) -> None:
    (folder / "acme.py").write_text(f"import dataclasses\n{CARD}\n{sound}\n")
    assert RanApart(*COMMANDS[0]).code == 0
    ran = RanApart(*COMMANDS[3])
    assert (ran.code, ran.err) == (1, "")
    assert ID in ran.out
