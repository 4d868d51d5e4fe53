"""Programs that fail, hang, or leave something behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stackguard.errors import CannotJudge
from stackguard.preview import run
from stackguard.preview.server.process import stopping
from tests.processes import appears, gone, own, tagged
from tests.signals import ignored

pytestmark = pytest.mark.outside

PREAMBLE = """
import os, subprocess, sys, time
import pulumi

class Thing(pulumi.CustomResource):
    def __init__(self, name, opts=None):
        super().__init__("test:index:Thing", name, {}, opts)

"""


needs_subreaper = pytest.mark.skipif(
    not Path(f"/proc/self/task/{os.getpid()}/children").exists(), reason="needs a child subreaper, which Linux has"
)


def write(program: Path, source: str) -> Path:
    (program / "__main__.py").write_text(PREAMBLE + source)
    return program


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("Thing('a', block_public_acls=True)", "got an unexpected keyword argument 'block_public_acls'"),
        (
            "import pulumi_aws as aws; aws.s3.Bucket('a', block_public_acls=True)",
            "`Bucket` takes no argument `block_public_acls`; it belongs in a separate `BucketPublicAccessBlock`",
        ),
        (
            "import pulumi_aws as aws; aws.s3.BucketVersioning('a', bucket='b', status='Enabled')",
            "`BucketVersioning` takes no argument `status`; `BucketVersioningVersioningConfigurationArgs` takes it",
        ),
        (
            "import pulumi_aws as aws; aws.lambda_.FunctionEnvironmentArgs(variable={})",
            "`FunctionEnvironmentArgs` takes no argument `variable`; did you mean `variables`?",
        ),
        ("raise pulumi.RunError('no vpc')", "no vpc"),
        ("sys.exit(3)", "that arrived here (it calls `sys.exit` or the like; raise an error with a message instead)"),
        ("raise KeyboardInterrupt", "failed: KeyboardInterrupt"),
        ("raise GeneratorExit('no')", "failed: GeneratorExit: no"),
        ("os.kill(os.getpid(), 9)", "was killed by signal 9"),
        ("os._exit(0)", "ended half-way, without an error (something in it ends the process, such as `os._exit`"),
        ("os.closerange(1, 9); os._exit(32)", "failed: it has printed nothing that arrived here"),
        ("x = '\0'", "failed: SyntaxError: source code string cannot contain null bytes"),
        (
            "import pulumi_aws as aws; aws.lambda_.Function('f', role='r', code=pulumi.FileArchive('./no\\n\\x1bfile'))",
            "no\\n\\x1bfile` is missing",
        ),
        ("Thing('a'); Thing('a')", "duplicate resource URN urn:pulumi:dev::broken::test:index:Thing::a"),
        ("pulumi.Config().require('size')", "Missing required configuration variable 'broken:size'"),
        ("def f(:", "SyntaxError"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("pulumi.export('x', pulumi.Output.from_input(1).apply(lambda _: {}['gone']))", "KeyError: 'gone'"),
        (
            "pulumi.CustomResource('test:index:Thing', 'a', {'x': [object()]})",
            "'a', type: 'test:index:Thing': unexpected input of type object",
        ),
        (
            "pulumi.runtime.invoke('aws:iam/getPolicyDocument:getPolicyDocument', {'version': '1'})",
            "version must be one of 2008-10-17, 2012-10-17",
        ),
        (
            """
fail = pulumi.ResourceHook('check', lambda _: 1 / 0, pulumi.ResourceHookOptions(on_dry_run=True))
Thing('a', pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_create=[fail])))
""",
            "the resource hook `check` failed",
        ),
        (
            "Thing('a', pulumi.ResourceOptions(transforms=[lambda _: 1 / 0]))",
            "division by zero",
        ),
    ],
)
def test_a_failing_program_is_an_error_with_the_reason(
    program: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(CannotJudge) as caught:
        run(write(program, source), timeout=60)
    assert message in caught.value.message
    assert "\n" not in caught.value.message


def test_the_detail_is_the_programs_own_traceback(program: Path) -> None:
    with pytest.raises(CannotJudge) as caught:
        run(write(program, "def build():\n    raise ValueError('no')\n\nbuild()"), timeout=60)
    detail = caught.value.detail
    assert "in build\n    raise ValueError('no')\nValueError: no" in detail
    assert "runner.py" not in detail
    assert "runpy" not in detail


@pytest.mark.cold_start
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("raise Exception('no \\udcff')", r"Exception: no \\udcff"),
        ("raise pulumi.RunError('no \\udcff')", r"no \\udcff"),
        # gRPC's own threads may find their descriptors closed before the program's does, and abort.
        ("os.closerange(3, 4096)", r"OSError: \[Errno 9\] Bad file descriptor|was killed by signal 6"),
        ("os.closerange(0, 4096)", ""),
    ],
)
def test_an_error_that_cannot_be_sent_is_reported(program: Path, source: str, message: str) -> None:
    with pytest.raises(CannotJudge) as caught:
        run(write(program, source), timeout=60)
    assert re.search(message, caught.value.message)
    for ours in ("runner.py", "UnicodeEncodeError", "grpc", "completion_queue"):
        assert ours not in caught.value.detail


def test_a_syntax_error_has_no_frames_before_its_line(program: Path) -> None:
    with pytest.raises(CannotJudge) as caught:
        run(write(program, "def f(:"), timeout=60)
    assert [line for line in caught.value.detail.splitlines() if line.startswith("  File ")] == [
        f'  File "{program}/__main__.py", line 9'
    ]


def test_a_zero_byte_has_its_file_and_line(program: Path) -> None:
    (program / "parts.py").write_bytes(b"import os\n\x00\n")
    with pytest.raises(CannotJudge) as caught:
        run(write(program, "import parts"), timeout=60)
    assert f'  File "{program}/parts.py", line 2' in caught.value.detail


def test_frames_before_those_of_the_program_are_left_out(program: Path) -> None:
    (program / "parts.py").write_text("def fails(value):\n    return value['gone']\n")
    source = "import parts\npulumi.export('x', pulumi.Output.from_input({}).apply(parts.fails))"
    with pytest.raises(CannotJudge) as caught:
        run(write(program, source), timeout=60)
    frames = [line for line in caught.value.detail.splitlines() if line.startswith("  File ")]
    assert f"{program}/parts.py" in frames[-1]
    assert "asyncio" not in caught.value.detail


def test_an_error_that_fits_the_message_is_reported_once(program: Path) -> None:
    source = "import pulumi_aws as aws\naws.s3.BucketObjectv2('o', bucket='b', source=pulumi.FileAsset('nope'))"
    with pytest.raises(CannotJudge) as caught:
        run(write(program, source), timeout=60)
    assert "nope" in caught.value.message
    assert caught.value.detail == ""


def test_a_missing_module_names_the_python_that_lacks_it(program: Path) -> None:
    with pytest.raises(CannotJudge) as caught:
        run(write(program, "import no_such_module"), timeout=60)
    assert caught.value.message.endswith(
        f"ModuleNotFoundError: No module named 'no_such_module' (it ran with `{sys.executable}`;"
        " activate its own environment, or name one as `virtualenv` in Pulumi.yaml)"
    )


def test_a_refused_registration_has_its_place(program: Path) -> None:
    with pytest.raises(CannotJudge, match=r"unique name \(__main__\.py:(9|11)\)"):
        run(write(program, "Thing('a')\nThing('b')\nThing('a')"), timeout=60)


def test_a_disabled_default_provider_is_refused(program: Path) -> None:
    (program / "Pulumi.dev.yaml").write_text('config: {pulumi:disable-default-providers: ["test"]}')
    with pytest.raises(CannotJudge, match="the default provider for `test` is disabled"):
        run(write(program, "Thing('a')"), timeout=60)


def test_a_program_that_fails_on_encrypted_config_is_reported_with_the_option(program: Path) -> None:
    (program / "Pulumi.dev.yaml").write_text("config: {broken:port: {secure: AAABAbc=}}")
    write(program, "pulumi.export('port', pulumi.Config().require_int('port'))")
    with pytest.raises(CannotJudge, match=r"give the values of `broken:port` with --config"):
        run(program, timeout=60)
    assert run(program, config={"port": "80"}, timeout=60).outputs == {"port": 80}


def test_an_error_in_the_log_alone_does_not_fail_a_preview(program: Path) -> None:
    assert run(write(program, "pulumi.log.error('oh no')"), timeout=60).printed == "error: oh no\n"


def test_half_a_megabyte_of_output_is_kept(program: Path) -> None:
    preview = run(write(program, "for n in range(45_000): print('0123456789')"), timeout=60)
    assert len(preview.printed) == 495_000


@pytest.fixture
def bare(program: Path) -> Path:
    """Where the packages of a program's new and empty virtual environment are."""
    virtualenv = program / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", virtualenv], check=True)
    (program / "Pulumi.yaml").write_text("name: broken\nruntime: {name: python, options: {virtualenv: bare}}\n")
    return next(virtualenv.glob("lib/python*/site-packages"))


def test_an_sdk_that_is_too_old_is_reported_in_one_line(program: Path, bare: Path) -> None:
    (bare / "pulumi" / "runtime").mkdir(parents=True)
    for module in ("pulumi/__init__.py", "pulumi/runtime/__init__.py"):
        (bare / module).touch()
    (bare / "pulumi-3.20.0.dist-info").mkdir()
    (bare / "pulumi-3.20.0.dist-info" / "METADATA").write_text("Name: pulumi\nVersion: 3.20.0\n")
    with pytest.raises(CannotJudge, match=r"^the `pulumi` of `.*bare/bin/python` is too old .* 3\.25 or newer"):
        run(write(program, ""), timeout=60)


def test_a_missing_sdk_is_named(program: Path, bare: Path) -> None:
    with pytest.raises(CannotJudge, match=r"`pulumi` is not installed for `.*bare/bin/python`"):
        run(write(program, ""), timeout=60)


HANG = (
    "print('started', flush=True)\nsubprocess.Popen(['sleep', '{tag}'])\nos.fork() or time.sleep(600)\ntime.sleep(600)"
)


def test_a_program_that_hangs_is_stopped_with_all_it_started(program: Path) -> None:
    write(program, HANG.format(tag=own(71001)))
    with pytest.raises(CannotJudge, match=r"did not end within 2 s") as caught:
        run(program, timeout=2)
    assert caught.value.detail == "started\n"
    assert gone(own(71001))


def test_what_a_program_leaves_running_is_ended(program: Path) -> None:
    run(write(program, f"subprocess.Popen(['sleep', '{own(71002)}'])"), timeout=60)
    assert gone(own(71002))


@pytest.mark.parametrize(("number", "tag"), [(signal.SIGINT, 71003), (signal.SIGTERM, 71004), (signal.SIGKILL, 71005)])
def test_no_process_outlives_the_gate(
    program: Path, tmp_path_factory: pytest.TempPathFactory, number: int, tag: int
) -> None:
    write(program, HANG.format(tag=own(tag)))
    temporary = tmp_path_factory.mktemp("t")
    caller = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"from pathlib import Path; from stackguard.preview import run; run(Path({str(program)!r}), timeout=60)",
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(temporary)},
        stderr=subprocess.DEVNULL,
    )
    assert appears(own(tag))
    caller.send_signal(number)
    caller.wait(30)
    assert gone(own(tag))
    assert not [*temporary.iterdir()]


DOUBLE_FORK = """
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 1024)
        os.execve('/bin/sleep', ['sleep', sys.argv[1]], {})
    os._exit(0)
os.wait()
"""
"""In an interpreter of its own: a fork of a process that uses gRPC may wait for a lock that another thread had."""
DAEMONS = {
    "without-environment": "subprocess.Popen(['sleep', TAG], env={}, start_new_session=True)",
    "double-fork": f"subprocess.run([sys.executable, '-c', {DOUBLE_FORK!r}, TAG])",
    "of-a-shell": "subprocess.run(['env', '-i', '/bin/sh', '-c', f'setsid nohup /bin/sleep {TAG} >/dev/null 2>&1 &'])",
    "that-restarts": (
        "subprocess.Popen(['/bin/sh', '-c', f'trap \"\" TERM HUP INT; while :; do /bin/sleep {TAG}; done'],"
        " env={}, start_new_session=True)"
    ),
    "of-a-daemon": (
        "subprocess.Popen(['/bin/sh', '-c', f'setsid /bin/sh -c \"setsid /bin/sleep {TAG} & sleep 1; sleep {TAG}\" &'],"
        " env={}, start_new_session=True)"
    ),
}


def start_daemons(program: Path, number: int, then: str) -> list[str]:
    """Write a program that starts each of the daemons, and return their tags."""
    tags = [own(number + index) for index in range(len(DAEMONS))]
    sources = [f"TAG = '{tag}'\n{daemon}" for tag, daemon in zip(tags, DAEMONS.values(), strict=True)]
    write(program, "\n".join([*sources, then]))
    return tags


@needs_subreaper
def test_no_daemon_outlives_a_program(program: Path) -> None:
    tags = start_daemons(program, 71100, "time.sleep(0.5)")
    run(program)
    assert not [tag for tag in tags if tagged(tag)]


@needs_subreaper
def test_no_daemon_outlives_a_killed_gate(program: Path) -> None:
    tags = start_daemons(program, 71110, "time.sleep(600)")
    with subprocess.Popen([sys.executable, "-m", "stackguard", "check", str(program)], cwd=program) as gate:
        started = {name: appears(tag) for name, tag in zip(DAEMONS, tags, strict=True)}
        gate.kill()
    assert all(started.values()), started
    assert all(map(gone, tags))


@needs_subreaper
@pytest.mark.parametrize(
    ("ends", "tag"), [("os.kill(os.getpid(), 9)", 71120), ("os.kill(os.getppid(), 9); time.sleep(60)", 71121)]
)
def test_a_daemon_outlives_neither_the_program_nor_its_parent(program: Path, ends: str, tag: int) -> None:
    write(program, f"subprocess.Popen(['sleep', '{own(tag)}'], env={{}}, start_new_session=True)\n{ends}")
    with pytest.raises(CannotJudge, match="was killed by signal 9"):
        run(program)
    assert gone(own(tag))


def test_a_process_that_has_ended_is_not_signalled(monkeypatch: pytest.MonkeyPatch) -> None:
    process = subprocess.Popen(["true"])
    signals: list[int] = []
    monkeypatch.setattr("os.kill", lambda _process, number: signals.append(number))
    with stopping(process) as stop:
        code = process.wait()
        process.returncode = None  # as long as the event loop has not seen the end, of which a thread knows
        stop()
        process.returncode = code
    assert not signals


@needs_subreaper
@pytest.mark.parametrize(("number", "tag"), [(signal.SIGTERM, 71007), (signal.SIGHUP, 71008)])
def test_a_gate_that_receives_a_signal_ends_in_order(program: Path, number: int, tag: int) -> None:
    write(program, f"subprocess.Popen(['sleep', '{own(tag)}'], start_new_session=True)\ntime.sleep(600)")
    command = [sys.executable, "-m", "stackguard", "check", str(program)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=program, text=True) as gate:
        assert appears(own(tag))
        gate.send_signal(number)
        _, printed = gate.communicate(timeout=30)
    assert (gate.returncode, printed.strip()) == (130, "interrupted")
    assert gone(own(tag))


@needs_subreaper
def test_a_gate_in_the_background_of_a_shell_ends_too(program: Path) -> None:
    write(program, f"subprocess.Popen(['sleep', '{own(71009)}'], start_new_session=True)\ntime.sleep(600)")
    command = [sys.executable, "-m", "stackguard", "check", str(program)]
    with ignored(signal.SIGINT):
        gate = subprocess.Popen(command, stderr=subprocess.PIPE, cwd=program, text=True)
    with gate:
        assert appears(own(71009))
        gate.send_signal(signal.SIGINT)  # Ctrl-C in the shell's terminal
        with pytest.raises(subprocess.TimeoutExpired):
            gate.wait(0.5)
        gate.send_signal(signal.SIGTERM)
        _, printed = gate.communicate(timeout=30)
    assert (gate.returncode, printed.strip()) == (130, "interrupted")
    assert gone(own(71009))


@pytest.mark.parametrize("milliseconds", range(0, 200, 25))
def test_a_gate_that_is_killed_at_its_start_leaves_no_folder(program: Path, tmp_path: Path, milliseconds: int) -> None:
    write(program, "time.sleep(600)")
    temporary = tmp_path / "t"
    temporary.mkdir()
    command = [sys.executable, "-m", "stackguard", "check", str(program)]
    with subprocess.Popen(command, env=os.environ | {"TMPDIR": str(temporary)}) as gate:
        assert appears(str(temporary))  # the program knows its folder
        time.sleep(milliseconds / 1000)
        gate.kill()
    deadline = time.monotonic() + 10
    while [*temporary.iterdir()] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [*temporary.iterdir()]


def test_importing_the_module_is_cheap() -> None:
    check = "import sys, stackguard.preview; sys.exit(bool({'grpc', 'pulumi', 'yaml'} & {*sys.modules}))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", check], env=environment, check=False).returncode == 0


def test_a_preview_imports_no_sdk_into_this_process(program: Path) -> None:
    check = (
        "import sys; from pathlib import Path; from stackguard.preview import run;"
        f" run(Path({str(program)!r}), timeout=60); sys.exit('pulumi' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    write(program, "Thing('a')")
    assert subprocess.run([sys.executable, "-c", check], env=environment, check=False).returncode == 0
