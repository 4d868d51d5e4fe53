"""Recorded sessions: the requests that the engine sends to a policy pack in a preview of a new stack.

A session is a file of JSON lines, `[METHOD, REQUEST]` each, in the order in which the engine sends them. The resources
of an `AnalyzeStack` request have a line each, sorted by URN, and so are their dependencies, since the order of neither is
fixed. Values that differ between machines and runs are replaced: paths and the version of pulumi-aws by
placeholders, which loading replaces again, and random names by names that derive from the URN.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from google.protobuf.json_format import ParseDict
from pulumi.runtime.proto import analyzer_pb2

from stackguard.preview.provider.autonaming import HEX, draw

TESTS = Path(__file__).parents[1]
SESSIONS = Path(__file__).with_name("sessions")
RANDOM_DIGITS = 7
REFUSED_BY_THE_SDK = "program-error"

Line = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Session:
    """The requests of one preview. Each resource is analyzed before its provider creates it, the stack at the end."""

    configuration: analyzer_pb2.AnalyzerStackConfigureRequest
    resources: tuple[analyzer_pb2.AnalyzeRequest, ...]
    stack: analyzer_pb2.AnalyzeStackRequest


def programs() -> list[str]:
    """The programs that have a session, as folders below `tests`."""
    folders = [
        file.parent.relative_to(TESTS)
        for pattern in ("programs/*", "sound/*", "failures/row*/corrected", "failures/row*/failing")
        for file in TESTS.glob(f"{pattern}/Pulumi.yaml")
        if not _refused(file.parent)
    ]
    return sorted(str(folder) for folder in folders)


def _refused(program: Path) -> bool:
    """Whether the SDK refuses the program, so that it registers nothing."""
    expected = program.parent / "expected.txt"
    if program.name != "failing" or not expected.exists():
        return False
    return REFUSED_BY_THE_SDK in expected.read_text(encoding="utf-8").split()


def file_of(program: Path) -> Path:
    """The file of a program's session: outside its folder, which may be the archive that it deploys."""
    return SESSIONS / f"{program.relative_to(TESTS)}.jsonl"


def load(program: Path) -> Session:
    """The session of a program below `tests`, as on this machine.

    Raises:
        FileNotFoundError: the program has no session.
    """
    return parse(file_of(program).read_text(encoding="utf-8"), program)


def parse(text: str, program: Path) -> Session:
    """The session in a file, with the program's folder on this machine."""
    for local, placeholder in _placeholders(program).items():
        text = text.replace(placeholder, local)
    lines = [json.loads(line) for line in text.splitlines()]
    (configuration,) = _requests(lines, "ConfigureStack")
    return Session(
        ParseDict(configuration, analyzer_pb2.AnalyzerStackConfigureRequest()),
        tuple(ParseDict(request, analyzer_pb2.AnalyzeRequest()) for request in _requests(lines, "Analyze")),
        ParseDict({"resources": _requests(lines, "AnalyzeStack")}, analyzer_pb2.AnalyzeStackRequest()),
    )


def dump(lines: Iterable[Line], program: Path, scratch: Path) -> str:
    """The file of a session.

    Args:
        lines: the requests as the engine sends them.
        program: the program's folder.
        scratch: the folder of the recording, which is different each time.
    """
    written: list[Line] = []
    for method, request in lines:
        if method == "AnalyzeStack":
            resources = sorted(request["resources"], key=lambda resource: str(resource["urn"]))
            written += [(method, _with_sorted_dependencies(resource)) for resource in resources]
        else:
            written.append((method, request))
    text = "".join(f"{json.dumps(line, ensure_ascii=False, sort_keys=True)}\n" for line in written)
    for name, drawn in _names(_requests(written, "Analyze")).items():
        text = text.replace(name, drawn)
    for local, placeholder in {str(scratch): "<scratch>", **_placeholders(program)}.items():
        text = text.replace(local, placeholder)
    return text


def comparable(text: str) -> list[str]:
    """The lines of a session, sorted: a program's calls reach the engine in any order."""
    return sorted(text.splitlines())


def _with_sorted_dependencies(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource with its dependencies by URN: the SDK keeps them in sets."""
    changed = dict(resource)
    if "dependencies" in resource:
        changed["dependencies"] = sorted(resource["dependencies"])
    if "propertyDependencies" in resource:
        changed["propertyDependencies"] = {
            name: {**waits, "urns": sorted(waits["urns"])} if "urns" in waits else waits
            for name, waits in resource["propertyDependencies"].items()
        }
    return changed


def _requests(lines: Iterable[Line], method: str) -> list[dict[str, Any]]:
    return [request for name, request in lines if name == method]


def _names(requests: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The random names of the provider, each with its replacement in the file."""
    return {
        value: value[:-RANDOM_DIGITS] + draw(f"recorded {request['urn']}", HEX, RANDOM_DIGITS)
        for request in requests
        for value in request["properties"].values()
        if isinstance(value, str) and re.fullmatch(rf"{re.escape(request['name'])}-[0-9a-f]{{{RANDOM_DIGITS}}}", value)
    }


def _placeholders(program: Path) -> dict[str, str]:
    """The texts of this machine, each with its placeholder in a session; longer ones first."""
    installed = version("pulumi-aws")
    return {
        str(program.resolve()): "<program>",
        str(TESTS): "<tests>",
        str(TESTS.parent): "<repository>",
        sys.prefix: "<environment>",
        f'"path": "{tempfile.gettempdir()}/': '"path": "<temporary>/',  # of assets: code contains such texts too
        installed: "<aws-version>",
        installed.replace(".", "_"): "<aws_version>",
    }
