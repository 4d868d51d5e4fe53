"""Applies the answer of a remediation to a resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from policypack.core.policy import Resource
from policypack.core.wire import ARCHIVE, ASSET, SECRET, SIGNATURE, decode


def remediated(resource: Resource, sent: Mapping[str, Any], answer: Mapping[str, Any], folder: Path | None) -> Resource:
    """The resource with the inputs that a remediation returns.

    A value that comes back unchanged keeps its original form: the protocol does not transfer the source of an unknown,
    the resource of a reference, or, in answers, the hash of an asset. Secret properties stay secret.

    Args:
        resource: before the remediation.
        sent: its properties as sent to the pack, in the protocol's form.
        answer: the properties that the pack returns, in the protocol's form.
        folder: the program's folder, which assets are relative to.
    """
    inputs, secrets = decode(answer, folder)
    merged = {
        name: _merged(resource.inputs[name], _bare(sent[name]), _bare(answer[name]), value)
        if name in resource.inputs and name in sent
        else value
        for name, value in inputs.items()
    }
    return replace(resource, inputs=merged, secrets=secrets | resource.secrets)


def _merged(old: Any, sent: Any, answer: Any, new: Any) -> Any:
    """`new`, with its unchanged parts in their original form."""
    if sent == answer:
        return old
    if all(isinstance(value, Mapping) for value in (old, sent, answer, new)):
        return {
            name: _merged(old[name], sent[name], answer[name], value) if name in old and name in sent else value
            for name, value in new.items()
        }
    if all(isinstance(value, list) for value in (old, sent, answer, new)):
        known = min(len(old), len(sent))
        return [
            _merged(old[index], sent[index], answer[index], value) if index < known else value
            for index, value in enumerate(new)
        ]
    return new


def _bare(value: Any) -> Any:
    """A value in the protocol's form without secrecy and hashes of assets, which a pack can drop."""
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.get(SIGNATURE) == SECRET:
        return _bare(value.get("value"))
    dropped = {"hash"} if value.get(SIGNATURE) in {ASSET, ARCHIVE} else set()
    return {name: _bare(item) for name, item in value.items() if name not in dropped}
