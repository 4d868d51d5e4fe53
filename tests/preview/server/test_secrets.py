"""What a program prints, reports and is reported with has nothing of its secrets, and the rest is still there."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from stackguard.cli import main

Check = Callable[..., tuple[int, str]]
SECRET = "hunter2-Zq'x/9"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"
LEAF = "leaf-of-an-object"
SPELLINGS = (
    SECRET,
    repr(SECRET)[1:-1],
    json.dumps(SECRET)[1:-1],
    quote(SECRET),
    quote(SECRET, safe=""),
    base64.b64encode(SECRET.encode()).decode().rstrip("="),
    "hunter2",
    "Zq",
    LEAF,
    "MIIEvQIBADANBgkq",
    "hkiG9w0BAQEFAASC",
)
PROJECT = """
name: vault
runtime: python
config:
  pw: {type: string, secret: true}
  pem: {type: string, secret: true}
  login: {type: object, secret: true}
"""
PREAMBLE = """
import asyncio, atexit, base64, json, logging, os, subprocess, sys, threading, traceback, urllib.parse, warnings
import pulumi

class Thing(pulumi.CustomResource):
    def __init__(self, name, props=None, opts=None, kind="test:index:Thing"):
        super().__init__(kind, name, props or {}, opts)

def fail(text):
    raise ValueError("cannot use " + text)

cfg = pulumi.Config()
pw, pem = cfg.require_secret("pw"), cfg.require_secret("pem")
plain = cfg.require("pw")
"""


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {aws:region: eu-west-1}\n")
    return tmp_path


@pytest.fixture
def check(vault: Path, capfd: pytest.CaptureFixture[str]) -> Check:
    """The exit code of the command line over a program, and all that it prints and writes, in three formats."""

    def run(source: str, *more: str) -> tuple[int, str]:
        (vault / "__main__.py").write_text(PREAMBLE + source)
        config = {"pw": SECRET, "pem": PEM, "login": json.dumps({"a": {"b": [LEAF, 1]}})}
        options = [part for key, value in config.items() for part in ("--config", f"{key}={value}")]
        formats = ["--format", "text", "--format", "json", "-o", "out.json", "--format", "sarif", "-o", "out.sarif"]
        with contextlib.chdir(vault):
            code = main(["check", ".", *options, *formats, *more])
        printed = capfd.readouterr()
        written = [file.read_text() for file in (vault / "out.json", vault / "out.sarif") if file.exists()]
        return code, "\n".join((printed.out, printed.err, *written))

    return run


def leaked(text: str, *more: str) -> list[str]:
    return [spelling for spelling in (*SPELLINGS, *more) if spelling in text]


FAILING = [
    ("pw.apply(fail)", "ValueError: cannot use …"),
    ("pem.apply(fail)", "ValueError: cannot use …"),
    ("cfg.require_secret_object('login').apply(lambda v: fail(v['a']['b'][0]))", "ValueError: cannot use …"),
    ("cfg.require_secret_object('login').apply(lambda v: fail(str(v)))", "cannot use {'a': {'b': ['…', 1]}}"),
    ("pulumi.Output.secret('made-' + 'here').apply(fail)", "cannot use …"),
    ("pulumi.Output.secret({'k': 'made-' + 'here'}).apply(lambda v: fail(v['k']))", "cannot use …"),
    ("pulumi.Output.secret(pulumi.Output.from_input('made-' + 'here')).apply(fail)", "cannot use …"),
    ("pw.apply(lambda v: v[::-1]).apply(fail)", "cannot use …"),
    (
        "def both(v):\n    try: fail(v)\n    except ValueError as error: raise KeyError(f'no {v}') from error\npw.apply(both)",
        "direct cause",
    ),
    ("raise pulumi.RunError('stop at ' + plain)", "stop at …"),
    ("sys.exit('stop at ' + plain)", "stop at …"),
    ("raise ValueError([plain, plain.encode()])", 'ValueError: ["…", b"…"]'),
    ("raise ValueError(json.dumps({'inner': json.dumps([plain])}))", "inner"),
    ("raise ValueError(urllib.parse.quote(plain, safe=''))", "ValueError: …"),
    ("raise ValueError(base64.b64encode(b'user:' + plain.encode()).decode())", "ValueError: dXNlcj"),
    (
        "Thing('db-' + plain); Thing('db-' + plain)",
        "duplicate resource URN urn:pulumi:dev::vault::test:index:Thing::db-…",
    ),
    (
        "Thing('a', {'password': pw}, pulumi.ResourceOptions(provider=None, parent=None)); Thing('a')",
        "duplicate resource",
    ),
    (
        "Thing('a', opts=pulumi.ResourceOptions(transforms=[lambda _: fail(plain)]))",
        "cannot use …",
    ),
    ("pulumi.log.error('bad ' + plain); sys.exit(1)", "bad …"),
    ("os.write(2, ('raw ' + plain).encode()); os._exit(9)", "raw …"),
    ("subprocess.run(['sh', '-c', 'echo child $0; exit 3', plain]); sys.exit(3)", "child …"),
    ("pw.apply(lambda v: print(v, flush=True) or os._exit(0))\nThing('z')", "ended half-way"),
    ("print('x' * (2 << 20), end=''); print(plain * 200_000); fail('it')", "ValueError: cannot use it"),
]


@pytest.mark.parametrize(("source", "rest"), FAILING)
def test_a_failing_program_shows_no_secret(check: Check, source: str, rest: str) -> None:
    code, text = check(source)
    assert code == 2
    assert leaked(text, "made-here", SECRET[::-1]) == []
    assert rest in text


def test_what_a_failing_program_printed_and_logged_shows_no_secret(check: Check) -> None:
    source = """
print("printed", plain)
print("repr", repr(plain), [plain])
for line in cfg.require("pem").splitlines():
    print("   line", line)
pulumi.log.info("info " + plain)
pulumi.log.warn("warn " + plain)
warnings.warn("warning " + plain)
logging.getLogger("app").error("logger %s", plain)
thread = threading.Thread(target=fail, args=(plain,))
thread.start(); thread.join()
pulumi.Output.all(pw, pulumi.Output.from_input("open")).apply(lambda v: print("all", v, flush=True) or os._exit(3))
"""
    code, text = check(source)
    assert code == 2
    assert leaked(text) == []
    for rest in ("printed …", "repr", "   line …", "info: info …", "warning: warn …", "warning …", "logger …", "open"):
        assert rest in text


def test_reports_of_a_program_show_no_secret(check: Check) -> None:
    source = """
document = {"Version": "2012-10-17", "Statement": [{"Sid": "Open", "Effect": "Allow", "Principal": "*",
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::" + plain + "/*"}]}
class Policy(pulumi.CustomResource):
    def __init__(self, name, props):
        super().__init__("aws:s3/bucketPolicy:BucketPolicy", name, props)
Policy("of-" + plain, {"bucket": "inbox-" + plain, "policy": json.dumps(document)})
Policy("wrapped", {"bucket": pw, "policy": pulumi.Output.secret(json.dumps(document))})
pulumi.runtime.invoke("aws:ec2/getVpc:getVpc", {"tags": {"key": plain}, "default": True})
"""
    code, text = check(source, "--policy", "iam-public-policy", "--policy", "iam-malformed-document")
    assert code == 1
    assert leaked(text) == []
    for rest in ("of-…", "iam-public-policy", "wrapped", "::vault::aws:s3/bucketPolicy:BucketPolicy::of-…"):
        assert rest in text


def test_secrets_of_mock_files_are_masked(check: Check, vault: Path) -> None:
    (vault / "mock.yaml").write_text(
        "functions:\n"
        "  - {token: 'aws:secretsmanager/getSecretVersion:getSecretVersion', result: {secretString: mocked-plain}}\n"
        "  - {token: 'aws:ec2/getVpc:getVpc', result: {id: {fn::secret: mocked-hidden}}}\n"
        "resources:\n"
        "  - {type: 'test:index:Thing', name: t, outputs: {result: {fn::secret: mocked-output}}}\n"
    )
    source = """
import pulumi.runtime
for token in ("aws:secretsmanager/getSecretVersion:getSecretVersion", "aws:ec2/getVpc:getVpc"):
    print("got", pulumi.runtime.invoke(token, {}).value, flush=True)
class Made(pulumi.CustomResource):
    result: pulumi.Output[str]
    def __init__(self, name):
        super().__init__("test:index:Thing", name, {"result": None})
Made("t").result.apply(lambda v: print("made", v, flush=True) or os._exit(3))
"""
    code, text = check(source, "--mock", "mock.yaml")
    assert code == 2
    assert leaked(text, "mocked-") == []
    assert "'secretString': '…'" in text
    assert "'id': '…'" in text
    assert "made …" in text


def test_short_secrets_and_public_texts_are_not_masked(check: Check) -> None:
    source = """
for each in ("abc", "true", "eu-west-1", "dev", "vault"):
    pulumi.Output.secret(each)
fail("abc true eu-west-1 dev vault")
"""
    code, text = check(source)
    assert code == 2
    assert "cannot use abc true eu-west-1 dev vault" in text
