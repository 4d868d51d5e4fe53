"""One form for the previews of the engine and of this process, so that the two can be compared.

A view is JSON: `resources` maps each resource's URN, without its common prefix, to its facts, and `outcomes` lists those
of our own policies. Empty and default values are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from policypack.core.policy import Asset, Reference, Unknown

Facts = dict[str, Any]
View = dict[str, Any]

PROGRAMS = Path(__file__).parents[1] / "programs"
RANDOM = re.compile(r"-[0-9a-f]{7}(?![0-9a-zA-Z])")
"""The random end of a name that a provider generates."""


def preconditions(program: Path) -> dict[str, Any]:
    """The preconditions of a program beside its files.

    Secret `config` by key, and the URNs in the stack's own `state`. Other stacks are in its `mock.yaml`.
    """
    file = program / "given.json"
    facts: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return {"config": {}, "state": [], **facts}


def working_folder(program: Path) -> Path:
    """The folder in which a program runs: that of its `main`."""
    settings: dict[str, Any] = yaml.safe_load((program / "Pulumi.yaml").read_text())
    return program / settings.get("main", ".")


def full_urn(urn: str, project: str) -> str:
    """A URN in full that may be shortened."""
    return f"urn:pulumi:dev::{project}{urn}" if urn.startswith("::") else urn


def facts(**fields: Any) -> Facts:
    """The facts of one resource, without empty and default ones."""
    return {name: value for name, value in fields.items() if value not in (None, "", False, [], {})}


def view(project: str, resources: Mapping[str, Facts], outcomes: Iterable[list[Any]]) -> View:
    """A view with short URNs, and without the random parts of names."""
    text = json.dumps(
        {
            "resources": {urn: resources[urn] for urn in sorted(resources)},
            "outcomes": sorted(outcomes, key=str),
        },
        ensure_ascii=False,
    )
    text = RANDOM.sub("-*******", text.replace(f"urn:pulumi:dev::{project}::", "::"))
    installed = version("pulumi-aws")
    text = text.replace(installed, "X.Y.Z").replace(installed.replace(".", "_"), "X_Y_Z")
    result: View = json.loads(text)
    return result


def values(value: Any, folder: Path, *, hashes: bool = True) -> Any:
    """A decoded property value as JSON; paths of assets are relative to the program's folder.

    Policies do not receive the hashes of assets, so outputs go without them.
    """
    match value:
        case Unknown():
            return "<unknown>"
        case Reference():  # policies receive the id, or the URN of a resource without one
            return values(value.id, folder, hashes=hashes) or value.urn
        case Asset():
            kind = "<archive>" if value.archive else "<asset>"
            return {kind: _source(value, folder, hashes=hashes), **facts(hash=hashes and value.hash)}
        case Mapping():
            return {name: values(value[name], folder, hashes=hashes) for name in sorted(value)}
        case list() | tuple():
            return [values(inner, folder, hashes=hashes) for inner in value]
    return value


def _source(asset: Asset, folder: Path, *, hashes: bool) -> Any:
    if asset.members is not None:
        return {name: values(asset.members[name], folder, hashes=hashes) for name in sorted(asset.members)}
    if asset.path is None:
        return asset.text if asset.uri is None else asset.uri
    path = Path(asset.path)
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else asset.path


def dump(view: View) -> str:
    """The view as a file: one resource, or outcome, a line, so that differences read well."""
    lines = [
        f'  "{name}": {opening}\n' + ",\n".join(f"    {entry}" for entry in entries) + f"\n  {closing}"
        for name, opening, closing, entries in (
            ("resources", "{", "}", [f"{_line(urn)}: {_line(of)}" for urn, of in view["resources"].items()]),
            ("outcomes", "[", "]", [_line(outcome) for outcome in view["outcomes"]]),
        )
        if entries or name == "resources"
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def load(program: Path) -> View:
    """The recorded view of the engine."""
    recorded: View = json.loads((program / "recorded.json").read_text(encoding="utf-8"))
    return {"outcomes": [], **recorded}


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
