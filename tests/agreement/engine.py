"""The preview of a program by Pulumi's own engine, with the stand-in for its providers."""

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
from tests.agreement.view import View, facts, full_urn, preconditions, values, view, working_folder
from tests.standin_aws.project import run_pulumi, with_standin

ROOT = Path(__file__).parents[2]
REPORTER = Path(__file__).with_name("reporter")
SECRET = "[secret]"  # the CLI prints this instead of a secret


def engine_view(program: Path, scratch: Path) -> View:
    """Preview a program with the CLI, our pack and the reporter.

    Raises:
        RuntimeError: the preview failed.
    """
    folder = new_stack(program, scratch)
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"]
    state = preconditions(program)["state"]
    if state:
        _older_state(scratch, folder, [full_urn(urn, project) for urn in state])
    reported, events = scratch / "reported", scratch / "events"
    packs = []
    for pack, config in ((ROOT, {"all": "advisory"}), (REPORTER, {})):
        settings = scratch / f"{pack.name}.json"
        settings.write_text(json.dumps(config))
        packs += ["--policy-pack", str(pack), "--policy-pack-config", str(settings)]
    seen = ("--json", "--show-reads", "--show-sames", "--event-log", str(events))
    more = {"REPORTER_FILE": str(reported), "PULUMI_DEBUG_COMMANDS": "true", "STACKGUARD_RESOLVE_UNKNOWNS": "false"}
    printed = pulumi(scratch, folder, "preview", "--stack", "dev", *seen, *packs, environment=more)
    states = {step["urn"]: step["newState"] for step in json.loads(printed)["steps"] if "newState" in step}
    lines = list(_lines(reported))
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
    outcomes = ([event["policyName"], event["resourceUrn"], event["message"].strip()] for event in violations)
    return view(project, resources, outcomes)


def new_stack(program: Path, scratch: Path) -> Path:
    """A project folder in `scratch` that runs a program, with an empty stack `dev` and all that the program reads."""
    folder = with_standin(program, scratch)
    mock = program / "mock.yaml"
    for stack, outputs in (yaml.safe_load(mock.read_text())["stacks"] if mock.exists() else {}).items():
        _other_stack(scratch, stack, outputs)
    pulumi(scratch, folder, "stack", "init", "dev")
    for key, value in preconditions(program)["config"].items():
        pulumi(scratch, folder, "config", "set", "--stack", "dev", "--secret", key, value)
    return folder


def _facts(state: dict[str, Any], analyzed: dict[str, Any], final: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The facts of one resource, from the preview's digest and from the policies' arguments."""

    def plain(properties: dict[str, Any]) -> Any:
        return values(decode(properties)[0], folder)

    policy_view = analyzed or final
    return facts(
        type=state.get("type") or policy_view["type"],
        custom=state.get("custom", True),
        external=state.get("external"),
        id=str(state.get("id", "")).replace(UNKNOWN_STRING, "") if state.get("external") else "",
        parent=state.get("parent") or final.get("parent"),
        provider=state["provider"].rpartition("::")[0]
        if state.get("provider")
        else (policy_view.get("provider") or {}).get("urn"),
        inputs=plain(_joined(state.get("inputs", {}), analyzed["properties"]) if analyzed else state.get("inputs", {})),
        outputs=plain(final.get("properties", {})),
        secrets=sorted(_secrets(state.get("inputs", {}), "")),
        dependencies=sorted(state.get("dependencies", ())),
        propertyDependencies={
            name: sorted(urns) for name, urns in state.get("propertyDependencies", {}).items() if urns
        },
        deleteBeforeReplace=str(policy_view.get("deleteBeforeReplace")).replace("None", ""),
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


def _joined(digest: Any, analyzed: Any) -> Any:
    """The properties that a policy receives, with the assets of the digest, which have hashes."""
    if isinstance(digest, dict) and isinstance(analyzed, dict):
        if SIGNATURE in digest:
            return digest
        return {name: _joined(digest.get(name), value) for name, value in analyzed.items()}
    if isinstance(digest, list) and isinstance(analyzed, list):
        return [_joined(*pair) for pair in zip(digest, analyzed, strict=True)]
    return analyzed


def _secrets(value: Any, path: str) -> Iterator[str]:
    if value == SECRET:
        yield path
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name.startswith("__"):  # a provider's bookkeeping, which no policy receives
                continue
            yield from _secrets(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _secrets(inner, f"{path}[{index}]")


def _other_stack(scratch: Path, name: str, mock_outputs: dict[str, Any]) -> None:
    """Create a stack, `organization/project/stack`, with the outputs of a mock file."""
    _, project, stack = name.split("/")
    folder = scratch / f"{project}-{stack}"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": project, "runtime": "yaml"}))
    outputs = {
        key: {SIGNATURE: SECRET_SIGNATURE, "plaintext": json.dumps(value["fn::secret"])}
        if isinstance(value, dict) and "fn::secret" in value
        else value
        for key, value in mock_outputs.items()
    }
    root = f"urn:pulumi:{stack}::{project}::{ROOT_TYPE}::{project}-{stack}"
    pulumi(scratch, folder, "stack", "init", stack)
    _import(scratch, folder, stack, [{"urn": root, "type": ROOT_TYPE, "outputs": outputs}])


def _older_state(scratch: Path, folder: Path, urns: list[str]) -> None:
    """Import resources that have nothing but a name into the stack."""
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
    """The output of the CLI.

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
