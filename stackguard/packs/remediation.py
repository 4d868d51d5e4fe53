"""What a remediation hands back, as the resource to go on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from policypack.core.policy import Resource
from policypack.core.wire import ARCHIVE, ASSET, SECRET, SIGNATURE, decode


def remediated(resource: Resource, sent: Mapping[str, Any], got: Mapping[str, Any], folder: Path | None) -> Resource:
    """The resource with the inputs that a remediation hands back.

    What comes back as it was sent keeps its own form: the wire does not carry where an unknown comes from, what a
    reference refers to, nor, on the way back, the hash of an asset. What was secret stays so.

    Args:
        resource: as it was.
        sent: its properties on the wire.
        got: the properties handed back, on the wire.
        folder: the program's folder, which assets are relative to.
    """
    inputs, secrets = decode(got, folder)
    merged = {
        name: _merged(resource.inputs[name], _bare(sent[name]), _bare(got[name]), value)
        if name in resource.inputs and name in sent
        else value
        for name, value in inputs.items()
    }
    return replace(resource, inputs=merged, secrets=secrets | resource.secrets)


def _merged(old: Any, sent: Any, got: Any, new: Any) -> Any:
    """`new`, with every part of it that came back as it was sent in its old form."""
    if sent == got:
        return old
    if all(isinstance(each, Mapping) for each in (old, sent, got, new)):
        return {
            name: _merged(old[name], sent[name], got[name], value) if name in old and name in sent else value
            for name, value in new.items()
        }
    if all(isinstance(each, list) for each in (old, sent, got, new)):
        known = min(len(old), len(sent))
        return [
            _merged(old[index], sent[index], got[index], value) if index < known else value
            for index, value in enumerate(new)
        ]
    return new


def _bare(value: Any) -> Any:
    """A value on the wire without what it may lose on its way through a pack: secrecy, and hashes of assets."""
    if isinstance(value, list):
        return [_bare(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if value.get(SIGNATURE) == SECRET:
        return _bare(value.get("value"))
    dropped = {"hash"} if value.get(SIGNATURE) in {ASSET, ARCHIVE} else set()
    return {name: _bare(each) for name, each in value.items() if name not in dropped}
