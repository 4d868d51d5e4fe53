"""Creates a mock file from a stack export or a preview.

Both contain the state of resources that are only read, outputs that providers computed, and outputs of other stacks, but
no results of functions. Secrets are never written.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from policypack.core.policy import ROOT_TYPE, STACK_REFERENCE, Asset, Reference, Resource, Stack, Unknown
from policypack.core.values import texts
from policypack.evaluation.redaction import is_secret, secrets_of
from policypack.evaluation.settings import Settings
from policypack.evaluation.spellings import spellings
from stackguard.errors import CannotJudge
from stackguard.preview.placeholders.mock_file import block, flow
from stackguard.reports.formatting import printable
from stackguard.sources import STANDARD_INPUT, RunOptions, load

INTERNAL = (ROOT_TYPE, "pulumi:providers:", "pulumi-python:", "pulumi-nodejs:")
BRIDGE = "__"
"""The prefix of internal properties of a bridged provider, such as `__meta`."""
HEADER = """\
# Answers for `stackguard check --mock`, recorded from {source}.
# Results of functions, such as `aws.ec2.get_vpc`, are in no export and no preview: `stackguard check` prints the
# lines to add for those. Secrets are left out; to add one, write `name: {{fn::secret: value}}`.
"""
NOTHING = HEADER + "#\n# It contains no reference to another stack and no computed outputs.\n"


def record(target: str, timeout: float) -> str:
    """The text of a mock file with the values in a file.

    Args:
        target: the file of a `pulumi stack export` or a `pulumi preview --json`, or `-`.
        timeout: seconds, for a pipe or standard input.

    Raises:
        CannotJudge: the target is a folder, missing, or malformed.
    """
    if target != STANDARD_INPUT and Path(target).is_dir():
        raise CannotJudge(
            f"`{target}` is a folder, and a program has no computed values; give the file of a `pulumi stack export` or of a"
            " `pulumi preview --json`"
        )
    loaded = load(target, RunOptions(timeout=timeout))
    return recorded(loaded.resources, printable(loaded.target))


def recorded(resources: Sequence[Resource], source: str) -> str:
    """The text of a mock file with the values of these resources."""
    recording = _Recording(resources)
    stacks = [entry for resource in resources for entry in recording.stack(resource)]
    states = [entry for resource in resources for entry in recording.state(resource)]
    if not stacks and not states:
        return NOTHING.format(source=source)
    sections = [HEADER.format(source=source)]
    if stacks:
        sections += ["\nstacks:\n", *stacks]
    if states:
        entries = any("\n  - " in f"\n{state}" for state in states)
        sections += ["\nresources:\n" if entries else "\nresources: []\n", *states]
    return "".join(sections)


class _Recording:
    def __init__(self, resources: Sequence[Resource]) -> None:
        secrets = secrets_of(Stack(tuple(resources), Settings()))
        self.secrets = sorted({spelling for secret in secrets for spelling in spellings(secret)})
        """Every spelling of every secret."""
        self.names = Counter((resource.type, resource.name) for resource in resources)
        self.written: set[str] = set()
        self.left_out: list[str] = []

    def stack(self, resource: Resource) -> Iterator[str]:
        """The outputs of a referenced stack, once."""
        outputs, name = resource.outputs.get("outputs"), resource["name"]
        if resource.type == STACK_REFERENCE and isinstance(outputs, Mapping) and name not in self.written:
            self.written.add(name)
            yield self._text({name: self._kept(outputs, "outputs", resource)}, "outputs.")

    def state(self, resource: Resource) -> Iterator[str]:
        """The computed outputs of a resource, or the state of a resource that is only read."""
        if not resource.custom or resource.type == STACK_REFERENCE or resource.type.startswith(INTERNAL):
            return
        inputs = {} if resource.external else resource.inputs
        computed = {
            name: value
            for name, value in {"id": resource.id, **resource.outputs}.items()
            if name not in inputs and value not in (None, "", [], {}) and not name.startswith(BRIDGE)
        }
        if not computed:
            return
        identity = self._identity(resource)
        if any(self._reveals(text) for text in identity.values()):
            identity = {"type": resource.type, "name": "*"}  # what matches is not known without the secret
            kept = {}
            self.left_out += computed
        else:
            kept = self._kept(computed, "", resource)
        yield self._text([{**identity, "outputs": kept}] if kept else None, label=f"{flow(identity)}: ")

    def _identity(self, resource: Resource) -> dict[str, str]:
        if self.names[resource.type, resource.name] > 1:
            return {"urn": "urn:pulumi:*::*::" + resource.urn.split("::", 2)[2]}
        key = {"id": resource.id} if resource.external and resource.id else {"name": resource.name}
        return {"type": resource.type, **key}

    def _kept(self, values: Mapping[str, Any], path: str, resource: Resource) -> dict[str, Any]:
        """The values that can be written; the paths of the others go to `left_out`."""
        text = "\n".join(texts(values))
        revealed = [secret for secret in self.secrets if secret in text]
        kept = {}
        for name, value in values.items():
            place = f"{path}.{name}" if path else name
            if any(secret in name for secret in revealed):
                self.left_out.append("a value whose name is secret")
            elif self._writable(value, place, resource, revealed):
                kept[name] = value
            elif isinstance(value, Mapping) and not is_secret(resource, place):
                kept[name] = self._kept(value, place, resource)
            else:
                self.left_out.append(place)
        return kept

    def _reveals(self, text: str) -> bool:
        return any(secret in text for secret in self.secrets)

    def _writable(self, value: Any, path: str, resource: Resource, secrets: Collection[str]) -> bool:
        """Whether a value is plain, and no part of it is secret or unknown."""
        if is_secret(resource, path):
            return False
        match value:
            case Mapping():
                return all(
                    self._writable(name, path, resource, secrets)
                    and self._writable(item, f"{path}.{name}", resource, secrets)
                    for name, item in value.items()
                )
            case list():
                return all(
                    self._writable(item, f"{path}[{index}]", resource, secrets) for index, item in enumerate(value)
                )
            case str():
                return not any(secret in value for secret in secrets)
            case bool() | None:
                return True
            case int() | float():
                return str(value) not in secrets
        return not isinstance(value, Unknown | Asset | Reference)

    def _text(self, entry: Any, prefix: str = "", label: str = "") -> str:
        """An entry as YAML with a comment about what is left out; for None, only the comment, which begins with `label`."""
        left_out = printable(", ".join(path.removeprefix(prefix) for path in self.left_out))
        self.left_out.clear()
        comment = f"# {'' if entry else label}left out, because secret or unknown: {left_out}\n" if left_out else ""
        return textwrap.indent(f"{comment}{block(entry)}\n" if entry else comment, "  ")
