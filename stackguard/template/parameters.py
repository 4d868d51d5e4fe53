"""The parameters of a template: secrets, names, and the archives of functions, which are uploaded beside it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policypack.core.policy import Asset, Resource
from stackguard.template.naming import camel
from stackguard.template.values import Built, TemplateReference

BUCKET = "ArtifactBucket"
LONGEST_INLINE = 4 * 1024 * 1024
"""Bytes. Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html."""
FAR = os.path.join(os.pardir, os.pardir, "")  # noqa: PTH118 (a part of a path)
"""The beginning of a path outside the program's folder and its parent."""
INLINE = {"python": "index.py", "nodejs": "index.js"}
"""By the beginning of a runtime, the one file that CloudFormation writes from `ZipFile`."""


@dataclass(slots=True)
class Parameters:
    """The parameters of a template, with the value of each in the program: a text, a number, or an archive."""

    folder: Path | None = None
    """The paths of archives are relative to it."""
    declared: dict[str, dict[str, Any]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By logical id, the archives to upload."""

    def add_secret(self, logical_id: str, path: str, value: Any) -> TemplateReference:
        """A parameter without echo for a secret."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        declared = {
            "Type": "Number" if number else "String",
            "NoEcho": True,
            "Description": f"The secret at `{path}` of `{logical_id}`",
        }
        return self._declare(f"{logical_id}{camel(path)}", declared, value)

    def add_name(self, logical_id: str, name: str) -> TemplateReference:
        """A parameter for a name that must be known before the resource exists."""
        description = f"The name of `{logical_id}`, which others need before it exists"
        return self._declare(f"{logical_id}Name", {"Type": "String", "Description": description}, name)

    def add_code(self, resource: Resource, logical_id: str, path: str, archive: Asset) -> Built:
        """The code of a function: the text of its only file, or the bucket and key that its archive is uploaded to."""
        inline = _inline(resource, archive)
        if inline is not None:
            self.values[f"{logical_id}.{path}"] = archive
            return {"ZipFile": inline}
        sha = archive.hash or _digest(archive)
        bucket = {"Type": "String", "Description": "The bucket that the archives of functions are uploaded to"}
        key = {
            "Type": "String",
            "Default": f"{sha}.zip",
            "Description": f"The key of the archive of `{logical_id}`; its metadata lists the contents",
        }
        self.metadata[logical_id] = {camel(path): {**self._source(archive), "Sha256": sha}}
        return {
            "S3Bucket": self._declare(BUCKET, bucket, BUCKET),
            "S3Key": self._declare(f"{logical_id}{camel(path)}Key", key, archive),
        }

    def _declare(self, name: str, declared: dict[str, Any], value: Any) -> TemplateReference:
        self.declared[name] = declared
        self.values[name] = value
        return TemplateReference(name, name if isinstance(value, Asset) else str(value))

    def _source(self, archive: Asset) -> dict[str, Any]:
        if archive.members is None:
            return {"Archive": self._place(archive)}
        return {"Members": {name: self._place(member) for name, member in sorted(archive.members.items())}}

    def _place(self, asset: Asset) -> str:
        """The source of the bytes; for a text of the program only its hash."""
        if asset.path is not None:
            near = os.path.relpath(asset.path, self.folder) if self.folder else asset.path
            # A cache has another path on each machine, and the template is the same on all.
            return Path(near).name if near.startswith(FAR) or Path(near).is_absolute() else near
        if asset.uri is not None:
            return asset.uri
        if asset.members is not None:
            return f"an archive of {len(asset.members)} members, {_digest(asset)}"
        return f"a text of the program's, {asset.hash or _digest(asset)}"


def _inline(resource: Resource, archive: Asset) -> str | None:
    """The text of the only file, if CloudFormation can write that file itself."""
    members = archive.members or {}
    name = next((file for start, file in INLINE.items() if str(resource.inputs.get("runtime")).startswith(start)), None)
    if name is None or members.keys() != {name} or any(path.startswith("code") for path in resource.secrets):
        return None
    text = members[name].text
    return text if text and len(text.encode()) <= LONGEST_INLINE else None


def _digest(asset: Asset) -> str:
    """A hash of an asset's contents, for an asset that has none from the program."""
    listed = [f"{name} {member.hash or _digest(member)}" for name, member in sorted((asset.members or {}).items())]
    return hashlib.sha256("\n".join([asset.text or asset.path or asset.uri or "", *listed]).encode()).hexdigest()
