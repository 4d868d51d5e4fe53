"""The program's second run: like the first, without credentials, and without side effects."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from pulumi.runtime.proto import analyzer_pb2

from policypack.core.policy import Stack
from policypack.crossguard import program as programs
from policypack.crossguard.offline import OfflineAnswer, OfflineRun
from policypack.evaluation.settings import Settings
from stackguard.errors import CannotJudge
from stackguard.preview import Preview, run
from tests.analyzer import running
from tests.test_pack_settings import pack_folder

pytestmark = pytest.mark.outside

RUNTIME = f"runtime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
"""The environment of the tests."""
ELSEWHERE = "/var/tmp"
SOURCE = """
import json, pulumi, pulumi_aws as aws
config = pulumi.Config()
bucket = aws.s3.Bucket("orders", bucket=config.get("name"), tags={"stack": pulumi.get_stack(), "org": pulumi.get_organization()})
statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
aws.s3.BucketPolicy("orders", bucket=bucket.id, policy=bucket.arn.apply(
    lambda arn: json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": f"{arn}/*"}]})))
"""


@pytest.fixture
def program() -> Iterator[Path]:
    """A program outside of the temporary folder, like a user's."""
    folder = Path(tempfile.mkdtemp(dir=ELSEWHERE))
    (folder / "Pulumi.yaml").write_text(f"name: orders\n{RUNTIME}")
    (folder / "__main__.py").write_text(SOURCE)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def reached(tmp_path: Path) -> Path:
    """A file that a program creates as soon as it runs."""
    return tmp_path / "reached"


def configured(**config: str) -> analyzer_pb2.AnalyzerStackConfigureRequest:
    values = {"aws:region": "eu-west-1", **{f"orders:{name}": value for name, value in config.items()}}
    return analyzer_pb2.AnalyzerStackConfigureRequest(
        project="orders", stack="prod", organization="acme", config=values, config_secret_keys=["orders:pw"]
    )


def started(program: Path, settings: Settings | None = None, **config: str) -> OfflineRun:
    chosen = settings or Settings(program_folder=str(program))
    return OfflineRun(configured(**config), chosen, program)


def answered(answer: OfflineAnswer) -> Preview:
    assert answer.preview is not None, answer.reason
    return answer.preview


def test_it_runs_as_the_stack_that_the_engine_configures_and_reads_no_stack_file(program: Path) -> None:
    (program / "Pulumi.prod.yaml").write_text("config:\n  orders:name: from-the-file\n")
    preview = answered(started(program, name="from-the-engine").answer())
    (bucket,) = (resource for resource in preview.resources if resource.type == "aws:s3/bucket:Bucket")
    assert bucket.inputs["bucket"] == "from-the-engine"
    assert bucket.inputs["tags"] == {"stack": "prod", "org": "acme"}


def test_it_has_no_credentials_and_prints_nothing(
    program: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "pul-0")
    (program / "__main__.py").write_text(
        "import os, pulumi\n"
        "print('loud')\n"
        "pulumi.export('seen', sorted({'AWS_ACCESS_KEY_ID', 'PULUMI_ACCESS_TOKEN', 'PULUMI_CONFIG'} & {*os.environ}))\n"
    )
    assert answered(started(program).answer()).outputs == {"seen": ["PULUMI_CONFIG"]}
    assert capfd.readouterr() == ("", "")


def test_it_warms_up_with_the_preview_and_does_not_wait_for_that(program: Path) -> None:
    previews: list[Preview] = []
    warm, may_end = threading.Event(), threading.Event()

    def warm_up(preview: Preview) -> None:
        previews.append(preview)
        warm.set()
        may_end.wait()

    run = OfflineRun(configured(), Settings(program_folder=str(program)), program, warm_up)
    assert warm.wait(60)
    assert previews == [answered(run.answer())]
    may_end.set()


def writes(program: Path, *statements: str) -> Path:
    """A program of these statements, which create `written`."""
    lines = ("import os, shutil, sqlite3, subprocess, sys, tempfile, threading, zipfile, pulumi", *statements)
    (program / "__main__.py").write_text("\n".join(lines))
    return program / "written"


def makes(file: Path) -> str:
    return f"os.open({str(file)!r}, os.O_CREAT | os.O_EXCL)"


@pytest.mark.parametrize(
    "statement",
    [
        "open('written', 'w').close()",
        "os.close(os.open('written', os.O_CREAT | os.O_WRONLY))",
        "import pathlib; pathlib.Path('written').write_text('x')",
        "open('written', 'x').close()",
        "os.mkdir('written')",
        "os.symlink('Pulumi.yaml', 'written')",
        "new = tempfile.NamedTemporaryFile(delete=False); os.replace(new.name, 'written')",
        "sqlite3.connect('written').execute('create table t (a)')",
        "subprocess.run([sys.executable, '-c', 'open(\"written\", \"w\")'])",
        "os.system('touch written')",
        "shutil.copy('Pulumi.yaml', 'written')",
        "os.rename('old', 'written')",
        "zipfile.ZipFile('written', 'w').close()",
        "t = threading.Thread(target=lambda: open('written', 'w').close()); t.start(); t.join()",
    ],
)
def test_it_writes_nothing_before_the_engines_program_has_ended(program: Path, reached: Path, statement: str) -> None:
    written = writes(program, makes(reached), statement, "pulumi.export('done', True)")
    (program / "old").write_text("")
    run = started(program)
    assert within_seconds(20, reached.exists)
    time.sleep(0.3)  # a program that does not ask has written by then
    assert not written.exists()
    assert answered(run.answer()).outputs == {"done": True}
    assert written.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "open('Pulumi.yaml').read()",
        "print('x', file=open(os.devnull, 'w'))",
        "tempfile.NamedTemporaryFile().write(b'x')",
        "open(os.path.join(tempfile.mkdtemp(), 'x'), 'w').close()",
        "import helper",
    ],
)
def test_harmless_file_access_does_not_wait(program: Path, reached: Path, statement: str) -> None:
    (program / "helper.py").write_text("")
    writes(program, statement, makes(reached))
    run = started(program)
    assert within_seconds(20, reached.exists)
    run.answer()


def within_seconds(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_it_is_waited_for_no_longer_than_the_setting(program: Path) -> None:
    (program / "__main__.py").write_text("import time; time.sleep(9)\n")
    answer = started(program, Settings(program_folder=str(program), resolve_timeout=0.5)).answer()
    assert answer == OfflineAnswer(None, "it did not end within 0.5 s; raise `resolveTimeout` in the settings")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"Pulumi.yaml": "name: orders\nruntime: nodejs\n"}, "runtime is `nodejs`; only programs in Python can be run"),
        ({"Pulumi.yaml": f"name: other\n{RUNTIME}"}, "`programFolder` names"),
        ({"__main__.py": "raise ValueError('broken')\n"}, "ValueError: broken"),
        (
            {"__main__.py": "import pulumi_aws as aws\nif aws.ec2.get_vpc(default=True).id == 'x': pass\n"},
            "needs `id` of `aws:ec2/getVpc:getVpc`, which only the cloud knows",
        ),
    ],
)
def test_a_program_that_cannot_be_run_offline_gives_the_reason(
    program: Path, files: dict[str, str], reason: str
) -> None:
    for name, text in files.items():
        (program / name).write_text(text)
    answer = started(program).answer()
    assert answer.preview is None
    assert reason in answer.reason


def test_mock_files_of_the_settings_answer_and_missing_ones_are_skipped(program: Path) -> None:
    (program / "mock.yaml").write_text("functions: [{token: 'aws:ec2/getVpc:getVpc', result: {id: vpc-0a1b2c3d}}]\n")
    (program / "__main__.py").write_text(
        "import pulumi, pulumi_aws as aws\npulumi.export('vpc', aws.ec2.get_vpc(default=True).id)\n"
    )
    settings = Settings(program_folder=str(program), mock_files=("mock.yaml", "none.yaml"))
    assert answered(started(program, settings).answer()).outputs == {"vpc": "vpc-0a1b2c3d"}


def test_the_program_is_found_where_the_packs_ancestors_run(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nested = program / "src"
    nested.mkdir()
    monkeypatch.chdir(nested)
    preview = run(program, stack="dev", config={"aws:region": "eu-west-1"}, resolve=False)
    with running(program=nested) as pack:
        diagnostics = pack.analyze(Stack(preview.resources, Settings()), preview.config, "orders")
    (document,) = (diagnostic for diagnostic in diagnostics if diagnostic.policy == "iam-public-policy")
    assert "arn:aws:s3:::orders-" in document.message
    assert "pulumi-unknown-value" not in {diagnostic.policy for diagnostic in diagnostics}


def test_another_project_beside_the_pack_is_not_run(program: Path) -> None:
    with pytest.raises(CannotJudge, match="the folder of the project `elsewhere` was not found; name it with"):
        programs.find("elsewhere", None)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("writes", [False, True])
def test_it_ends_with_the_pack_however_that_ends(
    program: Path, reached: Path, how: signal.Signals, *, writes: bool
) -> None:
    waits = "open('written', 'w')" if writes else "time.sleep(600)"
    (program / "__main__.py").write_text(f"import os, time\n{makes(reached)}\n{waits}\n")
    with running(program=program) as pack:
        pack.configure({}, "orders")
        assert within_seconds(20, reached.exists)
        processes = _program_of(program)
        assert len(processes) == 3  # two supervisors and the program
        (host,) = (process for process in psutil.Process().children() if folder_of(process) == str(program))
        for process in host.children():
            process.send_signal(how)
    assert within_seconds(20, lambda: all(map(has_ended, processes)))
    assert not (program / "written").exists()


@pytest.mark.parametrize("before", ["whole", None])
def test_no_file_is_left_half_written(program: Path, reached: Path, tmp_path: Path, before: str | None) -> None:
    """The run is stopped while it writes a file that the engine's own program had written."""
    half = "file = open('written', 'w'); file.write('half'); file.flush()"
    written = writes(program, makes(reached), half, "import time; time.sleep(60)")
    if before is not None:
        written.write_text(before)
    pack = tmp_path / "pack"
    pack.mkdir()
    with running(pack_folder(pack, "resolveTimeout: 1\n"), program) as client:
        client.configure({}, "orders")
        assert within_seconds(20, reached.exists)
        client.stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest())
        assert within_seconds(20, lambda: written.exists() and written.read_text() == "half")
    assert within_seconds(20, lambda: (written.read_text() if written.exists() else None) == before)


def has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def folder_of(process: psutil.Process) -> str:
    """The folder of a process; empty if it has ended."""
    try:
        return process.cwd()
    except psutil.Error:
        return ""


def _program_of(program: Path) -> list[psutil.Process]:
    """The processes in the program's folder that descend from this one, but for the launcher of the pack."""
    descendants = psutil.Process().children(recursive=True)
    return [process for process in descendants if folder_of(process) == str(program) and "-c" not in process.cmdline()]
