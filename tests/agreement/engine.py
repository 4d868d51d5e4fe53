"""What Pulumi's own engine makes of a program, with the stand-in for its providers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from policypack.core.policy import ROOT_TYPE
from policypack.core.wire import SECRET as SECRET_SIGNATURE
from policypack.core.wire import SIGNATURE, UNKNOWN_STRING, decode
from stackguard.preview.values import type_of
from tests.agreement.view import View, facts, full_urn, given, values, view, working_folder
from tests.standin_aws.project import run_pulumi, with_standin

ROOT = Path(__file__).parents[2]
TELLER = Path(__file__).with_name("teller")
SECRET = "[secret]"  # what the CLI prints in a secret's place


def engine_view(program: Path, scratch: Path) -> View:
    """Preview a program with the CLI, our pack and the teller.

    Raises:
        RuntimeError: the preview failed.
    """
    folder = new_stack(program, scratch)
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"]
    state = given(program)["state"]
    if state:
        _older_state(scratch, folder, [full_urn(urn, project) for urn in state])
    told, events = scratch / "told", scratch / "events"
    packs = []
    for pack, config in ((ROOT, {"all": "advisory"}), (TELLER, {})):
        settings = scratch / f"{pack.name}.json"
        settings.write_text(json.dumps(config))
        packs += ["--policy-pack", str(pack), "--policy-pack-config", str(settings)]
    seen = ("--json", "--show-reads", "--show-sames", "--event-log", str(events))
    more = {"TELLER_FILE": str(told), "PULUMI_DEBUG_COMMANDS": "true", "STACKGUARD_RESOLVE_UNKNOWNS": "false"}
    printed = pulumi(scratch, folder, "preview", "--stack", "dev", *seen, *packs, environment=more)
    states = {step["urn"]: step["newState"] for step in json.loads(printed)["steps"] if "newState" in step}
    lines = list(_lines(told))
    resources = {
        urn: _facts(
            states.get(urn, {}),
            next((line for line in lines if line["urn"] == urn and line["kind"] == "resource"), {}),
            next((line for line in lines if line["urn"] == urn and line["kind"] == "stack"), {}),
            working_folder(program),
        )
        for urn in {*states, *(line["urn"] for line in lines)}
    }
    violations = (line["policyEvent"] for line in _lines(events) if "policyEvent" in line)
    outcomes = ([each["policyName"], each["resourceUrn"], each["message"].strip()] for each in violations)
    return view(project, resources, outcomes)


def new_stack(program: Path, scratch: Path) -> Path:
    """A project folder in `scratch` that runs a program, with an empty stack `dev` and all that the program reads."""
    folder = with_standin(program, scratch)
    mock = program / "mock.yaml"
    for stack, outputs in (yaml.safe_load(mock.read_text())["stacks"] if mock.exists() else {}).items():
        _other_stack(scratch, stack, outputs)
    pulumi(scratch, folder, "stack", "init", "dev")
    for key, value in given(program)["config"].items():
        pulumi(scratch, folder, "config", "set", "--stack", "dev", "--secret", key, value)
    return folder


def _facts(state: dict[str, Any], judged: dict[str, Any], final: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The facts of one resource, from the preview's digest and from what policies are told of it."""

    def plain(properties: dict[str, Any]) -> Any:
        return values(decode(properties)[0], folder)

    either = judged or final
    return facts(
        type=state.get("type") or either["type"],
        custom=state.get("custom", True),
        external=state.get("external"),
        id=str(state.get("id", "")).replace(UNKNOWN_STRING, "") if state.get("external") else "",
        parent=state.get("parent") or final.get("parent"),
        provider=state["provider"].rpartition("::")[0]
        if state.get("provider")
        else (either.get("provider") or {}).get("urn"),
        inputs=plain(_joined(state.get("inputs", {}), judged["properties"]) if judged else state.get("inputs", {})),
        outputs=plain(final.get("properties", {})),
        secrets=sorted(_secrets(state.get("inputs", {}), "")),
        dependencies=sorted(state.get("dependencies", ())),
        propertyDependencies={
            name: sorted(urns) for name, urns in state.get("propertyDependencies", {}).items() if urns
        },
        deleteBeforeReplace=str(either.get("deleteBeforeReplace")).replace("None", ""),
        timeouts={name: seconds for name, seconds in state.get("customTimeouts", {}).items() if seconds},
        **{
            name: state.get(name)
            for name in (
                "protect",
                "ignoreChanges",
                "replaceOnChanges",
                "aliases",
                "additionalSecretOutputs",
                "retainOnDelete",
                "deletedWith",
                "replaceWith",
                "importID",
            )
        },
        hooks={name[0].lower() + name[1:]: bound for name, bound in state.get("resourceHooks", {}).items()},
    )


def _joined(shown: Any, told: Any) -> Any:
    """What a policy was told, but its assets as the digest shows them: with their hashes."""
    if isinstance(shown, dict) and isinstance(told, dict):
        if SIGNATURE in shown:
            return shown
        return {name: _joined(shown.get(name), each) for name, each in told.items()}
    if isinstance(shown, list) and isinstance(told, list):
        return [_joined(*pair) for pair in zip(shown, told, strict=True)]
    return told


def _secrets(value: Any, path: str) -> Iterator[str]:
    if value == SECRET:
        yield path
    elif isinstance(value, dict):
        for name, each in value.items():
            if name.startswith("__"):  # a provider's bookkeeping, which no policy is shown
                continue
            yield from _secrets(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _secrets(each, f"{path}[{index}]")


def _other_stack(scratch: Path, name: str, given_outputs: dict[str, Any]) -> None:
    """Make a stack, `organization/project/stack`, that has the outputs that a mock file gives it."""
    _, project, stack = name.split("/")
    folder = scratch / f"{project}-{stack}"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": project, "runtime": "yaml"}))
    outputs = {
        key: {SIGNATURE: SECRET_SIGNATURE, "plaintext": json.dumps(value["fn::secret"])}
        if isinstance(value, dict) and "fn::secret" in value
        else value
        for key, value in given_outputs.items()
    }
    root = f"urn:pulumi:{stack}::{project}::{ROOT_TYPE}::{project}-{stack}"
    pulumi(scratch, folder, "stack", "init", stack)
    _import(scratch, folder, stack, [{"urn": root, "type": ROOT_TYPE, "outputs": outputs}])


def _older_state(scratch: Path, folder: Path, urns: list[str]) -> None:
    """Put resources into the stack: what they are called is all that there is of them."""
    provider = full_urn(
        "::pulumi:providers:test::default", yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"]
    )
    resources = [{"urn": provider, "type": "pulumi:providers:test", "custom": True, "id": "1"}]
    for urn in urns:
        custom = type_of(urn).startswith("test:")
        served = {"id": "1", "provider": f"{provider}::1"} if custom else {}
        resources.append({"urn": urn, "type": type_of(urn), "custom": custom, **served})
    _import(scratch, folder, "dev", resources)


def _import(scratch: Path, folder: Path, stack: str, resources: list[dict[str, Any]]) -> None:
    salt = yaml.safe_load((folder / f"Pulumi.{stack}.yaml").read_text())["encryptionsalt"]
    deployment = {
        "manifest": {"time": "2020-01-01T00:00:00Z", "magic": "", "version": ""},
        "secrets_providers": {"type": "passphrase", "state": {"salt": salt}},
        "resources": resources,
    }
    file = scratch / "state.json"
    file.write_text(json.dumps({"version": 3, "deployment": deployment}))
    pulumi(scratch, folder, "stack", "import", "--force", "--stack", stack, "--file", str(file))


def pulumi(scratch: Path, folder: Path, *arguments: str, environment: Mapping[str, str] = MappingProxyType({})) -> str:
    """What the CLI prints.

    Raises:
        RuntimeError: the command failed.
    """
    finished = run_pulumi(scratch, folder, *arguments, environment=environment)
    if finished.returncode:
        raise RuntimeError(f"`pulumi {' '.join(arguments)}` failed:\n{finished.stdout}{finished.stderr}")
    return finished.stdout


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
