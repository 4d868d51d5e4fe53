"""Pulumi's property values on the wire and in state files, decoded into plain values and encoded again.

Sources: sdk/go/common/resource/properties.go and sdk/proto of https://github.com/pulumi/pulumi: a dictionary with the
signature key is an asset, an archive, a secret, an output value or a resource reference; seven strings are
sentinels of unknown values.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from policypack.core.policy import UNKNOWN, Asset, PartialDocument, Reference, Unknown

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (a signature, not a secret)
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"

UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWNS = frozenset(
    {
        UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
ENCRYPTED = Unknown(
    "is encrypted in the state",
    "Judge the program itself, export with `pulumi stack export --show-secrets`, or set `unknown: advisory`.",
)


def decode(
    properties: Mapping[str, Any],
    folder: Path | None = None,
    marked: Callable[[str], Unknown | None] = lambda _text: None,
) -> tuple[dict[str, Any], frozenset[str]]:
    """The plain values of a property map, and the paths of secret ones.

    Internal properties (`__defaults`) are left out at every depth, as Pulumi's own analyzer does.

    Args:
        properties: as in JSON, with signatures and sentinels.
        folder: the program's folder; relative paths of assets are resolved against it.
        marked: returns why a text with a placeholder is unknown; None for any other text.

    Raises:
        ValueError, TypeError: a value is malformed.
    """
    decoder = _Decoder(folder, marked)
    plain = {name: decoder.decode(value, name) for name, value in properties.items() if not name.startswith("__")}
    return plain, frozenset(decoder.secrets)


class _Decoder:
    def __init__(self, folder: Path | None, marked: Callable[[str], Unknown | None]) -> None:
        self.folder = folder
        self.marked = marked
        self.secrets: set[str] = set()

    def decode(self, value: Any, path: str) -> Any:
        if isinstance(value, str):
            unknown = self._unknown(value)
            return value if unknown is None else _partial(value, unknown, self._unknown) or unknown
        if isinstance(value, list):
            return [self.decode(item, f"{path}[{index}]") for index, item in enumerate(value)]
        if not isinstance(value, Mapping):
            return int(value) if isinstance(value, float) and value.is_integer() else value
        signature = value.get(SIGNATURE)
        if signature is None:
            return self._mapping(value, path)
        if signature == SECRET:
            self.secrets.add(path)
            return self._secret(value, path)
        if signature == OUTPUT:
            if value.get("secret"):
                self.secrets.add(path)
            return self.decode(value["value"], path) if "value" in value else UNKNOWN
        if signature == REFERENCE:
            identity = (self.decode(value["id"], path) or UNKNOWN) if "id" in value else ""
            return Reference(str(value.get("urn", "")), identity)
        if signature in {ASSET, ARCHIVE}:
            return self._asset(value, archive=signature == ARCHIVE)
        return _unsupported(signature)

    def _mapping(self, value: Mapping[str, Any], path: str) -> dict[str, Any] | Unknown:
        for key in value:
            if (unknown := self._unknown(key)) is not None:
                return unknown
        return {key: self.decode(inner, f"{path}.{key}") for key, inner in value.items() if not key.startswith("__")}

    def _unknown(self, text: str) -> Unknown | None:
        """The reason why a text is unknown, in whole or in part; None for a known one."""
        return UNKNOWN if text in UNKNOWNS else self.marked(text) or (UNKNOWN if UNKNOWN_STRING in text else None)

    def _secret(self, value: Mapping[str, Any], path: str) -> Any:
        if "value" in value:
            return self.decode(value["value"], path)
        if "plaintext" not in value:
            return ENCRYPTED
        # an export made with --show-secrets has the value as JSON text
        return self.decode(json.loads(value["plaintext"]), path)

    def _asset(self, value: Mapping[str, Any], *, archive: bool) -> Asset | Unknown:
        sources = {name: value[name] for name in ("path", "text", "uri") if value.get(name) is not None}
        if not all(isinstance(source, str) for source in sources.values()):
            raise TypeError("an asset's path, text or URI is not a text")
        for source in sources.values():
            if (unknown := self._unknown(source)) is not None:
                return unknown
        if self.folder is not None and sources.get("path"):
            sources["path"] = os.path.join(self.folder, sources["path"])  # noqa: PTH118 (keeps `./` for `encode`)
        members = None
        if archive and isinstance(value.get("assets"), Mapping):
            decoded = {name: self.decode(member, name) for name, member in value["assets"].items()}
            members = {name: member for name, member in decoded.items() if isinstance(member, Asset)}
            if len(members) < len(decoded):
                return UNKNOWN
        return Asset(
            path=sources.get("path"),
            text=sources.get("text"),
            uri=sources.get("uri"),
            members=members,
            archive=archive,
            hash=str(value.get("hash", "")),
        )


def _unsupported(signature: Any) -> Unknown:
    if not isinstance(signature, str):
        raise TypeError("a signature is not a text")
    return Unknown("has a signature that this version does not know")


def _partial(text: str, unknown: Unknown, marked: Callable[[str], Unknown | None]) -> PartialDocument | None:
    """The text of a policy document with the sentinel for every unknown value in it; None for another text."""
    if '"Statement"' not in text:
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or any(map(marked, document)):
        return None
    return PartialDocument(json.dumps(_with_sentinels(document, marked)), unknown)


def _with_sentinels(value: Any, marked: Callable[[str], Unknown | None]) -> Any:
    match value:
        case str():
            return value if marked(value) is None else UNKNOWN_STRING
        case list():
            return [_with_sentinels(item, marked) for item in value]
        case dict():
            if any(map(marked, value)):
                return UNKNOWN_STRING
            return {name: _with_sentinels(inner, marked) for name, inner in value.items()}
    return value


def encode(value: Any, secrets: frozenset[str] = frozenset(), folder: Path | None = None, path: str = "") -> Any:
    """A plain value as Pulumi's engine sends it to a policy pack: the inverse of `decode`.

    A resource reference becomes the resource's id, or the URN of a component.
    Source: `MarshalPropertyValue` in sdk/go/common/resource/plugin/rpc.go of https://github.com/pulumi/pulumi.

    Args:
        value: a property map, or a value in one.
        secrets: the paths of secrets.
        folder: the program's folder; paths of assets in it become relative to it.
        path: of `value`.
    """
    if path in secrets:
        return {SIGNATURE: SECRET, "value": encode(value, secrets - {path}, folder, path)}
    match value:
        case Unknown() | PartialDocument():
            return UNKNOWN_STRING
        case str() | bool() | int() | float() | None:
            return value
        case Reference():
            return UNKNOWN_STRING if isinstance(value.id, Unknown) else value.id or value.urn
        case Asset():
            return encode_asset(value, folder)
        case Mapping():
            prefix = path and f"{path}."
            return {name: encode(inner, secrets, folder, f"{prefix}{name}") for name, inner in value.items()}
    return [encode(item, secrets, folder, f"{path}[{index}]") for index, item in enumerate(value)]


def encode_asset(asset: Asset, folder: Path | None = None) -> dict[str, Any]:
    """An asset with its signature; its path becomes relative to `folder`."""
    path = asset.path if asset.path is None or folder is None else asset.path.removeprefix(f"{folder}/")
    sources = {"path": path, "text": asset.text, "uri": asset.uri, "hash": asset.hash or None}
    encoded: dict[str, Any] = {name: value for name, value in sources.items() if value is not None}
    if asset.members is not None:
        encoded["assets"] = {name: encode_asset(member, folder) for name, member in asset.members.items()}
    return {SIGNATURE: ARCHIVE if asset.archive else ASSET, **encoded}
