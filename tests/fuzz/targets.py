"""The parsers that are fuzzed: each target takes any bytes, and an exception other than a documented one is a finding.

What holds beside that is asserted: errors are printed on one line, text that is written is read back, and two ways to the
same answer agree.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from policypack.access.exposure.public import public
from policypack.core.policy import Asset, Kind, Outcome, Position, Resource, Stack, urn_of
from policypack.core.reading import yaml_reader
from policypack.evaluation import settings
from policypack.evaluation.evaluate import evaluate
from policypack.iam.addresses import AddressError, Ranges, address_number
from policypack.iam.arn import Arn
from policypack.iam.document import PolicyDocument
from policypack.iam.globs import covers, has_wildcard, matches, overlaps
from policypack.iam.grammar import parse as parse_document
from policypack.iam.tables import DocumentKind
from policypack.lambda_code import archive, binaries, installed_files, secret_files
from policypack.policies import POLICIES
from policypack.python.files import UnreadableError
from policypack.python.handling.summary import handling
from policypack.python.interpret import read as read_program
from policypack.python.interpret import read_imports
from policypack.python.modules import PythonPackage
from stackguard import recording
from stackguard.access import lines
from stackguard.access import public as access_public
from stackguard.bundle import config as bundle_config
from stackguard.bundle.install import lock
from stackguard.bundle.install.index_config import for_uv
from stackguard.bundle.install.requirements import check_project
from stackguard.cli.common import Failure
from stackguard.errors import CannotJudge
from stackguard.positions import lines_of
from stackguard.positions.module import module
from stackguard.preview.placeholders import mock_file
from stackguard.preview.project import settings_file, stack_choice
from stackguard.preview.project.config import ConfigSources, resolve
from stackguard.preview.project.toolchain import python_options
from stackguard.reports import Report, Screen
from stackguard.reports.formatting import UNPRINTABLE
from stackguard.sources import LoadedStack, RunOptions, exported, input_stream
from tests.reports.sample import render

Target = Callable[[bytes], object]
SEPARATOR = b"\0"
"""Between the parts of an input that has several."""
RUNTIME = '[tool.stackguard.bundle]\nruntime = "python3.13"\n'
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""Control characters other than line breaks."""
TYPES: Mapping[DocumentKind, str] = {
    DocumentKind.IDENTITY: "aws:iam/policy:Policy",
    DocumentKind.RESOURCE: "aws:s3/bucketPolicy:BucketPolicy",
    DocumentKind.TRUST: "aws:iam/role:Role",
}


@cache
def _scratch() -> Path:
    """A folder for the files that parsers read by their path."""
    _scratch.folder = tempfile.TemporaryDirectory(prefix="fuzz-")  # type: ignore[attr-defined]  # removed at exit
    return Path(_scratch.folder.name)  # type: ignore[attr-defined]


def _file(name: str, content: bytes) -> Path:
    path = _scratch() / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


@contextmanager
def _refusing(*errors: type[Exception]) -> Iterator[None]:
    """Accept a documented error, if a command prints it on one line."""
    try:
        yield
    except (CannotJudge, settings.SettingsError, *errors) as error:
        assert str(error), "an error without a message"
        if type(error) not in errors:
            stream = io.StringIO()
            Failure(str(error), getattr(error, "detail", "")).show(stream)
            assert not UNPRINTABLE.search(stream.getvalue().removesuffix("\n")), "an error of several lines"


def _parts(data: bytes, count: int) -> list[bytes]:
    return [*data.split(SEPARATOR, count - 1), *[b""] * count][:count]


def _loaded(blocks: Sequence[bytes]) -> LoadedStack | str:
    try:
        return exported(input_stream.text(iter(blocks), "`x.json`"), "`x.json`", RunOptions())
    except CannotJudge as error:
        return error.message


def export(data: bytes) -> None:
    """A stack export or a preview reads the same in blocks of any size, and what is recorded of it is a mock file."""
    loaded = _loaded([data])
    in_blocks = _loaded([data[start : start + 7] for start in range(0, len(data), 7)])
    assert _plain(loaded) == _plain(in_blocks)
    if isinstance(loaded, str):
        with _refusing():
            raise CannotJudge(loaded)
        return
    recorded = recording.recorded(loaded.resources, loaded.target)
    assert not CONTROL.search(recorded)
    with _refusing():  # an export has more than a mock file may have
        mock_file.read(_file("recorded.yaml", recorded.encode()))


def _plain(loaded: LoadedStack | str) -> object:
    """What was read; a text with several errors may be refused for any of them."""
    return None if isinstance(loaded, str) else (loaded.resources, loaded.region, loaded.notes)


def check(data: bytes) -> None:
    """Type, name and inputs of resources, as JSON: no policy crashes on them, and every report can be printed.

    A resource can refer to others by ARNs and names alone, as in the state of a stack.
    """
    try:
        listed = msgspec.json.decode(data, type=list[tuple[str, str, dict[str, Any]]])
    except (msgspec.DecodeError, ValueError, RecursionError):
        return
    resources = [
        {"urn": urn_of(kind, name), "type": kind, "custom": True, "id": name, "inputs": inputs, "outputs": inputs}
        for kind, name, inputs in listed
    ]
    loaded = _loaded([msgspec.json.encode({"version": 3, "deployment": {"resources": resources}})])
    if isinstance(loaded, str):
        return
    outcomes = evaluate(POLICIES, Stack(loaded.resources, settings.Settings(stack_region="eu-west-1")))
    assert not [outcome.message for outcome in outcomes if outcome.kind is Kind.ERROR]
    report = Report("x.json", tuple(outcomes), len(resources), len(POLICIES))
    access = access_public.judge(loaded)
    texts = [
        *(render(report, form, Screen()) for form in ("text", "json", "sarif", "html")),
        access_public.text(access, Screen(), everything=True),
        access_public.json(access, everything=True),
    ]
    assert not [text for text in texts if CONTROL.search(text)]


def written(data: bytes) -> None:
    """What the writer of mock files writes is what the reader reads, for every value that both have."""
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return
    if not isinstance(value, dict) or not _in_yaml(value):
        return
    for write in (mock_file.block, mock_file.flow):
        with _refusing():
            text = write(value)
            assert not CONTROL.search(text)
            try:
                assert yaml_reader.parse(text).value == value
            except yaml_reader.YamlError as error:
                assert "more than" in error.problem


def _in_yaml(value: Any, depth: int = 0) -> bool:
    """Whether YAML has a JSON value: whole numbers of 64 bits, and no lone surrogates."""
    if isinstance(value, dict):
        return depth < yaml_reader.MAX_DEPTH and all(
            _in_yaml(item, depth + 1) for pair in value.items() for item in pair
        )
    if isinstance(value, list):
        return depth < yaml_reader.MAX_DEPTH and all(_in_yaml(item, depth + 1) for item in value)
    return not isinstance(value, int) or -(2**63) <= value < 2**64


def yaml_text(data: bytes) -> None:
    """Anything is a document of plain values, or an error of one line."""
    with _refusing(yaml_reader.YamlError):
        document = yaml_reader.parse(data.decode("utf-8", "replace"))
        json.dumps(document.value, allow_nan=False)
        document.line(["a", 0, "b"])
        document.lines("a")


def operator_settings(data: bytes) -> None:
    """A settings file."""
    with _refusing():
        settings.read(_file("stackguard.yaml", data))


def mock(data: bytes) -> None:
    """A mock file."""
    with _refusing():
        mock_file.read(_file("mock.yaml", data))


def project(data: bytes) -> None:
    """`Pulumi.yaml` and, behind a zero byte, `Pulumi.dev.yaml`."""
    main, stack = _parts(data, 2)
    suffix = ".json" if main[:1] == b"{" else ".yaml"
    files = _file(f"project/Pulumi{suffix}", main), _file(f"project/Pulumi.dev{suffix}", stack)
    with _refusing():
        values, stack_values = map(settings_file.read, files)
        python_options(values.get("runtime"), files[0], "project", "programs")
        stack_choice.choose(files[0], {"name": "p", **values}, files[0].parent, "dev")
        name = str(values.get("name") or "p")
        config = resolve(
            ConfigSources(name, "dev", files[0], values.get("config"), files[1], stack_values.get("config"), {})
        )
        assert all(isinstance(value, str) for value in config.values.values())


def document(data: bytes) -> None:
    """A policy document as text and as a mapping: parsing never raises, and gives the same."""
    text = data.decode("utf-8", "replace")
    for kind, type_token in TYPES.items():
        parsed = parse_document(text, kind, type_token)
        assert isinstance(parsed, PolicyDocument)
        public(parsed)
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, ValueError, RecursionError):
            continue
        parse_document(value, kind, type_token)


def arn(data: bytes) -> None:
    """The parts of an ARN are its text."""
    text = data.decode("utf-8", "replace")
    if parsed := Arn.parse(text):
        assert ":".join(("arn", *msgspec.structs.astuple(parsed))) == text


def addresses(data: bytes) -> None:
    """Address ranges, a line each: their algebra holds."""
    parsed: list[Ranges] = []
    for line in data.decode("utf-8", "replace").split("\n")[:8]:
        address_number(line)
        with _refusing(AddressError):
            parsed.append(Ranges.parse(line))
    union = Ranges.union(parsed)
    for ranges in parsed:
        assert ranges
        assert not ranges - union
        assert ranges & union == ranges
        assert ~~ranges == ranges
        assert list(ranges.bounds) == sorted(set(ranges.bounds))


def globs(data: bytes) -> None:
    """Two patterns, a line each: matching, overlap and inclusion agree."""
    first, _, second = data.decode("utf-8", "replace").partition("\n")
    assert overlaps(first, second) == overlaps(second, first)
    if covers(first, second):
        assert overlaps(first, second)
    if not has_wildcard(second):
        assert matches(first, second) == covers(first, second) == overlaps(first, second)
    matches(first, second, ignore_case=True)
    covers(first, second, ignore_case=True)


def lines_public(data: bytes) -> None:
    """Lines of `access public`."""
    _answer(data, lines.asked_public)


def lines_diff(data: bytes) -> None:
    """Lines of `access diff`."""
    _answer(data, lines.asked_diff)


def _answer(data: bytes, ask: lines.Ask) -> None:
    asked = [line for line in data.split(b"\n") if line.strip()]
    answered = list(lines.answers(lines.split(io.BytesIO(data)), ask))
    assert len(answered) <= len(asked)
    for line in answered:
        assert line.endswith(b"\n")
        assert not UNPRINTABLE.search(line[:-1].decode())
        answer = json.loads(line)
        assert not answer["why"].startswith(lines.CRASHED), answer["why"]


def packaged(data: bytes) -> None:
    """A zip or tar file: every file is listed and read in bounded memory."""
    with _refusing(UnreadableError):
        if data[:2] == b"PK":
            _unpacked(archive.opened_zip(data))
    with _refusing(UnreadableError):
        _unpacked(archive.opened(Asset(path=str(_file("code.zip", data)), archive=True)))


def _unpacked(opened: archive.Archive) -> None:
    for read in (secret_files.secret_files, installed_files.published, installed_files.idle):
        with _refusing(UnreadableError):
            read(opened)
    for name in list(opened.members)[:20]:
        with _refusing(UnreadableError):
            content = opened.content(name)
            assert content is not None
            assert len(content) <= archive.MAX_BYTES
            archive.printable(name).encode()


def binary(data: bytes) -> None:
    """A shared library, or the metadata of a wheel."""
    for name in ("module.so", "module.cpython-313-x86_64-linux-gnu.so", "module.pyd"):
        binaries.mismatch(name, data, binaries.Target("python3.13", "x86_64"))
    binaries.wheel_mismatch(data.decode("utf-8", "replace"), binaries.Target("python3.13", "arm64"))


def pyproject(data: bytes) -> None:
    """A function's `pyproject.toml`, held to an empty lock, and its indexes as uv is given them."""
    file = _file("function/pyproject.toml", data)
    with _refusing():
        function = bundle_config.read(file.parent)
        check_project(function, lock.Lock(None, "", (), "lock again"))
    with _refusing():
        for_uv({"UV_CONFIG_FILE": str(file), "PIP_CONFIG_FILE": str(file)})


def requirements(data: bytes) -> None:
    """A lock in the form of a requirements file."""
    _locked("requirements.lock", data)


def pylock(data: bytes) -> None:
    """A `pylock.toml`."""
    _locked("pylock.toml", data)


def uv_lock(data: bytes) -> None:
    """What uv exports of a `uv.lock`."""
    _locked("uv.lock", data)


def _locked(name: str, data: bytes) -> None:
    folder = _file(f"{name}-of/pyproject.toml", RUNTIME.encode()).parent
    (folder / name).write_bytes(data)
    with _refusing():
        function = bundle_config.read(folder)
        locked = lock.read(function, lambda _: data.decode("utf-8", "replace"))
        check_project(function, locked)
        assert locked.requirements().count("\n") == len(locked.packages) + len(locked.index_options)


class _Files(dict[str, bytes]):
    """The code of a function."""

    def content(self, name: str, /) -> bytes | None:
        return self.get(name)


def python(data: bytes) -> None:
    """The module of a handler and, behind a zero byte, one beside it."""
    main, other = _parts(data, 2)
    package = PythonPackage(_Files({"app.py": main, "helper.py": other}))
    with _refusing(UnreadableError):
        reading = read_program(package, "app.handler", 13)
        assert isinstance(reading.calls.calls, tuple)
        handling(reading)
    with _refusing(UnreadableError):
        imports = read_imports(package, "app.handler", 13).reader.imports_of(lambda name: name == "helper")
        assert all(isinstance(imported.module, str) for imported in imports)


def source(data: bytes) -> None:
    """A program's module, in which a line of every call is sought, and behind a zero byte a module beside it."""
    main, other = _parts(data, 2)
    file = _file("source/__main__.py", main)
    (file.parent / "helper.py").write_bytes(other)
    (file.parent / ".git").mkdir(exist_ok=True)
    lines = main.count(b"\n") + main.count(b"\r") + main.count(b"\f") + 1
    statement = {"Sid": "A", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    inputs = {"policy": json.dumps({"Statement": [{"Sid": "B"}, statement]}), "rules": [{"port": 22}, {"port": 80}]}
    parsed = module(file)
    for line in parsed.calls if parsed else ():
        call = Position("__main__.py", line)
        resource = Resource("aws:iam/rolePolicy:RolePolicy", "x", inputs, position=call, callers=(call,))
        for path in ("policy.Statement[1].Action", "rules[1].port"):
            stated = lines_of(Outcome(Kind.VIOLATION, POLICIES[0], resource, path, "", ""), file.parent).stated
            assert stated is None or 1 <= stated.line <= max(lines, other.count(b"\n") + other.count(b"\r") + 1)


TARGETS: Mapping[str, Target] = {
    "export": export,
    "preview": export,
    "check": check,
    "record": written,
    "yaml": yaml_text,
    "settings": operator_settings,
    "mock": mock,
    "project": project,
    "document": document,
    "arn": arn,
    "addresses": addresses,
    "globs": globs,
    "lines-public": lines_public,
    "lines-diff": lines_diff,
    "archive": packaged,
    "binary": binary,
    "pyproject": pyproject,
    "requirements": requirements,
    "pylock": pylock,
    "uv-lock": uv_lock,
    "python": python,
    "source": source,
}
"""By name, which is that of the folder of its corpus."""
OF_JSON = frozenset({"export", "preview", "check", "record", "document", "lines-public", "lines-diff"})
"""Targets whose inputs are mutated as JSON."""
