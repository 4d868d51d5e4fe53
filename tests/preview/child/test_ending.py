"""A program that cuts its own preview short is never judged, and cannot detect that it is judged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stackguard.errors import CannotJudge
from stackguard.preview import Preview, run

PREAMBLE = """
import asyncio, atexit, gc, os, signal, subprocess, sys, tempfile, threading, time
import pulumi
from pulumi.runtime.proto import resource_pb2
from google.protobuf import empty_pb2

class Thing(pulumi.CustomResource):
    def __init__(self, name, props=None, opts=None):
        super().__init__("test:index:Thing", name, props or {}, opts)

def forge():
    root = pulumi.runtime.get_root_resource()
    urn = pulumi.runtime.sync_await._sync_await(root.urn.future())
    monitor = pulumi.runtime.settings.get_monitor()
    monitor.RegisterResourceOutputs(resource_pb2.RegisterResourceOutputsRequest(urn=urn, outputs={}))
    monitor.SignalAndWaitForShutdown(empty_pb2.Empty())

Thing("first")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: ending\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").touch()
    return tmp_path


def preview(folder: Path, source: str) -> Preview:
    (folder / "__main__.py").write_text(PREAMBLE + source)
    return run(folder, timeout=60)


@pytest.mark.parametrize(
    "source",
    [
        "forge(); os._exit(0)",
        "forge(); os.execv('/bin/true', ['true'])",
        "forge(); threading.Thread(target=os._exit, args=(0,)).start(); time.sleep(60)",
        "forge(); pulumi.Output.from_input(1).apply(lambda _: sys.exit(0)); Thing('late')",
        "forge(); pulumi.Output.from_input(1).apply(lambda _: os._exit(0)); Thing('late')",
        "forge(); signal.signal(signal.SIGALRM, lambda *_: os._exit(0)); signal.alarm(1); time.sleep(60)",
        "forge(); os.fork() and os._exit(0); time.sleep(60)",
        "forge(); asyncio.get_event_loop().call_soon(os._exit, 0); pulumi.Output.from_input(asyncio.sleep(9))",
        "os._exit(0)",
    ],
)
def test_a_program_that_forges_its_ending_is_not_judged(folder: Path, source: str) -> None:
    with pytest.raises(CannotJudge, match="ended half-way"):
        preview(folder, source)


@pytest.mark.parametrize(
    "source",
    [
        "forge()",
        "sys.exit(0)",
        "sys.exit()",
        "raise SystemExit",
        "atexit.register(print, 'bye')",
        "exit()",
        "Thing('b')",
    ],
)
def test_a_program_that_ends_by_itself_is_judged(folder: Path, source: str) -> None:
    assert preview(folder, source).resources


LOOK = """
import base64, inspect, json, traceback
seen = {}
seen["environment"] = [f"{name}={value}" for name, value in os.environ.items() if not name.startswith("STACKGUARD_")]
seen["modules"] = [f"{name} {module!r}" for name, module in list(sys.modules.items())]
seen["path"] = [*sys.path, *sys.argv, *getattr(sys, "orig_argv", ())]
seen["temporary"] = [os.path.join(*each) for top in os.environ["TMPDIR"].split() for found in os.walk(top)
                     for each in ((found[0], name) for name in found[1] + found[2])]
seen["threads"] = [repr(each) for each in threading.enumerate()]
seen["stack"] = [each.filename for each in traceback.extract_stack()]
seen["descriptors"] = [os.readlink(f"/proc/self/fd/{each}") for each in os.listdir("/proc/self/fd")
                       if os.path.exists(f"/proc/self/fd/{each}")] if os.path.exists("/proc/self/fd") else []
seen["log"] = [repr(pulumi.log.debug), pulumi.log.debug.__name__]
seen["caller"] = [repr(pulumi.runtime.invoke("aws:index/getCallerIdentity:getCallerIdentity", {}).value)]
stack = pulumi.StackReference("acme/network/dev")
seen["reference"] = [repr(sorted(vars(stack)))]
for name, values in seen.items():
    for value in values:
        print(name, value)
pulumi.Output.from_input(1).apply(lambda _: print("later", *(repr(each) for each in list(sys.modules.values()))))
"""


def test_what_a_program_can_list_does_not_name_the_gate(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path_factory.mktemp("t")
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    for name in [variable for variable in os.environ if "stackguard" in os.environ[variable].lower()]:
        monkeypatch.delenv(name)  # the test run's own
    monkeypatch.setenv("STACKGUARD_CACHE_DIR", str(temporary / "cache"))  # a user's own variable stays
    printed = preview(folder, LOOK + 'print("own", os.environ["STACKGUARD_CACHE_DIR"])').printed
    lines = printed.splitlines()
    assert [line for line in lines if "stackguard" in line.lower()] == []
    for name in ("environment", "modules", "path", "temporary", "stack", "caller", "later", "own"):
        assert any(line.startswith(f"{name} ") for line in lines), name


def test_credentials_files_are_empty_and_in_the_programs_own_folder(folder: Path) -> None:
    source = """
for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
    print(os.path.getsize(os.environ[name]), os.path.basename(os.environ[name]))
"""
    assert preview(folder, source).printed.split() == ["0", "credentials", "0", "config"]
