"""Writes a mock file from a stack export or a preview: what its resources and its references to other stacks hold.

Both hold the state of resources that are only read, what providers computed, and the outputs of other stacks. Neither
holds what functions returned. Secrets are never written.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from policypack.core.policy import ROOT_TYPE, Asset, Reference, Resource, Stack, Unknown
from policypack.evaluation.redaction import is_secret, secrets_of
from policypack.evaluation.settings import Settings
from stackguard.errors import CannotJudge
from stackguard.preview.placeholders.mock_file import block, flow
from stackguard.sources import STANDARD_INPUT, HowToRun, load

STACK_REFERENCE = "pulumi:pulumi:StackReference"
INTERNAL = (ROOT_TYPE, "pulumi:providers:", "pulumi-python:", "pulumi-nodejs:")
BRIDGE = "__"
"""What the names of properties begin with that a bridged provider keeps for itself, such as `__meta`."""
HEADER = """\
# Answers for `stackguard check --mock`, recorded from {source}.
# Results of functions, such as `aws.ec2.get_vpc`, are in no export and no preview: `stackguard check` prints the
# lines for those that it lacks. Secrets are left out; to give one, write `name: {{fn::secret: value}}`.
"""
NOTHING = HEADER + "#\n# It holds no reference to another stack and nothing that a provider computed.\n"


def record(target: str, timeout: float) -> str:
    """The text of a mock file that answers with what a file holds.

    Args:
        target: the file of a `pulumi stack export` or a `pulumi preview --json`, or `-`.
        timeout: seconds, for a pipe or standard input.

    Raises:
        CannotJudge: it is a folder, missing, or malformed.

    """
    if target != STANDARD_INPUT and Path(target).is_dir():
        raise CannotJudge(
            f"`{target}` is a folder, and a program holds no answers; give the file of a `pulumi stack export` or of a"
            " `pulumi preview --json`"
        )
    loaded = load(target, HowToRun(timeout=timeout))
    return recorded(loaded.resources, loaded.target)


def recorded(resources: Sequence[Resource], source: str) -> str:
    """The text of a mock file with what these resources hold."""
    recording = _Recording(resources)
    stacks = [each for resource in resources for each in recording.stack(resource)]
    states = [each for resource in resources for each in recording.state(resource)]
    if not stacks and not states:
        return NOTHING.format(source=source)
    sections = [HEADER.format(source=source)]
    if stacks:
        sections += ["\nstacks:\n", *stacks]
    if states:
        entries = any("\n  - " in f"\n{each}" for each in states)
        sections += ["\nresources:\n" if entries else "\nresources: []\n", *states]
    return "".join(sections)


class _Recording:
    def __init__(self, resources: Sequence[Resource]) -> None:
        self.hidden = secrets_of(Stack(tuple(resources), Settings()))
        self.names = Counter((each.type, each.name) for each in resources)
        self.written: set[str] = set()
        self.left: list[str] = []

    def stack(self, resource: Resource) -> Iterator[str]:
        """The outputs of the stack that a reference is to, once."""
        outputs, name = resource.outputs.get("outputs"), resource["name"]
        if resource.type == STACK_REFERENCE and isinstance(outputs, Mapping) and name not in self.written:
            self.written.add(name)
            secret = resource.outputs.get("secretOutputNames") or ()
            open_to_all = {key: value for key, value in outputs.items() if key not in secret}
            self.left += [f"outputs.{key}" for key in outputs if key in secret]
            yield self._text({name: self._kept(open_to_all, "outputs", resource)}, "outputs.")

    def state(self, resource: Resource) -> Iterator[str]:
        """What a provider computed for a resource, or the state of one that is only read."""
        if not resource.custom or resource.type == STACK_REFERENCE or resource.type.startswith(INTERNAL):
            return
        given = {} if resource.external else resource.inputs
        computed = {
            name: value
            for name, value in {"id": resource.id, **resource.outputs}.items()
            if name not in given and value not in (None, "", [], {}) and not name.startswith(BRIDGE)
        }
        if not computed:
            return
        kept = self._kept(computed, "", resource)
        named = self._named(resource)
        yield self._text([{**named, "outputs": kept}] if kept else None, about=f"{flow(named)}: ")

    def _named(self, resource: Resource) -> dict[str, str]:
        if self.names[resource.type, resource.name] > 1:
            return {"urn": "urn:pulumi:*::*::" + resource.urn.split("::", 2)[2]}
        identity = {"id": resource.id} if resource.external and resource.id else {"name": resource.name}
        return {"type": resource.type, **identity}

    def _kept(self, values: Mapping[str, Any], path: str, resource: Resource) -> dict[str, Any]:
        """The values that can be written; the paths of the others are noted in `left`."""
        kept = {}
        for name, value in values.items():
            place = f"{path}.{name}" if path else name
            if self._writable(value, place, resource):
                kept[name] = value
            elif isinstance(value, Mapping) and not is_secret(resource, place):
                kept[name] = self._kept(value, place, resource)
            else:
                self.left.append(place)
        return kept

    def _writable(self, value: Any, path: str, resource: Resource) -> bool:
        """Whether nothing in a value is secret, unknown, or no plain value."""
        if is_secret(resource, path):
            return False
        match value:
            case Mapping():
                return all(self._writable(each, f"{path}.{name}", resource) for name, each in value.items())
            case list():
                return all(self._writable(each, f"{path}[{index}]", resource) for index, each in enumerate(value))
            case str():
                return not any(secret in value for secret in self.hidden)
            case Unknown() | Asset() | Reference():
                return False
        return True

    def _text(self, entry: Any, prefix: str = "", about: str = "") -> str:
        """An entry as YAML under a comment on what was left out; the comment alone, and what it is about, for None."""
        left = ", ".join(path.removeprefix(prefix) for path in self.left)
        self.left.clear()
        comment = f"# {'' if entry else about}left out, as secret or not known: {left}\n" if left else ""
        return textwrap.indent(f"{comment}{block(entry)}\n" if entry else comment, "  ")
